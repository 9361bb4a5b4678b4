// Health and numbers, on an address of its own that the internet does not reach. /livez: the process runs. /readyz: it
// can serve, or what is wrong. /metrics: what was counted.
#include "server_internal.h"

#include <assert.h>

static void admin_reply(struct http_exchange *exchange, int status, struct str type, struct str body)
{
    const struct http_header headers[] = {
        {STR("Content-Type"), type},
        {STR("Cache-Control"), STR("no-store")},
    };
    struct http_reply bytes = {.status = status, .headers = headers, .header_count = COUNT_OF(headers), .body = body};
    http_reply_send(exchange, &bytes);
}

static void reply_json(struct http_exchange *exchange, int status, struct str body)
{
    admin_reply(exchange, status, STR("application/json"), body);
}

struct readiness admin_readiness(const struct admin *admin)
{
    assert(admin->workers && admin->worker_count > 0);
    struct readiness readiness = {.database = true,
                                  .statements = true,
                                  .migrations = atomic_load(&admin->schema_check->migrated),
                                  .listener = true,
                                  .draining = atomic_load(&admin->draining)};
    for (unsigned i = 0; i < admin->worker_count; i++) {
        readiness.database &= atomic_load(&admin->workers[i].database_ready);
        readiness.statements &= !atomic_load(&admin->workers[i].database_failing);
        readiness.listener &= atomic_load(&admin->workers[i].listening);
    }
    return readiness;
}

bool is_ready(struct readiness readiness)
{
    return readiness.database && readiness.statements && readiness.migrations && readiness.listener &&
           !readiness.draining;
}

static const char *word(bool yes)
{
    return yes ? "true" : "false";
}

static void tell_alive(const struct admin *admin, struct http_exchange *exchange)
{
    (void)admin;
    reply_json(exchange, 200, STR("{\"status\":\"alive\"}"));
}

static void tell_ready(const struct admin *admin, struct http_exchange *exchange)
{
    struct readiness now = admin_readiness(admin);
    bool ready = is_ready(now);
    reply_json(exchange, ready ? 200 : 503,
               arena_printf(exchange->arena,
                            "{\"status\":\"%s\",\"database\":%s,\"statements\":%s,\"migrations\":%s,\"listener\":%s,"
                            "\"draining\":%s}",
                            ready ? "ready" : "not ready", word(now.database), word(now.statements),
                            word(now.migrations), word(now.listener), word(now.draining)));
}

static void tell_metrics(const struct admin *admin, struct http_exchange *exchange)
{
    admin_reply(exchange, 200, STR("text/plain; version=0.0.4; charset=utf-8"), metrics_text(exchange->arena, admin));
}

static const struct {
    struct str path;
    void (*tell)(const struct admin *admin, struct http_exchange *exchange);
} pages[] = {
    {{"/livez", 6}, tell_alive},
    {{"/readyz", 7}, tell_ready},
    {{"/metrics", 8}, tell_metrics},
};

static void admin_serve(void *context, struct http_exchange *exchange)
{
    if (exchange->request.method > HTTP_HEAD) {
        reply_json(exchange, 405, STR("{\"status\":\"refused\",\"methods\":[\"GET\",\"HEAD\"]}"));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (str_eq(exchange->request.path, pages[i].path)) {
            pages[i].tell(context, exchange);
            return;
        }
    }
    reply_json(exchange, 404, STR("{\"status\":\"unknown\",\"paths\":[\"/livez\",\"/readyz\",\"/metrics\"]}"));
}

static uint64_t admin_admit(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange;
    return 0;
}

static void admin_refuse(void *context, struct http_exchange *exchange, enum http_fault fault)
{
    (void)context;
    reply_json(exchange, http_fault_status(fault), STR("{\"status\":\"refused\"}"));
}

static void admin_done(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange; // probes are not logged
}

struct http_service admin_service(struct admin *admin)
{
    return (struct http_service){
        .context = admin, .admit = admin_admit, .serve = admin_serve, .refuse = admin_refuse, .done = admin_done};
}
