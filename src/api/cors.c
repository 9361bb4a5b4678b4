// Cross-origin requests (CORS of the Fetch standard), whose pages may call: readers' addresses answer to any, the desk
// to the origins that MARBRE_DESK_ORIGINS lists, readers' forms to the site's own pages and those that
// MARBRE_SITE_ORIGINS lists. Tokens travel in Authorization, so no cookies and no credentials are ever allowed.
#include "steps.h"

// Access-Control-Expose-Headers and -Allow-Headers: what scripts may read of a reply, and send with a request, beyond
// the standard's few.
#define EXPOSED                                                                                                        \
    "Accept-Patch, Content-Disposition, ETag, Idempotency-Replayed, Link, Location, Preference-Applied, RateLimit, "   \
    "RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"
#define SENT                                                                                                           \
    "Accept-Language, Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, X-Request-Id"

static bool is_open(const struct operation *operation)
{
    return !operation || (operation->is_public && operation->method == HTTP_GET);
}

static bool is_among(struct str origins, struct str origin)
{
    struct str rest = origins;
    while (rest.len)
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), origin))
            return true;
    return false;
}

// The site's forms are sent by the site's pages, whatever others are listed.
static bool is_listed(const struct api_call *call, const struct operation *operation, struct str origin)
{
    const struct config *config = call->contract->sources.config;
    if (!operation->for_the_site)
        return is_among(config->desk_origins, origin);
    return str_eq(call->contract->site_origin, origin) || is_among(config->site_origins, origin);
}

// The origin to name in Access-Control-Allow-Origin; STR_NONE for none.
static struct str cors_origin(const struct api_call *call, const struct operation *operation)
{
    if (is_open(operation))
        return STR("*");
    struct str origin = http_header_value(&call->exchange->request, STR("Origin"));
    return origin.ptr && is_listed(call, operation, origin) ? origin : STR_NONE;
}

// The Origin of a form that is posted: it goes out without a script, so there is no preflight. `Origin: null` is of a
// page that hides its address, and says nothing.
struct refusal cors_check(struct api_call *call)
{
    struct str origin = http_header_value(&call->exchange->request, STR("Origin"));
    if (!call->operation->for_the_site || !origin.ptr || str_eq(origin, STR("null")) ||
        is_listed(call, call->operation, origin))
        return REFUSAL_NONE;
    struct str shown = text_is_utf8(origin) ? text_cut(origin, 200) : STR("?");
    return refusal_of(call, 403, "Pages of the origin %.*s may not send this form.", STR_FMT(shown));
}

void cors_put(const struct api_call *call, struct reply *reply)
{
    if (call->exchange->request.method == HTTP_OPTIONS) // cors_preflight has said all
        return;
    struct str origin = cors_origin(call, call->operation);
    if (!is_open(call->operation))
        reply_header(reply, STR("Vary"), STR("Origin"));
    if (!origin.ptr)
        return;
    reply_header(reply, STR("Access-Control-Allow-Origin"), origin);
    reply_header(reply, STR("Access-Control-Expose-Headers"), STR(EXPOSED));
}

static const struct operation *cors_requested(const struct api_call *call, const struct route *route)
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

void cors_preflight(const struct api_call *call, const struct route *route, struct reply *reply)
{
    reply_header(reply, STR("Vary"), STR("Origin, Access-Control-Request-Method"));
    const struct operation *operation = cors_requested(call, route);
    struct str origin = operation ? cors_origin(call, operation) : STR_NONE;
    if (!origin.ptr || !http_header_value(&call->exchange->request, STR("Origin")).ptr)
        return;
    reply_header(reply, STR("Access-Control-Allow-Origin"), origin);
    reply_header(reply, STR("Access-Control-Allow-Methods"),
                 http_header_value(&call->exchange->request, STR("Access-Control-Request-Method")));
    reply_header(reply, STR("Access-Control-Allow-Headers"), STR(SENT));
    reply_header(reply, STR("Access-Control-Max-Age"), STR("7200"));
}
