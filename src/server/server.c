// The process: checks everything, starts the workers, waits for a signal, drains, ends.
#include "server_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    TICK_MS = 50,
    LAST_REQUESTS_MS = 10000,
    STATEMENT_MS = 10000,
    LOCK_MS = 3000,
    WAIT_MS = 2000,
    WAITING_MAX = 1024
};

enum phase { SERVING, DRAINING, FINISHING, ENDED };

struct server {
    const struct server_setup *setup;
    struct arena *arena;
    struct server_ready ready;
    struct loop *loop; // the main thread's: signals, the admin address
    struct schema_check schema_check;
    struct admin admin;
    struct http_listener *admin_listener;
    struct worker *workers;
    unsigned worker_count;
    struct thread_pool *threads;
    struct db_config database;
    struct http_limits limits;
    struct jobs jobs;
    int claims[2];
    bool announced;
    enum phase phase;
    int64_t phase_since_us;
};

// --------------------------------------------------------------------------------------------- before the first
// request

static bool check_database(struct arena *arena, const struct server_setup *setup, const struct api_contract *contract,
                           struct error *error)
{
    struct db_release_state state;
    if (setup->config->database_url.len == 0)
        return error_set(error, "MARBRE_DATABASE_URL is not set; it names the database, for example "
                                "postgresql://marbre_server@/marbre?host=/run/postgresql");
    struct db_session *session =
        db_session_open(arena, setup->config->database_url, setup->config->database_role, setup->release->set, error);
    if (!session)
        return error_set(error, "the database cannot be reached: %s", error->detail);
    if (!db_release_check(session, setup->release, NULL, &state, error))
        return error_set(error, "the database's migrations cannot be read: %s", error->detail);
    const char *complaint = db_release_complaint(&state);
    if (complaint)
        return error_set(error, "%s", complaint);
    return api_contract_check(contract, session, error);
}

static bool address_read(struct str text, struct http_address *address, struct error *error)
{
    return http_address_read(text, address) ||
           error_set(error, "%.*s is no address to listen on; write 127.0.0.1:8080, [::1]:8080 or :8080",
                     STR_FMT(text));
}

static bool read_contract(struct arena *arena, const struct server_setup *setup, struct server_ready *ready,
                          struct error *error)
{
    struct api_sources sources = {.contract = setup->contract,
                                  .statements = setup->statements,
                                  .handlers = newsroom_handlers,
                                  .config = setup->config,
                                  .keys = ready->keys,
                                  .proxies = ready->proxies,
                                  .files = setup->files,
                                  .migrations = setup->release->migrations};
    ready->contract = api_contract_read(arena, &sources, error);
    return ready->contract && jobs_bind(arena, &sources, &ready->job_steps, error);
}

bool server_check_contract(struct arena *arena, const struct server_setup *setup, struct error *error)
{
    return read_contract(arena, setup, &(struct server_ready){0}, error);
}

bool server_check(struct arena *arena, const struct server_setup *setup, struct server_ready *ready,
                  struct error *error)
{
    struct http_address unused;
    const struct config *config = setup->config;
    if (!address_read(config->listen, &unused, error) ||
        (config->admin_listen.len && !address_read(config->admin_listen, &unused, error)))
        return false;
    if (!http_networks_read(arena, config->trusted_proxies, &ready->proxies))
        return error_set(
            error, "MARBRE_TRUSTED_PROXIES is \"%.*s\"; it takes addresses and networks such as 10.0.0.0/8, by commas",
            STR_FMT(config->trusted_proxies));
    ready->keys = auth_keys_read(arena, setup->config->jwt_keys_file, error);
    if (!ready->keys)
        return false;
    return read_contract(arena, setup, ready, error) && check_database(arena, setup, ready->contract, error);
}

static bool socket_claim(int *descriptor, struct str text, struct http_address *address, struct error *error)
{
    if (!address_read(text, address, error))
        return false;
    *descriptor = http_address_claim(address);
    if (*descriptor >= 0)
        return true;
    return error_set(error, "%.*s cannot be had: %s", STR_FMT(text),
                     errno == EADDRINUSE ? "something else listens there" : strerror(errno));
}

// Connections for reading by default, so that PostgreSQL's usual hundred suffice for sixteen workers.
static unsigned read_connections(const struct config *config)
{
    enum { FEW_WORKERS = 8 };
    if (config->read_connections)
        return config->read_connections;
    return config->workers <= FEW_WORKERS ? 2 : 1;
}

static bool start_workers(struct server *server, struct error *error)
{
    const struct config *config = server->setup->config;
    struct http_address address;
    if (!socket_claim(&server->claims[0], config->listen, &address, error))
        return false;
    server->limits = http_limits_default;
    server->limits.connections_max = config->connections_max;
    server->limits.connections_per_address = config->connections_per_address;
    server->limits.request_bytes = config->request_bytes;
    server->limits.proxies = server->ready.proxies;
    server->database = (struct db_config){.url = config->database_url,
                                          .role = config->database_role,
                                          .definitions = server->setup->release->set,
                                          .read_connections = read_connections(config),
                                          .write_connections = config->write_connections,
                                          .statement_ms = STATEMENT_MS,
                                          .lock_ms = LOCK_MS,
                                          .wait_ms = WAIT_MS,
                                          .waiting_max = WAITING_MAX};
    schema_check_prepare(&server->schema_check, server->arena, server->setup->statements, server->setup->release);
    struct worker_setup setup = {server->ready.contract, &server->database, server->setup->statements, &address,
                                 &server->limits,        server->threads};
    for (; server->worker_count < config->workers; server->worker_count++)
        if (!worker_init(&server->workers[server->worker_count], &setup)) {
            error_set(error, "%.*s cannot be had: %s", STR_FMT(config->listen), strerror(errno));
            worker_finish(&server->workers[server->worker_count]);
            return false;
        }
    schema_check_start(&server->schema_check, server->workers[0].loop, server->workers[0].pool);
    return true;
}

static struct str newest_of(const struct embedded_file *migrations)
{
    struct str newest = STR("");
    for (; migrations->path; migrations++)
        newest = str_cut(str_of(migrations->path), '.', &(struct str){0});
    return newest;
}

static bool start_admin(struct server *server, struct error *error)
{
    struct str text = server->setup->config->admin_listen;
    struct http_address address;
    server->admin = (struct admin){.contract = server->ready.contract,
                                   .workers = server->workers,
                                   .worker_count = server->worker_count,
                                   .schema_check = &server->schema_check,
                                   .jobs = &server->jobs,
                                   .newest_migration = newest_of(server->setup->release->migrations),
                                   .definitions = server->setup->release->set,
                                   .started_s = clock_wall_ms() / 1000};
    if (text.len == 0)
        return true;
    if (!socket_claim(&server->claims[1], text, &address, error))
        return false;
    struct http_service service = admin_service(&server->admin);
    server->admin_listener = http_listener_new(server->loop, &address, &http_limits_default, &service);
    if (!server->admin_listener)
        return error_set(error, "%.*s cannot be had: %s", STR_FMT(text), strerror(errno));
    http_listener_open(server->admin_listener);
    return true;
}

// -------------------------------------------------------------------------------------------------- signals, draining

static void phase_enter(struct server *server, enum phase phase)
{
    server->phase = phase;
    server->phase_since_us = clock_mono_us();
}

static void on_signal(evutil_socket_t signal_number, short what, void *context)
{
    (void)what;
    struct server *server = context;
    if (server->phase != SERVING) {
        log_event(LOG_WARNING, "server.stop", "a second signal: ending at once");
        phase_enter(server, ENDED);
        loop_stop(server->loop);
        return;
    }
    log_event(LOG_INFO, "server.drain", "%s: finishing what has begun", strsignal((int)signal_number));
    atomic_store(&server->admin.draining, true);
    phase_enter(server, DRAINING);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_drain(&server->workers[i]);
}

static void on_hangup(evutil_socket_t signal_number, short what, void *context)
{
    (void)signal_number;
    (void)what;
    struct server *server = context;
    struct error error;
    if (auth_keys_reload(server->ready.keys, &error))
        log_event(LOG_INFO, "server.keys", "the signing keys were read again");
    else
        log_event(LOG_ERROR, "server.keys", "the signing keys stay as they were: %s", error.detail);
}

static size_t connections_left(const struct server *server)
{
    size_t left = 0;
    for (unsigned i = 0; i < server->worker_count; i++)
        left += atomic_load(&server->workers[i].connections);
    return left;
}

// Announces that it serves, once every worker does.
static void server_announce(struct server *server)
{
    for (unsigned i = 0; i < server->worker_count; i++)
        if (!atomic_load(&server->workers[i].listening))
            return;
    server->announced = true;
    log_event(LOG_INFO, "server.start", "marbre %s serves on %.*s with %u workers", MARBRE_VERSION,
              STR_FMT(server->setup->config->listen), server->worker_count);
    if (server->setup->serving)
        server->setup->serving(server->setup->context);
}

// Moves a draining server on: new connections are taken for MARBRE_DRAIN_SECONDS, then the last requests may finish.
static void server_tick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct server *server = context;
    int64_t waited_ms = (clock_mono_us() - server->phase_since_us) / 1000;
    if (server->phase == SERVING && !server->announced)
        server_announce(server);
    if (server->phase == SERVING && server->setup->is_alive && !server->setup->is_alive(server->setup->context))
        on_signal(SIGTERM, 0, server);
    if (server->phase == DRAINING && waited_ms >= (int64_t)server->setup->config->drain_seconds * 1000) {
        phase_enter(server, FINISHING);
        for (unsigned i = 0; i < server->worker_count; i++)
            worker_stop_accepting(&server->workers[i]);
        return;
    }
    // The workers tell how many are left every WORKER_TICK_MS: wait long enough to have heard from each.
    bool heard = waited_ms > (int64_t)2 * WORKER_TICK_MS;
    if (server->phase == FINISHING && ((heard && connections_left(server) == 0) || waited_ms > LAST_REQUESTS_MS)) {
        phase_enter(server, ENDED);
        loop_stop(server->loop);
    }
}

static void serve_until_signal(struct server *server)
{
    struct event_base *base = loop_base(server->loop);
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, server);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, server);
    struct event *hangup = evsignal_new(base, SIGHUP, on_hangup, server);
    struct event *ticker = event_new(base, -1, EV_PERSIST, server_tick, server);
    event_add(terminate, NULL);
    event_add(interrupt, NULL);
    event_add(hangup, NULL);
    event_add(ticker, &(struct timeval){.tv_usec = TICK_MS * 1000});
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_start(&server->workers[i]);
    jobs_start(&server->jobs, server->setup, server->ready.job_steps);
    loop_run(server->loop);
    jobs_stop(&server->jobs);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_stop(&server->workers[i]);
    event_free(terminate);
    event_free(interrupt);
    event_free(hangup);
    event_free(ticker);
    log_event(LOG_INFO, "server.stop", "ended");
}

// A connection is a descriptor, and the usual soft limit of 1,024 is soon reached: ask for all that may be had.
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_event(LOG_WARNING, "server.limit", "the limit of descriptors stays as it is: %s", strerror(errno));
}

bool server_run(const struct server_setup *setup, struct error *error)
{
    struct server server = {.setup = setup,
                            .arena = arena_new(),
                            .loop = loop_new(),
                            .claims = {-1, -1},
                            .threads = thread_pool_new(setup->config->hash_threads, setup->config->hash_queue)};
    server.workers = ARENA_ARRAY(server.arena, struct worker, setup->config->workers);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    bool started = server_check(server.arena, setup, &server.ready, error) && start_workers(&server, error) &&
                   start_admin(&server, error);
    if (started)
        serve_until_signal(&server);
    schema_check_stop(&server.schema_check);
    http_listener_free(server.admin_listener);
    thread_pool_free(server.threads); // before the loops that its jobs come home to
    for (unsigned i = 0; i < server.worker_count; i++)
        worker_finish(&server.workers[i]);
    loop_free(server.loop);
    for (size_t i = 0; i < COUNT_OF(server.claims); i++)
        if (server.claims[i] >= 0)
            close(server.claims[i]);
    arena_free(server.arena);
    return started;
}
