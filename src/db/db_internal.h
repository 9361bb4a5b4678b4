// Internals of the db room, shared by its files.
#pragma once

#include "marbre/db.h"

#include <libpq-fe.h>

enum { DB_SHARED_DEPTH = 8, DB_VALUES_MAX = DB_PARAMETERS_MAX };

struct db_connection;

struct db_connection *db_connection_new(struct db_pool *pool, struct loop *loop, struct thread_pool *threads,
                                        const struct db_config *config, const struct db_statements *statements,
                                        unsigned lock_ms);
void db_connection_free(struct db_connection *connection);
bool db_connection_is_ready(const struct db_connection *connection);
bool db_connection_is_coming(const struct db_connection *connection); // being made, or soon to be tried
bool db_connection_under_way(const struct db_connection *connection); // at this moment: looked up, connected, prepared
bool db_connection_preparing(const struct db_connection *connection); // at this moment: so the database is there
unsigned db_connection_load(const struct db_connection *connection);  // calls under way
// The health of a connection, as far as its answers have shown. A new one is untried.
enum db_health { DB_UNTRIED, DB_HEALTHY, DB_BROKEN };
enum db_health db_connection_health(const struct db_connection *connection);
const struct db_call *db_connection_call(const struct db_connection *connection); // the oldest under way, or NULL
void db_connection_send(struct db_connection *connection, struct db_call *call);
// Ends the connection when its oldest call has been under way since before `began_us`.
void db_connection_expire(struct db_connection *connection, int64_t began_us);
// Gives up a broken connection that has no call under way, when the pool lets it.
void db_connection_replace_if_broken(struct db_connection *connection);

// Callbacks of connections to their pool: a call was answered, or has to be tried elsewhere, or places became free.
void db_pool_answered(struct db_pool *pool, const struct db_connection *connection, struct db_call *call);
void db_pool_orphaned(struct db_pool *pool, struct db_call *call);
void db_pool_dispatch(struct db_pool *pool);
// Serialises connecting: true when it is this connection's turn to be made.
bool db_pool_may_connect(const struct db_pool *pool, const struct db_connection *connection);
// Why a connection was lost or could not be made; `sqlstate` may be NULL.
void db_pool_lost(struct db_pool *pool, const char *sqlstate, const char *why);
// A connection that has answered that it is broken may be taken for it: no other beside it is.
bool db_pool_may_distrust(const struct db_pool *pool, const struct db_connection *connection);
bool db_pool_is_last(const struct db_pool *pool, const struct db_connection *connection); // beside it none is fit
// True when a broken connection is to be given up now: then it has to be. `failures`: of its answers, in a row.
MUST_CHECK bool db_pool_begin_replacement(struct db_pool *pool, const struct db_connection *connection,
                                          unsigned failures);

// The facts of a failed result, copied into the arena.
void db_answer_refuse(struct db_answer *answer, struct arena *arena, const PGresult *result);
// Keeps a result with the arena, so that its texts live as long.
void db_answer_keep(struct db_answer *answer, struct arena *arena, PGresult *result);
// A call's values as libpq wants them.
void db_step_values(struct arena *arena, const struct db_step *step, const char *values[DB_VALUES_MAX]);
// `select set_config(…)` of what every connection sets, for PQsendQueryParams with its values.
extern const char db_settings_sql[];
enum { DB_SETTINGS = 4 }; // role, statement_timeout, lock_timeout, search_path
// A session's application_name and search_path: who works with a set of definitions finds its names first, and is known
// by it (sql/sets.sql).
const char *db_application_name(struct arena *arena, struct str definitions);
const char *db_search_path(struct arena *arena, struct str definitions);
// As db_session_script; tells the SQLSTATE of what failed, or nothing.
MUST_CHECK bool db_session_try(struct db_session *session, struct str sql, char sqlstate[6], struct error *error);
