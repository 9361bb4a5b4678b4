// db: PostgreSQL. Statements are .sql files with named parameters; a call is a list of them that runs as one round trip
// and one transaction. Knows libpq, and nothing of HTTP, JSON or articles.
#pragma once

#include "marbre/base.h"

// ------------------------------------------------------------------------------------------------------- statements

// One .sql file, its `:names` turned into $1…$n (a name that comes twice keeps its number).
// `newsroom/articles/desk_get.sql` is called `articles/desk_get`; `auth/enter.sql` is `auth/enter`.
struct db_statement {
    struct str name, sql;
    struct str text; // as it stands in the file
    const struct str *parameters;
    size_t parameter_count;
};

struct db_statements {
    struct db_statement *all;
    size_t count, capacity;
};

enum { DB_PARAMETERS_MAX = 40 };

// Reads one text. `:name` is a parameter, but not in '…', "…", comments, or `::`.
struct db_statement db_statement_read(struct arena *arena, struct str name, struct str text);
struct db_statements db_statements_read(struct arena *arena, const struct embedded_file *files);
// Adds a statement that was made of others; before the first connection. There is room for as many as there are files.
const struct db_statement *db_statement_add(struct db_statements *statements, const struct db_statement *statement);
const struct db_statement *db_statement_find(const struct db_statements *statements, struct str name);

// ------------------------------------------------------------------------------------------------------------ calls

struct db_step {
    const struct db_statement *statement;
    const struct str *values; // as many as it has parameters, in their order; a NULL ptr is SQL's null
};

enum db_outcome {
    DB_DONE,    // committed
    DB_REFUSED, // PostgreSQL said no (`sqlstate`), nothing was changed
    DB_BUSY,    // too many are waiting already, or the wait was too long; nothing was changed
    DB_AWAY,    // no connection; nothing was changed
    DB_UNKNOWN, // the connection ended in the middle of a write: it may have been committed or not
};
enum { DB_OUTCOMES = DB_UNKNOWN + 1 };

// The result of a call. The texts live as long as the call's arena.
struct db_answer {
    enum db_outcome outcome;
    char sqlstate[6];                       // of a refusal; of DB_AWAY, why there is no connection
    struct str message, detail, constraint; // of a refusal
    struct str statement;                   // the step that was refused; STR_NONE: none was
    struct str reason;                      // the message for the log: STR_NONE where it may hold what somebody wrote
    void *result;                           // of the last step; read by the functions below
};

// SQLSTATE classes 58 and XX: not the statement is wrong but what it runs on, such as a library that is no longer the
// one that PostgreSQL was started with, a page that cannot be read, a cache that is not in order.
bool db_sqlstate_is_broken(const char *sqlstate);

size_t db_answer_rows(const struct db_answer *answer);
struct str db_answer_text(const struct db_answer *answer, const char *column); // of row 0; STR_NONE for null
struct str db_answer_at(const struct db_answer *answer, size_t row, size_t column);

// ------------------------------------------------------------------------------------------------------------- pool

struct db_config {
    struct str url;            // libpq URI or keywords
    struct str role;           // to serve as; empty: whoever the URL logs in
    struct str definitions;    // the set of definitions (below): first in the search_path, and the application_name
    unsigned read_connections; // for keyed reads, and as many for lists
    unsigned write_connections;
    unsigned statement_ms, lock_ms; // timeouts that PostgreSQL keeps
    unsigned wait_ms;               // the longest a call waits for a connection
    unsigned waiting_max;           // calls that may wait
};

// Whose connections a call may have. DB_LOGIN, DB_PUBLIC and DB_EXPORT have none of their own: see db_pool.
enum db_connection_class { DB_READ, DB_LIST, DB_WRITE, DB_LOGIN, DB_PUBLIC, DB_EXPORT };
enum { DB_CONNECTION_CLASSES = DB_EXPORT + 1 };

// A call: filled by the caller, owned by the pool until `done`. Its arena must live until then.
struct db_call {
    struct arena *arena;
    enum db_connection_class class;
    const struct db_step *steps;
    size_t step_count;
    void (*done)(struct db_call *call, const struct db_answer *answer);
    void *context;
    uint64_t lock_key; // a hash of what its statements lock; 0: nothing that others wait for
    // The pool's own:
    struct db_call *next;
    const struct db_connection *failed_on; // the connection that was not fit to run it
    struct db_answer answer;
    size_t steps_answered;
    int64_t began_us, sent_us;
    bool retried;
    bool has_waited; // a moment, for a lock that somebody else held
};

// A connection pool of one worker, on its loop: `read_connections` for keyed reads and as many for lists, each shared
// by up to 8 calls at a time, and `write_connections` that belong to one call until its transaction ends. Of the
// writers' one at most is used by what the public writes, and half of them at most by calls with the same `lock_key`; a
// login that finds them all taken is lent one of the lists'. Pages of exports have one of the lists', too. They connect
// by themselves, for ever, with growing pauses; names are resolved on the threads.
//
// Half of the writers' are hasty: a call that meets a lock there gives up in a moment, nothing being changed, and is
// sent again to one of the others, where it waits for `lock_ms`. So whatever many wait for, others can write.
//
// A connection that answers that it is broken (db_sqlstate_is_broken) is replaced by a new one, one at a time and with
// growing pauses, and the call is tried once more on another: nothing was changed. One that cannot run PL/pgSQL is not
// taken for ready.
struct db_pool;

struct db_pool *db_pool_new(struct loop *loop, struct thread_pool *threads, const struct db_config *config,
                            const struct db_statements *statements);
void db_pool_free(struct db_pool *pool); // calls that are under way are answered DB_AWAY or DB_UNKNOWN
void db_pool_call(struct db_pool *pool, struct db_call *call);
bool db_pool_ready(const struct db_pool *pool); // each class has a connection that is prepared
// A health check by answers: of those of the last seconds, to readers or to writers, most were that PostgreSQL is
// broken; or it is why there is no connection.
bool db_pool_failing(const struct db_pool *pool);

// Metrics of a pool's connection class; any thread may read them.
struct db_class_metrics {
    struct durations waited; // for a place on a connection
    struct durations took;   // from sending the statements to the answer of the last
    struct counter outcomes[DB_OUTCOMES];
    struct counter broken;               // answers of a connection that was broken
    struct counter tried_again;          // of them, that were tried on another connection
    struct counter replaced;             // connections that were given up for it
    struct counter connections, waiting; // that are ready, calls that wait: now
};
const struct db_class_metrics *db_pool_metrics(const struct db_pool *pool); // DB_CONNECTION_CLASSES of them

// ---------------------------------------------------------------------------------------------------------- session

// One blocking connection, for what happens before the server serves and for the command line.
struct db_session;

// `definitions` as in db_config.
struct db_session *db_session_open(struct arena *arena, struct str url, struct str role, struct str definitions,
                                   struct error *error);
// Runs a list in one transaction, as the pool does. False and `error` unless it committed; then `answer` is of the
// last.
MUST_CHECK bool db_session_run(struct db_session *session, struct arena *arena, const struct db_step *steps,
                               size_t step_count, struct db_answer *answer, struct error *error);
// Runs a script of several commands; outside of a transaction unless it begins one.
MUST_CHECK bool db_session_script(struct db_session *session, struct str sql, struct error *error);
// Prepares a statement, so that PostgreSQL has read it, and calls `column` with each name of what it answers.
MUST_CHECK bool db_session_check(struct db_session *session, const struct db_statement *statement,
                                 void (*column)(void *context, const char *name), void *context, struct error *error);

// ---------------------------------------------------------------------------------------------------------- release

// A release of marbre, as it wants its database.
//
// Migrations, `migrations/NNNN_name.sql`, are what has state: applied in order, forward only, each in a transaction of
// its own, recorded with their SHA-256.
//
// Definitions, `src/…/definitions/*.sql`, are what is replaced as a whole: functions, triggers, types. A set of them is
// a schema of its own, named by its hash, so that servers of two releases work side by side, each with its own set.
// Only the triggers, which belong to the tables, are always those of the set that was applied last.
struct db_release {
    const struct embedded_file *migrations, *definitions;
    struct str sha256; // of all definitions, their paths and texts, in the order in which they are run
    struct str set;    // `marbre_` and its first 12 digits: the schema, and the application_name of who works with it
};

struct db_release db_release_read(struct arena *arena, const struct embedded_file *migrations,
                                  const struct embedded_file *definitions);

struct db_release_state {
    bool pending;     // a migration is not applied yet
    bool changed;     // one that was applied has changed since
    bool newer;       // the database has migrations that this release does not know
    bool before_base; // its migrations are those of the history before the present one
    bool defined;     // the set of definitions is there
    bool current;     // and it was applied last, so that the triggers are its own
};

// Compares, and prints a line a migration and a set through `tell` when it is not NULL; false only when the database
// could not be asked.
MUST_CHECK bool db_release_check(struct db_session *session, const struct db_release *release,
                                 void (*tell)(const char *line), struct db_release_state *state, struct error *error);
// Why this release cannot serve from such a database, in one sentence; NULL where it can. It can where its set is there
// and the database is newer: that is the middle of a roll.
const char *db_release_complaint(const struct db_release_state *state);

struct db_migration {
    const struct db_release *release;
    struct str role;                // that serves; told to the files as the setting marbre.server_role
    unsigned lock_seconds;          // each step tries for locks for so long, a moment at a time, before it gives up
    void (*tell)(const char *line); // NULL: nobody
};

// Brings the database up to the release: migrations, then its set of definitions, then sets that nobody uses are
// dropped. One at a time, under an advisory lock.
MUST_CHECK bool db_migrate(struct db_session *owner, const struct db_migration *migration, struct error *error);

// Columns of tables as the migrations make them, going by their text: true where there is this one.
bool db_table_has(const struct embedded_file *migrations, struct str table, struct str column);
// The table whose ids these are: the one that `id` refers to, or itself.
struct str db_table_of_id(const struct embedded_file *migrations, struct str table);
