// Asks the database, now and then, whether it still has the migrations and definitions that this binary stands on.
#include "server_internal.h"

#include <assert.h>
#include <string.h>

enum { SCHEMA_CHECK_S = 2 };

// The files' names have no byte that an array would have to quote.
static struct str array_of_names(struct arena *arena, const struct embedded_file *migrations)
{
    struct buf names = buf_in(arena);
    for (const struct embedded_file *file = migrations; file->path; file++)
        buf_printf(&names, "%c%s", names.len ? ',' : '{', file->path);
    buf_put_char(&names, '}');
    return buf_str(&names);
}

void schema_check_prepare(struct schema_check *check, struct arena *arena, struct db_statements *statements,
                          const struct db_release *release)
{
    // Also where the tables are gone: then it is refused.
    struct db_statement statement = db_statement_read(
        arena, STR("server/migrations"),
        STR("select (select count(*) from migrations where name = any(:names::text[])) = cardinality(:names)"
            " and to_regnamespace(:definitions) is not null"
            " and exists (select from definition_sets where name = :definitions and retired_at is null) as complete"));
    check->statement = db_statement_add(statements, &statement);
    check->values[0] = array_of_names(arena, release->migrations);
    check->values[1] = release->set;
    atomic_store(&check->migrated, true);
}

static void schema_judge(struct schema_check *check, bool migrated)
{
    if (atomic_exchange(&check->migrated, migrated) == migrated)
        return;
    if (migrated)
        log_event(LOG_INFO, "server.migrations", "the database has all migrations and definitions again");
    else
        log_event(
            LOG_ERROR, "server.migrations",
            "the database lacks migrations or definitions that this marbre stands on: see `marbre migrate status`");
}

// Takes the answer, unless the database is away or broken: that is for the pool to say.
static void schema_answered(struct db_call *call, const struct db_answer *answer)
{
    struct schema_check *check = call->context;
    bool broken = answer->outcome == DB_REFUSED && db_sqlstate_is_broken(answer->sqlstate);
    if (answer->outcome == DB_DONE || (answer->outcome == DB_REFUSED && !broken))
        schema_judge(check, answer->outcome == DB_DONE && str_eq(db_answer_text(answer, "complete"), STR("t")));
    check->asking = false;
    arena_free(call->arena);
}

static void schema_ask(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct schema_check *check = context;
    if (check->asking)
        return;
    check->asking = true;
    check->step = (struct db_step){.statement = check->statement, .values = check->values};
    check->call = (struct db_call){.arena = arena_new(),
                                   .class = DB_READ,
                                   .steps = &check->step,
                                   .step_count = 1,
                                   .done = schema_answered,
                                   .context = check};
    db_pool_call(check->pool, &check->call);
}

void schema_check_start(struct schema_check *check, struct loop *loop, struct db_pool *pool)
{
    assert(check->statement); // schema_check_prepare goes before
    check->pool = pool;
    check->again = event_new(loop_base(loop), -1, EV_PERSIST, schema_ask, check);
    event_add(check->again, &(struct timeval){.tv_sec = SCHEMA_CHECK_S});
}

void schema_check_stop(struct schema_check *check)
{
    if (check->again)
        event_free(check->again);
    check->again = NULL;
}
