// Internals of the auth room, shared by its files.
#pragma once

#include "marbre/auth.h"

#include <stdatomic.h>

struct auth_key {
    struct str kid, secret;
};

// A snapshot of the key file. Never changed once made, and kept until the arena goes: a worker may be reading it.
struct key_set {
    struct auth_key all[AUTH_KEYS_MAX];
    size_t count;
};

struct auth_keys {
    struct arena *arena;
    struct str path;
    _Atomic(const struct key_set *) now;
};

const struct auth_key *auth_key_find(const struct key_set *set, struct str kid);
