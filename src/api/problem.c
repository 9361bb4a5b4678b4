// Problem documents (RFC 9457): one row a kind, and every way in which the api says no.
#include "api_internal.h"

#include <stdio.h>

static const struct problem {
    int status;
    const char *slug, *title, *advice;
} problems[] = {
    {400, "bad-request", "The request cannot be understood",
     "Compare it with the contract: the detail names what is wrong in the path, the query, a header or the JSON."},
    {401, "unauthorized", "Log in first",
     "Send an access token in Authorization: Bearer. It is good for ten minutes; trade the refresh token for the "
     "next."},
    {403, "forbidden", "You may not do this",
     "The detail names the roles that may. An admin can change an account's role."},
    {404, "not-found", "There is nothing here", "It is not there, not public at this moment, or not yours to see."},
    {405, "method-not-allowed", "This address does not do that", "The Allow header lists what it does."},
    {406, "not-acceptable", "There is no such representation", "Ask for one that the contract lists."},
    {408, "timeout", "The request took too long to arrive", "Send it again, without pauses."},
    {409, "conflict", "It cannot be done in this state",
     "Read the thing again: somebody or something has moved it on, or a name is taken. The detail says which."},
    {410, "gone", "It was here and is gone for good", "Drop your links to it."},
    {411, "length-required", "The length of the body is missing",
     "Send Content-Length, or Transfer-Encoding: chunked."},
    {412, "version-conflict", "This is not the version that is there",
     "Read the thing again, apply your change to it, and send it with the new ETag. `changed` names the fields that "
     "moved."},
    {413, "too-large", "The body is too large", "The detail names the limit."},
    {414, "uri-too-long", "The address is too long", "Send less in the query."},
    {415, "unsupported-media-type", "The body has a form that is not taken",
     "Send one of the content types that the detail names."},
    {417, "expectation-failed", "The expectation cannot be met", "Leave the Expect header out, or send 100-continue."},
    {422, "invalid", "The request is not valid", "`errors` names every fault with a JSON pointer and a sentence."},
    {428, "version-required", "Say which version you read",
     "Send If-Match with the ETag of the last read, so that nobody's work is overwritten unseen."},
    {429, "too-many-requests", "Too many requests", "Wait for the seconds in Retry-After."},
    {431, "head-too-large", "The request's head is too large", "Send fewer or shorter headers."},
    {500, "internal", "Something is broken here",
     "Tell whoever runs this server the request's id: it is in the log with the reason."},
    {501, "not-implemented", "That is not done here", "The detail names what this server does not do."},
    {503, "unavailable", "Not at the moment", "Try again after the seconds in Retry-After; nothing was changed."},
    {503, "outcome-unknown", "Whether it was done is unknown",
     "The database went away in the middle. Read the thing, and try again only if it was not done."},
    {505, "http-version", "That version of HTTP is not spoken here", "Speak HTTP/1.1."},
};

static const struct problem *find(int status, const char *slug)
{
    const struct problem *found = NULL;
    for (size_t i = 0; i < COUNT_OF(problems) && !found; i++)
        if (problems[i].status == status && (!slug || str_eq(str_of(slug), str_of(problems[i].slug))))
            found = &problems[i];
    return found ? found : find(500, NULL);
}

struct str problem_document(struct api_call *call, int status, const char *slug, struct str detail, struct str more)
{
    const struct problem *problem = find(status, slug);
    struct buf text = buf_in(call->arena);
    buf_printf(&text, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":", problem->slug,
               problem->title, problem->status);
    buf_put_json(&text, detail);
    buf_put_lit(&text, ",\"instance\":");
    buf_put_json(&text, call->request_id);
    if (more.len) {
        buf_put_char(&text, ',');
        buf_put(&text, more);
    }
    buf_put_char(&text, '}');
    return buf_str(&text);
}

static void finish(struct api_call *call, struct reply *reply)
{
    reply_header(reply, STR("Content-Type"), STR("application/problem+json"));
    reply_header(reply, STR("Cache-Control"), STR("no-store"));
    if (call->retry_after)
        reply_header(reply, STR("Retry-After"), arena_printf(call->arena, "%u", call->retry_after));
    reply_send(call, reply);
}

// RFC 6750 §3: what is wrong with the token that was sent, or which roles it would take.
static struct str challenge(const struct api_call *call, int status)
{
    if (status == 401)
        return call->authenticated ? STR("Bearer realm=\"marbre\", error=\"invalid_token\"")
                                   : STR("Bearer realm=\"marbre\"");
    struct str roles = call->operation->roles; // {editor,chief}
    struct buf text = buf_in(call->arena);
    buf_put_lit(&text, "Bearer realm=\"marbre\", error=\"insufficient_scope\", scope=\"");
    for (size_t i = 1; i + 1 < roles.len; i++)
        buf_put_char(&text, roles.ptr[i] == ',' ? ' ' : roles.ptr[i]);
    buf_put_char(&text, '"');
    return buf_str(&text);
}

void problem_send_document(struct api_call *call, int status, struct str document)
{
    struct reply reply = {.status = status, .body = document};
    if (status == 401 || (status == 403 && call->authenticated))
        reply_header(&reply, STR("WWW-Authenticate"), challenge(call, status));
    finish(call, &reply);
}

void problem_send(struct api_call *call, int status, const char *slug, struct str detail, struct str more)
{
    problem_send_document(call, find(status, slug)->status, problem_document(call, status, slug, detail, more));
}

void api_problem(struct api_call *call, int status, const char *format, ...)
{
    struct buf detail = buf_in(call->arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&detail, format, arguments);
    va_end(arguments);
    problem_send(call, status, NULL, buf_str(&detail), STR_NONE);
}

void problem_login(struct api_call *call, const char *detail)
{
    problem_send(call, 401, NULL, str_of(detail), STR_NONE);
}

void api_reply_fault(struct api_call *call, struct str pointer, const char *format, ...)
{
    struct buf detail = buf_in(call->arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&detail, format, arguments);
    va_end(arguments);
    fault_add(&call->faults, pointer, "%.*s", STR_FMT(buf_str(&detail)));
    problem_faults(call, 422);
}

void problem_faults(struct api_call *call, int status)
{
    struct buf more = buf_in(call->arena);
    buf_put_lit(&more, "\"errors\":[");
    for (const struct fault *fault = call->faults.first; fault; fault = fault->next) {
        buf_put(&more, fault == call->faults.first ? STR("{\"pointer\":") : STR(",{\"pointer\":"));
        buf_put_json(&more, fault->pointer);
        buf_put_lit(&more, ",\"detail\":");
        buf_put_json(&more, fault->detail);
        buf_put_char(&more, '}');
    }
    buf_put_char(&more, ']');
    size_t count = call->faults.count;
    struct str detail =
        count == 1 ? STR("1 fault was found.") : arena_printf(call->arena, "%zu faults were found.", count);
    problem_send(call, status, NULL, detail, buf_str(&more));
}

static const char *const method_names[HTTP_METHOD_OTHER] = {
    [HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",   [HTTP_DELETE] = "DELETE",
};

void problem_method(struct api_call *call, const struct route *route)
{
    struct buf allowed = buf_in(call->arena);
    buf_put_lit(&allowed, "OPTIONS");
    for (enum http_method method = 0; method < HTTP_METHOD_OTHER; method++)
        if (method_names[method] && (!route || route->operations[method]))
            buf_printf(&allowed, ", %s", method_names[method]);
    struct reply reply = {.status = 204};
    reply_header(&reply, STR("Allow"), buf_str(&allowed));
    if (call->exchange->request.method == HTTP_OPTIONS) {
        cors_answer(call, route, &reply);
        reply_send(call, &reply);
        return;
    }
    reply.status = 405;
    reply.body = problem_document(
        call, 405, NULL, arena_printf(call->arena, "This address takes %.*s.", STR_FMT(buf_str(&allowed))), STR_NONE);
    finish(call, &reply);
}

// What PostgreSQL says no with, and what that means over HTTP. Class MB is our own: its last three digits are the
// status.
static const struct refusal {
    const char *sqlstate; // five characters, or two for a class
    int status;
    const char *detail;
} refusals[] = {
    {"23505", 409, "Something with this name or slug is there already."},
    {"23503", 409, "Something else still refers to it."},
    {"23", 422, "A rule of the database forbids this value."},
    {"22", 422, "A value cannot be stored."},
    {"55P03", 503, "Somebody else is changing the same thing; try again in a moment."},
    {"57014", 503, "It took too long and was given up; nothing was changed."},
    {"40", 503, "Two changes stood in each other's way; nothing was changed, try again."},
    {"53", 503, "The database has no room for this now; nothing was changed."},
    {"57", 503, "The database is being stopped."},
    {"25", 503, "The database takes no changes now."},
    {"58", 503, "The database cannot reach its files."},
};

static void refuse_as_told(struct api_call *call, const struct db_answer *answer)
{
    uint64_t status = 500;
    struct str members = answer->detail; // a JSON object, or nothing
    if (!str_to_u64((struct str){answer->sqlstate + 2, 3}, 599, &status))
        status = 500;
    struct str inner = members.len > 2 ? (struct str){members.ptr + 1, members.len - 2} : STR_NONE;
    idempotency_refuse(call, (int)status, problem_document(call, (int)status, NULL, answer->message, inner));
}

void reply_refusal(struct api_call *call, const struct db_answer *answer)
{
    struct str sqlstate = str_of(answer->sqlstate);
    if (idempotency_answers(call, answer))
        return;
    if (str_starts(sqlstate, STR("MB"))) {
        refuse_as_told(call, answer);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        if (!str_starts(sqlstate, str_of(refusals[i].sqlstate)))
            continue;
        if (refusals[i].status == 503)
            call->retry_after = 1;
        api_problem(call, refusals[i].status, "%s", refusals[i].detail);
        return;
    }
    log_event(LOG_ERROR, "db.error", "%.*s %s: %.*s", STR_FMT(call->operation->id), answer->sqlstate,
              STR_FMT(answer->message));
    api_problem(call, 500, "The server could not do this; the log has the reason under this request's id.");
}

struct str api_problem_page(struct arena *arena, struct str slug)
{
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        const struct problem *problem = &problems[i];
        if (str_eq(str_of(problem->slug), slug))
            return arena_printf(arena,
                                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>"
                                "<h1>%s</h1><p>Status %d, <code>/problems/%s</code>.</p><p>%s</p></html>\n",
                                problem->title, problem->title, problem->status, problem->slug, problem->advice);
    }
    return STR_NONE;
}
