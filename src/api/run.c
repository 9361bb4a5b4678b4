// A transaction of a call, handed to the worker's pool.
#include "run.h"

#include <assert.h>

// The thing whose row the statements lock: that of the path (of parts, the whole that they belong to), or what a
// handler has named. An id is the same in capitals.
static uint64_t lock_key(const struct api_call *call)
{
    const struct operation *operation = call->operation;
    struct str thing = call->locks;
    if (operation->method == HTTP_GET)
        return 0;
    if (!thing.ptr && operation->path_parameter_count)
        thing = call->values[operation->path_parameters[0]];
    return thing.ptr ? secret_short_hash(str_lower(call->arena, thing), call->contract->rates->key) | 1 : 0;
}

void run(struct api_call *call, const struct transaction *transaction,
         void (*done)(struct db_call *db, const struct db_answer *answer))
{
    assert(call->api && done);
    struct db_step *steps = ARENA_ARRAY(call->arena, struct db_step, transaction->count);
    call_bind(call, transaction, steps);
    call->db = (struct db_call){.arena = call->arena,
                                .class = transaction->class,
                                .steps = steps,
                                .step_count = transaction->count,
                                .done = done,
                                .context = call,
                                .lock_key = lock_key(call)};
    db_pool_call(call->api->pool, &call->db);
}
