// Placement: which connection of the pool runs a call, and which calls have to wait although one is free.
#include "pool_internal.h"

// The pipeline depth of a connection: how many calls it takes at a time. One that has yet to show that it works takes a
// single one, so that it does not draw calls for being idle; so does a broken one, where there is no other.
static unsigned depth_of(const struct db_connection *connection, unsigned most)
{
    return db_connection_health(connection) == DB_HEALTHY ? most : 1;
}

// A login that has borrowed a connection of the lists' has it alone: it may wait for a lock, and nobody behind it.
static bool has_place(const struct db_connection *connection, unsigned most)
{
    const struct db_call *running = db_connection_call(connection);
    return db_connection_load(connection) < depth_of(connection, most) && !(running && running->class == DB_LOGIN);
}

static bool is_broken(const struct db_connection *connection)
{
    return db_connection_health(connection) == DB_BROKEN;
}

// Works before broken, free before full, little to do before much, known to work before new.
static bool is_better(const struct db_connection *one, const struct db_connection *other, unsigned most)
{
    unsigned load = db_connection_load(one), others = db_connection_load(other);
    if (is_broken(one) != is_broken(other))
        return is_broken(other);
    if (has_place(one, most) != has_place(other, most))
        return has_place(one, most);
    if (load != others)
        return load < others;
    return db_connection_health(one) == DB_HEALTHY && db_connection_health(other) != DB_HEALTHY;
}

// The best connection of a range that is up, but for the one on which the call has failed; NULL where there is none.
static struct db_connection *best_of(const struct db_pool *pool, unsigned from, unsigned to, const struct db_call *call,
                                     unsigned most)
{
    struct db_connection *found = NULL;
    for (unsigned i = from; i < to; i++) {
        struct db_connection *connection = pool->connections[i];
        if (db_connection_is_ready(connection) && connection != call->failed_on &&
            (!found || is_better(connection, found, most)))
            found = connection;
    }
    return found;
}

// Readers share their connections, and may use the other class's when none of their own is up and works.
static struct db_connection *place_of_reader(const struct db_pool *pool, const struct db_call *call)
{
    unsigned own = call->class, other = DB_LIST - own;
    struct db_connection *found =
        best_of(pool, class_start(pool, own), class_start(pool, own + 1), call, DB_SHARED_DEPTH);
    if (!found || is_broken(found)) {
        struct db_connection *borrowed =
            best_of(pool, class_start(pool, other), class_start(pool, other + 1), call, DB_SHARED_DEPTH);
        if (borrowed && (!found || !is_broken(borrowed)))
            found = borrowed;
    }
    return found && has_place(found, DB_SHARED_DEPTH) ? found : NULL;
}

// Pages of exports go one by one, by the last of the lists' connections that works. (They are never tried again.)
static struct db_connection *place_of_export(const struct db_pool *pool)
{
    struct db_connection *found = NULL;
    for (unsigned i = class_start(pool, DB_LIST); i < class_start(pool, DB_LIST + 1); i++)
        if (db_connection_is_ready(pool->connections[i]) && (!found || !is_broken(pool->connections[i])))
            found = pool->connections[i];
    return found && db_connection_load(found) == 0 ? found : NULL;
}

// Use of the writers' connections at this moment.
struct writers {
    unsigned ready, of_the_public, for_the_same;
};

static struct writers count_writers(const struct db_pool *pool, const struct db_call *call)
{
    struct writers writers = {0};
    for (unsigned i = class_start(pool, DB_WRITE); i < pool->count; i++) {
        const struct db_connection *connection = pool->connections[i];
        const struct db_call *running = db_connection_call(connection);
        writers.ready += db_connection_is_ready(connection);
        writers.of_the_public += running && running->class == DB_PUBLIC;
        writers.for_the_same += running && call->lock_key != 0 && running->lock_key == call->lock_key;
    }
    return writers;
}

// A writer has a connection alone. However many wait for locks, be it one row or many, others can write; however many
// strangers write, they do so one by one.
static struct db_connection *place_of_writer(const struct db_pool *pool, const struct db_call *call)
{
    struct writers writers = count_writers(pool, call);
    unsigned half = writers.ready > 1 ? writers.ready / 2 : 1;
    if (writers.for_the_same >= half || (call->class == DB_PUBLIC && writers.of_the_public > 0))
        return NULL;
    unsigned end = call->has_waited ? hasty_start(pool) : pool->count;
    struct db_connection *found = best_of(pool, class_start(pool, DB_WRITE), end, call, 1);
    return found && has_place(found, 1) ? found : NULL;
}

// However many write or wait for locks, one can log in: where the writers have no connection left, an idle one of the
// lists' is lent to one login at a time. Reads wait for nobody, so that there soon is one.
static struct db_connection *place_of_login(const struct db_pool *pool, const struct db_call *call)
{
    struct db_connection *found = place_of_writer(pool, call);
    if (found)
        return found;
    for (unsigned i = class_start(pool, DB_LIST); i < class_start(pool, DB_LIST + 1); i++) {
        struct db_connection *connection = pool->connections[i];
        const struct db_call *running = db_connection_call(connection);
        if (running && running->class == DB_LOGIN)
            return NULL;
        if (db_connection_is_ready(connection) && !is_broken(connection) && connection != call->failed_on && !running)
            found = connection;
    }
    return found;
}

struct db_connection *place_for(const struct db_pool *pool, const struct db_call *call)
{
    if (call->class == DB_LOGIN)
        return place_of_login(pool, call);
    if (class_is_writing(call->class))
        return place_of_writer(pool, call);
    return call->class == DB_EXPORT ? place_of_export(pool) : place_of_reader(pool, call);
}

bool class_is_up(const struct db_pool *pool, enum db_connection_class class)
{
    for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++)
        if (db_connection_is_ready(pool->connections[i]))
            return true;
    return false;
}

bool class_may_answer(const struct db_pool *pool, enum db_connection_class class)
{
    for (unsigned i = reach_start(pool, class); i < reach_end(pool, class); i++)
        if (db_connection_is_ready(pool->connections[i]) || db_connection_is_coming(pool->connections[i]))
            return true;
    for (unsigned i = 0; i < pool->count; i++)
        if (db_connection_preparing(pool->connections[i]))
            return true;
    return false;
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
        bool up = class_is_up(pool, class);
        classes_are_up &= up;
        for (unsigned i = class_start(pool, class); i < class_start(pool, class + 1); i++)
            own_is_up |= up && pool->connections[i] == connection;
    }
    return classes_are_up || !own_is_up;
}
