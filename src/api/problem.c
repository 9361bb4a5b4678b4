// Problem documents (RFC 9457): one row a kind, and every way in which the api says no.
#include "api_internal.h"

#include <stdio.h>

static const struct problem problems[] = {
    {400, "bad-request", "The request cannot be understood",
     "A parameter, a header or the JSON of the body is not what the contract says, so the server did nothing.",
     "Read the detail, and `errors` if it is there: it names each parameter that is wrong and what it may be. Compare "
     "the request with the contract, mend it, and send it again."},
    {401, "unauthorized", "Log in first",
     "The server does not know who is calling: the token is missing, wrong or too old, or the password does not fit.",
     "Log in with `POST /v1/auth/login` and send the `access_token` in `Authorization: Bearer`. It is good for ten "
     "minutes; then trade the `refresh_token` for the next."},
    {403, "forbidden", "You may not do this",
     "The server knows who is calling, and this account may not do what was asked.",
     "The detail names the roles that may. Ask somebody who has one of them, or an admin to change the account's role. "
     "Logging in again changes nothing."},
    {404, "not-found", "There is nothing here",
     "Nothing that you may see is under this address. It was never there, is not public at this moment, or is not "
     "yours to see.",
     "Look for a slip in the address, and for the thing in its list. At the desk, make sure that the right account is "
     "calling."},
    {405, "method-not-allowed", "This address does not do that",
     "The address is right, but it does not take this method.",
     "The `Allow` header of the answer lists the methods that it takes."},
    {406, "not-acceptable", "There is no such representation",
     "The `Accept` header asks for a form in which this cannot be answered.",
     "Ask for one of the forms that the contract lists, or leave the header out."},
    {408, "timeout", "The request took too long to arrive",
     "The server waited for the rest of the request, and it did not come in time. Nothing was done.",
     "Send it again, without pauses. If that happens often, look at the connection between you and the server."},
    {409, "conflict", "It cannot be done in this state",
     "The request is fine, but things are not in the state that it needs: an article has another status, a name or "
     "slug is taken, or what should go is in use.",
     "Read the thing again: somebody or something has moved it on. The detail says what stands in the way, "
     "`status_now` the status that an article has, and `users` what uses the thing."},
    {410, "gone", "It was here and is gone for good",
     "What was under this address has been taken away and will not come back.",
     "Drop your links to it, and whatever copies you keep."},
    {411, "length-required", "The length of the body is missing",
     "The request has a body, and says nowhere how long it is.",
     "Send `Content-Length`, or `Transfer-Encoding: chunked`. Clients of HTTP do so by themselves."},
    {412, "version-conflict", "This is not the version that is there",
     "Somebody saved in between. Your change was made from an older version and would have overwritten theirs, so "
     "nothing was changed.",
     "Read the thing again, apply your change to it, and send it with the new ETag. `updated_by` says who saved, "
     "`changed` which fields moved."},
    {413, "too-large", "The body is too large", "The body is larger than this operation takes. It was not read.",
     "The detail names the limit. Send less, or in several requests."},
    {414, "uri-too-long", "The address is too long", "The address with its query is longer than the server reads.",
     "Send less in the query: fewer values in a filter, a shorter search."},
    {415, "unsupported-media-type", "The body has a form that is not taken",
     "The `Content-Type` is missing, or it is none that this operation takes.",
     "Send one of the content types that the detail names; for nearly everything that is `application/json`."},
    {417, "expectation-failed", "The expectation cannot be met",
     "The `Expect` header asks for something that is not done here.", "Leave the header out, or send `100-continue`."},
    {422, "invalid", "The request is not valid",
     "The request is understood, but something that it says cannot be taken. Nothing was changed.",
     "`errors` names every fault with a JSON Pointer to its place and a sentence: mend them all, and send it again."},
    {428, "version-required", "Say which version you read",
     "A change has to say which version it was made from, so that nobody's work is overwritten unseen. This one did "
     "not.",
     "Send `If-Match` with the ETag of your last read, or `*` to change whatever version is there."},
    {429, "too-many-requests", "Too many requests",
     "More was asked, or more passwords were tried, than is allowed in a while.",
     "Wait for as many seconds as `Retry-After` says, then go on more slowly."},
    {431, "head-too-large", "The request's head is too large",
     "The request has more headers, or longer ones, than the server reads.",
     "Send fewer or shorter headers. Often it is cookies, which nobody needs here."},
    {500, "internal", "Something is broken here",
     "The server made a mistake, or met something that it was not made for. It is not your request's fault.",
     "Tell whoever runs this server the request's id, which is `instance` in the document: it is in the log with the "
     "reason."},
    {501, "not-implemented", "That is not done here", "The request uses a part of HTTP that this server does not have.",
     "The detail names it. Use one of the methods and codings that the contract has."},
    {503, "unavailable", "Not at the moment",
     "The server or its database is too busy, or just starting, stopping or away. Nothing was changed.",
     "Try again after as many seconds as `Retry-After` says."},
    {503, "outcome-unknown", "Whether it was done is unknown",
     "The database went away in the middle of a change, before it could say whether the change was made.",
     "Read the thing, and send the change again only if it was not made."},
    {505, "http-version", "That version of HTTP is not spoken here",
     "The request is written in a version of HTTP that this server does not speak.",
     "Speak HTTP/1.1. A proxy in front of the server may speak newer ones to the outside."},
};

const struct problem *problem_row(size_t number)
{
    return number < COUNT_OF(problems) ? &problems[number] : NULL;
}

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
    call->problem_detail = detail;
    struct buf text = buf_in(call->arena);
    buf_printf(&text, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":", problem->slug,
               fault_words(&call->faults, problem->title), problem->status);
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
    struct str rest = {roles.ptr + 1, roles.len - 2};
    while (rest.ptr) {
        buf_put(&text, str_cut(rest, ',', &rest));
        buf_put(&text, rest.ptr ? STR(" ") : STR(""));
    }
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
    buf_vprintf(&detail, fault_words(&call->faults, format), arguments);
    va_end(arguments);
    problem_send(call, status, NULL, buf_str(&detail), STR_NONE);
}

void problem_login(struct api_call *call, const char *detail)
{
    problem_send(call, 401, NULL, str_of(detail), STR_NONE);
}

static struct str errors_member(struct api_call *call)
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
    return buf_str(&more);
}

void problem_faults(struct api_call *call, int status)
{
    size_t count = call->faults.count;
    const char *words = fault_words(&call->faults, count == 1 ? "1 fault was found." : "%zu faults were found.");
    struct str detail = count == 1 ? str_of(words) : arena_printf(call->arena, words, count);
    problem_send(call, status, NULL, detail, errors_member(call));
}

void api_reply_fault(struct api_call *call, struct str pointer, const char *format, ...)
{
    struct buf detail = buf_in(call->arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&detail, format, arguments);
    va_end(arguments);
    fault_add(&call->faults, pointer, "%.*s", STR_FMT(buf_str(&detail)));
    problem_send(call, 422, NULL, buf_str(&detail), errors_member(call));
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
    {"58", 503, "The database is not in order, and whoever runs it has to see to it; nothing was changed."},
};

// How long to wait is told in the head, not in the document.
static struct str take_retry_after(struct api_call *call, struct str members)
{
    struct json_fault fault;
    json_t *object = members.len ? json_read(call->arena, members, &fault) : NULL;
    json_int_t seconds = json_integer_value(json_object_get(object, "retry_after"));
    if (seconds < 1)
        return members;
    call->retry_after = (unsigned)seconds;
    json_object_del(object, "retry_after");
    return json_write(call->arena, object);
}

static void refuse_as_told(struct api_call *call, const struct db_answer *answer)
{
    uint64_t status = 500;
    struct str members = answer->detail; // a JSON object, or nothing
    if (!str_to_u64((struct str){answer->sqlstate + 2, 3}, 599, &status))
        status = 500;
    if (status == 401)
        rate_penalise(call);
    if (status == 429)
        members = take_retry_after(call, members);
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
        if (str_starts(sqlstate, STR("40"))) // a deadlock is somebody's mistake: say who waited for what
            log_event(LOG_WARNING, "db.conflict", "%.*s %s: %.*s: %.*s", STR_FMT(call->operation->id), answer->sqlstate,
                      STR_FMT(answer->message), STR_FMT(answer->detail));
        api_problem(call, refusals[i].status, "%s", fault_words(&call->faults, refusals[i].detail));
        return;
    }
    log_event(LOG_ERROR, "db.error", "%.*s %s in %.*s: %.*s", STR_FMT(call->operation->id), answer->sqlstate,
              STR_FMT(answer->statement), STR_FMT(answer->reason.len ? answer->reason : STR("(it may hold a value)")));
    api_problem(call, 500, "The server could not do this; the log has the reason under this request's id.");
}
