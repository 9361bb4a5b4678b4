// The statements of an operation: those that the contract names, and around them what every operation of its kind has,
// so that none can leave it out. Who is calling; whether it was asked before; what the contract names; what is written
// down of it; and last the answer.
#include "reading.h"

#include <assert.h>

static bool list_put(struct reading *reading, struct transaction *transaction, struct str name)
{
    const struct db_statement *statement = db_statement_find(reading->contract->sources.statements, name);
    if (!statement)
        return error_set(reading->error, "%.*s names the statement %.*s, and there is no such file",
                         STR_FMT(reading->operation->id), STR_FMT(name));
    if (transaction->count == STATEMENTS_MAX)
        return error_set(reading->error, "%.*s has too many statements", STR_FMT(reading->operation->id));
    transaction->steps[transaction->count++].statement = statement;
    return true;
}

static bool list_put_caller(struct reading *reading, struct transaction *transaction)
{
    return reading->operation->is_public || list_put(reading, transaction, STR("auth/enter"));
}

// `articles/desk_get` becomes `articles/desk_get, kept`: the same answer, and a row of idempotency_records where there
// is a key. (A left join would do nothing: PostgreSQL leaves one out that adds neither rows nor columns, and with it
// what it keeps.)
static const struct db_statement *keeping(const struct api_contract *contract, const struct db_statement *last)
{
    struct arena *arena = contract->arena;
    struct str name = arena_printf(arena, "%.*s, kept", STR_FMT(last->name));
    const struct db_statement *there = db_statement_find(contract->sources.statements, name);
    if (there)
        return there;
    struct str text =
        arena_printf(arena,
                     "with answer as materialized (\n%.*s\n), kept as materialized (\n"
                     "    select idempotency_keep(operation_id => :operation_id, given => :idempotency_key,\n"
                     "                            request_hash => :request_hash, made_id => :audit_thing::uuid,\n"
                     "                            answer => row_to_json(answer))\n"
                     "      from answer\n"
                     "     where :idempotency_key::text is not null\n"
                     ")\nselect answer.* from answer cross join (select count(*) from kept) done",
                     STR_FMT(last->text));
    struct db_statement statement = db_statement_read(arena, name, text);
    return db_statement_add(contract->sources.statements, &statement);
}

// Its own, with what is written down of them before the answer, or behind all where there is none.
static bool list_put_named(struct reading *reading, const json_t *names)
{
    struct operation *operation = reading->operation;
    bool is_noted = operation->audit.ptr && !operation->is_public, is_gone_after = operation->method == HTTP_DELETE;
    bool answers = operation->success != 204 || is_gone_after;
    size_t i, last = json_array_size(names) - 1;
    const json_t *name;
    json_array_foreach ((json_t *)names, i, name) {
        if (is_noted && answers && i == last && !list_put(reading, &operation->act, STR("audit/record")))
            return false;
        if (!list_put(reading, &operation->act, json_text(name)))
            return false;
    }
    return !is_noted || answers || list_put(reading, &operation->act, STR("audit/record"));
}

static bool list_idempotency(struct reading *reading)
{
    struct operation *operation = reading->operation;
    return list_put_caller(reading, &operation->replay) &&
           list_put(reading, &operation->replay, STR("idempotency/find_answer")) &&
           list_put_caller(reading, &operation->keep_refusal) &&
           list_put(reading, &operation->keep_refusal, STR("idempotency/keep_refusal"));
}

static bool list_named(struct reading *reading, const json_t *names)
{
    struct operation *operation = reading->operation;
    bool keyed = operation->idempotency_key != NO_PARAMETER;
    if (!list_put_caller(reading, &operation->act) ||
        (keyed && !list_put(reading, &operation->act, STR("idempotency/begin"))) || !list_put_named(reading, names) ||
        (keyed && !list_idempotency(reading)))
        return false;
    const struct db_statement **last = &operation->act.steps[operation->act.count - 1].statement;
    operation->last = *last;
    if (keyed)
        *last = keeping(reading->contract, *last);
    return true;
}

// The connections of what is not the operation's own transaction: a writer's.
static enum db_connection_class class_of_steps(const struct operation *operation)
{
    bool is_public = operation->class == DB_LOGIN || operation->class == DB_PUBLIC;
    return is_public ? operation->class : DB_WRITE;
}

static bool list_of_handler(struct reading *reading)
{
    const struct api_transaction *transactions = reading->operation->handler->transactions;
    const char *const *symbols = reading->operation->handler->symbols;
    for (size_t i = 0; symbols && symbols[i]; i++)
        if (i == API_SYMBOLS_MAX)
            return error_set(reading->error, "%.*s: its handler has too many symbols", STR_FMT(reading->operation->id));
    for (size_t i = 0; transactions && transactions[i].statements[0]; i++) {
        if (i == TRANSACTIONS_MAX)
            return error_set(reading->error, "%.*s: its handler has too many transactions",
                             STR_FMT(reading->operation->id));
        struct transaction *transaction = &reading->operation->of_handler[i];
        transaction->class = class_of_steps(reading->operation);
        if (!list_put_caller(reading, transaction))
            return false;
        for (size_t n = 0; n < API_STATEMENTS_MAX && transactions[i].statements[n]; n++)
            if (!list_put(reading, transaction, str_of(transactions[i].statements[n])))
                return false;
    }
    return true;
}

bool operation_statements(struct reading *reading)
{
    struct operation *operation = reading->operation;
    operation->act.class = operation->keep_refusal.class = operation->class;
    operation->admit.class = operation->replay.class = class_of_steps(operation);
    if (operation->handler)
        return list_of_handler(reading);
    return list_named(reading, json_object_get(reading->ours, "statements")) &&
           list_put_caller(reading, &operation->admit);
}

// --------------------------------------------------------------------------------------------------------- bindings

static bool transaction_has(const struct transaction *transaction, const struct db_statement *statement)
{
    for (size_t i = 0; i < transaction->count; i++)
        if (transaction->steps[i].statement == statement)
            return true;
    return false;
}

static bool has_parameter(const struct operation *operation, struct str symbol)
{
    for (size_t i = 0; i < operation->parameter_count; i++)
        if (str_eq(operation->parameters[i].symbol, symbol))
            return true;
    return false;
}

// In a statement that a write shares with other operations, what one of them has in its query or path is null to it.
static bool is_of_another(const struct api_contract *contract, const struct operation *operation,
                          const struct db_statement *statement, struct str symbol)
{
    bool is_last = operation->act.count && statement == operation->act.steps[operation->act.count - 1].statement;
    const struct db_statement *file = is_last ? operation->last : statement; // whether it keeps what it answers, or not
    if (operation->method == HTTP_GET || !symbol_is_of_request(symbol))
        return false;
    for (size_t i = 0; i < contract->operation_count; i++) {
        const struct operation *other = &contract->operations[i];
        if ((transaction_has(&other->act, file) || other->last == file) && has_parameter(other, symbol))
            return true;
    }
    return false;
}

static bool bind_step(const struct api_contract *contract, const struct operation *operation,
                      struct bound_statement *step, struct error *error)
{
    const struct db_statement *statement = step->statement;
    struct binding *bindings = ARENA_ARRAY(contract->arena, struct binding, statement->parameter_count + 1);
    step->bindings = bindings;
    for (size_t i = 0; i < statement->parameter_count; i++) {
        struct str symbol = statement->parameters[i];
        if (symbol_bind(contract, operation, symbol, &bindings[i]))
            continue;
        if (!is_of_another(contract, operation, statement, symbol))
            return error_set(error, "%.*s: %.*s.sql names :%.*s, which the operation does not have",
                             STR_FMT(operation->id), STR_FMT(statement->name), STR_FMT(symbol));
        bindings[i] = symbol_null();
    }
    return true;
}

static bool bind_transaction(const struct api_contract *contract, const struct operation *operation,
                             struct transaction *transaction, struct error *error)
{
    for (size_t i = 0; i < transaction->count; i++)
        if (!bind_step(contract, operation, &transaction->steps[i], error))
            return false;
    return true;
}

bool operation_bindings(const struct api_contract *contract, struct operation *operation, struct error *error)
{
    assert(operation->id.len && (operation->handler || operation->act.count));
    for (size_t i = 0; i < TRANSACTIONS_MAX; i++)
        if (!bind_transaction(contract, operation, &operation->of_handler[i], error))
            return false;
    return bind_transaction(contract, operation, &operation->act, error) &&
           bind_transaction(contract, operation, &operation->admit, error) &&
           bind_transaction(contract, operation, &operation->replay, error) &&
           bind_transaction(contract, operation, &operation->keep_refusal, error);
}
