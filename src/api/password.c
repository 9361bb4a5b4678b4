// Passwords on the thread pool: hashing takes tens of milliseconds, which no loop has.
#include "run.h"

#include <assert.h>

static void password_checked(void *context, bool fits, struct str rehashed)
{
    struct api_call *call = context;
    call->password_checked(call, fits, rehashed);
}

static void password_hashed(void *context, struct str phc)
{
    struct api_call *call = context;
    call->password_hashed(call, phc);
}

static struct auth_hashing hashing_of(const struct api_call *call)
{
    const struct config *config = call->contract->sources.config;
    return (struct auth_hashing){call->arena,
                                 call->api->threads,
                                 call->api->loop,
                                 {config->hash_passes, (size_t)config->hash_memory_kib * 1024}};
}

// Backpressure: the pool's queue is full.
static struct refusal too_many_wait(const struct api_call *call)
{
    struct refusal refusal = refusal_of(call, 503, "Too many are logging in at this moment.");
    refusal.retry_after = 2;
    return refusal;
}

struct refusal run_password_check(struct api_call *call, struct str password, struct str phc,
                                  void (*finish)(struct api_call *call, bool fits, struct str rehashed))
{
    assert(password.ptr && finish);
    struct auth_hashing hashing = hashing_of(call);
    call->password_checked = finish;
    return auth_password_check(&hashing, password, phc, password_checked, call) ? REFUSAL_NONE : too_many_wait(call);
}

struct refusal run_password_hash(struct api_call *call, struct str password,
                                 void (*finish)(struct api_call *call, struct str phc))
{
    assert(password.ptr && finish);
    struct auth_hashing hashing = hashing_of(call);
    call->password_hashed = finish;
    return auth_password_hash(&hashing, password, password_hashed, call) ? REFUSAL_NONE : too_many_wait(call);
}
