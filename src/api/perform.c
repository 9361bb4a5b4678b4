// An operation without HTTP: how the command line puts content in, through the same checks and the same statements.
#include "api_internal.h"

#include <stdio.h>

static struct str faults_line(struct api_call *call)
{
    struct buf line = buf_in(call->arena);
    for (const struct fault *fault = call->faults.first; fault; fault = fault->next)
        buf_printf(&line, "%s%.*s: %.*s", line.len ? "; " : "", STR_FMT(fault->pointer), STR_FMT(fault->detail));
    return buf_str(&line);
}

static void take_id(struct api_call *call, struct str id)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++) {
        if (str_eq(call->operation->parameters[i].symbol, STR("path_id")))
            call->values[i] = id;
        else
            call->values[i] = call->operation->parameters[i].default_text;
    }
}

static void finish_copy(void *copy)
{
    json_decref(copy);
}

bool api_perform(const struct api_contract *contract, struct db_session *session, struct arena *arena,
                 struct str operation, struct str id, const json_t *body, const struct auth_caller *caller,
                 struct str *text, struct error *error)
{
    struct api_call *call = ARENA_NEW(arena, struct api_call);
    *call = (struct api_call){.arena = arena,
                              .contract = contract,
                              .caller = *caller,
                              .new_id = uuid_new(),
                              .operation = contract_operation(contract, operation),
                              .faults = faults_in(arena)};
    if (!call->operation || call->operation->statement_count == 0)
        return error_set(error, "%.*s is no operation of statements", STR_FMT(operation));
    take_id(call, id);
    json_t *copy = json_deep_copy(body);
    arena_defer(arena, finish_copy, copy);
    call->body_schema = operation_body_schema(call->operation, STR_NONE);
    if (call->body_schema)
        body_take(call, copy);
    if (call->faults.count)
        return error_set(error, "%.*s", STR_FMT(faults_line(call)));
    struct db_step steps[STATEMENTS_MAX];
    for (size_t i = 0; i < call->operation->statement_count; i++)
        steps[i] = bind_step(call, call->operation->statements[i]);
    struct db_answer answer;
    if (!db_session_run(session, arena, steps, call->operation->statement_count, &answer, error))
        return false;
    *text = db_answer_text(&answer, "body");
    return true;
}
