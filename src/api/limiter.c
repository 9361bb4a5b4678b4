// The limiter: one word a caller holds when their bucket will be full again (the generic cell rate algorithm, GCRA), so
// a look and a count are one exchange of 64 bits.
#include "rate.h"

#include <assert.h>

enum { TAG_SHIFT = 48 };
static const uint64_t time_mask = (UINT64_C(1) << TAG_SHIFT) - 1; // microseconds of the monotonic clock: for nine years

struct rates *rates_new(struct arena *arena, const struct config *config)
{
    struct rates *rates = ARENA_NEW(arena, struct rates);
    const struct rate_class *all_forms = &rates->classes[RATE_ALL_FORMS];
    const struct rate_class classes[RATE_CLASSES] = {
        [RATE_READ] = {.name = STR("read"), .limit = config->rate_read},
        [RATE_DESK] = {.name = STR("desk"), .limit = config->rate_desk},
        [RATE_LOGIN] = {.name = STR("login"), .limit = config->rate_login},
        [RATE_FORM] = {.name = STR("form"), .limit = config->rate_form, .together = all_forms},
        [RATE_ALL_FORMS] = {.name = STR("all forms"), .limit = config->rate_form_all},
        [RATE_UNKNOWN_KEY] = {.name = STR("key"), .limit = config->rate_login},
        [RATE_DEAD_KEY] = {.name = STR("dead key"), .limit = config->rate_login},
        [RATE_GOOD_KEY] = {.name = STR("good key"), .limit = config->rate_login},
        [RATE_DEAD_OF_LATE] = {.name = STR("dead key of late"), .limit = {1, 3600}},
        [RATE_GOOD_TODAY] = {.name = STR("good key today"), .limit = {1, 86400}},
        [RATE_REFUSED_OF_LATE] = {.name = STR("key refused of late"), .limit = {1, 90}},
        [RATE_ONE_MORE_KEY] = {.name = STR("one more key"), .limit = {1, 1}},
    };
    secret_random(rates->key, sizeof rates->key);
    for (size_t i = 0; i < RATE_CLASSES; i++) {
        rates->classes[i] = classes[i];
        rates->classes[i].policy = arena_printf(arena, "\"%.*s\";q=%u;w=%u", STR_FMT(classes[i].name),
                                                classes[i].limit.requests, classes[i].limit.seconds);
    }
    return rates;
}

const struct rate_class *rate_class_find(const struct rates *rates, struct str name)
{
    for (size_t i = 0; i < RATE_CLASSES_OF_CONTRACT; i++)
        if (str_eq(rates->classes[i].name, name))
            return &rates->classes[i];
    return NULL;
}

// The caller's word in their bucket of the table, or that of whoever is nearest to having none against them.
static _Atomic uint64_t *slot_of(struct rates *rates, uint64_t hash, uint64_t *word)
{
    _Atomic uint64_t *bucket = rates->slots[hash % RATE_BUCKETS], *oldest = NULL;
    uint64_t tag = hash >> TAG_SHIFT, oldest_word = UINT64_MAX;
    for (size_t i = 0; i < RATE_WAYS; i++) {
        *word = atomic_load_explicit(&bucket[i], memory_order_relaxed);
        if (*word >> TAG_SHIFT == tag)
            return &bucket[i];
        if (!oldest || (*word & time_mask) < (oldest_word & time_mask)) {
            oldest = &bucket[i];
            oldest_word = *word;
        }
    }
    *word = oldest_word;
    return oldest;
}

static unsigned seconds_up(uint64_t us)
{
    return (unsigned)((us + 999999) / 1000000);
}

static uint64_t hash_of(const struct rates *rates, const struct rate_class *class, struct str who)
{
    return secret_short_hash(who, rates->key) + (uint64_t)(class - rates->classes) * 0x9E3779B97F4A7C15U;
}

static bool is_limited(const struct rate_class *class, struct str who)
{
    return class->limit.requests > 0 && who.ptr;
}

// A step of GCRA: what the bucket looks like when one more is taken out of it at this moment. `next` is the word then.
static struct rate_state step(const struct rate_class *class, uint64_t full, uint64_t now, uint64_t *next)
{
    const uint64_t window = (uint64_t) class->limit.seconds * 1000000, one = window / class->limit.requests;
    *next = (full > now ? full : now) + one;
    if (*next - now > window)
        return (struct rate_state){class, true, 0, seconds_up(full - now), seconds_up(*next - now - window)};
    return (struct rate_state){class, false, (unsigned)((window - (*next - now)) / one), seconds_up(*next - now), 0};
}

struct rate_state rate_look(struct rates *rates, const struct rate_class *class, struct str who)
{
    assert(class >= rates->classes && class < rates->classes + RATE_CLASSES);
    if (!is_limited(class, who))
        return (struct rate_state){0};
    uint64_t word, next, hash = hash_of(rates, class, who);
    slot_of(rates, hash, &word);
    uint64_t full = word >> TAG_SHIFT == hash >> TAG_SHIFT ? word & time_mask : 0;
    return step(class, full, (uint64_t)clock_mono_us(), &next);
}

struct rate_state rate_take(struct rates *rates, const struct rate_class *class, struct str who)
{
    assert(class >= rates->classes && class < rates->classes + RATE_CLASSES);
    if (!is_limited(class, who))
        return (struct rate_state){0};
    uint64_t hash = hash_of(rates, class, who), tag = hash >> TAG_SHIFT;
    for (;;) {
        uint64_t word, next;
        _Atomic uint64_t *slot = slot_of(rates, hash, &word);
        struct rate_state state =
            step(class, word >> TAG_SHIFT == tag ? word & time_mask : 0, (uint64_t)clock_mono_us(), &next);
        if (state.refused || atomic_compare_exchange_weak_explicit(slot, &word, tag << TAG_SHIFT | (next & time_mask),
                                                                   memory_order_relaxed, memory_order_relaxed))
            return state;
    }
}

void rate_empty(struct rates *rates, const struct rate_class *class, struct str who)
{
    assert(is_limited(class, who));
    uint64_t word, hash = hash_of(rates, class, who), tag = hash >> TAG_SHIFT;
    _Atomic uint64_t *slot = slot_of(rates, hash, &word);
    uint64_t full = (uint64_t)clock_mono_us() + (uint64_t) class->limit.seconds * 1000000;
    atomic_store_explicit(slot, tag << TAG_SHIFT | (full & time_mask), memory_order_relaxed);
}

void rate_give_back(struct rates *rates, const struct rate_class *class, struct str who)
{
    assert(is_limited(class, who));
    const uint64_t one = (uint64_t) class->limit.seconds * 1000000 / class->limit.requests;
    uint64_t word, hash = hash_of(rates, class, who);
    _Atomic uint64_t *slot = slot_of(rates, hash, &word);
    while (word >> TAG_SHIFT == hash >> TAG_SHIFT &&
           !atomic_compare_exchange_weak_explicit(slot, &word, word - one, memory_order_relaxed, memory_order_relaxed))
        ;
}
