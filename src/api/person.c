// Personal data, as statements may have it: an e-mail address in one spelling, and keyed hashes of that and
// of the network that they ask from.
#include "steps.h"

#include <assert.h>
#include <string.h>

// Without the key nobody can try all the addresses that there are until one fits.
static struct str keyed_hash(const struct api_call *call, struct str text)
{
    unsigned char hash[HASH_BYTES];
    secret_mac(text, (struct str){(const char *)call->contract->person_key, HASH_BYTES}, hash);
    return secret_hex(call->arena, hash, sizeof hash);
}

void mailbox_read(struct api_call *call)
{
    assert(call->body);
    struct str text = api_body_text(call, "email");
    const char *at = text.ptr ? memrchr(text.ptr, '@', text.len) : NULL;
    if (!at)
        return;
    struct str name = str_lower(call->arena, (struct str){text.ptr, (size_t)(at - text.ptr)});
    struct str domain = text_domain(call->arena, (struct str){at + 1, text.len - name.len - 1});
    if (!domain.ptr)
        return;
    call->mailbox = arena_printf(call->arena, "%.*s@%.*s", STR_FMT(name), STR_FMT(domain));
    call->mailbox_confusable = text_domain_confusable(call->arena, domain);
    call->mailbox_hash = keyed_hash(call, call->mailbox);
}

// A keyed hash of the network: of IPv6 the /64 that a household is given, since it may change the rest at will.
struct str peer_hash(const struct api_call *call)
{
    unsigned char bytes[16];
    struct str network = call->exchange ? peer_network(call, bytes) : STR_NONE;
    return network.ptr ? keyed_hash(call, network) : STR_NONE;
}
