// The blocking connection: for the command line and for the checks before a server serves.
#include "db_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct db_session {
    PGconn *pg;
};

static void finish_session(void *session)
{
    PQfinish(((struct db_session *)session)->pg);
}

static bool libpq_fail(struct error *error, const char *message)
{
    error_set(error, "%s", message);
    db_one_line(error->detail);
    return false;
}

static void fail_as_role(struct error *error, const char *message, const struct db_session *session)
{
    libpq_fail(error, message ? message : PQerrorMessage(session->pg));
    error_set(error, "%s (MARBRE_DATABASE_ROLE; `marbre migrate` makes it)", error->detail);
}

struct db_session *db_session_open(struct arena *arena, struct str url, struct str role, struct str definitions,
                                   struct error *error)
{
    struct db_session *session = ARENA_NEW(arena, struct db_session);
    const char *const words[] = {"dbname", "application_name", "client_encoding", "connect_timeout", NULL};
    const char *const values[] = {arena_cstr(arena, url), db_application_name(arena, definitions), "UTF8", "10", NULL};
    session->pg = allocated(PQconnectdbParams(words, values, 1), "a session");
    arena_defer(arena, finish_session, session);
    if (PQstatus(session->pg) != CONNECTION_OK) {
        libpq_fail(error, PQerrorMessage(session->pg));
        return NULL;
    }
    const char *const settings[DB_SETTINGS] = {arena_cstr(arena, role), "0", "30000",
                                               db_search_path(arena, definitions)};
    PGresult *set = PQexecParams(session->pg, db_settings_sql, DB_SETTINGS, NULL, settings, NULL, NULL, 0);
    bool fine = PQresultStatus(set) == PGRES_TUPLES_OK;
    if (!fine)
        fail_as_role(error, PQresultErrorField(set, PG_DIAG_MESSAGE_PRIMARY), session);
    PQclear(set);
    return fine ? session : NULL;
}

bool db_session_script(struct db_session *session, struct str sql, struct error *error)
{
    assert(sql.ptr);
    char unused[6];
    return db_session_try(session, sql, unused, error);
}

bool db_session_try(struct db_session *session, struct str sql, char sqlstate[6], struct error *error)
{
    char *terminated = allocated(strndup(sql.ptr, sql.len), "a script");
    PGresult *result = PQexec(session->pg, terminated);
    free(terminated);
    ExecStatusType status = PQresultStatus(result);
    bool fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    snprintf(sqlstate, 6, "%s", state ? state : "");
    if (!fine)
        libpq_fail(error, PQresultErrorMessage(result));
    PQclear(result);
    return fine;
}

static bool run_step(struct db_session *session, struct arena *arena, const struct db_step *step,
                     struct db_answer *answer, struct error *error)
{
    const char *values[DB_VALUES_MAX];
    db_step_values(arena, step, values);
    PGresult *result = PQexecParams(session->pg, step->statement->sql.ptr, (int)step->statement->parameter_count, NULL,
                                    values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        db_answer_keep(answer, arena, result);
        return true;
    }
    db_answer_refuse(answer, arena, result);
    answer->statement = step->statement->name;
    // Not its detail: that may show a row with what nobody should read.
    libpq_fail(error, answer->message.len ? arena_cstr(arena, answer->message) : PQresultErrorMessage(result));
    PQclear(result);
    return false;
}

bool db_session_run(struct db_session *session, struct arena *arena, const struct db_step *steps, size_t step_count,
                    struct db_answer *answer, struct error *error)
{
    *answer = (struct db_answer){0};
    if (!db_session_script(session, STR("begin"), error))
        return false;
    for (size_t i = 0; i < step_count; i++) {
        if (!run_step(session, arena, &steps[i], answer, error)) {
            struct error ignored;
            if (!db_session_script(session, STR("rollback"), &ignored))
                log_event(LOG_WARNING, "db.rollback", "%s", ignored.detail);
            return false;
        }
    }
    return db_session_script(session, STR("commit"), error);
}

bool db_session_check(struct db_session *session, const struct db_statement *statement,
                      void (*column)(void *context, const char *name), void *context, struct error *error)
{
    PGresult *result = PQprepare(session->pg, statement->name.ptr, statement->sql.ptr, 0, NULL);
    bool fine = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (fine) {
        PQclear(result);
        result = PQdescribePrepared(session->pg, statement->name.ptr);
        fine = PQresultStatus(result) == PGRES_COMMAND_OK;
    }
    if (fine && column)
        for (int i = 0; i < PQnfields(result); i++)
            column(context, PQfname(result, i));
    if (!fine) {
        libpq_fail(error, PQresultErrorMessage(result));
        error_set(error, "%.*s.sql: %s", STR_FMT(statement->name), error->detail);
    }
    PQclear(result);
    return fine;
}
