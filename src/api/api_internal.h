// What the files of the api room share.
#pragma once

#include "marbre/api.h"

#include <stdatomic.h>

enum { STATEMENTS_MAX = 16, PARAMETERS_MAX = 24, CURSOR_MAX = 4, HEADERS_MAX = 24 };

// --------------------------------------------------------------------------------------------------------- rate
// classes

// How many requests of a kind one caller may make: a bucket that holds `requests` and fills up in `seconds`.
struct rate_class {
    struct str name, policy;  // policy: the RateLimit-Policy field
    struct config_rate limit; // of no requests: none is refused
    const char *together;     // the class in which all callers are counted as one, too; or NULL
};
enum { RATE_CLASSES = 10, RATE_BUCKETS = 16384, RATE_WAYS = 4 };

// Shared by the workers, of a fixed size, without a lock: a full bucket's place may be taken by somebody else's.
struct rates {
    struct rate_class classes[RATE_CLASSES];
    unsigned char key[SHORT_KEY_BYTES];
    _Atomic uint64_t slots[RATE_BUCKETS][RATE_WAYS];
};
struct rate_state {
    const struct rate_class *class; // NULL: not counted
    bool refused;
    unsigned left, full_s, retry_s; // requests left; seconds until the bucket is full, until one more is taken
};
struct rates *rates_new(struct arena *arena, const struct config *config);
const struct rate_class *rate_class_find(const struct rates *rates, struct str name); // NULL: there is none

// ------------------------------------------------------------------------------------------------------- operations

enum place { IN_PATH, IN_QUERY, IN_HEADER };

struct parameter {
    struct str name;   // as in the contract
    struct str symbol; // as statements name it: path_id, query_limit, if_match
    enum place place;
    bool required;
    const json_t *schema;
    const json_t *items;     // of each of its values, where it may come several times; NULL: it is one
    struct str default_text; // the default, as text; STR_NONE when there is none
    size_t plain_max;        // its schema asks for nothing but a text of one to so many characters; 0: it asks for more
};

// How long caches may keep a reply, in seconds.
struct cache_policy {
    bool kept;
    unsigned max_age, shared_max_age, stale_while_revalidate, stale_if_error;
};

enum {
    DERIVE_SLUG = 1,
    DERIVE_CONTENT = 2,
    DERIVE_PASSWORD = 4,
    DERIVE_API_KEY = 8,
    DERIVE_FORM_TOKEN = 16,
    DERIVE_MAILBOX = 32,
};
enum { LANGUAGES_MAX = 4 };

struct operation {
    struct str id;
    struct str path;
    enum http_method method;
    bool is_public;
    struct str roles; // as a PostgreSQL array: {editor,chief}
    const struct db_statement *statements[STATEMENTS_MAX];
    size_t statement_count;
    const struct api_handler *handler;
    const struct rate_class *rate;
    struct str audit;  // the collection of what it changes; STR_NONE: it changes nothing
    bool idempotent;   // takes an Idempotency-Key
    bool is_list;      // answers the envelope {data, next}
    bool for_the_site; // pages of MARBRE_SITE_ORIGINS may send it
    struct str languages[LANGUAGES_MAX];
    size_t language_count; // 0: it speaks English only
    unsigned page;         // items that are read at a time for an answer that is sent page by page; 0: it is sent whole
    enum db_connection_class class;
    unsigned derive, cursor;
    uint64_t body_max;
    size_t body_depth;
    struct cache_policy cache;
    struct str location; // of what POST makes; STR_NONE otherwise
    int success;         // the contract's 2xx
    struct parameter parameters[PARAMETERS_MAX];
    size_t parameter_count;
    const json_t *body_types;   // the contract's media types, each with its schema; NULL: takes no body
    const json_t *answer_types; // of the success; NULL: it has no body
    bool body_required;
};

// A node of the router: one segment of a path.
struct route {
    struct str word;      // STR_NONE for a parameter
    struct route *inside; // first of the next segments
    struct route *beside;
    struct operation *operations[HTTP_METHOD_OTHER];
};

struct api_contract {
    struct arena *arena;
    const json_t *spec;
    struct api_asset asset;  // its own text
    struct api_asset *files; // of sources.files, in their order
    struct api_sources sources;
    struct operation *operations;
    size_t operation_count;
    struct route *routes;
    struct str article_url, site_url; // templates with {site} filled in
    struct str site_origin;           // of site_url, as browsers send it
    unsigned char cursor_key[HASH_BYTES], form_key[HASH_BYTES], person_key[HASH_BYTES];
    struct rates *rates;
};

// What `#/a/b/c` points at (RFC 6901 in a fragment), or NULL.
const json_t *contract_follow(const json_t *spec, const char *reference);
// What a `$ref` points at, or the value itself. NULL when it points nowhere.
const json_t *contract_resolve(const json_t *spec, const json_t *value);
// The schema of a body in one of the operation's types: the first of them for STR_NONE.
const json_t *operation_body_schema(const struct operation *operation, struct str type);
MUST_CHECK bool operation_parameters(struct api_contract *contract, struct operation *operation, const json_t *spec,
                                     struct error *error);
// The operation's list: its own statements, and those that every operation of its kind has.
MUST_CHECK bool operation_statements(struct api_contract *contract, struct operation *operation, const json_t *ours,
                                     struct error *error);
void files_read(struct api_contract *contract);
const struct operation *contract_operation(const struct api_contract *contract, struct str id);
MUST_CHECK bool operation_read(struct api_contract *contract, struct operation *operation, const json_t *spec,
                               struct error *error);

void route_add(struct api_contract *contract, struct operation *operation);
// The node of a path, its parameters decoded into `values` in the order of the path. NULL: there is none.
const struct route *route_find(const struct api_contract *contract, struct arena *arena, struct str path,
                               struct str *values, size_t *count);

// ------------------------------------------------------------------------------------------------------------- calls

struct named {
    struct named *next;
    struct str name, value;
};

struct api {
    const struct api_contract *contract;
    struct loop *loop;
    struct thread_pool *threads;
    struct db_pool *pool;
    struct api_operation_metrics *metrics; // api_metrics_count of them
};

struct api_call {
    struct arena *arena;
    const struct api_contract *contract;
    struct api *api;                // NULL within the process
    struct http_exchange *exchange; // NULL within the process
    const struct operation *operation;
    struct str request_id;
    struct str values[PARAMETERS_MAX]; // of the operation's parameters, in their order
    json_t *lists[PARAMETERS_MAX];     // what came of those that may come several times
    bool authenticated;
    struct auth_caller caller;
    struct rate_state rate;
    bool counted_together;     // in what all may ask together
    struct str language;       // that is spoken with this reader; STR_NONE: English, and nothing is said of it
    const json_t *body_schema; // of the type that the body has
    bool is_form;              // the body comes from an HTML form
    json_t *body;              // NULL: there was none
    struct str body_text, read_only, body_fields;
    struct str password_made, password_hash;
    struct auth_api_key api_key;
    struct str request_hash; // of what an Idempotency-Key stands for
    bool replayed, retried;
    struct uuid new_id;
    struct str slug;
    struct str form_nonce, form_shown_at;
    struct str mailbox, mailbox_hash;
    bool mailbox_confusable;
    struct content_body content;
    bool has_content;
    struct str if_match;
    struct str cursor[CURSOR_MAX];
    struct named *named;
    struct faults faults;
    unsigned retry_after;
    struct str problem_detail; // of the problem that was sent; STR_NONE: none was
    struct str locks;          // what the statements lock, where it is not the thing of the path
    void *carried;
    struct db_call db;
    void (*done)(struct api_call *call, const struct db_answer *answer);
    void (*password_checked)(struct api_call *call, bool fits, struct str rehashed);
    void (*password_hashed)(struct api_call *call, struct str phc);
};

// ------------------------------------------------------------------------------------------------------------ schema

// JSON Schema 2020-12, the part of it that openapi/README.md lists. Every fault is added; true when there was none.
bool schema_check(struct faults *faults, const json_t *spec, const json_t *schema, const json_t *value,
                  const struct path *at);
// The first keyword under `schema` that is not enforced, or NULL. It does not follow a $ref: a contract's are looked at
// where they stand.
const char *schema_unknown_keyword(const json_t *spec, const json_t *schema);
struct format {
    const char *name;
    bool (*holds)(struct str text);
    const char *complaint; // what follows the value in a sentence
};
const struct format *format_find(struct str name); // NULL: there is none

// ------------------------------------------------------------------------------------------- the steps of a request

struct reply;

// Each adds faults to the call; the caller refuses when there are some.
void parameters_read(struct api_call *call, const struct str *path_values, size_t path_count);
void body_read(struct api_call *call);            // parse, clean, check, derive
void body_take(struct api_call *call, json_t *b); // the same without the parse
// Whether the request's body may be read at all: 411, 415. True: go on.
MUST_CHECK bool body_acceptable(struct api_call *call);
// Whether the client takes what the operation answers with: 406.
MUST_CHECK bool accept_fits(struct api_call *call);
struct str accept_quality(struct str parameters); // what stands behind `q=`; STR_NONE where nothing does
// Counts the request against its class, by account, key or address: 429.
MUST_CHECK bool rate_allows(struct api_call *call);
void rate_refund(struct api_call *call);         // of what all have together, for what came to nothing
void rate_penalise(const struct api_call *call); // for a key that there is not
void rate_exempt(const struct api_call *call);   // for one that there is

// The body of an HTML form as a JSON object; NULL when it is none.
bool form_is(struct str media_type);
json_t *form_read(struct api_call *call, struct str text);
struct str form_token_make(struct api_call *call);
void form_token_open(struct api_call *call); // of the body; adds a fault where it is not good
void mailbox_read(struct api_call *call);    // of the body's `email`
struct str peer_hash(const struct api_call *call);
// The client's address, of IPv6 its /64. STR_NONE for whom no limit is meant.
struct str peer_network(const struct api_call *call, unsigned char bytes[16]);

void language_begin(struct api_call *call);   // as the request's head asks
void language_of_body(struct api_call *call); // as the form was filled in
void language_put(const struct api_call *call, struct reply *reply);
const char *phrase_in_french(const char *english); // itself, where nobody has translated it

struct str cursor_sign(struct api_call *call, const struct str *values, size_t count);
MUST_CHECK bool cursor_open(struct api_call *call, struct str cursor);

// Whether statements of an operation may name this parameter.
bool bind_knows(const struct api_contract *contract, const struct operation *operation, struct str symbol);
struct db_step bind_step(struct api_call *call, const struct db_statement *statement);

void call_statements(struct api_call *call); // runs the operation's list and answers
void call_run(struct api_call *call, const struct db_statement *const *statements, size_t count,
              enum db_connection_class class, void (*done)(struct db_call *db, const struct db_answer *answer));

// An Idempotency-Key: the first answer is kept in the transaction of the act, and given again. The last statement of an
// operation, made one that keeps what it answers as well.
const struct db_statement *idempotency_keeping(struct api_contract *contract, const struct db_statement *last);
void idempotency_prepare(struct api_call *call);
// Whether a refusal was about the key itself: then the call is being answered.
MUST_CHECK bool idempotency_answers(struct api_call *call, const struct db_answer *answer);
// Runs the call once more where its outcome is unknown and a key makes that safe.
MUST_CHECK bool idempotency_retries(struct api_call *call);
// Sends a problem; where it is to be given again, it is kept first.
void idempotency_refuse(struct api_call *call, int status, struct str document);

void metrics_count(const struct api *api, const struct operation *operation, const struct http_exchange *exchange,
                   int64_t took_us); // operation: NULL where none was found

// ----------------------------------------------------------------------------------------------------------- replies

struct reply {
    int status;
    struct http_header headers[HEADERS_MAX];
    size_t header_count;
    struct str body;
    bool close;
    void (*more)(struct http_exchange *exchange); // of what is sent page by page
};

void reply_header(struct reply *reply, struct str name, struct str value);
void reply_send(struct api_call *call, struct reply *reply);
void reply_answer(struct api_call *call, const struct db_answer *answer);
void reply_done(struct api_call *call, const struct db_answer *answer); // of statements that committed
void cors_put(const struct api_call *call, struct reply *reply);        // who else may read this
// Whether the page that sends this may, where browsers say which it is: 403.
MUST_CHECK bool cors_admits(struct api_call *call);
void cors_answer(const struct api_call *call, const struct route *route, struct reply *reply); // to a preflight
void rate_put(const struct api_call *call, struct reply *reply);                               // the RateLimit fields
bool reply_promises(struct str header); // whether a reply may have it
void reply_refusal(struct api_call *call, const struct db_answer *answer);
// The first page of an answer that is sent page by page; the others follow by themselves.
void stream_begin(struct api_call *call, const struct db_answer *answer);
// Columns that the last statement of an operation may answer.
bool reply_is_fact(const char *column);

// A kind of problem: what its document says, and its page, in which `words` are code.
struct problem {
    int status;
    const char *slug, *title, *happened, *advice;
};
const struct problem *problem_row(size_t number); // NULL: past the last

// A problem document (RFC 9457). `more` is JSON members without braces, or STR_NONE.
struct str problem_document(struct api_call *call, int status, const char *slug, struct str detail, struct str more);
void problem_faults(struct api_call *call, int status); // of the call's faults
void problem_send(struct api_call *call, int status, const char *slug, struct str detail, struct str more);
void problem_send_document(struct api_call *call, int status, struct str document);
void problem_method(struct api_call *call, const struct route *route); // 405, or the answer to OPTIONS
void problem_login(struct api_call *call, const char *detail);         // 401 with its challenge
