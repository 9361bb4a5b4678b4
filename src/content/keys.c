// Keys beside Markdown, which has no place for them: a line for each block, with a sum of its texts and the keys of all
// that is in it. What was edited is found again between what was not.
#include "content_internal.h"

#include <stdio.h>
#include <string.h>

// The keys of a node and of all in it, in the order of the members. `block`: that it stands in, the nearest.
typedef bool key_visit(void *user, struct node *node, const struct node *block);

static struct list *list_in(struct node *node, const struct member *member)
{
    return (struct list *)(void *)((char *)node + member->offset);
}

static bool keys_walk(struct node *node, const struct node *block, key_visit *visit, void *user)
{
    if (!visit(user, node, block))
        return false;
    block = node->shape == &body_block ? node : block;
    for (const struct member *member = node->shape->members; member->name; member++) {
        if (!member->shapes)
            continue;
        const struct list *list = list_in(node, member);
        for (size_t i = 0; i < list->count; i++)
            if (!keys_walk(list->nodes[i], block, visit, user))
                return false;
    }
    return true;
}

// ----------------------------------------------------------------------------------------------------------- copying

bool body_keys_copy(const struct list *from, const struct list *to)
{
    if (from->count != to->count)
        return false;
    for (size_t i = 0; i < from->count; i++) {
        struct node *one = from->nodes[i], *other = to->nodes[i];
        if (one->shape != other->shape)
            return false;
        other->key = one->key;
        for (const struct member *member = one->shape->members; member->name; member++)
            if (member->shapes && !body_keys_copy(list_in(one, member), list_in(other, member)))
                return false;
    }
    return true;
}

// ----------------------------------------------------------------------------------------------------------- writing

enum { SUM_DIGITS = 8 };

// FNV-1a: it need only tell a text from those around it.
static uint32_t summed(uint32_t sum, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        sum = (sum ^ (unsigned char)text.ptr[i]) * 16777619u;
    return sum;
}

static bool sum_visit(void *user, struct node *node, const struct node *block)
{
    (void)block;
    uint32_t *sum = user;
    for (const struct member *member = node->shape->members; member->name; member++)
        if (member->kind == &body_kind_text || member->kind == &body_kind_address)
            *sum = summed(*sum, *(const struct str *)(void *)((char *)node + member->offset));
    return true;
}

static uint32_t sum_of(struct node *block)
{
    uint32_t sum = 2166136261u;
    keys_walk(block, NULL, sum_visit, &sum);
    return sum;
}

static bool write_visit(void *user, struct node *node, const struct node *block)
{
    (void)block;
    struct buf *out = user;
    buf_put_char(out, ' ');
    buf_put(out, node->key);
    return true;
}

struct str body_keys_write(struct arena *arena, const struct list *blocks)
{
    struct buf out = buf_in(arena);
    if (blocks->count == 0)
        return STR("");
    buf_put_lit(&out, "\n:::keys\n");
    for (size_t i = 0; i < blocks->count; i++) {
        buf_printf(&out, "%08x", sum_of(blocks->nodes[i]));
        keys_walk(blocks->nodes[i], NULL, write_visit, &out);
        buf_put_char(&out, '\n');
    }
    buf_put_lit(&out, ":::\n");
    return buf_str(&out);
}

// ------------------------------------------------------------------------------------------------------------ giving

struct giving {
    struct arena *arena;
    struct names *keys;
    struct str rest;      // of the line
    struct names defined; // keys of definitions, each with its block
};

static bool is_definition(const struct node *node)
{
    struct str type = str_of(node->shape->type);
    return type.ptr && (str_ends(type, STR("link")) || str_eq(type, STR("footnote")));
}

static bool is_decorator(struct str key)
{
    for (size_t i = 0; i < DECORATORS; i++)
        if (str_eq(str_of(body_decorators[i].mark), key))
            return true;
    return false;
}

// Whether a line has good keys: those of definitions are no decorators, and differ in their block.
static bool fine_visit(void *user, struct node *node, const struct node *block)
{
    struct giving *giving = user;
    struct str key = str_cut(giving->rest, ' ', &giving->rest);
    if (!body_is_key(key) || !is_definition(node))
        return body_is_key(key);
    struct str of_block = arena_printf(giving->arena, "%p %.*s", (const void *)block, STR_FMT(key));
    struct name *known = body_names_add(&giving->defined, of_block);
    bool fine = !known->thing && !is_decorator(key);
    known->thing = node;
    return fine;
}

static bool count_visit(void *user, struct node *node, const struct node *block)
{
    (void)block;
    (void)node;
    ++*(size_t *)user;
    return true;
}

static size_t keys_in(struct str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++)
        count += line.ptr[i] == ' ';
    return count;
}

static bool give_visit(void *user, struct node *node, const struct node *block)
{
    (void)block;
    struct giving *giving = user;
    struct str key = str_cut(giving->rest, ' ', &giving->rest);
    if (is_definition(node)) {
        node->key = key;
    } else if (node->key.len == 0 && !body_names_find(giving->keys, key)) {
        body_names_add(giving->keys, key)->thing = node;
        node->key = key;
    }
    return true;
}

static void give(struct arena *arena, struct names *keys, struct str line, struct node *block)
{
    size_t count = 0;
    struct str given;
    keys_walk(block, NULL, count_visit, &count);
    str_cut(line, ' ', &given);
    struct giving giving = {.arena = arena, .keys = keys, .rest = given};
    giving.defined = (struct names){.arena = arena, .seed = keys->seed};
    if (count != keys_in(line) || !keys_walk(block, NULL, fine_visit, &giving))
        return;
    giving.rest = given;
    keys_walk(block, NULL, give_visit, &giving);
}

static struct str *lines_of(struct arena *arena, struct str text, size_t *count)
{
    size_t capacity = 1;
    for (size_t i = 0; i < text.len; i++)
        capacity += text.ptr[i] == '\n';
    struct str *lines = ARENA_ARRAY(arena, struct str, capacity);
    *count = 0;
    while (text.ptr && *count < capacity) {
        struct str line = str_cut(text, '\n', &text);
        if (line.len > SUM_DIGITS)
            lines[(*count)++] = line;
    }
    return lines;
}

// Positions of checksums in a list of them, chained: where the same sum comes next; every place of each sum is in
// `next`, found by the sum's first.
struct places {
    struct names first;
    size_t *next;
};

static struct places places_of(struct arena *arena, const struct str *sums, size_t count)
{
    struct places places = {.first = {.arena = arena, .seed = body_names_seed()},
                            .next = ARENA_ARRAY(arena, size_t, count + 1)};
    for (size_t i = count; i-- > 0;) {
        struct name *name = body_names_add(&places.first, sums[i]);
        places.next[i] = name->thing ? name->number : count;
        name->thing = &places;
        name->number = i;
    }
    return places;
}

// The first place from `at` on; SIZE_MAX when there is none. What lies before is dropped, so all asking is one pass.
static size_t place_of(struct places *places, struct str sum, size_t at, size_t count)
{
    struct name *name = body_names_find(&places->first, sum);
    if (!name)
        return SIZE_MAX;
    while (name->number < at)
        name->number = places->next[name->number];
    return name->number < count ? name->number : SIZE_MAX;
}

void body_keys_give(struct arena *arena, struct names *keys, struct str text, const struct list *blocks)
{
    size_t line_count = 0;
    struct str *lines = lines_of(arena, text, &line_count);
    struct str *theirs = ARENA_ARRAY(arena, struct str, line_count + 1);
    struct str *ours = ARENA_ARRAY(arena, struct str, blocks->count + 1);
    for (size_t i = 0; i < line_count; i++)
        theirs[i] = (struct str){lines[i].ptr, SUM_DIGITS};
    for (size_t i = 0; i < blocks->count; i++)
        ours[i] = arena_printf(arena, "%08x", sum_of(blocks->nodes[i]));
    struct places in_lines = places_of(arena, theirs, line_count), in_blocks = places_of(arena, ours, blocks->count);
    for (size_t i = 0, j = 0; i < blocks->count && j < line_count;) {
        size_t line = place_of(&in_lines, ours[i], j, line_count);
        bool put_in = line == SIZE_MAX && place_of(&in_blocks, theirs[j], i, blocks->count) != SIZE_MAX;
        if (put_in) {
            i++;
            continue;
        }
        if (line != SIZE_MAX) // blocks were taken out before this one, or none; else it was edited
            j = line;
        give(arena, keys, lines[j++], blocks->nodes[i++]);
    }
}
