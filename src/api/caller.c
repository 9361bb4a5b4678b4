// Authentication: what may pass where an operation is not public, an access token of ours, or what has the form of an
// API key. Whether there is such a key, and what its caller may do, is decided by enter.sql.
#include "steps.h"

// A proxy in front may look at another one of two headers than we do.
static bool comes_twice(const struct http_request *request, struct str name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += str_eq_nocase(request->headers[i].name, name);
    return count > 1;
}

struct refusal caller_check(struct api_call *call)
{
    if (call->operation->is_public)
        return REFUSAL_NONE;
    struct str header = http_header_value(&call->exchange->request, STR("Authorization")), token;
    struct str scheme = str_cut(header, ' ', &token);
    if (!header.ptr || !str_eq_nocase(scheme, STR("Bearer")))
        return refusal_of(
            call, 401, "This needs Authorization: Bearer, with an access token of POST /v1/auth/login or an API key.");
    if (comes_twice(&call->exchange->request, STR("Authorization")))
        return refusal_of(call, 401, "Authorization comes twice, and only one of them can be meant.");
    call->authenticated = true;
    token = str_trim(token);
    if (auth_api_key_is(token))
        return auth_api_key_read(call->arena, token, &call->caller) ? REFUSAL_NONE
                                                                    : refusal_of(call, 401, "This is no API key.");
    return auth_token_check(call->arena, call->contract->sources.keys, token, &call->caller)
               ? REFUSAL_NONE
               : refusal_of(call, 401,
                            "The access token is not good, or no longer: trade the refresh token, or log in.");
}
