// Rate classes: how many requests of a kind one caller may make.
#pragma once

#include "marbre/api.h"

#include <stdatomic.h>

// A bucket that holds `requests` and fills up in `seconds`.
struct rate_class {
    struct str name, policy;  // policy: the RateLimit-Policy field
    struct config_rate limit; // of no requests: none is refused
    const char *together;     // the class in which all callers are counted as one, too; or NULL
    bool is_of_the_contract;  // operations may name it; the others are the limiter's own
};
enum { RATE_CLASSES = 10, RATE_BUCKETS = 16384, RATE_WAYS = 4 };

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
const struct rate_class *rate_class_find(const struct rates *rates, struct str name); // NULL: there is none
