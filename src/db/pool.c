// A worker's connection pool: the calls, from when they come to when they are answered.
#include "pool_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Strangers and exports have one connection each, and wait so many times as long for it.
enum { SWEEP_MS = 250, PUBLIC_WAIT_FACTOR = 4 };
enum { HASTY_LOCK_MS = 100 }; // the longest wait for a lock on a hasty connection

static void queue_put(struct waiting *queue, struct db_call *call)
{
    call->next = NULL;
    *queue->last = call;
    queue->last = &call->next;
    queue->count++;
}

static void queue_put_first(struct waiting *queue, struct db_call *call)
{
    call->next = queue->first;
    queue->first = call;
    if (!call->next)
        queue->last = &call->next;
    queue->count++;
}

static struct db_call *queue_take(struct waiting *queue, struct db_call **link)
{
    assert(*link && queue->count > 0);
    struct db_call *call = *link;
    *link = call->next;
    if (!*link)
        queue->last = link;
    queue->count--;
    return call;
}

static void call_finish(struct db_pool *pool, struct db_call *call)
{
    counter_add(&pool->metrics[call->class].outcomes[call->answer.outcome], 1);
    call->done(call, &call->answer);
}

// Finishes a call that no connection has run; why there is none is told with it.
static void call_finish_without(struct db_pool *pool, struct db_call *call, enum db_outcome outcome)
{
    call->answer = (struct db_answer){.outcome = outcome};
    if (outcome == DB_AWAY) {
        memcpy(call->answer.sqlstate, pool->lost_sqlstate, sizeof pool->lost_sqlstate);
        call->answer.reason = arena_copy(call->arena, str_of(pool->lost_reason));
    }
    call_finish(pool, call);
}

static void send_on(struct db_pool *pool, struct db_connection *place, struct db_call *call)
{
    call->sent_us = clock_mono_us();
    durations_add(&pool->metrics[call->class].waited, call->sent_us - call->began_us);
    db_connection_send(place, call);
}

// It is not for want of a connection alone that a call waits for its place.
static bool waits_for_a_lock(const struct db_call *call)
{
    return call->lock_key != 0 || call->has_waited;
}

void db_pool_call(struct db_pool *pool, struct db_call *call)
{
    assert(call->step_count > 0 && call->done && call->class <= DB_EXPORT);
    call->answer = (struct db_answer){0};
    call->steps_answered = 0;
    call->began_us = clock_mono_us();
    call->retried = false;
    call->failed_on = NULL;
    call->has_waited = false;
    struct waiting *queue = &pool->waiting[call->class];
    // Those who wait go first, but for them that wait for a lock.
    bool may_pass = !queue->first || waits_for_a_lock(queue->first);
    struct db_connection *place = may_pass ? place_for(pool, call) : NULL;
    if (place)
        send_on(pool, place, call);
    else if (!class_may_answer(pool, call->class))
        call_finish_without(pool, call, DB_AWAY);
    else if (queue->count >= pool->config.waiting_max)
        call_finish_without(pool, call, DB_BUSY);
    else
        queue_put(queue, call);
}

// Sends the first call of a queue that a connection may run. Only past calls that wait for a lock may others go.
static bool send_one(struct db_pool *pool, struct waiting *queue)
{
    for (struct db_call **link = &queue->first; *link; link = &(*link)->next) {
        struct db_connection *place = place_for(pool, *link);
        if (place) {
            send_on(pool, place, queue_take(queue, link));
            return true;
        }
        if (!waits_for_a_lock(*link))
            return false;
    }
    return false;
}

void db_pool_dispatch(struct db_pool *pool)
{
    static const enum db_connection_class order[] = {DB_READ, DB_LIST, DB_LOGIN, DB_WRITE, DB_PUBLIC, DB_EXPORT};
    for (size_t i = 0; i < COUNT_OF(order) && !pool->closing; i++) {
        struct waiting *queue = &pool->waiting[order[i]];
        while (send_one(pool, queue)) {
        }
        while (queue->first && !class_may_answer(pool, order[i]))
            call_finish_without(pool, queue_take(queue, &queue->first), DB_AWAY);
    }
}

static void put_back(struct db_pool *pool, struct db_call *call)
{
    call->answer = (struct db_answer){0};
    call->steps_answered = 0;
    queue_put_first(&pool->waiting[call->class], call);
}

static void try_again(struct db_pool *pool, struct db_call *call)
{
    call->retried = true;
    put_back(pool, call);
}

// The call found a lock that somebody else holds, on a hasty connection: it waits for it on another, once there is one.
// Nothing was changed.
static bool was_hasty(const struct db_pool *pool, const struct db_connection *connection, const struct db_call *call)
{
    bool hasty = false;
    for (unsigned i = hasty_start(pool); i < pool->count; i++)
        hasty |= pool->connections[i] == connection;
    return hasty && !pool->closing && call->answer.outcome == DB_REFUSED && strcmp(call->answer.sqlstate, "55P03") == 0;
}

void db_pool_answered(struct db_pool *pool, const struct db_connection *connection, struct db_call *call)
{
    bool broken = call->answer.outcome == DB_REFUSED && db_sqlstate_is_broken(call->answer.sqlstate);
    struct db_class_metrics *metrics = &pool->metrics[call->class];
    durations_add(&metrics->took, clock_mono_us() - call->sent_us);
    counter_add(&metrics->broken, broken);
    call->failed_on = connection;
    if (broken && repair_can_retry(pool, call)) { // PostgreSQL said so: nothing was changed, be it a write
        counter_add(&metrics->tried_again, 1);
        try_again(pool, call);
        return;
    }
    if (was_hasty(pool, connection, call)) {
        call->has_waited = true;
        put_back(pool, call);
        return;
    }
    window_count(pool, call->class, broken);
    call_finish(pool, call);
}

// The connection went away under a call. A read is tried once more; of a write nobody knows.
void db_pool_orphaned(struct db_pool *pool, struct db_call *call)
{
    if (call->class >= DB_WRITE) {
        call_finish_without(pool, call, DB_UNKNOWN);
    } else if (call->retried || pool->closing || !class_may_answer(pool, call->class)) {
        call_finish_without(pool, call, DB_AWAY);
    } else {
        try_again(pool, call);
    }
}

void db_pool_lost(struct db_pool *pool, const char *sqlstate, const char *why)
{
    snprintf(pool->lost_sqlstate, sizeof pool->lost_sqlstate, "%s", sqlstate ? sqlstate : "");
    snprintf(pool->lost_reason, sizeof pool->lost_reason, "%s", why);
}

// The connections that are ready and the calls that wait, for whoever reads the metrics.
static void publish_gauges(struct db_pool *pool)
{
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++) {
        unsigned ready = 0;
        for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++)
            ready += db_connection_is_ready(pool->connections[i]);
        counter_set(&pool->metrics[class].connections, ready);
        counter_set(&pool->metrics[class].waiting, pool->waiting[class].count);
    }
}

static void pool_sweep(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct db_pool *pool = context;
    int64_t now = clock_mono_us(), longest_wait = (int64_t)pool->config.wait_ms * 1000;
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++) {
        int64_t wait_max = class >= DB_PUBLIC ? longest_wait * PUBLIC_WAIT_FACTOR : longest_wait;
        while (pool->waiting[class].first && now - pool->waiting[class].first->began_us > wait_max)
            call_finish_without(pool, queue_take(&pool->waiting[class], &pool->waiting[class].first),
                                class_may_answer(pool, class) ? DB_BUSY : DB_AWAY);
    }
    // PostgreSQL keeps the statement's time itself; this is for a server that no longer answers at all.
    int64_t longest_call = ((int64_t)pool->config.statement_ms + 2000) * 1000 + longest_wait * PUBLIC_WAIT_FACTOR;
    for (unsigned i = 0; i < pool->count; i++)
        db_connection_expire(pool->connections[i], now - longest_call);
    repair_sweep(pool);
    publish_gauges(pool);
}

static unsigned lock_ms_of(const struct db_pool *pool, unsigned number)
{
    return number < hasty_start(pool) ? pool->config.lock_ms : HASTY_LOCK_MS;
}

struct db_pool *db_pool_new(struct loop *loop, struct thread_pool *threads, const struct db_config *config,
                            const struct db_statements *statements)
{
    assert(config->read_connections > 0 && config->write_connections > 0);
    unsigned count = 2 * config->read_connections + config->write_connections;
    struct db_pool *pool = allocated(calloc(1, sizeof *pool + count * sizeof(struct db_connection *)), "a pool");
    pool->config = *config;
    pool->count = count;
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++)
        pool->waiting[class].last = &pool->waiting[class].first;
    for (unsigned i = 0; i < count; i++)
        pool->connections[i] = db_connection_new(pool, loop, threads, config, statements, lock_ms_of(pool, i));
    pool->sweep = event_new(loop_base(loop), -1, EV_PERSIST, pool_sweep, pool);
    event_add(pool->sweep, &(struct timeval){.tv_usec = SWEEP_MS * 1000});
    return pool;
}

void db_pool_free(struct db_pool *pool)
{
    if (!pool)
        return;
    pool->closing = true;
    event_free(pool->sweep);
    for (unsigned i = 0; i < pool->count; i++)
        db_connection_free(pool->connections[i]);
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++)
        while (pool->waiting[class].first)
            call_finish_without(pool, queue_take(&pool->waiting[class], &pool->waiting[class].first), DB_AWAY);
    free(pool);
}

bool db_pool_ready(const struct db_pool *pool)
{
    return class_is_up(pool, DB_READ) && class_is_up(pool, DB_LIST) && class_is_up(pool, DB_WRITE);
}

const struct db_class_metrics *db_pool_metrics(const struct db_pool *pool)
{
    return pool->metrics;
}
