// Problem documents (RFC 9457): one row a kind of problem, and what a refusal becomes.
#include "refusal.h"

#include <assert.h>

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

static const struct problem *problem_find(int status, const char *slug)
{
    const struct problem *found = NULL;
    for (size_t i = 0; i < COUNT_OF(problems) && !found; i++)
        if (problems[i].status == status && (!slug || str_eq(str_of(slug), str_of(problems[i].slug))))
            found = &problems[i];
    return found ? found : problem_find(500, NULL);
}

struct str problem_document(const struct api_call *call, const struct refusal *refusal)
{
    assert(refusal->status >= 400 && refusal->detail.ptr && call->request_id.len);
    const struct problem *problem = problem_find(refusal->status, refusal->slug);
    struct buf text = buf_in(call->arena);
    buf_printf(&text, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":", problem->slug,
               fault_words(&call->faults, problem->title), problem->status);
    buf_put_json(&text, refusal->detail);
    buf_put_lit(&text, ",\"instance\":");
    buf_put_json(&text, call->request_id);
    if (refusal->more.len) {
        buf_put_char(&text, ',');
        buf_put(&text, refusal->more);
    }
    buf_put_char(&text, '}');
    return buf_str(&text);
}

// The challenge of RFC 6750 §3: what is wrong with the token that was sent, or which roles it would take.
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

void problem_reply(const struct api_call *call, const struct refusal *refusal, struct reply *reply)
{
    assert(refusal->status >= 400);
    bool told_before = refusal->document.ptr != NULL;
    int status = told_before ? refusal->status : problem_find(refusal->status, refusal->slug)->status;
    *reply =
        (struct reply){.status = status, .body = told_before ? refusal->document : problem_document(call, refusal)};
    if (refusal->allow.ptr)
        reply_header(reply, STR("Allow"), refusal->allow);
    if (status == 401 || (status == 403 && call->authenticated))
        reply_header(reply, STR("WWW-Authenticate"), challenge(call, status));
    if (status == 415 && call->operation && call->operation->method == HTTP_PATCH) // RFC 5789 §2.2
        reply_header(reply, STR("Accept-Patch"), operation_body_types(call->arena, call->operation, ", "));
    reply_header(reply, STR("Content-Type"), STR("application/problem+json"));
    reply_header(reply, STR("Cache-Control"), STR("no-store"));
    if (refusal->retry_after)
        reply_header(reply, STR("Retry-After"), arena_printf(call->arena, "%u", refusal->retry_after));
}
