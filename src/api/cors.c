// Who else's pages may call (the Fetch standard's CORS): readers' addresses answer to any, the desk to the origins that
// MARBRE_DESK_ORIGINS lists. Tokens travel in Authorization, so no cookies and no credentials are ever allowed.
#include "api_internal.h"

// What scripts may read of a reply, and send with a request, beyond the standard's few.
#define EXPOSED                                                                                                        \
    "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed, "             \
    "WWW-Authenticate"
#define SENT "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, X-Request-Id"

static bool is_open(const struct operation *operation)
{
    return !operation || (operation->is_public && operation->method == HTTP_GET);
}

static bool is_listed(const struct api_call *call, struct str origin)
{
    struct str rest = call->contract->sources.config->desk_origins;
    while (rest.len)
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), origin))
            return true;
    return false;
}

// The origin to name in Access-Control-Allow-Origin; STR_NONE for none.
static struct str allowed(const struct api_call *call, const struct operation *operation)
{
    if (is_open(operation))
        return STR("*");
    struct str origin = http_header_value(&call->exchange->request, STR("Origin"));
    return origin.ptr && is_listed(call, origin) ? origin : STR_NONE;
}

void cors_put(const struct api_call *call, struct reply *reply)
{
    if (call->exchange->request.method == HTTP_OPTIONS) // cors_answer has said all
        return;
    struct str origin = allowed(call, call->operation);
    if (!is_open(call->operation))
        reply_header(reply, STR("Vary"), STR("Origin"));
    if (!origin.ptr)
        return;
    reply_header(reply, STR("Access-Control-Allow-Origin"), origin);
    reply_header(reply, STR("Access-Control-Expose-Headers"), STR(EXPOSED));
}

static const struct operation *asked_for(const struct api_call *call, const struct route *route)
{
    struct str method = http_header_value(&call->exchange->request, STR("Access-Control-Request-Method"));
    static const struct str words[HTTP_METHOD_OTHER] = {
        [HTTP_GET] = {"GET", 3}, [HTTP_HEAD] = {"HEAD", 4},   [HTTP_POST] = {"POST", 4},
        [HTTP_PUT] = {"PUT", 3}, [HTTP_PATCH] = {"PATCH", 5}, [HTTP_DELETE] = {"DELETE", 6},
    };
    for (enum http_method m = 0; route && m < HTTP_METHOD_OTHER; m++)
        if (words[m].ptr && str_eq(words[m], method))
            return route->operations[m == HTTP_HEAD ? HTTP_GET : m];
    return NULL;
}

void cors_answer(const struct api_call *call, const struct route *route, struct reply *reply)
{
    reply_header(reply, STR("Vary"), STR("Origin, Access-Control-Request-Method"));
    const struct operation *operation = asked_for(call, route);
    struct str origin = operation ? allowed(call, operation) : STR_NONE;
    if (!origin.ptr || !http_header_value(&call->exchange->request, STR("Origin")).ptr)
        return;
    reply_header(reply, STR("Access-Control-Allow-Origin"), origin);
    reply_header(reply, STR("Access-Control-Allow-Methods"),
                 http_header_value(&call->exchange->request, STR("Access-Control-Request-Method")));
    reply_header(reply, STR("Access-Control-Allow-Headers"), STR(SENT));
    reply_header(reply, STR("Access-Control-Max-Age"), STR("7200"));
}
