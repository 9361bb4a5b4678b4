// From what PostgreSQL answered to a reply: the last statement's columns are facts, the bytes of `body` go out as they
// came.
#include "api_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const facts[] = {"body",          "version", "status", "location", "keys",   "fresh_for",
                                    "last_modified", "next_1",  "next_2", "next_3",   "next_4", "count"};

bool reply_is_fact(const char *column)
{
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (strcmp(facts[i], column) == 0)
            return true;
    return false;
}

void reply_header(struct reply *reply, struct str name, struct str value)
{
    if (reply->header_count == HEADERS_MAX)
        fatal("a reply with more than %d headers", HEADERS_MAX);
    reply->headers[reply->header_count++] = (struct http_header){name, value};
}

// What the contract may promise of a reply's head, beside what belongs to HTTP itself.
bool reply_promises(struct str header)
{
    static const char *const headers[] = {"Access-Control-Allow-Origin",
                                          "Cache-Control",
                                          "Content-Disposition",
                                          "Content-Language",
                                          "Content-Security-Policy",
                                          "ETag",
                                          "Idempotency-Replayed",
                                          "Last-Modified",
                                          "Link",
                                          "Location",
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

void reply_send(struct api_call *call, struct reply *reply)
{
    reply_header(reply, STR("X-Request-Id"), call->request_id);
    rate_put(call, reply);
    if (reply->status >= 400)
        rate_refund(call);
    cors_put(call, reply);
    language_put(call, reply);
    if (call->replayed)
        reply_header(reply, STR("Idempotency-Replayed"), STR("true"));
    struct http_reply bytes = {.status = reply->status,
                               .headers = reply->headers,
                               .header_count = reply->header_count,
                               .body = reply->body,
                               .close = reply->close,
                               .more = reply->more};
    http_reply_send(call->exchange, &bytes);
}

// The strong name of these bytes.
static struct str etag_of(struct arena *arena, struct str body)
{
    enum { ENOUGH = 16 };
    unsigned char hash[HASH_BYTES];
    secret_hash(body, hash);
    return arena_printf(arena, "\"%.*s\"", STR_FMT(secret_base64(arena, hash, ENOUGH)));
}

// If-None-Match compares weakly (RFC 9110 §13.1.2).
static bool client_has(const struct api_call *call, struct str etag)
{
    struct str rest = http_header_list(call->arena, &call->exchange->request, STR("If-None-Match"));
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

static void unless_client_has(const struct api_call *call, struct reply *reply, struct str etag)
{
    if (reply->status != 200 || !client_has(call, etag))
        return;
    reply->status = 304;
    reply->body = STR_NONE;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// No cache may keep a reply past the moment at which a range opens or closes, not even as a stale one.
static struct str cache_control(struct arena *arena, const struct cache_policy *policy, struct str fresh_for)
{
    double seconds = fresh_for.ptr ? strtod(fresh_for.ptr, NULL) : 1e9;
    unsigned fresh = seconds < 0 ? 0 : seconds > 1e9 ? 1000000000U : (unsigned)seconds;
    unsigned shared = least(policy->shared_max_age, fresh), left = fresh - shared;
    return arena_printf(arena, "public, max-age=%u, s-maxage=%u, stale-while-revalidate=%u, stale-if-error=%u",
                        least(policy->max_age, fresh), shared, least(policy->stale_while_revalidate, left),
                        least(policy->stale_if_error, left));
}

static void put_last_modified(struct api_call *call, struct reply *reply, struct str seconds)
{
    uint64_t at;
    if (!seconds.ptr || !str_to_u64(seconds, UINT32_MAX, &at))
        return;
    char *text = arena_alloc(call->arena, CLOCK_HTTP);
    clock_http((int64_t)at, text);
    reply_header(reply, STR("Last-Modified"), str_of(text));
}

static void put_cacheable(struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str etag = etag_of(call->arena, reply->body), keys = db_answer_text(answer, "keys");
    reply_header(reply, STR("ETag"), etag);
    reply_header(reply, STR("Cache-Control"),
                 cache_control(call->arena, &call->operation->cache, db_answer_text(answer, "fresh_for")));
    put_last_modified(call, reply, db_answer_text(answer, "last_modified"));
    if (keys.ptr)
        reply_header(reply, STR("Surrogate-Key"), keys);
    unless_client_has(call, reply, etag);
}

static struct str next_cursor(struct api_call *call, const struct db_answer *answer)
{
    static const char *const names[CURSOR_MAX] = {"next_1", "next_2", "next_3", "next_4"};
    struct str values[CURSOR_MAX] = {{0}};
    for (size_t i = 0; i < call->operation->cursor; i++)
        values[i] = db_answer_text(answer, names[i]);
    return values[0].ptr ? cursor_sign(call, values, call->operation->cursor) : STR_NONE;
}

static bool is_cursor(struct arena *arena, struct str pair)
{
    struct str value, name = str_cut(pair, '=', &value), decoded;
    return http_decode(arena, name, true, &decoded) && str_eq(decoded, STR("cursor"));
}

// The request's own address with another cursor.
static struct str next_link(struct api_call *call, struct str cursor)
{
    const struct http_request *request = &call->exchange->request;
    struct buf link = buf_in(call->arena);
    buf_printf(&link, "<%.*s?", STR_FMT(request->path));
    struct str rest = request->query;
    while (rest.ptr) {
        struct str pair = str_cut(rest, '&', &rest);
        if (pair.len && !is_cursor(call->arena, pair))
            buf_printf(&link, "%.*s&", STR_FMT(pair));
    }
    buf_printf(&link, "cursor=%.*s>; rel=\"next\"", STR_FMT(cursor));
    return buf_str(&link);
}

// A list's statement answers the items; the envelope, with its signed cursor, is put around them here.
static struct str envelope(struct api_call *call, struct str items, struct str cursor, struct str count)
{
    struct buf text = buf_in(call->arena);
    buf_put_lit(&text, "{\"data\":");
    buf_put(&text, items);
    buf_put_lit(&text, ",\"next\":");
    if (cursor.ptr)
        buf_put_json(&text, cursor);
    else
        buf_put_lit(&text, "null");
    if (count.ptr)
        buf_printf(&text, ",\"count\":%.*s", STR_FMT(count));
    buf_put_char(&text, '}');
    return buf_str(&text);
}

// `/v1/desk/articles/{id}` with the id of what was made.
static struct str filled_location(struct api_call *call)
{
    struct str rest, before = str_cut(call->operation->location, '{', &rest);
    return arena_printf(call->arena, "%.*s%s", STR_FMT(before), call->new_id.text);
}

static int status_of(const struct api_call *call, const struct db_answer *answer)
{
    struct str told = db_answer_text(answer, "status");
    uint64_t status;
    return told.ptr && str_to_u64(told, 599, &status) ? (int)status : call->operation->success;
}

static void put_location(struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str location = db_answer_text(answer, "location");
    if (!location.ptr && reply->status == 201)
        location = filled_location(call);
    if (location.ptr)
        reply_header(reply, STR("Location"), location);
}

void reply_done(struct api_call *call, const struct db_answer *answer)
{
    rate_exempt(call);
    struct reply reply = {.status = status_of(call, answer)};
    struct str version = db_answer_text(answer, "version");
    if (reply.status != 204 && db_answer_rows(answer) == 0) {
        api_problem(call, 404, "There is nothing under this address.");
        return;
    }
    if (call->operation->page) {
        stream_begin(call, answer);
        return;
    }
    if (call->operation->is_list) {
        struct str cursor = next_cursor(call, answer);
        reply.body = envelope(call, db_answer_text(answer, "body"), cursor, db_answer_text(answer, "count"));
        if (cursor.ptr)
            reply_header(&reply, STR("Link"), next_link(call, cursor));
    } else if (reply.status < 300 && reply.status != 204) {
        reply.body = db_answer_text(answer, "body");
    }
    put_location(call, &reply, answer);
    if (call->operation->cache.kept) {
        put_cacheable(call, &reply, answer);
    } else {
        reply_header(&reply, STR("Cache-Control"), STR("no-store"));
        if (version.ptr)
            reply_header(&reply, STR("ETag"), arena_printf(call->arena, "\"v%.*s\"", STR_FMT(version)));
    }
    if (reply.body.ptr)
        reply_header(&reply, STR("Content-Type"), STR("application/json"));
    reply_send(call, &reply);
}

static void outcome_unknown(struct api_call *call)
{
    problem_send(call, 503, "outcome-unknown",
                 STR("The database went away in the middle; look whether it was done before you try again."), STR_NONE);
}

static void not_now(struct api_call *call, unsigned seconds, const char *why)
{
    call->retry_after = seconds;
    if (call->retried) // of the first try nobody knows what came
        outcome_unknown(call);
    else
        api_problem(call, 503, "%s", fault_words(&call->faults, why));
}

void reply_answer(struct api_call *call, const struct db_answer *answer)
{
    switch (answer->outcome) {
    case DB_DONE:
        reply_done(call, answer);
        break;
    case DB_REFUSED:
        reply_refusal(call, answer);
        break;
    case DB_UNKNOWN:
        if (!idempotency_retries(call))
            outcome_unknown(call);
        break;
    case DB_BUSY:
        not_now(call, 1, "Too much is waiting for the database.");
        break;
    case DB_AWAY:
        not_now(call, 2,
                db_sqlstate_is_broken(answer->sqlstate)
                    ? "The database is not in order, and whoever runs it has to see to it; nothing was changed."
                    : "The database cannot be reached.");
        break;
    }
}

void api_reply_nothing(struct api_call *call)
{
    struct reply reply = {.status = 204};
    reply_header(&reply, STR("Cache-Control"), STR("no-store"));
    reply_send(call, &reply);
}

void api_reply_json(struct api_call *call, int status, struct str json)
{
    struct reply reply = {.status = status, .body = json};
    reply_header(&reply, STR("Content-Type"), STR("application/json"));
    reply_header(&reply, STR("Cache-Control"), STR("no-store"));
    reply_send(call, &reply);
}

struct api_asset api_asset_of(struct arena *arena, struct str type, struct str body)
{
    return (struct api_asset){.type = type, .etag = etag_of(arena, body), .body = body};
}

// A page of ours has a style sheet and an icon, and nothing else may happen in it.
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "      \
    "'none'"

void api_reply_asset(struct api_call *call, const struct api_asset *asset)
{
    struct reply reply = {.status = 200, .body = asset->body};
    reply_header(&reply, STR("Cache-Control"), STR("public, max-age=60"));
    reply_header(&reply, STR("ETag"), asset->etag);
    reply_header(&reply, STR("Content-Security-Policy"), asset->policy.ptr ? asset->policy : STR(PAGE_POLICY));
    unless_client_has(call, &reply, asset->etag);
    if (reply.body.ptr)
        reply_header(&reply, STR("Content-Type"), asset->type);
    reply_send(call, &reply);
}
