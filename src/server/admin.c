// Health, on an address of its own that the internet does not reach. /livez: the process runs. /readyz: it can serve.
#include "server_internal.h"

static void reply(struct http_exchange *exchange, int status, struct str body)
{
    static const struct http_header headers[] = {
        {{"Content-Type", 12}, {"application/json", 16}},
        {{"Cache-Control", 13}, {"no-store", 8}},
    };
    struct http_reply bytes = {.status = status, .headers = headers, .header_count = COUNT_OF(headers), .body = body};
    http_reply_send(exchange, &bytes);
}

static bool database_is_ready(const struct admin *admin)
{
    bool ready = true;
    for (unsigned i = 0; i < admin->worker_count; i++)
        ready &= atomic_load(&admin->workers[i].database_ready);
    return ready;
}

static void serve(void *context, struct http_exchange *exchange)
{
    const struct admin *admin = context;
    bool database = database_is_ready(admin), draining = atomic_load(&admin->draining);
    struct str path = exchange->request.path;
    if (str_eq(path, STR("/livez"))) {
        reply(exchange, 200, STR("{\"status\":\"alive\"}"));
        return;
    }
    if (!str_eq(path, STR("/readyz"))) {
        reply(exchange, 404, STR("{\"status\":\"unknown\",\"paths\":[\"/livez\",\"/readyz\"]}"));
        return;
    }
    bool ready = database && !draining;
    reply(exchange, ready ? 200 : 503,
          arena_printf(exchange->arena, "{\"status\":\"%s\",\"database\":%s,\"draining\":%s}",
                       ready ? "ready" : "not ready", database ? "true" : "false", draining ? "true" : "false"));
}

static uint64_t admit(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange;
    return 0;
}

static void refuse(void *context, struct http_exchange *exchange, enum http_fault fault)
{
    (void)context;
    reply(exchange, http_fault_status(fault), STR("{\"status\":\"refused\"}"));
}

static void done(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange; // probes are not logged
}

struct http_service admin_service(struct admin *admin)
{
    return (struct http_service){.context = admin, .admit = admit, .serve = serve, .refuse = refuse, .done = done};
}
