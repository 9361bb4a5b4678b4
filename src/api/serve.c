// The walk of a request through this room: found, authenticated, admitted; then, with its body, checked, run, answered.
#include "api_internal.h"

#include <stdlib.h>
#include <string.h>

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

// A proxy in front may look at another one of two headers than we do.
static bool comes_twice(const struct http_request *request, struct str name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += str_eq_nocase(request->headers[i].name, name);
    return count > 1;
}

// What may pass where the operation is not public: an access token of ours, or what has the form of an API key. Whether
// there is such a key, and what its caller may do, is decided by caller.sql.
static bool caller_passes(struct api_call *call)
{
    if (call->operation->is_public)
        return true;
    struct str header = http_header_value(&call->exchange->request, STR("Authorization")), token;
    struct str scheme = str_cut(header, ' ', &token);
    if (!header.ptr || !str_eq_nocase(scheme, STR("Bearer"))) {
        problem_login(call,
                      "This needs Authorization: Bearer, with an access token of POST /v1/auth/login or an API key.");
        return false;
    }
    if (comes_twice(&call->exchange->request, STR("Authorization"))) {
        problem_login(call, "Authorization comes twice, and only one of them can be meant.");
        return false;
    }
    call->authenticated = true;
    token = str_trim(token);
    bool good = auth_api_key_is(token)
                    ? auth_api_key_read(call->arena, token, &call->caller)
                    : auth_token_check(call->arena, call->contract->sources.keys, token, &call->caller);
    if (!good)
        problem_login(call, auth_api_key_is(token)
                                ? "This is no API key."
                                : "The access token is not good, or no longer: trade the refresh token, or log in.");
    return good;
}

static bool version_given(struct api_call *call)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++) {
        const struct parameter *parameter = &call->operation->parameters[i];
        if (!str_eq(parameter->symbol, STR("if_match")) || call->values[i].ptr)
            continue;
        api_problem(call, 428, "Send If-Match with the ETag of the version that you read, or *.");
        return false;
    }
    return true;
}

static void nothing_found(struct api_call *call)
{
    struct str decoded;
    if (http_decode(call->arena, call->exchange->request.path, false, &decoded))
        api_problem(call, 404, "There is nothing under this address; /openapi.json lists what there is.");
    else
        api_problem(call, 400, "The path is not percent-encoded UTF-8.");
}

// A method that nobody here knows is 501 anywhere, one that an address does not have is 405 (RFC 9110 §9.1).
static bool operation_found(struct api_call *call, struct str *path_values, size_t *path_count)
{
    const struct http_request *request = &call->exchange->request;
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    bool whole_server = str_eq(request->path, STR("*"));
    if (method == HTTP_METHOD_OTHER) {
        api_problem(call, 501, "The methods that are known here are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.");
        return false;
    }
    const struct route *route =
        whole_server ? NULL : route_find(call->contract, call->arena, request->path, path_values, path_count);
    bool any = whole_server;
    for (size_t i = 0; route && i < HTTP_METHOD_OTHER; i++)
        any |= route->operations[i] != NULL;
    call->operation = route ? route->operations[method] : NULL;
    if (!any)
        nothing_found(call);
    else if (!call->operation)
        problem_method(call, route);
    return call->operation != NULL;
}

static uint64_t admit(void *context, struct http_exchange *exchange)
{
    struct api_call *call = call_new(context, exchange);
    struct str path_values[PARAMETERS_MAX];
    size_t path_count = 0;
    if (!operation_found(call, path_values, &path_count))
        return 0;
    language_begin(call);
    if (!caller_passes(call) || !cors_admits(call) || !rate_allows(call) || !accept_fits(call) ||
        !body_acceptable(call))
        return 0;
    parameters_read(call, path_values, path_count);
    if (call->faults.count) {
        problem_faults(call, 400);
        return 0;
    }
    return version_given(call) ? call->operation->body_max : 0;
}

static void act(struct api_call *call)
{
    if (call->operation->handler)
        call->operation->handler->serve(call);
    else
        call_statements(call);
}

static void password_derived(struct api_call *call, struct str phc)
{
    call->password_hash = arena_copy(call->arena, phc);
    act(call);
}

// The password of the body, or one that is made and told once. Only for a caller who may: a hash costs much.
static void derive_password(struct api_call *call, const struct db_answer *allowed)
{
    (void)allowed;
    struct str given = api_body_text(call, "password");
    if (!given.ptr)
        call->password_made = auth_password_make(call->arena);
    api_hash_password(call, given.ptr ? given : call->password_made, password_derived);
}

static void serve(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct api_call *call = exchange->service_data;
    if (call->operation->body_types) {
        body_read(call);
        if (!call->body)
            return; // answered: it was no JSON
        if (call->faults.count) {
            problem_faults(call, 422);
            return;
        }
    }
    idempotency_prepare(call);
    if (call->operation->derive & DERIVE_API_KEY)
        call->api_key = auth_api_key_make(call->arena);
    if (call->operation->derive & DERIVE_PASSWORD)
        api_run(call, (const char *const[]){NULL}, derive_password);
    else
        act(call);
}

static void refuse(void *context, struct http_exchange *exchange, enum http_fault fault)
{
    struct api_call *call = exchange->service_data ? exchange->service_data : call_new(context, exchange);
    if (fault == HTTP_BUSY)
        call->retry_after = 1;
    if (fault == HTTP_BODY_TOO_LARGE && call->operation)
        api_problem(call, 413, "The body is larger than %llu bytes.", (unsigned long long)call->operation->body_max);
    else
        api_problem(call, http_fault_status(fault), "%s", http_fault_detail(fault));
}

static void put_member(struct buf *line, struct str name, struct str value)
{
    buf_put(line, name);
    buf_put_json(line, value);
}

static void put_number(struct buf *line, struct str name, uint64_t number)
{
    buf_put(line, name);
    buf_put_u64(line, number);
}

// The target as it was sent, but for the words that somebody looks for: at the sales desk they are names and addresses.
static struct str told_target(struct arena *arena, const struct http_request *request)
{
    struct str rest = request->query;
    if (!rest.ptr || !memmem(rest.ptr, rest.len, "q=", 2))
        return request->target;
    struct buf told = buf_in(arena);
    buf_put(&told, request->path);
    for (char before = '?'; rest.len; before = '&') {
        struct str part = str_cut(rest, '&', &rest);
        buf_put_char(&told, before);
        buf_put(&told, str_starts(part, STR("q=")) ? STR("q=...") : part);
    }
    return buf_str(&told);
}

static const char *const outcome_names[DB_OUTCOMES] = {
    [DB_REFUSED] = "refused", [DB_BUSY] = "busy", [DB_AWAY] = "away", [DB_UNKNOWN] = "unknown"};

// Why a request was answered with a 5xx: the problem's detail, and what PostgreSQL said last, but for values.
static void put_failure(struct buf *line, const struct api_call *call)
{
    const struct db_answer *answer = &call->db.answer;
    put_member(line, STR(",\"problem\":"), call->problem_detail);
    if (!call->db.done || answer->outcome == DB_DONE)
        return;
    put_member(line, STR(",\"database\":"), str_of(outcome_names[answer->outcome]));
    if (answer->sqlstate[0])
        put_member(line, STR(",\"sqlstate\":"), str_of(answer->sqlstate));
    if (answer->statement.ptr)
        put_member(line, STR(",\"statement\":"), answer->statement);
    if (answer->reason.len)
        put_member(line, STR(",\"reason\":"), answer->reason);
}

// One line of the log for each request. Written without printf: it is on everybody's way.
static void log_request(const struct api_call *call, const struct http_exchange *exchange, int64_t took_us)
{
    char at[CLOCK_RFC3339];
    clock_rfc3339(clock_wall_ms(), at);
    struct buf line = buf_in(exchange->arena);
    put_member(&line, STR("{\"at\":"), str_of(at));
    put_member(&line, STR(",\"level\":\"info\",\"event\":\"http.request\",\"id\":"), call ? call->request_id : STR(""));
    put_member(&line, STR(",\"method\":"), exchange->request.method_text);
    put_member(&line, STR(",\"target\":"), told_target(exchange->arena, &exchange->request));
    put_member(&line, STR(",\"operation\":"), call && call->operation ? call->operation->id : STR(""));
    put_number(&line, STR(",\"status\":"), (uint64_t)exchange->status);
    put_number(&line, STR(",\"bytes\":"), exchange->bytes_out);
    put_number(&line, STR(",\"us\":"), (uint64_t)took_us);
    put_member(&line, STR(",\"peer\":"), exchange->peer);
    if (call && call->caller.account.ptr)
        put_member(&line, STR(",\"account\":"), call->caller.account);
    if (call && call->caller.key.ptr) // enough of its hash to find it, and nothing that opens a door
        put_member(&line, STR(",\"key\":"), (struct str){call->caller.key.ptr, 16});
    if (exchange->status >= 500 && call)
        put_failure(&line, call);
    if (exchange->cut)
        buf_put_lit(&line, ",\"cut\":true");
    buf_put_char(&line, '}');
    log_line(buf_str(&line));
}

static void done(void *context, struct http_exchange *exchange)
{
    const struct api_call *call = exchange->service_data;
    int64_t took_us = clock_mono_us() - exchange->began_us;
    metrics_count(context, call ? call->operation : NULL, exchange, took_us);
    log_request(call, exchange, took_us);
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
    return (struct http_service){.context = api, .admit = admit, .serve = serve, .refuse = refuse, .done = done};
}
