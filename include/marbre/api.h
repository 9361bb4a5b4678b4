// api: the contract, carried out. Reads openapi/ as it was embedded, finds the operation of a request, checks caller,
// parameters and body against it, runs the statements that it names, and writes the reply. Knows nothing of articles.
#pragma once

#include "marbre/auth.h"
#include "marbre/content.h"
#include "marbre/db.h"
#include "marbre/http.h"

struct api_call;

// Bytes that do not change while the server runs, with what a reply says of them worked out once.
struct api_asset {
    struct str type, etag, body;
    struct str policy; // Content-Security-Policy; STR_NONE: nothing but a style sheet of ours
};
struct api_asset api_asset_of(struct arena *arena, struct str type, struct str body);

// Statements that a handler runs as one transaction; auth/enter goes before them where the operation is not public.
enum { API_STATEMENTS_MAX = 4, API_SYMBOLS_MAX = 8 };
struct api_transaction {
    const char *statements[API_STATEMENTS_MAX];
};

// An operation that statements alone cannot serve: the contract's `handler` names a row of the newsroom's table.
struct api_handler {
    const char *name;
    void (*serve)(struct api_call *call);
    const struct api_transaction *transactions; // ended by an empty one; NULL: it runs none
    const char *const *symbols; // that it sets for them, at most API_SYMBOLS_MAX, ended by NULL; or NULL
};

// ------------------------------------------------------------------------------------------------------- the contract

// Everything that does not change while the server runs; shared by the workers, read only.
struct api_contract;

struct api_sources {
    struct str contract; // JSON
    struct db_statements *statements;
    const struct api_handler *handlers; // ended by a row without a name
    const struct config *config;
    const struct auth_keys *keys;           // NULL where nothing will be served
    struct http_networks proxies;           // that are trusted, and are no callers when they speak for themselves
    const struct embedded_file *files;      // that operations serve, ended by a row without a path; or NULL
    const struct embedded_file *migrations; // whose tables `audit` may name; NULL: any
};

// Reads the contract. NULL and `error` when it promises what nothing serves: an operation without roles or without
// statements or handler, a statement that is not there, a handler without an operation, a word of x-marbre or a value
// that means nothing, a symbol of a statement that the operation does not have, a schema with a keyword that is not
// enforced.
struct api_contract *api_contract_read(struct arena *arena, const struct api_sources *sources, struct error *error);
// Has PostgreSQL read every statement, and checks that what the last of each operation answers are facts of a reply.
MUST_CHECK bool api_contract_check(const struct api_contract *contract, struct db_session *session,
                                   struct error *error);

// Documentation in Markdown: the symbols of statements, the columns that are facts of a reply, the words of x-marbre.
void api_symbols_print(struct buf *out);

// A job: what it is called, how often it is due, how many rows it takes at a time.
struct api_job {
    const char *name;
    unsigned seconds, most;
};
// One of its statements with its values, which never change. False and `error` when it names what no job has.
MUST_CHECK bool api_job_bind(struct arena *arena, const struct api_sources *sources, const struct api_job *job,
                             struct str name, struct db_step *step, struct error *error);

// --------------------------------------------------------------------------------------------------------- the worker

// One worker's api, and the service that its listener calls.
struct api;

struct api *api_new(const struct api_contract *contract, struct loop *loop, struct thread_pool *threads,
                    struct db_pool *pool);
void api_free(struct api *api);
struct http_service api_service(struct api *api);

// A worker's metrics of one operation; any thread may read them.
enum { API_STATUSES = 34 };
extern const unsigned short api_statuses[API_STATUSES]; // those that are told apart; the last, 0, is any other
struct api_operation_metrics {
    struct counter replies[API_STATUSES];
    struct counter cut;    // of them, whose client went away before the last byte
    struct durations took; // from the first byte of the request to the last of the reply
};
// One an operation, and a last one for requests that were none's.
size_t api_metrics_count(const struct api_contract *contract);
struct str api_metrics_name(const struct api_contract *contract, size_t number); // operationId, or `none`
const struct api_operation_metrics *api_metrics(const struct api *api);

// ------------------------------------------------------------------------------------------------- within the process

// Runs an operation for a caller without HTTP, on a blocking connection: the same checks of the body, the same
// statements, one transaction. `id` is the last id of the path, or STR_NONE; If-Match is `*`. On success `answer` is
// the `body` that the operation answers.
MUST_CHECK bool api_perform(const struct api_contract *contract, struct db_session *session, struct arena *arena,
                            struct str operation, struct str id, const json_t *body, const struct auth_caller *caller,
                            struct str *answer, struct error *error);

// ------------------------------------------------------------------------------------------------------- for handlers

struct arena *api_arena(struct api_call *call);
struct str api_body_text(const struct api_call *call, const char *member); // of the body; STR_NONE when absent
const struct auth_keys *api_keys(const struct api_call *call);

// A value for the statements of this call: `symbol` is the number of one of its row's.
void api_set(struct api_call *call, unsigned symbol, struct str value);
// State of a chain of steps; lives in the call's arena.
void api_carry(struct api_call *call, void *thing);
void *api_carried(const struct api_call *call);
// Runs a transaction of the handler's row by its number, then `done`, unless it failed: then the call is answered.
void api_run(struct api_call *call, unsigned transaction,
             void (*done)(struct api_call *call, const struct db_answer *answer));
// Names what the statements of a call will lock, where it is not the thing of its path: of those that wait for the
// same, only so many are let at the database at a time (db_call).
void api_locks(struct api_call *call, struct str thing);
// Checks a password off the loop, then `done`; answers 503 itself when too many wait. `rehashed` as
// auth_password_check.
void api_check_password(struct api_call *call, struct str password, struct str phc,
                        void (*done)(struct api_call *call, bool fits, struct str rehashed));
// Hashes one, likewise.
void api_hash_password(struct api_call *call, struct str password, void (*done)(struct api_call *call, struct str phc));

// Sources of a handler's answer.
struct str api_path_end(const struct api_call *call); // the last parameter of the path, which the operation has
const struct api_asset *api_contract_asset(const struct api_call *call);
const struct api_asset *api_file(const struct api_call *call, struct str name); // of the binary's; NULL: it has none
struct str api_problem_index(struct arena *arena);                              // every problem type, as a page
// The page of a problem type (RFC 9457 §3.1.1): what it means and what to do; STR_NONE for one that there is not.
struct str api_problem_page(struct arena *arena, struct str slug);

// The last word of a call, exactly once.
void api_reply_json(struct api_call *call, int status, struct str json);
void api_reply_asset(struct api_call *call, const struct api_asset *asset); // 200, or 304
void api_reply_nothing(struct api_call *call);                              // 204
// A problem (RFC 9457); with one fault, 422; with Retry-After, for 429 and 503.
void api_problem(struct api_call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);
void api_reply_fault(struct api_call *call, struct str pointer, const char *format, ...) PRINTF_LIKE(3, 4);
void api_problem_later(struct api_call *call, int status, unsigned seconds, const char *format, ...) PRINTF_LIKE(4, 5);
