// Migrating: one at a time, in transactions that wait a moment for a lock and no longer, so that no writer queues up.
#include "migrate_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// Any number will do as long as all marbres agree on it.
#define MIGRATION_LOCK "7026634103"

enum { PAUSE_MS = 200, WAIT_ALONE_EVERY = 10 };

// ----------------------------------------------------------------------------------------------------- transactions

struct str migrator_file(const char *path)
{
    for (const struct embedded_file *file = embedded_database; file->path; file++)
        if (strcmp(file->path, path) == 0)
            return (struct str){file->bytes, file->size};
    fatal("there is no src/db/sql/%s", path);
}

void migrator_say(const struct migrator *migrator, const char *state, const char *what)
{
    char line[300];
    snprintf(line, sizeof line, "%-8s %s", state, what);
    if (migrator->tell)
        migrator->tell(line);
}

bool migrator_ask(struct migrator *migrator, const char *sql, struct db_answer *answer, struct error *error)
{
    struct db_statement statement = db_statement_read(migrator->arena, STR("migrate/question"), str_of(sql));
    return db_session_run(migrator->session, migrator->arena, &(struct db_step){.statement = &statement}, 1, answer,
                          error);
}

static void roll_back(struct migrator *migrator)
{
    struct error ignored;
    if (!db_session_script(migrator->session, STR("rollback"), &ignored))
        log_event(LOG_WARNING, "db.rollback", "%s", ignored.detail);
}

// However many locks it waits for, nobody else's deadlock_timeout (a second) passes meanwhile: where two wait for each
// other it is this side that gives up.
static bool run_all(struct migrator *migrator, const struct script *scripts, size_t count, char sqlstate[6],
                    struct str *failed, struct error *error)
{
    *failed = STR("its end");
    if (!db_session_try(migrator->session, STR("begin; set local lock_timeout = '150ms'"), sqlstate, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (db_session_try(migrator->session, scripts[i].text, sqlstate, error))
            continue;
        *failed = scripts[i].name;
        return error_set(error, "%.*s: %s", STR_FMT(scripts[i].name), error->detail);
    }
    return db_session_try(migrator->session, STR("commit"), sqlstate, error);
}

// lock_not_available; query_canceled, since all locks together took too long; deadlock_detected.
static bool is_of_locks(const char sqlstate[6])
{
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "57014") == 0 || strcmp(sqlstate, "40P01") == 0;
}

// Longer than anybody waits for a lock, so that whoever queued has had a turn.
static void pause_a_moment(void)
{
    unsigned jitter;
    secret_random(&jitter, sizeof jitter);
    unsigned ms = PAUSE_MS + jitter % PAUSE_MS;
    nanosleep(&(struct timespec){.tv_nsec = (long)ms * 1000000}, NULL);
}

// Who holds what comes first: it is what has to be seen to.
static bool give_up(struct migrator *migrator, struct str failed, const char *sqlstate, struct error *error)
{
    struct db_answer answer;
    struct error ignored;
    bool asked = migrator_ask(migrator, migrator_file("lock_holders.sql").ptr, &answer, &ignored);
    struct str holder = asked ? db_answer_text(&answer, "holder") : STR_NONE;
    return error_set(error,
                     "%s%.*s: gave up after %u second%s (MARBRE_MIGRATE_SECONDS) at %.*s (%s), nothing of it was done",
                     holder.len ? "locks are held by " : "locks could not be had", STR_FMT(holder),
                     migrator->lock_seconds, migrator->lock_seconds == 1 ? "" : "s", STR_FMT(failed), sqlstate);
}

bool migrator_transact(struct migrator *migrator, const struct script *scripts, size_t count, struct error *error)
{
    char sqlstate[6];
    struct str failed;
    int64_t until_us = clock_mono_us() + (int64_t)migrator->lock_seconds * 1000000;
    for (unsigned attempt = 1;; attempt++) {
        struct error unwaited;
        if (attempt % WAIT_ALONE_EVERY == 0 &&
            !db_session_script(migrator->session, migrator_file("tables_wait.sql"), &unwaited))
            log_event(LOG_WARNING, "db.locks", "%s", unwaited.detail);
        if (run_all(migrator, scripts, count, sqlstate, &failed, error))
            return true;
        roll_back(migrator);
        if (!is_of_locks(sqlstate))
            return false;
        if (clock_mono_us() >= until_us)
            return give_up(migrator, failed, sqlstate, error);
        if (!migrator->waited)
            migrator_say(migrator, "waiting", "for locks that others hold");
        migrator->waited = true;
        pause_a_moment();
    }
}

// --------------------------------------------------------------------------------------------------------- comparing

static bool compare(struct migrator *migrator, struct db_release_state *state, struct error *error)
{
    *state = (struct db_release_state){0};
    return db_migrations_compare(migrator, state, error) && db_definitions_compare(migrator, state, error);
}

bool db_release_check(struct db_session *session, const struct db_release *release, void (*tell)(const char *),
                      struct db_release_state *state, struct error *error)
{
    struct migrator migrator = {.session = session, .arena = arena_new(), .release = release, .tell = tell};
    bool asked = compare(&migrator, state, error);
    arena_free(migrator.arena);
    return asked;
}

static const char before_base[] =
    "the database was made before the present migrations began, and none leads from there to "
    "here: `rm -r .marbre` where `make run` made it, else dump what is in it, make a new "
    "database and restore into that";

const char *db_release_complaint(const struct db_release_state *state)
{
    if (state->before_base)
        return before_base;
    if (state->changed)
        return "a migration has changed since it was applied: see `marbre migrate status`";
    if (state->pending)
        return "the database is older than this marbre: run `marbre migrate`";
    if (state->newer && !state->defined)
        return "the database is newer than this marbre: run a newer marbre";
    if (!state->defined)
        return "the database has not the definitions of this marbre: run `marbre migrate`";
    return NULL;
}

// --------------------------------------------------------------------------------------------------------- migrating

static bool refuse(const struct db_release_state *state, struct error *error)
{
    const char *why = NULL;
    if (state->before_base)
        why = before_base;
    else if (state->newer)
        why = "the database has migrations that this marbre does not know: it is newer; use a newer marbre";
    else if (state->changed)
        why = "a migration that was applied has changed since; `marbre migrate status` names it";
    return why && !error_set(error, "%s", why);
}

static struct str all_definitions(struct migrator *migrator)
{
    struct buf texts = buf_in(migrator->arena);
    for (const struct embedded_file *file = migrator->release->definitions; file->path; file++)
        buf_put(&texts, (struct str){file->bytes, file->size});
    return buf_str(&texts);
}

// Settings that the files of src/db/sql and migrations ask for.
static bool tell_settings(struct migrator *migrator, struct str role, struct error *error)
{
    struct db_statement statement =
        db_statement_read(migrator->arena, STR("migrate/settings"), migrator_file("settings.sql"));
    const struct str values[] = {role, migrator->release->set, migrator->release->sha256, all_definitions(migrator)};
    struct db_answer answer;
    return db_session_run(migrator->session, migrator->arena, &(struct db_step){&statement, values}, 1, &answer, error);
}

// Sets are dropped before migrations, too: what of a set nobody uses any more must not keep a table from changing.
static bool bring_up(struct migrator *migrator, struct str role, struct error *error)
{
    struct db_release_state state;
    void (*tell)(const char *) = migrator->tell;
    migrator->tell = NULL;
    bool asked = compare(migrator, &state, error);
    migrator->tell = tell;
    return asked && !refuse(&state, error) && tell_settings(migrator, role, error) &&
           db_session_script(migrator->session, migrator_file("history.sql"), error) &&
           db_definitions_retire(migrator, error) && db_migrations_apply(migrator, error) &&
           db_definitions_apply(migrator, &state, error) && db_definitions_retire(migrator, error);
}

bool db_migrate(struct db_session *owner, const struct db_migration *migration, struct error *error)
{
    struct migrator migrator = {.session = owner,
                                .arena = arena_new(),
                                .release = migration->release,
                                .tell = migration->tell,
                                .lock_seconds = migration->lock_seconds};
    // Another one that migrates is waited for as long as it takes.
    bool done =
        db_session_script(owner, STR("set lock_timeout = 0; select pg_advisory_lock(" MIGRATION_LOCK ")"), error) &&
        bring_up(&migrator, migration->role, error);
    struct error ignored;
    if (!db_session_script(owner, STR("select pg_advisory_unlock(" MIGRATION_LOCK "); set lock_timeout = '30s'"),
                           &ignored))
        log_event(LOG_WARNING, "db.unlock", "%s", ignored.detail);
    arena_free(migrator.arena);
    return done;
}
