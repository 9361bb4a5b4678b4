// Rate classes: the contract names one for each operation, the configuration says how much each takes. One word a
// caller holds when their bucket will be full again (the generic cell rate algorithm), so a look and a count are one
// exchange of 64 bits.
#include "steps.h"

#include <string.h>

enum { TAG_SHIFT = 48 };
static const uint64_t time_mask = (UINT64_C(1) << TAG_SHIFT) - 1; // microseconds of the monotonic clock: for nine years

struct rates *rates_new(struct arena *arena, const struct config *config)
{
    struct rates *rates = ARENA_NEW(arena, struct rates);
    const struct rate_class classes[RATE_CLASSES] = {
        {.name = STR("read"), .is_of_the_contract = true, .limit = config->rate_read},
        {.name = STR("desk"), .is_of_the_contract = true, .limit = config->rate_desk},
        {.name = STR("login"), .is_of_the_contract = true, .limit = config->rate_login},
        {.name = STR("key"), .limit = config->rate_login},
        {.name = STR("dead key"), .limit = config->rate_login},
        {.name = STR("good key"), .limit = config->rate_login},
        {.name = STR("dead key of late"), .limit = {1, 3600}},
        {.name = STR("good key today"), .limit = {1, 86400}},
        {.name = STR("form"), .is_of_the_contract = true, .limit = config->rate_form, .together = "all forms"},
        {.name = STR("all forms"), .limit = config->rate_form_all},
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
    for (size_t i = 0; i < RATE_CLASSES; i++)
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

// Takes one out of a bucket; a look only says whether there is one.
static struct rate_state take(struct rates *rates, const struct rate_class *class, uint64_t hash, bool peek)
{
    const uint64_t window = (uint64_t) class->limit.seconds * 1000000, step = window / class->limit.requests;
    for (;;) {
        uint64_t word, now = (uint64_t)clock_mono_us(), tag = hash >> TAG_SHIFT;
        _Atomic uint64_t *slot = slot_of(rates, hash, &word);
        uint64_t full = word >> TAG_SHIFT == tag ? word & time_mask : 0;
        uint64_t next = (full > now ? full : now) + step;
        if (next - now > window)
            return (struct rate_state){class, true, 0, seconds_up(full - now), seconds_up(next - now - window)};
        if (peek || atomic_compare_exchange_weak_explicit(slot, &word, tag << TAG_SHIFT | (next & time_mask),
                                                          memory_order_relaxed, memory_order_relaxed))
            return (struct rate_state){class, false, (unsigned)((window - (next - now)) / step), seconds_up(next - now),
                                       0};
    }
}

// A trusted proxy that asks for nobody but itself: it would say so otherwise, and a client cannot make it say less.
static bool is_proxy_itself(const struct api_call *call, const struct http_ip *ip)
{
    const struct http_request *request = &call->exchange->request;
    return http_networks_have(&call->contract->sources.proxies, ip) &&
           !http_header_value(request, STR("Forwarded")).ptr && !http_header_value(request, STR("X-Forwarded-For")).ptr;
}

struct str peer_network(const struct api_call *call, unsigned char bytes[16])
{
    enum { IPV6_NETWORK = 8 };
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct http_ip ip;
    if (!http_ip_read(call->exchange->peer, &ip) || is_proxy_itself(call, &ip))
        return STR_NONE;
    memcpy(bytes, ip.bytes, sizeof ip.bytes);
    bool ipv4 = memcmp(ip.bytes, mapped, sizeof mapped) == 0;
    return (struct str){(const char *)bytes, ipv4 ? sizeof ip.bytes : IPV6_NETWORK};
}

// Who is counted: the key, the session, or the address. Not the account: whoever holds a token that has ended would use
// up what belongs to its owner.
static struct str subject(const struct api_call *call, unsigned char bytes[16])
{
    if (call->caller.key.ptr)
        return call->caller.key;
    return call->authenticated ? call->caller.session : peer_network(call, bytes);
}

static uint64_t hash_of(const struct rates *rates, const struct rate_class *class, struct str who)
{
    return secret_short_hash(who, rates->key) + (uint64_t)(class - rates->classes) * 0x9E3779B97F4A7C15U;
}

static struct rate_state count(struct rates *rates, const struct rate_class *class, struct str who, bool peek)
{
    if (class->limit.requests == 0 || !who.ptr)
        return (struct rate_state){0};
    return take(rates, class, hash_of(rates, class, who), peek);
}

static struct refusal rate_refusal(const struct api_call *call, const struct rate_class *class, const char *one)
{
    struct refusal refusal = refusal_of(call, 429, "This takes %u requests in %u seconds from one %s.",
                                        class->limit.requests, class->limit.seconds, fault_words(&call->faults, one));
    refusal.retry_after = call->rate.retry_s;
    return refusal;
}

// What all may ask together. Only who is within their own share is counted, so that one alone cannot use it up.
static struct refusal check_all(struct api_call *call, const struct rate_class *class)
{
    struct rates *rates = call->contract->rates;
    const struct rate_class *together = rate_class_find(rates, str_of(class->together));
    struct rate_state state = count(rates, together, STR("all"), false);
    call->counted_together = state.class && !state.refused;
    if (!state.refused)
        return REFUSAL_NONE;
    call->rate = state;
    struct refusal refusal = refusal_of(call, 429, "This takes %u requests in %u seconds from all together.",
                                        together->limit.requests, together->limit.seconds);
    refusal.retry_after = state.retry_s;
    return refusal;
}

// Only what is taken counts among all: who sends what is refused, or sends while the database is away, closes no door.
void rate_refund(struct api_call *call)
{
    if (!call->counted_together)
        return;
    struct rates *rates = call->contract->rates;
    const struct rate_class *together = rate_class_find(rates, str_of(call->operation->rate->together));
    const uint64_t step = (uint64_t)together->limit.seconds * 1000000 / together->limit.requests;
    uint64_t word, hash = hash_of(rates, together, STR("all"));
    _Atomic uint64_t *slot = slot_of(rates, hash, &word);
    while (word >> TAG_SHIFT == hash >> TAG_SHIFT &&
           !atomic_compare_exchange_weak_explicit(slot, &word, word - step, memory_order_relaxed, memory_order_relaxed))
        ;
    call->counted_together = false;
}

// ------------------------------------------------------------------------------------------------- failing API keys

// Penalties for API keys, without a look at the database. They count by address and key, so that whoever has a key that
// has ended, or guesses, is refused, and nobody else at that address is:
//
//     a key that was good today        its own failures from this address (`good key`)
//     one that has failed from here    with others that have, by address (`dead key`)
//     one that was never seen          guesses, by address (`key`): each different key once
//
// What was good is remembered for a day, what has failed from an address for an hour: a bucket of one.
static bool is_marked(struct rates *rates, const char *class, struct str who)
{
    return count(rates, rate_class_find(rates, str_of(class)), who, true).refused;
}

static void mark(struct rates *rates, const char *class, struct str who)
{
    count(rates, rate_class_find(rates, str_of(class)), who, false);
}

// Who is penalised for a key, and as what.
struct penalty {
    const struct rate_class *class;
    struct str who;  // STR_NONE for whom no limit is meant
    struct str pair; // the address with the key
    const char *one; // what there may be so many requests from
};

static struct penalty penalty_of(const struct api_call *call)
{
    unsigned char bytes[16];
    struct rates *rates = call->contract->rates;
    struct str address = peer_network(call, bytes), key = call->caller.key;
    if (!address.ptr)
        return (struct penalty){0};
    address = arena_copy(call->arena, address);
    struct str pair = arena_printf(call->arena, "%.*s %.*s", STR_FMT(key),
                                   STR_FMT(secret_hex(call->arena, address.ptr, address.len)));
    if (is_marked(rates, "good key today", key))
        return (struct penalty){rate_class_find(rates, STR("good key")), pair, pair, "API key that has ended"};
    if (is_marked(rates, "dead key of late", pair))
        return (struct penalty){rate_class_find(rates, STR("dead key")), address, pair,
                                "address with API keys that are none"};
    return (struct penalty){rate_class_find(rates, STR("key")), address, pair, "address with API keys that are none"};
}

void rate_exempt(const struct api_call *call)
{
    if (call->caller.key.ptr)
        mark(call->contract->rates, "good key today", call->caller.key);
}

void rate_penalise(const struct api_call *call)
{
    if (!call->caller.key.ptr)
        return;
    struct penalty penalty = penalty_of(call);
    if (!penalty.class)
        return;
    mark(call->contract->rates, "dead key of late", penalty.pair);
    count(call->contract->rates, penalty.class, penalty.who, false);
}

// -------------------------------------------------------------------------------------------------------- a request

struct refusal rate_check(struct api_call *call)
{
    const struct rate_class *class = call->operation->rate;
    struct rates *rates = call->contract->rates;
    unsigned char bytes[16];
    if (call->caller.key.ptr) {
        struct penalty penalty = penalty_of(call);
        call->rate = penalty.class ? count(rates, penalty.class, penalty.who, true) : (struct rate_state){0};
        if (call->rate.refused)
            return rate_refusal(call, penalty.class, penalty.one);
    }
    call->rate = count(rates, class, subject(call, bytes), false);
    if (call->rate.refused)
        return rate_refusal(call, class, call->authenticated ? "caller" : "address");
    return class->together ? check_all(call, class) : REFUSAL_NONE;
}

// RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers). What is left is one caller's own: a reply that
// caches may give to others does not tell it.
void rate_put(const struct api_call *call, struct reply *reply)
{
    if (!call->rate.class)
        return;
    const struct rate_class *class = call->rate.class;
    reply_header(reply, STR("RateLimit-Policy"), class->policy);
    if (!call->operation->is_public || call->operation->method != HTTP_GET || call->rate.refused)
        reply_header(
            reply, STR("RateLimit"),
            arena_printf(call->arena, "\"%.*s\";r=%u;t=%u", STR_FMT(class->name), call->rate.left, call->rate.full_s));
}
