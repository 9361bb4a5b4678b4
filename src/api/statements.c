// The statements of an operation: those that the contract names, and around them what every operation of its kind has,
// so that none can leave it out. Who is calling; whether it was asked before; what the contract names; what is written
// down of it; and last the answer.
#include "api_internal.h"

static bool put(struct api_contract *contract, struct operation *operation, struct str name, struct error *error)
{
    const struct db_statement *statement = db_statement_find(contract->sources.statements, name);
    if (!statement)
        return error_set(error, "%.*s names the statement %.*s, and there is no such file", STR_FMT(operation->id),
                         STR_FMT(name));
    if (operation->statement_count == STATEMENTS_MAX)
        return error_set(error, "%.*s has too many statements", STR_FMT(operation->id));
    operation->statements[operation->statement_count++] = statement;
    return true;
}

static bool put_named(struct api_contract *contract, struct operation *operation, const json_t *names,
                      struct error *error)
{
    bool is_noted = operation->audit.ptr && !operation->is_public, is_gone_after = operation->method == HTTP_DELETE;
    bool answers = operation->success != 204 || is_gone_after;
    size_t i, last = json_array_size(names) - 1;
    const json_t *name;
    json_array_foreach ((json_t *)names, i, name) {
        if (is_noted && answers && i == last && !put(contract, operation, STR("audit/record"), error))
            return false;
        if (!put(contract, operation, json_text(name), error))
            return false;
    }
    return !is_noted || answers || put(contract, operation, STR("audit/record"), error);
}

bool operation_statements(struct api_contract *contract, struct operation *operation, const json_t *ours,
                          struct error *error)
{
    const json_t *names = json_object_get(ours, "statements");
    if (json_array_size(names) == 0)
        return !operation->idempotent ||
               error_set(error, "%.*s takes an Idempotency-Key and has no statements", STR_FMT(operation->id));
    if ((!operation->is_public && !put(contract, operation, STR("auth/enter"), error)) ||
        (operation->idempotent && !put(contract, operation, STR("idempotency/begin"), error)) ||
        !put_named(contract, operation, names, error))
        return false;
    const struct db_statement **last = &operation->statements[operation->statement_count - 1];
    if (operation->idempotent)
        *last = idempotency_keeping(contract, *last);
    return true;
}
