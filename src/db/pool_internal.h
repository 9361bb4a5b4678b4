// Internals of the connection pool, shared by its files: its queues and connections (pool.c), who may use which
// connection (place.c), and connections that are broken (repair.c).
#pragma once

#include "db_internal.h"

struct waiting {
    struct db_call *first, **last;
    unsigned count;
};

// Answers of a few seconds, in two halves of them.
struct answer_window {
    unsigned good[2], broken[2];
};

struct db_pool {
    struct db_config config;
    struct event *sweep;
    struct waiting waiting[DB_CONNECTION_CLASSES]; // a queue a class
    struct db_class_metrics metrics[DB_CONNECTION_CLASSES];
    struct answer_window readers, writers;
    int64_t window_since_us;
    int64_t replaced_us; // when a connection was last given up for being broken
    unsigned replace_pause_ms;
    char lost_sqlstate[6], lost_reason[256]; // of the connection that was lost last
    bool closing;
    unsigned count;
    struct db_connection *connections[]; // DB_READ's, as many of DB_LIST, then DB_WRITE's
};

static inline bool class_is_writing(enum db_connection_class class)
{
    return class == DB_WRITE || class == DB_LOGIN || class == DB_PUBLIC;
}

// The index of a class's first connection; it ends where the next one's begin.
static inline unsigned class_start(const struct db_pool *pool, unsigned class)
{
    return class > DB_WRITE ? pool->count : class * pool->config.read_connections;
}

// The index of the writers' first hasty connection: one that waits for a lock no longer than a moment, so that,
// whatever many wait for, half of the connections stay for those that need not wait.
static inline unsigned hasty_start(const struct db_pool *pool)
{
    return pool->count - pool->config.write_connections / 2;
}

// The connections that calls of a class may have at all: readers' or writers'.
static inline unsigned reach_start(const struct db_pool *pool, enum db_connection_class class)
{
    return class_is_writing(class) ? class_start(pool, DB_WRITE) : 0;
}

static inline unsigned reach_end(const struct db_pool *pool, enum db_connection_class class)
{
    return class_is_writing(class) ? pool->count : class_start(pool, DB_WRITE);
}

// A connection with a free place for the call, or NULL.
struct db_connection *place_for(const struct db_pool *pool, const struct db_call *call);
bool class_is_up(const struct db_pool *pool, enum db_connection_class class); // one of its connections is ready
// Waiting can help: a connection that the class may use is ready or on its way, or one of another class is being
// prepared, after which it is this one's turn.
bool class_may_answer(const struct db_pool *pool, enum db_connection_class class);

// Counts the answer to a call of this class.
void window_count(struct db_pool *pool, enum db_connection_class class, bool broken);
// Lets old answers go, and replaces what may be replaced; from time to time.
void repair_sweep(struct db_pool *pool);
// Another connection than the one that has failed the call may run it.
bool repair_can_retry(const struct db_pool *pool, const struct db_call *call);
