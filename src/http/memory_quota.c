// The room that bodies may take in a worker. Exchanges may outlive the listener, and so does what they are counted in:
// the last one out frees it.
#include "http_internal.h"

#include <assert.h>
#include <stdlib.h>

struct memory_quota {
    uint64_t left;
    size_t users;
};

struct memory_quota *memory_quota_new(uint64_t bytes)
{
    struct memory_quota *quota = allocated(calloc(1, sizeof *quota), "a quota");
    *quota = (struct memory_quota){bytes, 1};
    return quota;
}

struct memory_quota *memory_quota_join(struct memory_quota *quota)
{
    assert(quota->users > 0);
    quota->users++;
    return quota;
}

void memory_quota_leave(struct memory_quota *quota, uint64_t held)
{
    assert(quota->users > 0);
    quota->left += held;
    if (--quota->users == 0)
        free(quota);
}

bool memory_quota_has(const struct memory_quota *quota, uint64_t bytes)
{
    return bytes <= quota->left;
}

bool memory_quota_take(struct memory_quota *quota, uint64_t bytes)
{
    bool has = memory_quota_has(quota, bytes);
    if (has)
        quota->left -= bytes;
    return has;
}
