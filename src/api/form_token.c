// Form tokens: when a form was shown, and a number that is good once, signed. What is sent without one, sooner than
// anybody types or long after, was sent by a program. That each is used once is the statements' part (`:form_nonce`).
#include "steps.h"

#include <assert.h>
#include <string.h>

enum { MAC_KEPT = 16, TIME_BYTES = 8, NONCE_BYTES = 16, TOKEN_BYTES = MAC_KEPT + TIME_BYTES + NONCE_BYTES };

static void form_token_mac(const struct api_call *call, const unsigned char *token, unsigned char mac[HASH_BYTES])
{
    struct str said = {(const char *)token + MAC_KEPT, TOKEN_BYTES - MAC_KEPT};
    secret_mac(said, (struct str){(const char *)call->contract->form_key, HASH_BYTES}, mac);
}

struct str form_token_make(const struct api_call *call)
{
    unsigned char token[TOKEN_BYTES], mac[HASH_BYTES];
    uint64_t now = (uint64_t)clock_wall_ms();
    for (size_t i = 0; i < TIME_BYTES; i++)
        token[MAC_KEPT + i] = (unsigned char)(now >> (8 * (TIME_BYTES - 1 - i)));
    secret_random(token + MAC_KEPT + TIME_BYTES, NONCE_BYTES);
    form_token_mac(call, token, mac);
    memcpy(token, mac, MAC_KEPT);
    return secret_base64(call->arena, token, sizeof token);
}

static void form_token_fault(struct api_call *call, const char *what)
{
    fault_add(&call->faults, STR("/form_token"), "%s", fault_words(&call->faults, what));
}

void form_token_open(struct api_call *call)
{
    assert(call->body);
    const struct config *config = call->contract->sources.config;
    struct str text = api_body_text(call, "form_token"), token;
    unsigned char mac[HASH_BYTES];
    if (!text.ptr)
        return; // the schema has said so
    bool ours = secret_unbase64(call->arena, text, &token) && token.len == TOKEN_BYTES;
    if (ours)
        form_token_mac(call, (const unsigned char *)token.ptr, mac);
    if (!ours || !secret_equal(mac, token.ptr, MAC_KEPT)) {
        form_token_fault(call, "This token was not made here: load the form again.");
        return;
    }
    int64_t shown = 0;
    for (size_t i = 0; i < TIME_BYTES; i++)
        shown = (int64_t)((uint64_t)shown << 8 | (unsigned char)token.ptr[MAC_KEPT + i]);
    int64_t age = clock_wall_ms() - shown;
    if (age < (int64_t)config->form_seconds_min * 1000)
        form_token_fault(call, "This was sent faster than anybody types: wait a few seconds, and send it again.");
    if (age > (int64_t)config->form_seconds_max * 1000)
        form_token_fault(call, "The form was loaded too long ago: load it again.");
    char *at = arena_alloc(call->arena, CLOCK_RFC3339);
    clock_rfc3339(shown, at);
    call->form_shown_at = str_of(at);
    call->form_nonce = secret_hex(call->arena, token.ptr + MAC_KEPT + TIME_BYTES, NONCE_BYTES);
}
