// A worker's pool: classes of connections, and the calls that wait for a place on one.
#include "db_internal.h"

#include <stdlib.h>

// Strangers and exports have one connection each, and wait so many times as long for it.
enum { SWEEP_MS = 250, PUBLIC_WAIT_FACTOR = 4 };

struct waiting {
    struct db_call *first, **last;
    unsigned count;
};

struct db_pool {
    struct db_config config;
    struct event *sweep;
    struct waiting waiting[DB_CONNECTION_CLASSES]; // a queue a class
    struct db_class_metrics metrics[DB_CONNECTION_CLASSES];
    bool closing;
    unsigned count;
    struct db_connection *connections[]; // DB_READ's, as many of DB_LIST, then DB_WRITE's
};

// Where a class's connections begin; it ends where the next one's do.
static unsigned class_start(const struct db_pool *pool, unsigned class)
{
    return class > DB_WRITE ? pool->count : class * pool->config.read_connections;
}

static void queue_put(struct waiting *queue, struct db_call *call)
{
    call->next = NULL;
    *queue->last = call;
    queue->last = &call->next;
    queue->count++;
}

static struct db_call *queue_take(struct waiting *queue)
{
    struct db_call *call = queue->first;
    if (!call)
        return NULL;
    queue->first = call->next;
    if (!queue->first)
        queue->last = &queue->first;
    queue->count--;
    return call;
}

static void finish(struct db_pool *pool, struct db_call *call)
{
    counter_add(&pool->metrics[call->class].outcomes[call->answer.outcome], 1);
    call->done(call, &call->answer);
}

static void finish_without(struct db_pool *pool, struct db_call *call, enum db_outcome outcome)
{
    call->answer = (struct db_answer){.outcome = outcome};
    finish(pool, call);
}

static void send_on(struct db_pool *pool, struct db_connection *place, struct db_call *call)
{
    call->sent_us = clock_mono_us();
    durations_add(&pool->metrics[call->class].waited, call->sent_us - call->began_us);
    db_connection_send(place, call);
}

// The connection of a class that has the least to do, of those that are up; null where none is.
static struct db_connection *idlest(const struct db_pool *pool, enum db_connection_class class)
{
    struct db_connection *found = NULL;
    for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++) {
        struct db_connection *connection = pool->connections[i];
        if (db_connection_is_ready(connection) &&
            (!found || db_connection_load(connection) < db_connection_load(found)))
            found = connection;
    }
    return found;
}

// The last connection of a class that is up.
static struct db_connection *last_one(const struct db_pool *pool, enum db_connection_class class)
{
    for (unsigned i = class_start(pool, class + 1); i > class_start(pool, class); i--)
        if (db_connection_is_ready(pool->connections[i - 1]))
            return pool->connections[i - 1];
    return NULL;
}

// Readers share their connections, and may use the other class's when all of their own are down.
static struct db_connection *place_of_reader(const struct db_pool *pool, enum db_connection_class class)
{
    struct db_connection *found = idlest(pool, class);
    if (!found)
        found = idlest(pool, DB_LIST - class);
    return found && db_connection_load(found) < DB_SHARED_DEPTH ? found : NULL;
}

// A connection with a free place. A writer has one alone. What strangers write goes one by one, by the last of the
// writers' connections, and pages of exports by the last of the lists': however many there are, the newsroom and
// readers have the others.
static struct db_connection *place_for(const struct db_pool *pool, enum db_connection_class class)
{
    if (class < DB_WRITE)
        return place_of_reader(pool, class);
    struct db_connection *found =
        class == DB_WRITE ? idlest(pool, class) : last_one(pool, class == DB_PUBLIC ? DB_WRITE : DB_LIST);
    return found && db_connection_load(found) == 0 ? found : NULL;
}

// A pool makes its connections one after the other, so that those of many servers do not fall upon a database that has
// just come back: each has every statement read. A class that has none goes first, that all are soon served.
bool db_pool_may_connect(const struct db_pool *pool, const struct db_connection *connection)
{
    bool classes_are_up = true, own_is_up = false;
    for (unsigned i = 0; i < pool->count; i++)
        if (db_connection_under_way(pool->connections[i]))
            return false;
    for (enum db_connection_class class = DB_READ; class <= DB_WRITE; class ++) {
        bool up = idlest(pool, class) != NULL;
        classes_are_up &= up;
        for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++)
            own_is_up |= up && pool->connections[i] == connection;
    }
    return classes_are_up || !own_is_up;
}

// Whether waiting can help: some connection of the class is up, or on its way, or one of another class is being
// prepared, after which it is this one's turn.
static bool class_may_answer(const struct db_pool *pool, enum db_connection_class class)
{
    bool writes = class == DB_WRITE || class == DB_PUBLIC;
    unsigned from = class_start(pool, writes ? DB_WRITE : DB_READ),
             to = class_start(pool, writes ? DB_WRITE + 1 : DB_WRITE);
    for (unsigned i = from; i < to; i++)
        if (db_connection_is_ready(pool->connections[i]) || db_connection_is_coming(pool->connections[i]))
            return true;
    for (unsigned i = 0; i < pool->count; i++)
        if (db_connection_preparing(pool->connections[i]))
            return true;
    return false;
}

void db_pool_call(struct db_pool *pool, struct db_call *call)
{
    call->answer = (struct db_answer){0};
    call->steps_answered = 0;
    call->began_us = clock_mono_us();
    call->retried = false;
    struct db_connection *place = pool->waiting[call->class].first ? NULL : place_for(pool, call->class);
    if (place)
        send_on(pool, place, call);
    else if (!class_may_answer(pool, call->class))
        finish_without(pool, call, DB_AWAY);
    else if (pool->waiting[call->class].count >= pool->config.waiting_max)
        finish_without(pool, call, DB_BUSY);
    else
        queue_put(&pool->waiting[call->class], call);
}

void db_pool_dispatch(struct db_pool *pool)
{
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT && !pool->closing; class ++) {
        struct db_connection *place;
        while (pool->waiting[class].first && (place = place_for(pool, class)) != NULL)
            send_on(pool, place, queue_take(&pool->waiting[class]));
        while (pool->waiting[class].first && !class_may_answer(pool, class))
            finish_without(pool, queue_take(&pool->waiting[class]), DB_AWAY);
    }
}

void db_pool_answered(struct db_pool *pool, struct db_call *call)
{
    durations_add(&pool->metrics[call->class].took, clock_mono_us() - call->sent_us);
    finish(pool, call);
}

// The connection went away under a call. A read is tried once more; of a write nobody knows.
void db_pool_orphaned(struct db_pool *pool, struct db_call *call)
{
    if (call->class >= DB_WRITE) {
        finish_without(pool, call, DB_UNKNOWN);
    } else if (call->retried || pool->closing || !class_may_answer(pool, call->class)) {
        finish_without(pool, call, DB_AWAY);
    } else {
        call->answer = (struct db_answer){0};
        call->steps_answered = 0;
        call->retried = true;
        queue_put(&pool->waiting[call->class], call);
    }
}

// The connections that are ready and the calls that wait, for whoever reads the metrics.
static void tell(struct db_pool *pool)
{
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++) {
        unsigned ready = 0;
        for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++)
            ready += db_connection_is_ready(pool->connections[i]);
        counter_set(&pool->metrics[class].connections, ready);
        counter_set(&pool->metrics[class].waiting, pool->waiting[class].count);
    }
}

static void sweep(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct db_pool *pool = context;
    int64_t now = clock_mono_us(), longest_wait = (int64_t)pool->config.wait_ms * 1000;
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++) {
        int64_t wait_max = class >= DB_PUBLIC ? longest_wait * PUBLIC_WAIT_FACTOR : longest_wait;
        while (pool->waiting[class].first && now - pool->waiting[class].first->began_us > wait_max)
            finish_without(pool, queue_take(&pool->waiting[class]), class_may_answer(pool, class) ? DB_BUSY : DB_AWAY);
    }
    // PostgreSQL keeps the statement's time itself; this is for a server that no longer answers at all.
    int64_t longest_call = ((int64_t)pool->config.statement_ms + 2000) * 1000 + longest_wait * PUBLIC_WAIT_FACTOR;
    for (unsigned i = 0; i < pool->count; i++)
        db_connection_expire(pool->connections[i], now - longest_call);
    tell(pool);
}

struct db_pool *db_pool_new(struct loop *loop, struct thread_pool *threads, const struct db_config *config,
                            const struct db_statements *statements)
{
    unsigned count = 2 * config->read_connections + config->write_connections;
    struct db_pool *pool = calloc(1, sizeof *pool + count * sizeof(struct db_connection *));
    if (!pool)
        fatal("out of memory for a pool");
    pool->config = *config;
    pool->count = count;
    for (enum db_connection_class class = DB_READ; class <= DB_EXPORT; class ++)
        pool->waiting[class].last = &pool->waiting[class].first;
    for (unsigned i = 0; i < count; i++)
        pool->connections[i] = db_connection_new(pool, loop, threads, config, statements);
    pool->sweep = event_new(loop_base(loop), -1, EV_PERSIST, sweep, pool);
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
            finish_without(pool, queue_take(&pool->waiting[class]), DB_AWAY);
    free(pool);
}

bool db_pool_ready(const struct db_pool *pool)
{
    return idlest(pool, DB_READ) && idlest(pool, DB_LIST) && idlest(pool, DB_WRITE);
}

const struct db_class_metrics *db_pool_metrics(const struct db_pool *pool)
{
    return pool->metrics;
}
