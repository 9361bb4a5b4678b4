// A worker: one thread with its own loop, listening socket and database connections. It shares nothing that needs a
// lock.
#include "server_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// Opens once the database can be asked: who connects before would wait, while another server may be there for them.
// Then tells the main thread how things are.
static void worker_tick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct worker *worker = context;
    bool is_ready = db_pool_ready(worker->pool);
    if (is_ready)
        http_listener_open(worker->listener);
    atomic_store(&worker->database_ready, is_ready);
    atomic_store(&worker->database_failing, db_pool_failing(worker->pool));
    atomic_store(&worker->listening, http_listener_accepts(worker->listener));
    atomic_store(&worker->connections, http_listener_connections(worker->listener));
}

bool worker_init(struct worker *worker, const struct worker_setup *setup)
{
    assert(setup->contract && setup->database && setup->statements && setup->threads);
    worker->loop = loop_new();
    worker->pool = db_pool_new(worker->loop, setup->threads, setup->database, setup->statements);
    worker->api = api_new(setup->contract, worker->loop, setup->threads, worker->pool);
    struct http_service service = api_service(worker->api);
    worker->listener = http_listener_new(worker->loop, setup->address, setup->limits, &service);
    worker->tick = event_new(loop_base(worker->loop), -1, EV_PERSIST, worker_tick, worker);
    event_add(worker->tick, &(struct timeval){.tv_usec = WORKER_TICK_MS * 1000});
    return worker->listener != NULL;
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    loop_run(worker->loop);
    return NULL;
}

void worker_start(struct worker *worker)
{
    if (pthread_create(&worker->thread, NULL, worker_run, worker) != 0)
        fatal("a worker's thread could not be started");
}

static void worker_drain_here(void *context)
{
    http_listener_drain(((struct worker *)context)->listener);
}

void worker_drain(struct worker *worker)
{
    loop_post(worker->loop, worker_drain_here, worker);
}

static void stop_accepting(void *context)
{
    http_listener_stop(((struct worker *)context)->listener);
}

void worker_stop_accepting(struct worker *worker)
{
    loop_post(worker->loop, stop_accepting, worker);
}

void thread_join(pthread_t thread, const char *what)
{
    enum { JOIN_TIMEOUT_S = 5 };
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOIN_TIMEOUT_S;
    if (pthread_timedjoin_np(thread, NULL, &until) == 0)
        return;
    log_event(LOG_ERROR, "server.stop", "%s does not come to an end: leaving without it", what);
    log_close();
    _exit(EXIT_FAILURE);
}

void worker_stop(struct worker *worker)
{
    loop_stop(worker->loop);
    thread_join(worker->thread, "a worker");
}

void worker_finish(struct worker *worker)
{
    if (worker->tick)
        event_free(worker->tick);
    http_listener_free(worker->listener);
    db_pool_free(worker->pool); // answers what is under way, so that every exchange ends
    api_free(worker->api);
    loop_free(worker->loop);
}
