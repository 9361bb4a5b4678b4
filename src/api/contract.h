// The contract as requests are served from it: what openapi/ says, resolved once. Nothing here changes while the server
// runs, and the workers share it.
#pragma once

#include "rate.h"

enum { STATEMENTS_MAX = 16, PARAMETERS_MAX = 24, CURSOR_MAX = 4, TRANSACTIONS_MAX = 4, LANGUAGES_MAX = 4 };
enum { NO_PARAMETER = PARAMETERS_MAX }; // where a parameter's number is wanted and there is none

// ------------------------------------------------------------------------------------------------------- operations

enum place { IN_PATH, IN_QUERY, IN_HEADER };

// Parameters that mean something to the server itself.
enum meaning {
    MEANS_ITSELF,
    MEANS_VERSIONS,
    MEANS_IDEMPOTENCY_KEY,
    MEANS_CURSOR,
    MEANS_LIMIT,
    MEANS_BODY_FORM,
    MEANS_BASE_URL
};

struct parameter {
    struct str name;   // as in the contract
    struct str symbol; // as statements name it: path_id, query_limit, if_match
    enum place place;
    enum meaning meaning;
    bool required, is_uuid;
    const json_t *schema;
    const json_t *items;     // of each of its values, where it may come several times; NULL: it is one
    struct str default_text; // the default, as text; STR_NONE when there is none
    size_t plain_max;        // its schema asks for nothing but a text of one to so many characters; 0: it asks for more
};

// A binding of a statement's parameter to its value, found once: no names are compared while a request is served.
struct binding {
    struct str (*value)(const struct api_call *call, const struct binding *binding);
    size_t at;       // the value's own: an offset, or the number of a parameter
    struct str text; // where it is always the same
};

struct bound_statement {
    const struct db_statement *statement;
    const struct binding *bindings; // as many as it has parameters
};

// Statements that run as one transaction.
struct transaction {
    struct bound_statement steps[STATEMENTS_MAX];
    size_t count;
    enum db_connection_class class;
};

// Cache-Control of a reply: how long caches may keep it, in seconds.
struct cache_policy {
    bool kept;
    unsigned max_age, shared_max_age, stale_while_revalidate, stale_if_error;
};

// A piece of a Location: text, and behind it a parameter of the path, or NO_PARAMETER for the id of what was made.
struct location_part {
    struct str text;
    size_t parameter;
    bool is_new_id;
};
enum { LOCATION_PARTS_MAX = 4 };

enum {
    DERIVE_SLUG = 1,
    DERIVE_CONTENT = 2,
    DERIVE_PASSWORD = 4,
    DERIVE_API_KEY = 8,
    DERIVE_FORM_TOKEN = 16,
    DERIVE_MAILBOX = 32,
};

struct operation {
    struct str id;
    struct str path;
    enum http_method method;
    bool is_public;
    struct str roles; // as a PostgreSQL array: {editor,chief}

    const struct api_handler *handler;               // NULL: `act` serves it
    struct transaction act;                          // all that it does
    struct transaction of_handler[TRANSACTIONS_MAX]; // as the handler's row has them
    struct transaction admit;                        // nothing but who is calling
    struct transaction replay, keep_refusal;         // of an Idempotency-Key: what was answered; a refusal to keep
    const struct db_statement *last;                 // of `act`, as its file has it

    const struct rate_class *rate;
    struct str audit;  // the collection of what it changes; STR_NONE: it changes nothing
    bool is_list;      // answers the envelope {data, next}
    bool for_the_site; // pages of MARBRE_SITE_ORIGINS may send it
    struct str languages[LANGUAGES_MAX];
    size_t language_count; // 0: it speaks English only
    unsigned page;         // items that are read at a time for an answer that is sent page by page; 0: it is sent whole
    enum db_connection_class class;
    unsigned derive, cursor;
    unsigned body_max, body_depth;
    struct cache_policy cache;
    struct location_part location[LOCATION_PARTS_MAX]; // of what POST makes
    size_t location_count;                             // 0: it makes nothing
    int success;                                       // the contract's 2xx

    struct parameter parameters[PARAMETERS_MAX];
    size_t parameter_count;
    size_t path_parameters[PARAMETERS_MAX]; // numbers of those in the path, in its order
    size_t path_parameter_count;
    size_t thing;           // the last id (a UUID) of the path: what it is about; or NO_PARAMETER
    size_t idempotency_key; // or NO_PARAMETER
    size_t versions;        // If-Match, or NO_PARAMETER
    size_t body_form;       // how the body of an article is written, or NO_PARAMETER
    size_t base_url;        // what addresses in Markdown are relative to, or NO_PARAMETER

    const json_t *body_types;   // the contract's media types, each with its schema; NULL: takes no body
    const json_t *answer_types; // of the success; NULL: it has no body
    bool body_required;
};

// The schema of a body in one of the operation's types: the first of them for STR_NONE.
const json_t *operation_body_schema(const struct operation *operation, struct str type);
// The types of body that it takes, with `between` two of them.
struct str operation_body_types(struct arena *arena, const struct operation *operation, const char *between);
bool operation_makes(const struct operation *operation); // something new, which has a Location

// ------------------------------------------------------------------------------------------------------- the whole

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

const struct operation *contract_operation(const struct api_contract *contract, struct str id); // NULL: there is none

void route_add(struct api_contract *contract, struct operation *operation);
// The node of a path, its parameters decoded into `values` in the order of the path. NULL: there is none.
const struct route *route_find(const struct api_contract *contract, struct arena *arena, struct str path,
                               struct str *values, size_t *count);
