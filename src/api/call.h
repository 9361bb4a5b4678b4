// One request on its way through the room: what is known of it so far, and the values that statements get of it.
#pragma once

#include "contract.h"

// One worker's api.
struct api {
    const struct api_contract *contract;
    struct loop *loop;
    struct thread_pool *threads;
    struct db_pool *pool;
    struct api_operation_metrics *metrics; // api_metrics_count of them
};

struct refusal;

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
    bool counted_together;       // in what all may ask together
    struct str language;         // that is spoken with this reader; STR_NONE: English, and nothing is said of it
    const json_t *body_schema;   // of the type that the body has
    bool is_form;                // the body comes from an HTML form
    bool is_markdown;            // the body comes as Markdown
    bool in_markdown;            // what is answered goes out as Markdown
    bool lenient;                // what cannot be kept of Markdown is lost and told
    bool preference_applied;     // and there was some
    struct content_front *front; // of a body in Markdown; or NULL
    struct content_loss *losses, *last_loss; // by their lines
    json_t *body;                            // NULL: there was none
    struct refusal *body_refusal;            // of the body, read by the thread pool or here; status 0 for none
    struct str body_text, read_only, body_fields;
    struct str password_made, password_hash;
    struct auth_api_key api_key;
    struct str request_hash; // of what an Idempotency-Key stands for
    bool replayed, retried, retried_leniently;
    struct str refusal_status, refusal_body; // to be kept under an Idempotency-Key
    struct uuid new_id;
    struct str slug;
    struct str form_nonce, form_shown_at;
    struct str mailbox, mailbox_hash;
    bool mailbox_confusable;
    struct content_body content;
    bool has_content;
    struct str if_match;
    bool names_nothing;     // a word of a public path is none that anything can have
    struct str altered_tag; // of If-Match: one of ours that something on the way has changed
    struct str cursor[CURSOR_MAX];
    struct str set[API_SYMBOLS_MAX]; // what the handler has set, by its row's symbols
    struct faults faults;
    struct str problem_detail; // of the problem that was sent; STR_NONE: none was
    struct str locks;          // what the statements lock, where it is not the thing of the path
    void *carried;             // by a chain of a handler's steps
    struct db_call db;
    void (*done)(struct api_call *call, const struct db_answer *answer);
    void (*password_checked)(struct api_call *call, bool fits, struct str rehashed);
    void (*password_hashed)(struct api_call *call, struct str phc);
};

// A parameter's value by its number; STR_NONE for NO_PARAMETER.
struct str call_parameter(const struct api_call *call, size_t number);
// The statements of a transaction with this call's values: `steps` has room for STATEMENTS_MAX.
void call_bind(const struct api_call *call, const struct transaction *transaction, struct db_step *steps);
