// Replies being put together: header fields, entity tags, and those whose bytes do not change.
#include "reply.h"

#include <assert.h>

void reply_header(struct reply *reply, struct str name, struct str value)
{
    assert(reply->header_count < HEADERS_MAX && name.len);
    reply->headers[reply->header_count++] = (struct http_header){name, value};
}

// Header fields that the contract may promise, beside what belongs to HTTP itself.
bool reply_promises(struct str header)
{
    static const char *const headers[] = {"Accept-Patch",
                                          "Access-Control-Allow-Origin",
                                          "Cache-Control",
                                          "Content-Disposition",
                                          "Content-Language",
                                          "Content-Security-Policy",
                                          "ETag",
                                          "Idempotency-Replayed",
                                          "Link",
                                          "Location",
                                          "Preference-Applied",
                                          "RateLimit",
                                          "RateLimit-Policy",
                                          "Retry-After",
                                          "Surrogate-Key",
                                          "WWW-Authenticate",
                                          "X-Content-Type-Options",
                                          "X-Request-Id"};
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        if (str_eq(str_of(headers[i]), header))
            return true;
    return false;
}

struct reply reply_nothing(void)
{
    struct reply reply = {.status = 204};
    reply_header(&reply, STR("Cache-Control"), STR("no-store"));
    return reply;
}

struct reply reply_json(int status, struct str json)
{
    assert(status >= 200 && status < 300 && json.len);
    struct reply reply = {.status = status, .body = json};
    reply_header(&reply, STR("Content-Type"), STR("application/json"));
    reply_header(&reply, STR("Cache-Control"), STR("no-store"));
    return reply;
}

struct str reply_etag(struct arena *arena, struct str body)
{
    enum { ENOUGH = 16 };
    unsigned char hash[HASH_BYTES];
    secret_hash(body, hash);
    return arena_printf(arena, "\"%.*s\"", STR_FMT(secret_base64(arena, hash, ENOUGH)));
}

// If-None-Match compares weakly (RFC 9110 §13.1.2).
static bool client_has(struct arena *arena, const struct http_request *request, struct str etag)
{
    struct str rest = http_header_list(arena, request, STR("If-None-Match"));
    if (str_eq(str_trim(rest), STR("*")))
        return true;
    while (rest.ptr) {
        struct str tag = str_trim(str_cut(rest, ',', &rest));
        if (str_starts(tag, STR("W/")))
            tag = (struct str){tag.ptr + 2, tag.len - 2};
        if (str_eq(tag, etag))
            return true;
    }
    return false;
}

void reply_unless_known(struct reply *reply, struct arena *arena, const struct http_request *request, struct str etag)
{
    if (reply->status != 200 || !client_has(arena, request, etag))
        return;
    reply->status = 304;
    reply->body = STR_NONE;
}

struct api_asset api_asset_of(struct arena *arena, struct str type, struct str body)
{
    return (struct api_asset){.type = type, .etag = reply_etag(arena, body), .body = body};
}

// A page of ours has a style sheet and an icon, and nothing else may happen in it.
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "      \
    "'none'"

struct reply reply_asset(struct arena *arena, const struct http_request *request, const struct api_asset *asset)
{
    assert(asset->type.len && asset->etag.len);
    struct reply reply = {.status = 200, .body = asset->body};
    reply_header(&reply, STR("Cache-Control"), STR("public, max-age=60"));
    reply_header(&reply, STR("ETag"), asset->etag);
    reply_header(&reply, STR("Content-Security-Policy"), asset->policy.ptr ? asset->policy : STR(PAGE_POLICY));
    reply_unless_known(&reply, arena, request, asset->etag);
    if (reply.body.ptr)
        reply_header(&reply, STR("Content-Type"), asset->type);
    return reply;
}
