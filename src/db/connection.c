// One connection to PostgreSQL in pipeline mode, on the worker's loop. It backs off, resolves the host's name,
// connects, prepares every statement, is ready, and starts again from its backoff when anything breaks.
#include "db_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { BACKING_OFF, RESOLVING, CONNECTING, PREPARING, READY };
enum {
    CONNECT_TURN_MS = 20,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LONGEST_MS = 500,
    BACKOFF_LONGEST_BROKEN_MS = 2000, // of one that is made, and cannot run PL/pgSQL
    CONNECT_MS = 5000
};

// A name being looked up on the threads; outlives its connection when that is freed first.
struct lookup {
    struct db_connection *connection;
    char host[256], port[16], address[INET6_ADDRSTRLEN];
};

struct db_connection {
    struct db_pool *pool;
    struct loop *loop;
    struct thread_pool *threads;
    const struct db_config *config;
    const struct db_statements *statements;
    struct arena *arena; // of the texts that it is set up with
    const char *url, *role, *application_name, *search_path;
    enum state state;
    PGconn *pg;
    struct event *readable, *writable, *timer;
    struct lookup *lookup;
    struct db_call *first, **last; // under way, in the order of sending
    unsigned load, backoff_ms, lock_ms;
    enum db_health health;
    unsigned failures;              // answers in a row that it is broken
    bool reported, reported_broken; // that it is down, and that the database is why, so that the log says each once
};

static void connect_begin(struct db_connection *connection, const char *address);
static void on_socket_event(evutil_socket_t fd, short what, void *context);

static void drop_events(struct db_connection *connection)
{
    if (connection->readable)
        event_free(connection->readable);
    if (connection->writable)
        event_free(connection->writable);
    connection->readable = connection->writable = NULL;
}

static void arm_timer(struct db_connection *connection, unsigned ms)
{
    event_add(connection->timer, &(struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000});
}

// Backoff: rests before the next try, longer each time, with jitter so that the connections of many workers do not come
// back as one.
static void connection_back_off(struct db_connection *connection, bool broken)
{
    unsigned jitter, longest = broken ? BACKOFF_LONGEST_BROKEN_MS : BACKOFF_LONGEST_MS;
    secret_random(&jitter, sizeof jitter);
    connection->state = BACKING_OFF;
    arm_timer(connection, connection->backoff_ms + jitter % (connection->backoff_ms / 2 + 1));
    connection->backoff_ms = connection->backoff_ms * 2 < longest ? connection->backoff_ms * 2 : longest;
}

// Closes what there is, hands calls back to the pool, and backs off. `sqlstate` may be NULL.
static void lose_as(struct db_connection *connection, const char *sqlstate, const char *why)
{
    bool broken = sqlstate && db_sqlstate_is_broken(sqlstate);
    if (!connection->reported || (broken && !connection->reported_broken))
        log_event(LOG_WARNING, "db.lost", "%s", why);
    connection->reported = true;
    connection->reported_broken |= broken;
    drop_events(connection);
    db_pool_lost(connection->pool, sqlstate, why);
    connection_back_off(connection, broken);
    PQfinish(connection->pg); // `why` may be its own
    connection->pg = NULL;
    connection->health = DB_UNTRIED;
    connection->failures = 0;
    struct db_call *call = connection->first;
    connection->first = NULL;
    connection->last = &connection->first;
    connection->load = 0;
    while (call) {
        struct db_call *next = call->next;
        db_pool_orphaned(connection->pool, call);
        call = next;
    }
    db_pool_dispatch(connection->pool);
}

static void lose(struct db_connection *connection, const char *why)
{
    lose_as(connection, NULL, why);
}

static void flush(struct db_connection *connection)
{
    int left = PQflush(connection->pg);
    if (left > 0)
        event_add(connection->writable, NULL);
    // An error shows itself as an end of file on the read side, where results that arrived before it are still taken.
}

// ------------------------------------------------------------------------------------------------------ resolving

static void look_up(void *argument)
{
    struct lookup *lookup = argument;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(lookup->host, lookup->port, &hints, &found) != 0)
        return;
    getnameinfo(found->ai_addr, found->ai_addrlen, lookup->address, sizeof lookup->address, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
}

static void looked_up(void *argument)
{
    struct lookup *lookup = argument;
    struct db_connection *connection = lookup->connection;
    if (connection) {
        connection->lookup = NULL;
        if (lookup->address[0])
            connect_begin(connection, lookup->address);
        else
            lose(connection, "the database's host name does not resolve");
    }
    free(lookup);
}

// The host of the URL, when it is a single name that only a resolver knows.
static bool needs_lookup(const char *url, struct lookup *lookup)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL), *option;
    const char *host = "", *port = "5432", *address = "";
    for (option = options; option && option->keyword; option++) {
        if (option->val && strcmp(option->keyword, "host") == 0)
            host = option->val;
        else if (option->val && strcmp(option->keyword, "port") == 0)
            port = option->val;
        else if (option->val && strcmp(option->keyword, "hostaddr") == 0)
            address = option->val;
    }
    unsigned char binary[16];
    bool needed = *host && *host != '/' && *host != '@' && !*address && !strchr(host, ',') &&
                  inet_pton(AF_INET, host, binary) != 1 && inet_pton(AF_INET6, host, binary) != 1;
    if (needed) {
        snprintf(lookup->host, sizeof lookup->host, "%s", host);
        snprintf(lookup->port, sizeof lookup->port, "%s", port);
    }
    PQconninfoFree(options);
    return needed;
}

static void lookup_begin(struct db_connection *connection)
{
    struct lookup *lookup = allocated(calloc(1, sizeof *lookup), "a name");
    if (!needs_lookup(connection->url, lookup)) {
        free(lookup);
        connect_begin(connection, NULL);
        return;
    }
    lookup->connection = connection;
    connection->lookup = lookup;
    connection->state = RESOLVING;
    if (!thread_pool_submit(connection->threads, connection->loop, look_up, looked_up, lookup)) {
        connection->lookup = NULL;
        free(lookup);
        lose(connection, "too many names are being looked up");
    }
}

// ------------------------------------------------------------------------------------------- connecting, preparing

static void set_socket_events(struct db_connection *connection, bool readable, bool writable)
{
    drop_events(connection);
    struct event_base *base = loop_base(connection->loop);
    int fd = PQsocket(connection->pg);
    connection->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_socket_event, connection);
    connection->writable = event_new(base, fd, EV_WRITE, on_socket_event, connection);
    if (readable)
        event_add(connection->readable, NULL);
    if (writable)
        event_add(connection->writable, NULL);
}

static void connect_begin(struct db_connection *connection, const char *address)
{
    // A machine that vanishes says no goodbye: an idle connection asks after ten seconds, and what was sent is
    // acknowledged within eight. The URL may say otherwise, since it comes later.
    const char *const words[] = {"keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "tcp_user_timeout",
                                 "dbname",
                                 "application_name",
                                 "client_encoding",
                                 address ? "hostaddr" : NULL,
                                 NULL};
    const char *const values[] = {"4",    "2",     "3", "8000", connection->url, connection->application_name,
                                  "UTF8", address, NULL};
    connection->state = CONNECTING;
    connection->pg = PQconnectStartParams(words, values, 1);
    if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD || PQsetnonblocking(connection->pg, 1) != 0) {
        lose(connection, connection->pg ? PQerrorMessage(connection->pg) : "out of memory");
        return;
    }
    arm_timer(connection, CONNECT_MS);
    set_socket_events(connection, false, true);
}

// PL/pgSQL's library is read at its first use. Where an upgrade has put another one beneath a running PostgreSQL, each
// connection from then on has every statement prepared, and fails in most.
static const char probe_sql[] = "do 'begin end'";

static void prepare_all(struct db_connection *connection)
{
    char statement_ms[16], lock_ms[16];
    snprintf(statement_ms, sizeof statement_ms, "%u", connection->config->statement_ms);
    snprintf(lock_ms, sizeof lock_ms, "%u", connection->lock_ms);
    const char *const settings[DB_SETTINGS] = {connection->role, statement_ms, lock_ms, connection->search_path};
    bool sent = PQenterPipelineMode(connection->pg) &&
                PQsendQueryParams(connection->pg, db_settings_sql, DB_SETTINGS, NULL, settings, NULL, NULL, 0) &&
                PQsendQueryParams(connection->pg, probe_sql, 0, NULL, NULL, NULL, NULL, 0);
    for (size_t i = 0; sent && i < connection->statements->count; i++) {
        const struct db_statement *statement = &connection->statements->all[i];
        sent = PQsendPrepare(connection->pg, statement->name.ptr, statement->sql.ptr, 0, NULL);
    }
    if (!sent || !PQpipelineSync(connection->pg)) {
        lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    connection->state = PREPARING;
    set_socket_events(connection, true, false);
    flush(connection);
}

static void connect_step(struct db_connection *connection)
{
    switch (PQconnectPoll(connection->pg)) {
    case PGRES_POLLING_OK:
        prepare_all(connection);
        break;
    case PGRES_POLLING_READING:
        set_socket_events(connection, true, false);
        break;
    case PGRES_POLLING_WRITING:
        set_socket_events(connection, false, true);
        break;
    default:
        lose(connection, PQerrorMessage(connection->pg));
    }
}

// --------------------------------------------------------------------------------------------------------- results

static void prepared(struct db_connection *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        if (connection->reported)
            log_event(LOG_INFO, "db.back", "the connection to the database is back");
        connection->reported = connection->reported_broken = false;
        connection->state = READY;
        connection->backoff_ms = BACKOFF_FIRST_MS;
        event_del(connection->timer);
        db_pool_dispatch(connection->pool);
        return;
    }
    // A database that is busy gets on, if slowly; begun anew, it would take longer.
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        arm_timer(connection, CONNECT_MS);
    else
        lose_as(connection, PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorMessage(result));
    PQclear(result);
}

// Health by answers: what one says of the connection that gave it.
static void health_judge(struct db_connection *connection, const struct db_answer *answer)
{
    if (answer->outcome != DB_REFUSED || !db_sqlstate_is_broken(answer->sqlstate)) {
        connection->failures = 0;
        if (connection->health == DB_UNTRIED || db_pool_is_last(connection->pool, connection))
            connection->health = DB_HEALTHY;
        return;
    }
    connection->failures++;
    if (connection->health == DB_BROKEN || !db_pool_may_distrust(connection->pool, connection))
        return;
    connection->health = DB_BROKEN;
    log_event(LOG_WARNING, "db.broken", "%s in %.*s: %.*s; this connection will be replaced", answer->sqlstate,
              STR_FMT(answer->statement), STR_FMT(answer->reason));
}

void db_connection_replace_if_broken(struct db_connection *connection)
{
    if (connection->state != READY || connection->health != DB_BROKEN || connection->load > 0 ||
        !db_pool_begin_replacement(connection->pool, connection, connection->failures))
        return;
    connection->reported = true;
    lose(connection, "it was broken");
}

// A result of the call at the head of the line. The sync that ends it is the commit, or the word that nothing was done.
static void take_answer(struct db_connection *connection, PGresult *result)
{
    struct db_call *call = connection->first;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        connection->first = call->next;
        if (!connection->first)
            connection->last = &connection->first;
        connection->load--;
        health_judge(connection, &call->answer);
        db_pool_answered(connection->pool, connection, call);
        db_pool_dispatch(connection->pool);
        db_connection_replace_if_broken(connection);
        return;
    }
    bool fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (fine && ++call->steps_answered == call->step_count) {
        db_answer_keep(&call->answer, call->arena, result);
        return;
    }
    if (status == PGRES_FATAL_ERROR && call->answer.outcome != DB_REFUSED) {
        db_answer_refuse(&call->answer, call->arena, result);
        if (call->steps_answered < call->step_count)
            call->answer.statement = call->steps[call->steps_answered].statement->name;
    }
    PQclear(result);
}

static void take_results(struct db_connection *connection)
{
    if (!PQconsumeInput(connection->pg)) {
        lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    while (connection->pg && (connection->state == PREPARING || connection->first) && !PQisBusy(connection->pg)) {
        PGresult *result = PQgetResult(connection->pg);
        if (!result) // the end of one statement's results
            continue;
        if (PQstatus(connection->pg) == CONNECTION_BAD) {
            PQclear(result);
            lose(connection, PQerrorMessage(connection->pg));
        } else if (connection->state == PREPARING) {
            prepared(connection, result);
        } else {
            take_answer(connection, result);
        }
    }
    if (connection->pg && PQstatus(connection->pg) == CONNECTION_BAD)
        lose(connection, PQerrorMessage(connection->pg));
}

static void on_socket_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    struct db_connection *connection = context;
    if (connection->state == CONNECTING)
        connect_step(connection);
    else if (what & EV_READ)
        take_results(connection);
    if (connection->pg && connection->state >= PREPARING && (what & EV_WRITE))
        flush(connection);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct db_connection *connection = context;
    if (connection->state == BACKING_OFF && db_pool_may_connect(connection->pool, connection))
        lookup_begin(connection);
    else if (connection->state == BACKING_OFF)
        arm_timer(connection, CONNECT_TURN_MS);
    else if (connection->state != READY)
        lose(connection, "the database took too long to take a connection");
}

// ------------------------------------------------------------------------------------------------ what the pool calls

struct db_connection *db_connection_new(struct db_pool *pool, struct loop *loop, struct thread_pool *threads,
                                        const struct db_config *config, const struct db_statements *statements,
                                        unsigned lock_ms)
{
    struct db_connection *connection = allocated(calloc(1, sizeof *connection), "a connection");
    struct arena *arena = arena_new();
    *connection = (struct db_connection){.pool = pool,
                                         .loop = loop,
                                         .threads = threads,
                                         .config = config,
                                         .statements = statements,
                                         .arena = arena,
                                         .url = arena_cstr(arena, config->url),
                                         .role = arena_cstr(arena, config->role),
                                         .application_name = db_application_name(arena, config->definitions),
                                         .search_path = db_search_path(arena, config->definitions),
                                         .backoff_ms = BACKOFF_FIRST_MS,
                                         .lock_ms = lock_ms};
    connection->last = &connection->first;
    connection->timer = event_new(loop_base(loop), -1, 0, on_timer, connection);
    connection->state = BACKING_OFF;
    arm_timer(connection, 0);
    return connection;
}

void db_connection_free(struct db_connection *connection)
{
    if (connection->lookup)
        connection->lookup->connection = NULL;
    connection->reported = true;
    lose(connection, "closing");
    event_free(connection->timer);
    arena_free(connection->arena);
    free(connection);
}

bool db_connection_is_ready(const struct db_connection *connection)
{
    return connection->state == READY;
}

bool db_connection_under_way(const struct db_connection *connection)
{
    return connection->state == RESOLVING || connection->state == CONNECTING || connection->state == PREPARING;
}

bool db_connection_preparing(const struct db_connection *connection)
{
    return connection->state == PREPARING;
}

bool db_connection_is_coming(const struct db_connection *connection)
{
    return db_connection_under_way(connection) ||
           (connection->state == BACKING_OFF && connection->backoff_ms <= 2 * BACKOFF_FIRST_MS);
}

enum db_health db_connection_health(const struct db_connection *connection)
{
    return connection->health;
}

const struct db_call *db_connection_call(const struct db_connection *connection)
{
    return connection->first;
}

unsigned db_connection_load(const struct db_connection *connection)
{
    return connection->load;
}

void db_connection_send(struct db_connection *connection, struct db_call *call)
{
    assert(connection->state == READY && call->step_count > 0);
    bool sent = true;
    for (size_t i = 0; sent && i < call->step_count; i++) {
        const struct db_step *step = &call->steps[i];
        const char *values[DB_VALUES_MAX];
        db_step_values(call->arena, step, values);
        sent = PQsendQueryPrepared(connection->pg, step->statement->name.ptr, (int)step->statement->parameter_count,
                                   values, NULL, NULL, 0);
    }
    sent = sent && PQpipelineSync(connection->pg);
    call->next = NULL;
    *connection->last = call;
    connection->last = &call->next;
    connection->load++;
    if (sent)
        flush(connection);
    else
        lose(connection, PQerrorMessage(connection->pg));
}

void db_connection_expire(struct db_connection *connection, int64_t began_us)
{
    if (connection->first && connection->first->began_us < began_us)
        lose(connection, "the database no longer answers");
}
