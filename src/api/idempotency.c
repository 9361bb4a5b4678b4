// Idempotency-Key: a POST that is sent twice is done once. The first answer is kept in the transaction of the act
// itself (idempotency/begin before it, the last statement made one that keeps what it answers), so that there is no
// moment at which one is there without the other. A refusal changed nothing; it is kept right after.
#include "steps.h"

#include <assert.h>
#include <string.h>

static struct str key_of(const struct api_call *call)
{
    return call_parameter(call, call->operation->idempotency_key);
}

// A string of structured fields (RFC 9651 §3.3.3), as the draft of Idempotency-Key has it, without its quotes; anything
// else is the key as it stands.
struct str idempotency_key(struct arena *arena, struct str header)
{
    struct buf key = buf_in(arena);
    if (header.len < 2 || header.ptr[0] != '"' || header.ptr[header.len - 1] != '"')
        return header;
    for (size_t i = 1; i < header.len - 1; i++) {
        if (header.ptr[i] == '"')
            return header;
        if (header.ptr[i] == '\\' && (++i == header.len - 1 || !strchr("\\\"", header.ptr[i])))
            return header;
        buf_put_char(&key, header.ptr[i]);
    }
    return key.len ? buf_str(&key) : STR("");
}

// Keys of the public: anybody may come upon anybody's. A key is good for one very request there, so that whoever has it
// learns nothing without the body, and stands in nobody's way.
static void take_key_apart(struct api_call *call)
{
    assert(call->request_hash.len);
    struct str *key = &call->values[call->operation->idempotency_key];
    *key = arena_printf(call->arena, "%.*s %.*s", STR_FMT(*key), STR_FMT(call->request_hash));
}

// Fingerprint of the request that a key stands for: the address, the version that was read, and the body.
void idempotency_prepare(struct api_call *call)
{
    if (!key_of(call).ptr)
        return;
    unsigned char hash[HASH_BYTES];
    struct buf asked = buf_in(call->arena);
    buf_put(&asked, call->exchange->request.target);
    buf_put_char(&asked, '\n');
    buf_put(&asked, call->if_match);
    buf_put_char(&asked, '\n');
    buf_put(&asked, call->body ? json_write(call->arena, call->body) : STR("")); // all of it, an article's body too
    secret_hash(buf_str(&asked), hash);
    call->request_hash = secret_hex(call->arena, hash, sizeof hash);
    if (call->operation->is_public)
        take_key_apart(call);
}

bool idempotency_keeps(const struct api_call *call, int status)
{
    bool stays_true = status >= 400 && status < 500 && status != 401 && status != 403 && status != 429;
    return key_of(call).ptr && stays_true;
}

bool idempotency_may_repeat(const struct api_call *call)
{
    return key_of(call).ptr && !call->retried;
}
