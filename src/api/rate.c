// Rate limits of a request: the contract names a class for each operation, and what fails at API keys is penalised.
#include "steps.h"

#include <string.h>

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

// The caller that is counted: the key, the session, or the address. Not the account: whoever holds a token that has
// ended would use up what belongs to its owner.
static struct str subject(const struct api_call *call, unsigned char bytes[16])
{
    if (call->caller.key.ptr)
        return call->caller.key;
    return call->authenticated ? call->caller.session : peer_network(call, bytes);
}

static struct refusal rate_refusal(const struct api_call *call, const struct rate_class *class, const char *one)
{
    struct refusal refusal = refusal_of(call, 429, "This takes %u requests in %u seconds from one %s.",
                                        class->limit.requests, class->limit.seconds, fault_words(&call->faults, one));
    refusal.retry_after = call->rate.retry_s;
    return refusal;
}

// The limit of all callers together. Only who is within their own share is counted, so that one alone cannot use it up.
static struct refusal check_all(struct api_call *call, const struct rate_class *together)
{
    struct rate_state state = rate_take(call->contract->rates, together, STR("all"));
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
    if (call->counted_together)
        rate_give_back(call->contract->rates, call->operation->rate->together, STR("all"));
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
// A key that was never seen, and may be good, does not wait until its neighbours' guesses are forgotten: when it comes
// again after a refusal it is looked up, one such key a second from an address. If it is none it has failed then.
//
// A mark is a bucket of one: what was good is remembered for a day after it was last used, what has failed from an
// address for an hour.
static bool is_marked(struct rates *rates, enum rate_class_number class, struct str who)
{
    return rate_look(rates, &rates->classes[class], who).refused;
}

static void mark(struct rates *rates, enum rate_class_number class, struct str who)
{
    rate_empty(rates, &rates->classes[class], who);
}

// A penalty for an API key: who pays it, and as what.
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
    if (is_marked(rates, RATE_GOOD_TODAY, key))
        return (struct penalty){&rates->classes[RATE_GOOD_KEY], pair, pair, "API key that has ended"};
    if (is_marked(rates, RATE_DEAD_OF_LATE, pair))
        return (struct penalty){&rates->classes[RATE_DEAD_KEY], address, pair, "address with API keys that are none"};
    return (struct penalty){&rates->classes[RATE_UNKNOWN_KEY], address, pair, "address with API keys that are none"};
}

// A key that is refused for others' guesses is looked up all the same when it comes again, and it is its turn.
static bool may_be_one_more(struct api_call *call, const struct penalty *penalty)
{
    struct rates *rates = call->contract->rates;
    if (penalty->class != &rates->classes[RATE_UNKNOWN_KEY])
        return false;
    bool comes_again = is_marked(rates, RATE_REFUSED_OF_LATE, penalty->pair);
    const struct rate_class *one_more = &rates->classes[RATE_ONE_MORE_KEY];
    struct rate_state state = comes_again ? rate_take(rates, one_more, penalty->who) : (struct rate_state){0};
    mark(rates, RATE_REFUSED_OF_LATE, penalty->pair);
    call->rate.retry_s = 1;
    return comes_again && !state.refused;
}

void rate_exempt(const struct api_call *call)
{
    if (call->caller.key.ptr)
        mark(call->contract->rates, RATE_GOOD_TODAY, call->caller.key);
}

void rate_penalise(const struct api_call *call)
{
    if (!call->caller.key.ptr)
        return;
    struct penalty penalty = penalty_of(call);
    if (!penalty.class)
        return;
    mark(call->contract->rates, RATE_DEAD_OF_LATE, penalty.pair);
    rate_take(call->contract->rates, penalty.class, penalty.who);
}

// -------------------------------------------------------------------------------------------------------- a request

struct refusal rate_check(struct api_call *call)
{
    const struct rate_class *class = call->operation->rate;
    struct rates *rates = call->contract->rates;
    unsigned char bytes[16];
    if (call->caller.key.ptr) {
        struct penalty penalty = penalty_of(call);
        call->rate = penalty.class ? rate_look(rates, penalty.class, penalty.who) : (struct rate_state){0};
        if (call->rate.refused && !may_be_one_more(call, &penalty))
            return rate_refusal(call, penalty.class, penalty.one);
    }
    call->rate = rate_take(rates, class, subject(call, bytes));
    if (call->rate.refused)
        return rate_refusal(call, class, call->authenticated ? "caller" : "address");
    return class->together ? check_all(call, class->together) : REFUSAL_NONE;
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
