// Broken connections (SQLSTATE classes 58 and XX): one at a time is given up and made anew, with pauses that grow,
// since it may be a page or a row that is broken, which no new connection mends, while a connection that works is worth
// keeping: after an upgrade beneath a running PostgreSQL only those from before it do.
#include "pool_internal.h"

#include <string.h>

enum {
    REPLACE_FIRST_MS = 100,
    REPLACE_LONGEST_MS = 5000,
    REPLACE_FORGET_MS = 60000, // without one, after which pauses are short again
    FAILURES_OF_THE_LAST = 3,  // in a row, after which even the last one of its kind is given up
    WINDOW_HALF_MS = 2500,
    FAILING_MIN = 5, // broken answers in the window
};

// ------------------------------------------------------------------------------------------------------ the window

static struct answer_window *window_of(struct db_pool *pool, enum db_connection_class class)
{
    return class_is_writing(class) ? &pool->writers : &pool->readers;
}

void window_count(struct db_pool *pool, enum db_connection_class class, bool broken)
{
    struct answer_window *window = window_of(pool, class);
    (broken ? window->broken : window->good)[0]++;
}

static void window_roll(struct answer_window *window)
{
    *window = (struct answer_window){.good = {0, window->good[0]}, .broken = {0, window->broken[0]}};
}

static bool window_is_failing(const struct answer_window *window)
{
    unsigned good = window->good[0] + window->good[1], broken = window->broken[0] + window->broken[1];
    return broken >= FAILING_MIN && broken > good;
}

bool db_pool_failing(const struct db_pool *pool)
{
    return window_is_failing(&pool->readers) || window_is_failing(&pool->writers) ||
           (!db_pool_ready(pool) && db_sqlstate_is_operators(pool->lost_sqlstate));
}

// ----------------------------------------------------------------------------------------------------- replacement

// The connections beside which this one serves: readers' or writers'.
static enum db_connection_class group_of(const struct db_pool *pool, const struct db_connection *connection)
{
    for (unsigned i = class_start(pool, DB_WRITE); i < pool->count; i++)
        if (pool->connections[i] == connection)
            return DB_WRITE;
    return DB_READ;
}

// Counts a group's connections that are ready in this state of health, but for one.
static unsigned others_that_are(const struct db_pool *pool, const struct db_connection *but, bool broken)
{
    enum db_connection_class group = group_of(pool, but);
    unsigned count = 0;
    for (unsigned i = reach_start(pool, group); i < reach_end(pool, group); i++) {
        const struct db_connection *connection = pool->connections[i];
        count += connection != but && db_connection_is_ready(connection) &&
                 (db_connection_health(connection) == DB_BROKEN) == broken;
    }
    return count;
}

// Another of its group is being made: what is left of the group serves meanwhile.
static bool another_is_down(const struct db_pool *pool, const struct db_connection *but)
{
    enum db_connection_class group = group_of(pool, but);
    for (unsigned i = reach_start(pool, group); i < reach_end(pool, group); i++)
        if (pool->connections[i] != but && !db_connection_is_ready(pool->connections[i]))
            return true;
    return false;
}

bool db_pool_may_distrust(const struct db_pool *pool, const struct db_connection *connection)
{
    return others_that_are(pool, connection, true) == 0;
}

bool db_pool_is_last(const struct db_pool *pool, const struct db_connection *connection)
{
    return others_that_are(pool, connection, false) == 0;
}

bool db_pool_begin_replacement(struct db_pool *pool, const struct db_connection *connection, unsigned failures)
{
    int64_t now = clock_mono_us(), since_ms = (now - pool->replaced_us) / 1000;
    if (pool->replaced_us == 0 || since_ms > REPLACE_FORGET_MS)
        pool->replace_pause_ms = 0;
    if (since_ms < pool->replace_pause_ms || another_is_down(pool, connection) ||
        (failures < FAILURES_OF_THE_LAST && db_pool_is_last(pool, connection)))
        return false;
    pool->replaced_us = now;
    pool->replace_pause_ms = pool->replace_pause_ms ? 2 * pool->replace_pause_ms : REPLACE_FIRST_MS;
    if (pool->replace_pause_ms > REPLACE_LONGEST_MS)
        pool->replace_pause_ms = REPLACE_LONGEST_MS;
    counter_add(&pool->metrics[group_of(pool, connection)].replaced, 1);
    return true;
}

bool repair_can_retry(const struct db_pool *pool, const struct db_call *call)
{
    if (call->retried || pool->closing || call->class == DB_EXPORT)
        return false;
    for (unsigned i = reach_start(pool, call->class); i < reach_end(pool, call->class); i++) {
        const struct db_connection *connection = pool->connections[i];
        if (connection != call->failed_on && db_connection_is_ready(connection) &&
            db_connection_health(connection) != DB_BROKEN)
            return true;
    }
    return false;
}

void repair_sweep(struct db_pool *pool)
{
    int64_t now = clock_mono_us();
    if (now - pool->window_since_us > (int64_t)WINDOW_HALF_MS * 1000) {
        pool->window_since_us = now;
        window_roll(&pool->readers);
        window_roll(&pool->writers);
    }
    for (unsigned i = 0; i < pool->count; i++)
        db_connection_replace_if_broken(pool->connections[i]);
}
