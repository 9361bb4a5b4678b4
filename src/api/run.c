// A transaction of a call, handed to the worker's pool.
#include "run.h"

#include <assert.h>

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
                                .context = call};
    db_pool_call(call->api->pool, &call->db);
}
