// An operation without HTTP: how the command line puts content in, through the same checks and the same statements.
#include "steps.h"

#include <assert.h>

static struct str faults_line(struct api_call *call)
{
    struct buf line = buf_in(call->arena);
    for (const struct fault *fault = call->faults.first; fault; fault = fault->next)
        buf_printf(&line, "%s%.*s: %.*s", line.len ? "; " : "", STR_FMT(fault->pointer), STR_FMT(fault->detail));
    return buf_str(&line);
}

static void take_parameters(struct api_call *call, struct str id)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        call->values[i] = call->operation->parameters[i].default_text;
    if (call->operation->thing != NO_PARAMETER)
        call->values[call->operation->thing] = id;
}

bool api_perform(const struct api_contract *contract, struct db_session *session, struct arena *arena,
                 struct str operation, struct str id, const json_t *body, const struct auth_caller *caller,
                 struct str *text, struct error *error)
{
    assert(session && caller->account.len && json_is_object(body));
    struct api_call *call = ARENA_NEW(arena, struct api_call);
    *call = (struct api_call){.arena = arena,
                              .contract = contract,
                              .caller = *caller,
                              .new_id = uuid_new(),
                              .operation = contract_operation(contract, operation),
                              .faults = faults_in(arena)};
    if (!call->operation || call->operation->act.count == 0)
        return error_set(error, "%.*s is no operation of statements", STR_FMT(operation));
    take_parameters(call, id);
    call->body_schema = operation_body_schema(call->operation, STR_NONE);
    if (call->body_schema)
        body_take(call, json_own(arena, json_deep_copy(body)));
    if (call->faults.count)
        return error_set(error, "%.*s", STR_FMT(faults_line(call)));
    struct db_step steps[STATEMENTS_MAX];
    call_bind(call, &call->operation->act, steps);
    struct db_answer answer;
    if (!db_session_run(session, arena, steps, call->operation->act.count, &answer, error))
        return false;
    *text = db_answer_text(&answer, "body");
    return true;
}
