// The statements of the contract, as PostgreSQL reads them: each is prepared, and what the last of an operation answers
// are facts of a reply.
#include "outcome.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct columns {
    bool has_body;
    unsigned next; // how many next_1, next_2 … there are
    char stranger[64];
};

static void note_column(void *context, const char *name)
{
    struct columns *columns = context;
    columns->has_body |= strcmp(name, "body") == 0;
    columns->next += strncmp(name, "next_", 5) == 0;
    if (!fact_is(name))
        snprintf(columns->stranger, sizeof columns->stranger, "%s", name);
}

static bool check_answers(const struct operation *operation, const struct db_statement *statement,
                          const struct columns *columns, struct error *error)
{
    if (columns->stranger[0] && operation->success != 204)
        return error_set(error, "%.*s.sql answers the column %s, which is no fact of a reply", STR_FMT(statement->name),
                         columns->stranger);
    if (columns->next != operation->cursor)
        return error_set(error, "%.*s.sql answers %u of next_1…, and %.*s has the cursor %u", STR_FMT(statement->name),
                         columns->next, STR_FMT(operation->id), operation->cursor);
    return columns->has_body || operation->success == 204 ||
           error_set(error, "%.*s.sql is the last of %.*s and answers no column `body`", STR_FMT(statement->name),
                     STR_FMT(operation->id));
}

bool api_contract_check(const struct api_contract *contract, struct db_session *session, struct error *error)
{
    assert(session);
    const struct db_statements *statements = contract->sources.statements;
    for (size_t i = 0; i < statements->count; i++) {
        const struct db_statement *statement = &statements->all[i];
        struct columns columns = {0};
        if (!db_session_check(session, statement, note_column, &columns, error))
            return false;
        for (size_t n = 0; n < contract->operation_count; n++) {
            const struct operation *operation = &contract->operations[n];
            size_t count = operation->act.count;
            if (count && operation->act.steps[count - 1].statement == statement &&
                !check_answers(operation, statement, &columns, error))
                return false;
        }
    }
    return true;
}
