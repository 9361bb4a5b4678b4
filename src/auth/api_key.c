// API keys: long random words that programs send in place of an access token. They are looked up by their hash, so no
// comparison of secrets takes place here.
#include "marbre/auth.h"

static const struct str prefix = {"mbk_", 4};

enum { KEY_BYTES = 32, KEY_TEXT = 4 + 43 };

static struct str api_key_hash(struct arena *arena, struct str text)
{
    unsigned char hash[HASH_BYTES];
    secret_hash(text, hash);
    return secret_hex(arena, hash, sizeof hash);
}

struct auth_api_key auth_api_key_make(struct arena *arena)
{
    unsigned char bytes[KEY_BYTES];
    secret_random(bytes, sizeof bytes);
    struct str text = arena_printf(arena, "%s%.*s", prefix.ptr, STR_FMT(secret_base64(arena, bytes, sizeof bytes)));
    return (struct auth_api_key){text, api_key_hash(arena, text)};
}

bool auth_api_key_is(struct str token)
{
    return str_starts(token, prefix);
}

bool auth_api_key_read(struct arena *arena, struct str token, struct auth_caller *caller)
{
    if (!auth_api_key_is(token) || token.len != KEY_TEXT)
        return false;
    *caller = (struct auth_caller){.key = api_key_hash(arena, token)};
    return true;
}
