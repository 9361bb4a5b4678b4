// What the files of the auth room share.
#pragma once

#include "marbre/auth.h"

struct auth_key {
    struct str kid, secret;
};

struct auth_keys {
    struct auth_key all[AUTH_KEYS_MAX];
    size_t count;
};

const struct auth_key *auth_key_find(const struct auth_keys *keys, struct str kid);
