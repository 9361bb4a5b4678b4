// The steps of a request before it is carried out. Those that may refuse give back a refusal, of status 0 when they do
// not. None of them sends anything.
#pragma once

#include "refusal.h"

// In this order, before the body is read.
struct refusal caller_check(struct api_call *call);           // 401: who calls
struct refusal cors_check(struct api_call *call);             // 403: pages of other origins
struct refusal rate_check(struct api_call *call);             // 429, by account, key or address
struct refusal accept_check(struct api_call *call);           // 406
struct refusal body_check(struct api_call *call);             // 411, 415
struct refusal parameters_check(struct api_call *call);       // 400
struct refusal preference_check(struct api_call *call);       // none: Prefer, and the form of a body by Accept
struct refusal versions_check(struct api_call *call);         // 428
void versions_read(struct api_call *call, struct str header); // If-Match; adds a fault for what is no entity tag
struct str versions_altered(const struct api_call *call);     // why a tag that was altered on the way matches nothing

// With the body: parsed, cleaned, checked, and what statements need derived from it. 400, 422.
struct refusal body_read(struct api_call *call);
void body_take(struct api_call *call, json_t *body); // the same without the parse; adds to the call's faults
void derive_from_body(struct api_call *call);        // what a good body gives: texts for statements
void derive_content(struct api_call *call);          // an article's body; adds faults
void derive_again(struct api_call *call);            // texts for statements, of a body that has changed
void derive_finish(struct api_call *call);           // frees an article's body as it was sent
bool derive_has_blocks(const struct api_call *call); // of an article's body, which the content room looks at

// An article as a text of Markdown with front matter: as a JSON object; adds faults. NULL: the front matter is no YAML.
bool markdown_is(struct str media_type);
json_t *markdown_read(struct api_call *call, struct str text);
// Tells the lines of what is wrong with a member; where the reading is lenient, the member goes and its fault is a
// loss.
void markdown_place_faults(struct api_call *call);
size_t markdown_line(const struct api_call *call, struct str pointer); // of a member of the body; 0: it has none
void markdown_name_references(json_t *body); // a copy for statements, which may find them by their names
struct str markdown_told(const struct api_call *call,
                         struct str members); // a refusal's, each of its errors with its line
// Leaves out what statements have refused, as losses; false where not all of it can be. Then derive_again.
MUST_CHECK bool markdown_lose_told(struct api_call *call, struct str members);
struct str markdown_write(const struct api_call *call, struct str json); // an article that was asked for as Markdown

void loss_add(struct api_call *call, size_t line, const char *kind, struct str detail); // kept by their lines
struct str losses_put(const struct api_call *call, struct str json); // in the object that is answered

// The body of an HTML form as a JSON object; NULL when it is none.
bool form_is(struct str media_type);
json_t *form_read(struct api_call *call, struct str text);
struct str form_token_make(const struct api_call *call);
void form_token_open(struct api_call *call); // of the body; adds a fault where it is not good
void mailbox_read(struct api_call *call);    // of the body's `email`
struct str peer_hash(const struct api_call *call);
// The client's address, of IPv6 its /64. STR_NONE for whom no limit is meant.
struct str peer_network(const struct api_call *call, unsigned char bytes[16]);

void language_begin(struct api_call *call);   // as the request's head asks
void language_of_body(struct api_call *call); // as the form was filled in
void language_put(const struct api_call *call, struct reply *reply);
void accept_put(const struct api_call *call, struct reply *reply); // that it depends on Accept

struct str cursor_sign(const struct api_call *call, const struct str *values, size_t count);
MUST_CHECK bool cursor_open(struct api_call *call, struct str cursor);

void rate_refund(struct api_call *call);                         // of what all have together, for what came to nothing
void rate_penalise(const struct api_call *call);                 // for a key that there is not
void rate_exempt(const struct api_call *call);                   // for one that there is
void rate_put(const struct api_call *call, struct reply *reply); // the RateLimit fields

void cors_put(const struct api_call *call, struct reply *reply); // who else may read this
void cors_preflight(const struct api_call *call, const struct route *route,
                    struct reply *reply); // the answer to OPTIONS

// Idempotency-Key: what the request is known by, from its head and body.
struct str idempotency_key(struct arena *arena, struct str header); // the key that a header names, quoted or not
void idempotency_prepare(struct api_call *call);
bool idempotency_keeps(const struct api_call *call, int status); // a refusal is told again to whoever asks again
bool idempotency_may_repeat(const struct api_call *call);        // a key makes it safe to run the same again, once
