// Arenas: blocks that grow in size, a list of what to finish, and buffers that live in them. What is larger than any
// block has one of its own in a second list: a buffer there grows by realloc, which moves no bytes.
#include "marbre/base.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 16 * 1024, LARGEST_STEP = 256 * 1024, ALIGNMENT = 16, SPARE_MAX = 64 };

struct block {
    struct block *before, *after; // after: of a large one, its neighbour in the list
    size_t used, size;
    _Alignas(ALIGNMENT) char bytes[];
};

struct deferred {
    struct deferred *before;
    void (*finish)(void *);
    void *thing;
};

struct arena {
    struct block *block, *large;
    struct deferred *deferred;
};

static struct block *block_new(struct block *before, size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        fatal("out of memory: %zu bytes for an arena", size);
    *block = (struct block){.before = before, .size = size};
    return block;
}

// A free list of first blocks that this thread gave back, so that a request which fits into one costs no allocation.
// Not under AddressSanitizer, which could not see that somebody still uses what was given back.
#ifndef __SANITIZE_ADDRESS__
static _Thread_local struct block *spare;
static _Thread_local unsigned spare_count;

static struct block *first_block_take(void)
{
    struct block *block = spare;
    if (!block)
        return block_new(NULL, FIRST_BLOCK);
    spare = block->before;
    spare_count--;
    *block = (struct block){.size = FIRST_BLOCK};
    return block;
}

static void first_block_give(struct block *block)
{
    if (spare_count == SPARE_MAX) {
        free(block);
        return;
    }
    block->before = spare;
    spare = block;
    spare_count++;
}
#else
static struct block *first_block_take(void)
{
    return block_new(NULL, FIRST_BLOCK);
}

static void first_block_give(struct block *block)
{
    free(block);
}
#endif

struct arena *arena_new(void)
{
    struct block *block = first_block_take();
    struct arena *arena = (struct arena *)block->bytes;
    block->used = (sizeof *arena + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *arena = (struct arena){.block = block};
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->deferred) {
        struct deferred *last = arena->deferred;
        arena->deferred = last->before;
        last->finish(last->thing);
    }
    for (struct block *large = arena->large, *before; large; large = before) {
        before = large->before;
        free(large);
    }
    struct block *block = arena->block;
    while (block->before) {
        struct block *before = block->before;
        free(block);
        block = before;
    }
    first_block_give(block); // the arena itself lies in it
}

static void large_link(struct arena *arena, struct block *block)
{
    *(block->after ? &block->after->before : &arena->large) = block;
    if (block->before)
        block->before->after = block;
}

static void *take_alone(struct arena *arena, size_t n)
{
    struct block *block = block_new(arena->large, n);
    large_link(arena, block);
    return block->bytes;
}

static void *arena_bump(struct arena *arena, size_t n)
{
    if (n > SIZE_MAX / 4)
        fatal("out of memory: %zu bytes asked of an arena", n);
    n = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->block;
    if (n > LARGEST_STEP)
        return take_alone(arena, n);
    if (block->size - block->used < n) {
        size_t step = block->size < LARGEST_STEP ? block->size * 2 : LARGEST_STEP;
        block = arena->block = block_new(block, n > step ? n : step);
    }
    void *at = block->bytes + block->used;
    block->used += n;
    return at;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    return memset(arena_bump(arena, n), 0, n);
}

struct str arena_copy(struct arena *arena, struct str text)
{
    if (!text.ptr)
        return STR_NONE;
    char *copy = arena_bump(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct str){copy, text.len};
}

char *arena_cstr(struct arena *arena, struct str text)
{
    return (char *)arena_copy(arena, text.ptr ? text : STR("")).ptr;
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    struct buf text = buf_in(arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments); // leaves a NUL behind what it counts
    va_end(arguments);
    return buf_str(&text);
}

void *arena_room(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST = 16 };
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : FIRST;
    void *larger = arena_alloc(arena, *capacity * size);
    if (items)
        memcpy(larger, items, count * size);
    return larger;
}

void arena_defer(struct arena *arena, void (*finish)(void *), void *thing)
{
    assert(finish);
    struct deferred *deferred = ARENA_NEW(arena, struct deferred);
    *deferred = (struct deferred){.before = arena->deferred, .finish = finish, .thing = thing};
    arena->deferred = deferred;
}

struct buf buf_in(struct arena *arena)
{
    return (struct buf){.arena = arena};
}

static void *grow_alone(struct arena *arena, char *bytes, size_t size)
{
    struct block *block = allocated(realloc(bytes - offsetof(struct block, bytes), sizeof *block + size), "an arena");
    block->size = size;
    large_link(arena, block);
    return block->bytes;
}

// Makes room for `more` bytes; in place where the buffer was the arena's last taking, or has a block of its own.
static void buf_reserve(struct buf *buf, size_t more)
{
    if (buf->capacity - buf->len >= more)
        return;
    size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
    while (capacity < buf->len + more)
        capacity *= 2;
    struct block *block = buf->arena->block;
    if (buf->ptr && buf->capacity > LARGEST_STEP) {
        buf->ptr = grow_alone(buf->arena, buf->ptr, capacity);
    } else if (buf->ptr && buf->ptr + buf->capacity == block->bytes + block->used &&
               block->size - block->used >= capacity - buf->capacity) {
        block->used += capacity - buf->capacity;
    } else {
        char *grown = arena_bump(buf->arena, capacity);
        if (buf->ptr)
            memcpy(grown, buf->ptr, buf->len);
        buf->ptr = grown;
    }
    buf->capacity = capacity;
}

void buf_put(struct buf *buf, struct str text)
{
    assert(buf->arena && (text.ptr || text.len == 0));
    if (text.len == 0)
        return;
    buf_reserve(buf, text.len);
    memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
}

void buf_put_char(struct buf *buf, char c)
{
    buf_put(buf, (struct str){&c, 1});
}

void buf_put_u64(struct buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buf_put(buf, (struct str){digits + at, sizeof digits - at});
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n < 0)
        fatal("a format that printf refuses: %s", format);
    buf_reserve(buf, (size_t)n + 1);
    vsnprintf(buf->ptr + buf->len, (size_t)n + 1, format, again);
    va_end(again);
    buf->len += (size_t)n;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->ptr ? buf->ptr : "", buf->len};
}
