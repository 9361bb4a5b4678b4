// Access tokens, and the one file that knows libjwt. It checks the signature and nothing else: a bare jwt_decode lets
// the token choose its algorithm and takes claims of any type, so both are settled here.
#include "auth_internal.h"

#include <assert.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER   "marbre"
#define AUDIENCE "marbre-desk"
#define TYPE     "access"

enum { TOKEN_MAX = 2048, CLOCK_SLACK_S = 30 };

static void finish_jwt(void *jwt)
{
    jwt_free(jwt);
}

struct str auth_token_make(struct arena *arena, const struct auth_keys *keys, const struct auth_caller *caller)
{
    assert(caller->account.len && caller->session.len && caller->epoch.len);
    const struct auth_key *key = &atomic_load(&keys->now)->all[0];
    long now = (long)(clock_wall_ms() / 1000);
    uint64_t epoch = 0;
    jwt_t *jwt = NULL;
    if (!str_to_u64(caller->epoch, INT32_MAX, &epoch) || jwt_new(&jwt) != 0)
        fatal("a token could not be made");
    arena_defer(arena, finish_jwt, jwt);
    bool made =
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->secret.ptr, (int)key->secret.len) == 0 &&
        jwt_add_header(jwt, "kid", arena_cstr(arena, key->kid)) == 0 && jwt_add_grant(jwt, "iss", ISSUER) == 0 &&
        jwt_add_grant(jwt, "aud", AUDIENCE) == 0 && jwt_add_grant(jwt, "typ", TYPE) == 0 &&
        jwt_add_grant(jwt, "sub", arena_cstr(arena, caller->account)) == 0 &&
        jwt_add_grant(jwt, "sid", arena_cstr(arena, caller->session)) == 0 &&
        jwt_add_grant_int(jwt, "epoch", (long)epoch) == 0 && jwt_add_grant_int(jwt, "iat", now) == 0 &&
        jwt_add_grant_int(jwt, "nbf", now) == 0 && jwt_add_grant_int(jwt, "exp", now + AUTH_ACCESS_SECONDS) == 0;
    char *text = made ? jwt_encode_str(jwt) : NULL;
    if (!text)
        fatal("a token could not be signed");
    struct str token = arena_copy(arena, str_of(text));
    free(text);
    return token;
}

// The header must be the one that auth_token_make writes: `alg`, `typ`, `kid`, and nothing else.
static const struct auth_key *pinned_key(struct arena *arena, const struct auth_keys *keys, struct str part)
{
    struct str text;
    struct json_fault fault;
    if (!secret_unbase64(arena, part, &text))
        return NULL;
    json_t *header = json_read(arena, text, &fault);
    if (!json_is_object(header) || json_object_size(header) != 3 ||
        !str_eq(json_member_text(header, "alg"), STR("HS256")) || !str_eq(json_member_text(header, "typ"), STR("JWT")))
        return NULL;
    return auth_key_find(atomic_load(&keys->now), json_member_text(header, "kid"));
}

static bool signature_holds(struct arena *arena, struct str token, const struct auth_key *key)
{
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, arena_cstr(arena, token), (const unsigned char *)key->secret.ptr, (int)key->secret.len) != 0)
        return false;
    arena_defer(arena, finish_jwt, jwt);
    return jwt_get_alg(jwt) == JWT_ALG_HS256;
}

static bool claim_is(const json_t *claims, const char *name, struct str value)
{
    return str_eq(json_member_text(claims, name), value);
}

// A whole number of seconds, not a float, not a text.
static bool claim_time(const json_t *claims, const char *name, int64_t *seconds)
{
    const json_t *value = json_object_get(claims, name);
    *seconds = json_integer_value(value);
    return json_is_integer(value) && *seconds > 0;
}

static bool claims_hold(struct arena *arena, const json_t *claims, struct auth_caller *caller)
{
    int64_t now = clock_wall_ms() / 1000, issued, not_before, expires;
    const json_t *epoch = json_object_get(claims, "epoch");
    if (!json_is_object(claims) || !claim_is(claims, "iss", STR(ISSUER)) || !claim_is(claims, "aud", STR(AUDIENCE)) ||
        !claim_is(claims, "typ", STR(TYPE)) || !claim_time(claims, "iat", &issued) ||
        !claim_time(claims, "nbf", &not_before) || !claim_time(claims, "exp", &expires) || !json_is_integer(epoch))
        return false;
    if (issued > now + CLOCK_SLACK_S || not_before > now + CLOCK_SLACK_S || expires <= now ||
        expires - issued > AUTH_ACCESS_SECONDS)
        return false;
    caller->account = json_member_text(claims, "sub");
    caller->session = json_member_text(claims, "sid");
    caller->epoch = arena_printf(arena, "%lld", (long long)json_integer_value(epoch));
    return uuid_is(caller->account) && uuid_is(caller->session) && json_integer_value(epoch) > 0 &&
           json_integer_value(epoch) <= INT32_MAX;
}

bool auth_token_check(struct arena *arena, const struct auth_keys *keys, struct str token, struct auth_caller *caller)
{
    struct str rest, payload, signature, more, claims_text;
    struct json_fault fault;
    if (token.len == 0 || token.len > TOKEN_MAX || memchr(token.ptr, '\0', token.len))
        return false;
    struct str header = str_cut(token, '.', &rest);
    payload = str_cut(rest, '.', &signature);
    if (!signature.ptr || (str_cut(signature, '.', &more), more.ptr))
        return false;
    // Only the one spelling of a signature that this server writes: base64 decoders overlook stray bits.
    struct str bytes;
    if (!secret_unbase64(arena, signature, &bytes) || bytes.len != 32 ||
        !str_eq(secret_base64(arena, bytes.ptr, bytes.len), signature))
        return false;
    const struct auth_key *key = pinned_key(arena, keys, header);
    if (!key || !signature_holds(arena, token, key) || !secret_unbase64(arena, payload, &claims_text))
        return false;
    const json_t *claims = json_read(arena, claims_text, &fault);
    return claims && claims_hold(arena, claims, caller);
}
