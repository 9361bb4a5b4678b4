// Rate classes, and the limiter: how many requests of a kind one caller may make.
#pragma once

#include "marbre/api.h"

#include <stdatomic.h>

// Those that operations may name come first; the others are of what else is counted (rate.c).
enum rate_class_number {
    RATE_READ,
    RATE_DESK,
    RATE_LOGIN,
    RATE_FORM,
    RATE_ALL_FORMS,
    RATE_UNKNOWN_KEY,
    RATE_DEAD_KEY,
    RATE_GOOD_KEY,
    RATE_DEAD_OF_LATE,
    RATE_GOOD_TODAY,
    RATE_REFUSED_OF_LATE,
    RATE_ONE_MORE_KEY,
};
enum { RATE_CLASSES = RATE_ONE_MORE_KEY + 1, RATE_CLASSES_OF_CONTRACT = RATE_FORM + 1 };

// A bucket that holds `requests` and fills up in `seconds`.
struct rate_class {
    struct str name, policy;           // policy: the RateLimit-Policy field
    struct config_rate limit;          // of no requests: none is refused
    const struct rate_class *together; // in which all callers are counted as one, too; or NULL
};

enum { RATE_BUCKETS = 16384, RATE_WAYS = 4 };
// Shared by the workers, of a fixed size, without a lock: a full bucket's place may be taken by somebody else's.
struct rates {
    struct rate_class classes[RATE_CLASSES];
    unsigned char key[SHORT_KEY_BYTES];
    _Atomic uint64_t slots[RATE_BUCKETS][RATE_WAYS];
};
struct rate_state {
    const struct rate_class *class; // NULL: not counted
    bool refused;
    unsigned left, full_s, retry_s; // requests left; seconds until the bucket is full, until one more is taken
};
struct rates *rates_new(struct arena *arena, const struct config *config);
// One that an operation may name; NULL: there is none.
const struct rate_class *rate_class_find(const struct rates *rates, struct str name);

// Looks into the bucket of `who`; or takes one out of it, unless it is empty. Who is nobody
// (STR_NONE) is not counted, nor what has no limit: then the state has no class.
struct rate_state rate_look(struct rates *rates, const struct rate_class *class, struct str who);
struct rate_state rate_take(struct rates *rates, const struct rate_class *class, struct str who);
// Empties the bucket: from now on it is as long until it is full as it can be. A bucket of one is a mark so.
void rate_empty(struct rates *rates, const struct rate_class *class, struct str who);
void rate_give_back(struct rates *rates, const struct rate_class *class, struct str who); // one that was taken
