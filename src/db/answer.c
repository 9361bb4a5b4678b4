// Answers: what PostgreSQL said, as the rest of the house may see it.
#include "db_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const db_connection_class_names[DB_CONNECTION_CLASSES] = {
    [DB_READ] = "read",   [DB_LIST] = "list",     [DB_WRITE] = "write",
    [DB_LOGIN] = "login", [DB_PUBLIC] = "public", [DB_EXPORT] = "export"};

static void finish_result(void *result)
{
    PQclear(result);
}

void db_answer_keep(struct db_answer *answer, struct arena *arena, PGresult *result)
{
    arena_defer(arena, finish_result, result);
    answer->result = result;
}

bool db_sqlstate_is_broken(const char *sqlstate)
{
    return strncmp(sqlstate, "58", 2) == 0 || strncmp(sqlstate, "XX", 2) == 0;
}

bool db_sqlstate_is_lacking(const char *sqlstate)
{
    // invalid_schema_name, insufficient_privilege, undefined_column, _object, _function, _table
    static const char *const codes[] = {"3F000", "42501", "42703", "42704", "42883", "42P01"};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (strcmp(sqlstate, codes[i]) == 0)
            return true;
    return false;
}

bool db_sqlstate_is_operators(const char *sqlstate)
{
    return db_sqlstate_is_broken(sqlstate) || db_sqlstate_is_lacking(sqlstate);
}

// Messages of these SQLSTATEs name settings, files, locks, types, tables and functions, and never a value that a
// statement was given: none of ours makes a type, a role or a setting of one. Others may, such as 22P02 (`invalid input
// syntax for type uuid: "…"`) or 42601 of a text search.
static bool message_is_plain(const char *sqlstate)
{
    static const char *const classes[] = {"08",    "0A",    "21",    "25",    "26",    "28",    "3D",    "3F",
                                          "40",    "53",    "54",    "55",    "57",    "58",    "42501", "42703",
                                          "42704", "42723", "42804", "42846", "42883", "42P01", "42P02", "XX"};
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strncmp(sqlstate, classes[i], strlen(classes[i])) == 0)
            return true;
    return false;
}

void db_answer_refuse(struct db_answer *answer, struct arena *arena, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    answer->outcome = DB_REFUSED;
    memset(answer->sqlstate, 0, sizeof answer->sqlstate);
    memcpy(answer->sqlstate, sqlstate && strlen(sqlstate) == 5 ? sqlstate : "XX000", 5);
    answer->message = arena_copy(arena, str_of(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
    answer->reason = message_is_plain(answer->sqlstate) ? answer->message : STR_NONE;
    answer->detail = arena_copy(arena, str_of(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL)));
    answer->constraint = arena_copy(arena, str_of(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)));
}

size_t db_answer_rows(const struct db_answer *answer)
{
    return answer->result ? (size_t)PQntuples(answer->result) : 0;
}

struct str db_answer_at(const struct db_answer *answer, size_t row, size_t column)
{
    assert(answer->result);
    const PGresult *result = answer->result;
    if (row >= db_answer_rows(answer) || (int)column >= PQnfields(result) || PQgetisnull(result, (int)row, (int)column))
        return STR_NONE;
    return (struct str){PQgetvalue(result, (int)row, (int)column), (size_t)PQgetlength(result, (int)row, (int)column)};
}

struct str db_answer_text(const struct db_answer *answer, const char *column)
{
    assert(column);
    int index = answer->result ? PQfnumber(answer->result, column) : -1;
    return index < 0 ? STR_NONE : db_answer_at(answer, 0, (size_t)index);
}

void db_step_values(struct arena *arena, const struct db_step *step, const char *values[DB_VALUES_MAX])
{
    for (size_t i = 0; i < step->statement->parameter_count; i++)
        values[i] = step->values[i].ptr ? arena_cstr(arena, step->values[i]) : NULL;
}

void db_one_line(char *text)
{
    char *end = text;
    for (const char *c = text; *c; c++) {
        bool space = *c == ' ' || *c == '\n' || *c == '\t' || *c == '\r';
        if (!space)
            *end++ = *c;
        else if (end > text && end[-1] != ' ')
            *end++ = ' ';
    }
    if (end > text && end[-1] == ' ')
        end--;
    *end = '\0';
}

const char *db_application_name(struct arena *arena, struct str definitions)
{
    return definitions.len ? arena_cstr(arena, definitions) : "marbre";
}

const char *db_search_path(struct arena *arena, struct str definitions)
{
    return definitions.len ? arena_printf(arena, "%.*s, marbre", STR_FMT(definitions)).ptr : "marbre";
}

// Session settings, said by every connection before anything else. An empty role keeps the one that logged in.
const char db_settings_sql[] = "select set_config('role', coalesce(nullif($1, ''), current_user), false),"
                               " set_config('statement_timeout', $2, false),"
                               " set_config('lock_timeout', $3, false),"
                               " set_config('idle_in_transaction_session_timeout', '10000', false),"
                               " set_config('search_path', $4, false),"
                               " set_config('timezone', 'UTC', false),"
                               " set_config('jit', 'off', false),"
                               " set_config('client_min_messages', 'warning', false)";
