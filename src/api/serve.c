// The walk of a request through this room: found, authenticated, admitted; then, with its body, checked and run. What
// the steps decide is sent here and nowhere else.
#include "serve.h"

#include "record.h"

#include <assert.h>
#include <stdlib.h>

// ---------------------------------------------------------------------------------------------------- one call

// `X-Request-Id` is taken when it is well-formed: 8 to 64 letters, digits, dots, hyphens, underscores.
static struct str request_id(struct arena *arena, const struct http_request *request)
{
    struct str given = http_header_value(request, STR("X-Request-Id"));
    bool fine = given.len >= 8 && given.len <= 64;
    for (size_t i = 0; fine && i < given.len; i++) {
        char c = given.ptr[i];
        fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    }
    return fine ? arena_copy(arena, given) : arena_copy(arena, str_of(uuid_new().text));
}

static struct api_call *call_new(struct api *api, struct http_exchange *exchange)
{
    struct api_call *call = ARENA_NEW(exchange->arena, struct api_call);
    call->arena = exchange->arena;
    call->api = api;
    call->contract = api->contract;
    call->exchange = exchange;
    call->request_id = request_id(call->arena, &exchange->request);
    call->faults = faults_in(call->arena);
    exchange->service_data = call;
    return call;
}

// ------------------------------------------------------------------------------------------------------- sending

void serve_reply(struct api_call *call, struct reply *reply)
{
    assert(call->exchange && reply->status >= 200);
    reply_header(reply, STR("X-Request-Id"), call->request_id);
    rate_put(call, reply);
    if (reply->status >= 400)
        rate_refund(call);
    cors_put(call, reply);
    language_put(call, reply);
    accept_put(call, reply);
    if (call->replayed)
        reply_header(reply, STR("Idempotency-Replayed"), STR("true"));
    struct http_reply bytes = {.status = reply->status,
                               .headers = reply->headers,
                               .header_count = reply->header_count,
                               .body = reply->body,
                               .more = reply->more};
    http_reply_send(call->exchange, &bytes);
}

void serve_refusal(struct api_call *call, const struct refusal *refusal)
{
    assert(refusal->status);
    call->problem_detail = refusal->detail;
    struct reply reply;
    problem_reply(call, refusal, &reply);
    serve_reply(call, &reply);
}

// ------------------------------------------------------------------------------------------------------ the operation

static const char method_names[HTTP_METHOD_OTHER][10] = {
    [HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",   [HTTP_DELETE] = "DELETE",
};

// The methods of an address, or of the whole server where there is no route.
static struct str allowed_methods(const struct api_call *call, const struct route *route)
{
    struct buf allowed = buf_in(call->arena);
    buf_put_lit(&allowed, "OPTIONS");
    for (enum http_method method = 0; method < HTTP_METHOD_OTHER; method++)
        if (method_names[method][0] && (!route || route->operations[method]))
            buf_printf(&allowed, ", %s", method_names[method]);
    return buf_str(&allowed);
}

static bool route_serves(const struct route *route)
{
    for (size_t i = 0; route && i < HTTP_METHOD_OTHER; i++)
        if (route->operations[i])
            return true;
    return false;
}

static struct refusal nothing_there(const struct api_call *call)
{
    struct str decoded;
    if (http_decode(call->arena, call->exchange->request.path, false, &decoded))
        return refusal_of(call, 404, "There is nothing under this address; /openapi.json lists what there is.");
    return refusal_of(call, 400, "The path is not percent-encoded UTF-8.");
}

// Finds the operation, and the values of its path. A method that nobody here knows is 501 anywhere, one that an address
// does not have is 405 (RFC 9110 §9.1); OPTIONS finds none either, and `route` is where it asks.
static struct refusal find_operation(struct api_call *call, const struct route **route)
{
    const struct http_request *request = &call->exchange->request;
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    bool whole_server = str_eq(request->path, STR("*"));
    struct str path_values[PARAMETERS_MAX];
    size_t path_count = 0;
    if (method == HTTP_METHOD_OTHER)
        return refusal_of(call, 501,
                          "The methods that are known here are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.");
    *route = whole_server ? NULL : route_find(call->contract, call->arena, request->path, path_values, &path_count);
    if (!whole_server && !route_serves(*route))
        return nothing_there(call);
    call->operation = *route ? (*route)->operations[method] : NULL;
    if (!call->operation && method != HTTP_OPTIONS) {
        struct str allow = allowed_methods(call, *route);
        struct refusal refusal = refusal_of(call, 405, "This address takes %.*s.", STR_FMT(allow));
        refusal.allow = allow;
        return refusal;
    }
    for (size_t i = 0; call->operation && i < path_count; i++)
        call->values[call->operation->path_parameters[i]] = path_values[i];
    return REFUSAL_NONE;
}

static void answer_options(struct api_call *call, const struct route *route)
{
    struct reply reply = {.status = 204};
    reply_header(&reply, STR("Allow"), allowed_methods(call, route));
    if (route && route->operations[HTTP_PATCH]) // RFC 5789 §3.1
        reply_header(&reply, STR("Accept-Patch"),
                     operation_body_types(call->arena, route->operations[HTTP_PATCH], ", "));
    cors_preflight(call, route, &reply);
    serve_reply(call, &reply);
}

// The checks of a request's head, before its body is read, in this order.
static struct refusal (*const checks[])(struct api_call *call) = {
    caller_check, cors_check, rate_check, accept_check, body_check, parameters_check, preference_check, versions_check,
};

static struct refusal check_head(struct api_call *call)
{
    struct refusal refusal = REFUSAL_NONE;
    language_begin(call);
    for (size_t i = 0; i < COUNT_OF(checks) && refusal.status == 0; i++)
        refusal = checks[i](call);
    return refusal;
}

static uint64_t admit(void *context, struct http_exchange *exchange)
{
    struct api_call *call = call_new(context, exchange);
    const struct route *route = NULL;
    struct refusal refusal = find_operation(call, &route);
    if (refusal.status == 0 && !call->operation) {
        answer_options(call, route);
        return 0;
    }
    if (refusal.status == 0)
        refusal = check_head(call);
    if (refusal.status)
        serve_refusal(call, &refusal);
    return refusal.status ? 0 : call->operation->body_max;
}

// ------------------------------------------------------------------------------------------------------ carrying out

static void act_answered(struct db_call *db, const struct db_answer *answer);
static void replay_answered(struct db_call *db, const struct db_answer *answer);

// The refusal is sent whether it was kept or not: it is true.
static void refusal_kept(struct db_call *db, const struct db_answer *answer)
{
    (void)answer;
    struct api_call *call = db->context;
    uint64_t status = 500;
    if (!str_to_u64(call->refusal_status, 599, &status))
        fatal("the status of a refusal that was kept is no number");
    serve_refusal(call, &(struct refusal){.status = (int)status, .document = call->refusal_body});
}

// A refusal of the act itself is told again to whoever sends the same again under the same Idempotency-Key.
static void keep_refusal(struct api_call *call, const struct refusal *refusal)
{
    call->refusal_status = arena_printf(call->arena, "%d", refusal->status);
    call->refusal_body = problem_document(call, refusal);
    run(call, &call->operation->keep_refusal, refusal_kept);
}

static void outcome_carry_out(struct api_call *call, const struct db_answer *answer, struct outcome *outcome)
{
    if (answer->outcome == DB_DONE)
        rate_exempt(call);
    else if (outcome->is_told && outcome->refusal.status == 401)
        rate_penalise(call);
    switch (outcome->kind) {
    case OUTCOME_REPLY:
        serve_reply(call, &outcome->reply);
        break;
    case OUTCOME_PAGES:
        outcome->reply = stream_begin(call, answer);
        serve_reply(call, &outcome->reply);
        break;
    case OUTCOME_REFUSAL:
        if (outcome->is_told && idempotency_keeps(call, outcome->refusal.status))
            keep_refusal(call, &outcome->refusal);
        else
            serve_refusal(call, &outcome->refusal);
        break;
    case OUTCOME_REPLAY:
        run(call, &call->operation->replay, replay_answered);
        break;
    case OUTCOME_LOSE:
        derive_again(call);
        run(call, &call->operation->act, act_answered);
        break;
    case OUTCOME_REPEAT:
        call->retried = true;
        run(call, &call->operation->act, act_answered); // where it was done the first time, idempotency/begin says so
        break;
    }
}

static void act_answered(struct db_call *db, const struct db_answer *answer)
{
    struct outcome outcome;
    outcome_of(db->context, answer, &outcome);
    outcome_carry_out(db->context, answer, &outcome);
}

static void replay_answered(struct db_call *db, const struct db_answer *answer)
{
    struct outcome outcome;
    outcome_of_replay(db->context, answer, &outcome);
    outcome_carry_out(db->context, answer, &outcome);
}

void serve_failed(struct api_call *call, const struct db_answer *answer)
{
    assert(answer->outcome != DB_DONE);
    act_answered(&call->db, answer);
}

static void act_begin(struct api_call *call)
{
    if (call->operation->handler) {
        call->operation->handler->serve(call);
        return;
    }
    call->new_id = uuid_new();
    run(call, &call->operation->act, act_answered);
}

static void password_derived(struct api_call *call, struct str phc)
{
    call->password_hash = arena_copy(call->arena, phc);
    act_begin(call);
}

// The password of the body, or one that is made and told once. Only for a caller who may: a hash costs much.
static void derive_password(struct db_call *db, const struct db_answer *admitted)
{
    struct api_call *call = db->context;
    if (admitted->outcome != DB_DONE) {
        struct db_answer failed = *admitted;
        if (failed.outcome == DB_UNKNOWN) // nothing was to be changed yet, and there is nothing to repeat
            failed.outcome = DB_AWAY;
        serve_failed(call, &failed);
        return;
    }
    struct str given = api_body_text(call, "password");
    if (!given.ptr)
        call->password_made = auth_password_make(call->arena);
    struct refusal refusal = run_password_hash(call, given.ptr ? given : call->password_made, password_derived);
    if (refusal.status)
        serve_refusal(call, &refusal);
}

// Reads the body and all that comes of it, and lets go of what is not needed any more.
static void read_work(void *argument)
{
    struct api_call *call = argument;
    *call->body_refusal = body_read(call);
    if (call->body_refusal->status)
        return;
    idempotency_prepare(call);
    derive_finish(call);
}

static void read_done(void *argument)
{
    struct api_call *call = argument;
    if (call->body_refusal->status) {
        serve_refusal(call, call->body_refusal);
        return;
    }
    if (call->operation->derive & DERIVE_API_KEY)
        call->api_key = auth_api_key_make(call->arena);
    if (call->operation->derive & DERIVE_PASSWORD)
        run(call, &call->operation->admit, derive_password);
    else
        act_begin(call);
}

// An article's body takes its time to be read, normalised and rendered, up to some 20 µs a byte of the worst of them:
// what may take more than the loop can spare is read by the thread pool.
static bool reads_beside(const struct api_call *call)
{
    enum { ON_LOOP_MAX = 512 }; // bytes
    return (call->operation->derive & DERIVE_CONTENT) && call->exchange->body.len > ON_LOOP_MAX;
}

static void serve(void *context, struct http_exchange *exchange)
{
    struct api *api = context;
    struct api_call *call = exchange->service_data;
    call->body_refusal = ARENA_NEW(call->arena, struct refusal);
    if (!call->operation->body_types) {
        idempotency_prepare(call);
        read_done(call);
    } else if (!reads_beside(call)) {
        read_work(call);
        read_done(call);
    } else if (!thread_pool_submit(api->threads, api->loop, read_work, read_done, call)) {
        struct refusal busy = refusal_of(call, 503, "Too many articles are being saved at this moment.");
        busy.retry_after = 2;
        serve_refusal(call, &busy);
    }
}

// A request that the http room could not read to its end.
static void refuse_frame(void *context, struct http_exchange *exchange, enum http_fault fault)
{
    struct api_call *call = exchange->service_data ? exchange->service_data : call_new(context, exchange);
    struct refusal refusal = fault == HTTP_BODY_TOO_LARGE && call->operation
                                 ? refusal_of(call, 413, "The body is larger than %llu bytes.",
                                              (unsigned long long)call->operation->body_max)
                                 : refusal_of(call, http_fault_status(fault), "%s", http_fault_detail(fault));
    refusal.retry_after = fault == HTTP_BUSY ? 1 : 0;
    serve_refusal(call, &refusal);
}

static void done(void *context, struct http_exchange *exchange)
{
    const struct api_call *call = exchange->service_data;
    int64_t took_us = clock_mono_us() - exchange->began_us;
    metrics_count(context, call ? call->operation : NULL, exchange, took_us);
    access_log(call, exchange, took_us);
}

struct api *api_new(const struct api_contract *contract, struct loop *loop, struct thread_pool *threads,
                    struct db_pool *pool)
{
    struct api *api = allocated(calloc(1, sizeof *api), "an api");
    *api = (struct api){contract, loop, threads, pool,
                        allocated(calloc(api_metrics_count(contract), sizeof *api->metrics), "the metrics of an api")};
    return api;
}

void api_free(struct api *api)
{
    free(api->metrics);
    free(api);
}

struct http_service api_service(struct api *api)
{
    return (struct http_service){.context = api, .admit = admit, .serve = serve, .refuse = refuse_frame, .done = done};
}
