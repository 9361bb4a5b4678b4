// db: PostgreSQL. Statements are .sql files with named parameters; a call is a list of them that runs as one round trip
// and one transaction. Knows libpq, and nothing of HTTP, JSON or articles.
#pragma once

#include "marbre/base.h"

// ------------------------------------------------------------------------------------------------------- statements

// One .sql file, its `:names` turned into $1…$n (a name that comes twice keeps its number). `newsroom/articles/get.sql`
// is called `articles/get`; `auth/caller.sql` is `auth/caller`.
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

// What came of a call. The texts live as long as the call's arena.
struct db_answer {
    enum db_outcome outcome;
    char sqlstate[6];
    struct str message, detail, constraint; // of a refusal
    void *result;                           // of the last step; read by the functions below
};

size_t db_answer_rows(const struct db_answer *answer);
struct str db_answer_text(const struct db_answer *answer, const char *column); // of row 0; STR_NONE for null
struct str db_answer_at(const struct db_answer *answer, size_t row, size_t column);

// ------------------------------------------------------------------------------------------------------------- pool

struct db_config {
    struct str url;            // libpq URI or keywords
    struct str role;           // to serve as; empty: whoever the URL logs in
    unsigned read_connections; // for keyed reads, and as many for lists
    unsigned write_connections;
    unsigned statement_ms, lock_ms; // timeouts that PostgreSQL keeps
    unsigned wait_ms;               // the longest a call waits for a connection
    unsigned waiting_max;           // calls that may wait
};

enum db_connection_class { DB_READ, DB_LIST, DB_WRITE, DB_PUBLIC, DB_EXPORT };
enum { DB_CONNECTION_CLASSES = DB_EXPORT + 1 };

// A call: filled by the caller, owned by the pool until `done`. Its arena must live until then.
struct db_call {
    struct arena *arena;
    enum db_connection_class class;
    const struct db_step *steps;
    size_t step_count;
    void (*done)(struct db_call *call, const struct db_answer *answer);
    void *context;
    // The pool's own:
    struct db_call *next;
    struct db_answer answer;
    size_t steps_answered;
    int64_t began_us, sent_us;
    bool retried;
};

// A worker's connections, on its loop: `read_connections` for keyed reads and as many for lists, each shared by up to 8
// calls at a time, and `write_connections` that belong to one call until its transaction ends. What the public writes
// has one of the writers' at most, and pages of exports one of the lists'. They connect by themselves, for ever, with
// growing pauses; names are resolved on the threads.
struct db_pool;

struct db_pool *db_pool_new(struct loop *loop, struct thread_pool *threads, const struct db_config *config,
                            const struct db_statements *statements);
void db_pool_free(struct db_pool *pool); // calls that are under way are answered DB_AWAY or DB_UNKNOWN
void db_pool_call(struct db_pool *pool, struct db_call *call);
bool db_pool_ready(const struct db_pool *pool); // each class has a connection that is prepared

// What a pool has counted of a class; any thread may read it.
struct db_class_metrics {
    struct durations waited; // for a place on a connection
    struct durations took;   // from sending the statements to the answer of the last
    struct counter outcomes[DB_OUTCOMES];
    struct counter connections, waiting; // that are ready, calls that wait: now
};
const struct db_class_metrics *db_pool_metrics(const struct db_pool *pool); // DB_CONNECTION_CLASSES of them

// ---------------------------------------------------------------------------------------------------------- session

// One blocking connection, for what happens before the server serves and for the command line.
struct db_session;

struct db_session *db_session_open(struct arena *arena, struct str url, struct str role, struct error *error);
// Runs a list in one transaction, as the pool does. False and `error` unless it committed; then `answer` is of the
// last.
MUST_CHECK bool db_session_run(struct db_session *session, struct arena *arena, const struct db_step *steps,
                               size_t step_count, struct db_answer *answer, struct error *error);
// Runs a script of several commands; outside of a transaction unless it begins one.
MUST_CHECK bool db_session_script(struct db_session *session, struct str sql, struct error *error);
// Prepares a statement, so that PostgreSQL has read it, and calls `column` with each name of what it answers.
MUST_CHECK bool db_session_check(struct db_session *session, const struct db_statement *statement,
                                 void (*column)(void *context, const char *name), void *context, struct error *error);

// -------------------------------------------------------------------------------------------------------- migrations

// `migrations/NNNN_name.sql`, applied in order, forward only, each in a transaction of its own, under an advisory lock.
// What was applied is recorded with its SHA-256; a file that changed since, or a database newer than these files, is
// refused. `role` is told to the files as the setting marbre.server_role.
enum db_migration_state { DB_MIGRATIONS_DONE, DB_MIGRATIONS_PENDING, DB_MIGRATIONS_NEWER, DB_MIGRATIONS_CHANGED };

MUST_CHECK bool db_migrate(struct db_session *owner, const struct embedded_file *files, struct str role,
                           void (*tell)(const char *line), struct error *error);
// Prints a line a migration through `tell` when it is not NULL; false only when the database could not be asked.
MUST_CHECK bool db_migrations_check(struct db_session *session, const struct embedded_file *files,
                                    void (*tell)(const char *line), enum db_migration_state *state,
                                    struct error *error);

// Whether the migrations make a table with this column, going by their text.
bool db_table_has(const struct embedded_file *migrations, struct str table, struct str column);
