// A call's values, as statements and handlers get them.
#include "call.h"

#include <assert.h>

struct str call_parameter(const struct api_call *call, size_t number)
{
    assert(number <= NO_PARAMETER);
    return number < call->operation->parameter_count ? call->values[number] : STR_NONE;
}

void call_bind(const struct api_call *call, const struct transaction *transaction, struct db_step *steps)
{
    assert(transaction->count <= STATEMENTS_MAX);
    for (size_t i = 0; i < transaction->count; i++) {
        const struct bound_statement *bound = &transaction->steps[i];
        size_t count = bound->statement->parameter_count;
        struct str *values = ARENA_ARRAY(call->arena, struct str, count + 1);
        for (size_t n = 0; n < count; n++)
            values[n] = bound->bindings[n].value(call, &bound->bindings[n]);
        steps[i] = (struct db_step){bound->statement, values};
    }
}

// ------------------------------------------------------------------------------------------ what handlers may ask

struct arena *api_arena(struct api_call *call)
{
    return call->arena;
}

struct str api_body_text(const struct api_call *call, const char *member)
{
    return json_member_text(call->body, member);
}

const struct auth_keys *api_keys(const struct api_call *call)
{
    return call->contract->sources.keys;
}

const struct api_asset *api_contract_asset(const struct api_call *call)
{
    return &call->contract->asset;
}

struct str api_path_end(const struct api_call *call)
{
    const struct operation *operation = call->operation;
    assert(operation->path_parameter_count > 0);
    return call->values[operation->path_parameters[operation->path_parameter_count - 1]];
}

void api_set(struct api_call *call, unsigned symbol, struct str value)
{
    assert(symbol < API_SYMBOLS_MAX);
    call->set[symbol] = value;
}

void api_carry(struct api_call *call, void *thing)
{
    call->carried = thing;
}

void *api_carried(const struct api_call *call)
{
    return call->carried;
}
