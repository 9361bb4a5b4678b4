// A hash set of names with open addressing. Names come from outside, so the seed is random: nobody can choose names
// that all fall into one slot.
#include "content_internal.h"

enum { CAPACITY_FIRST = 4, FRESH_BYTES = 6, DRAW_BYTES = 100 * FRESH_BYTES };

uint64_t body_names_seed(void)
{
    uint64_t seed;
    secret_random(&seed, sizeof seed);
    return seed;
}

static uint64_t name_hash(uint64_t seed, struct str text)
{
    uint64_t h = seed ^ text.len;
    for (size_t i = 0; i < text.len; i++) {
        h = (h ^ (unsigned char)text.ptr[i]) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

// The slot where `text` is, or where it would be put.
static struct name *name_slot(const struct names *names, struct str text)
{
    size_t mask = names->capacity - 1, i = (size_t)name_hash(names->seed, text) & mask;
    while (names->slots[i].text.ptr && !str_eq(names->slots[i].text, text))
        i = (i + 1) & mask;
    return &names->slots[i];
}

static void names_grow(struct names *names)
{
    struct names old = *names;
    names->capacity = old.capacity ? old.capacity * 2 : CAPACITY_FIRST;
    names->slots = ARENA_ARRAY(names->arena, struct name, names->capacity);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].text.ptr)
            *name_slot(names, old.slots[i].text) = old.slots[i];
}

struct name *body_names_find(const struct names *names, struct str text)
{
    if (names->count == 0)
        return NULL;
    struct name *slot = name_slot(names, text);
    return slot->text.ptr ? slot : NULL;
}

struct name *body_names_add(struct names *names, struct str text)
{
    struct name *known = body_names_find(names, text);
    if (known)
        return known;
    if (names->count * 2 >= names->capacity)
        names_grow(names);
    struct name *slot = name_slot(names, text);
    *slot = (struct name){.text = text};
    names->count++;
    return slot;
}

// Random bytes are drawn for many names at once: each drawing is a system call.
static const unsigned char *random_bytes(struct names *names)
{
    if (names->drawn_left == 0) {
        names->drawn = arena_alloc(names->arena, DRAW_BYTES);
        secret_random(names->drawn, DRAW_BYTES);
        names->drawn_left = DRAW_BYTES;
    }
    names->drawn_left -= FRESH_BYTES;
    return names->drawn + names->drawn_left;
}

struct str body_names_fresh(struct names *names)
{
    struct str fresh;
    do
        fresh = secret_hex(names->arena, random_bytes(names), FRESH_BYTES);
    while (body_names_find(names, fresh));
    body_names_add(names, fresh);
    return fresh;
}
