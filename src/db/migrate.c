// Migrations: forward only, one transaction a file, what was applied is remembered with its SHA-256.
#include "db_internal.h"

#include <stdio.h>
#include <string.h>

// Any number will do as long as all marbres agree on it.
#define MIGRATION_LOCK "7026634103"

static const char history_sql[] =
    "create schema if not exists marbre;"
    "create table if not exists marbre.migrations ("
    " name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())";

static struct db_statement recorded_sql(struct arena *arena)
{
    return db_statement_read(arena, STR("migrations/recorded"),
                             STR("select name, sha256 from marbre.migrations order by name"));
}

static struct db_statement exists_sql(struct arena *arena)
{
    return db_statement_read(arena, STR("migrations/exists"),
                             STR("select to_regclass('marbre.migrations') is not null as yes"));
}

// By PostgreSQL's own sha256: the client needs no second hash library.
static struct db_statement sha256_sql(struct arena *arena)
{
    return db_statement_read(arena, STR("migrations/sha256"),
                             STR("select encode(sha256(convert_to(:text, 'UTF8')), 'hex') as sha256"));
}

struct history {
    struct db_session *session;
    struct arena *arena;
    struct db_answer recorded;
};

static bool history_read(struct history *history, struct error *error)
{
    struct db_answer answer;
    struct db_statement exists = exists_sql(history->arena), recorded = recorded_sql(history->arena);
    if (!db_session_run(history->session, history->arena, &(struct db_step){.statement = &exists}, 1, &answer, error))
        return false;
    if (!str_eq(db_answer_text(&answer, "yes"), STR("t"))) {
        history->recorded = (struct db_answer){0};
        return true;
    }
    return db_session_run(history->session, history->arena, &(struct db_step){.statement = &recorded}, 1,
                          &history->recorded, error);
}

static struct str recorded_hash(const struct history *history, struct str name)
{
    for (size_t row = 0; row < db_answer_rows(&history->recorded); row++)
        if (str_eq(db_answer_at(&history->recorded, row, 0), name))
            return db_answer_at(&history->recorded, row, 1);
    return STR_NONE;
}

static bool hash_of(struct history *history, const struct embedded_file *file, struct str *hash, struct error *error)
{
    struct db_statement sha256 = sha256_sql(history->arena);
    struct str text = {file->bytes, file->size};
    struct db_answer answer;
    if (!db_session_run(history->session, history->arena, &(struct db_step){.statement = &sha256, .values = &text}, 1,
                        &answer, error))
        return false;
    *hash = db_answer_text(&answer, "sha256");
    return true;
}

static bool is_known(const struct embedded_file *files, struct str name)
{
    for (; files->path; files++)
        if (str_eq(str_of(files->path), name))
            return true;
    return false;
}

static void say(void (*tell)(const char *), const char *state, const char *name)
{
    char line[300];
    snprintf(line, sizeof line, "%-8s %s", state, name);
    if (tell)
        tell(line);
}

static bool check(struct history *history, const struct embedded_file *files, void (*tell)(const char *),
                  enum db_migration_state *state, struct error *error)
{
    *state = DB_MIGRATIONS_DONE;
    if (!history_read(history, error))
        return false;
    for (const struct embedded_file *file = files; file->path; file++) {
        struct str there = recorded_hash(history, str_of(file->path)), hash;
        if (!hash_of(history, file, &hash, error))
            return false;
        bool changed = there.ptr && !str_eq(there, hash);
        say(tell, !there.ptr ? "pending" : changed ? "changed" : "applied", file->path);
        if (changed)
            *state = DB_MIGRATIONS_CHANGED;
        else if (!there.ptr && *state == DB_MIGRATIONS_DONE)
            *state = DB_MIGRATIONS_PENDING;
    }
    for (size_t row = 0; row < db_answer_rows(&history->recorded); row++) {
        struct str name = db_answer_at(&history->recorded, row, 0);
        if (is_known(files, name))
            continue;
        say(tell, "unknown", name.ptr);
        *state = DB_MIGRATIONS_NEWER;
    }
    return true;
}

bool db_migrations_check(struct db_session *session, const struct embedded_file *files, void (*tell)(const char *),
                         enum db_migration_state *state, struct error *error)
{
    struct history history = {.session = session, .arena = arena_new()};
    bool fine = check(&history, files, tell, state, error);
    arena_free(history.arena);
    return fine;
}

static bool apply(struct history *history, const struct embedded_file *file, struct error *error)
{
    struct str hash;
    if (!hash_of(history, file, &hash, error))
        return false;
    // Both texts are ours: a file's name has no quote, a hash is hexadecimal.
    struct str script = arena_printf(history->arena,
                                     "begin;\n%.*s\n;insert into marbre.migrations (name, sha256)"
                                     " values ('%s', '%.*s');\ncommit",
                                     (int)file->size, file->bytes, file->path, STR_FMT(hash));
    if (db_session_script(history->session, script, error))
        return true;
    error_set(error, "%s: %s", file->path, error->detail);
    struct error ignored;
    if (!db_session_script(history->session, STR("rollback"), &ignored))
        log_event(LOG_WARNING, "db.rollback", "%s", ignored.detail);
    return false;
}

static bool apply_all(struct history *history, const struct embedded_file *files, void (*tell)(const char *),
                      struct error *error)
{
    enum db_migration_state state;
    if (!check(history, files, NULL, &state, error))
        return false;
    if (state == DB_MIGRATIONS_NEWER || state == DB_MIGRATIONS_CHANGED)
        return error_set(error, "%s",
                         state == DB_MIGRATIONS_NEWER
                             ? "the database has migrations that this marbre does not know: it "
                               "is newer; use a newer marbre"
                             : "a migration that was applied has changed since; `marbre migrate "
                               "status` names it");
    for (const struct embedded_file *file = files; file->path; file++) {
        if (recorded_hash(history, str_of(file->path)).ptr)
            continue;
        if (!apply(history, file, error))
            return false;
        say(tell, "applied", file->path);
    }
    return true;
}

bool db_migrate(struct db_session *owner, const struct embedded_file *files, struct str role,
                void (*tell)(const char *), struct error *error)
{
    struct history history = {.session = owner, .arena = arena_new()};
    struct db_statement setting = db_statement_read(history.arena, STR("migrations/role"),
                                                    STR("select set_config('marbre.server_role', :role, false)"));
    struct db_answer answer;
    bool fine = db_session_script(owner, STR("select pg_advisory_lock(" MIGRATION_LOCK ")"), error) &&
                db_session_script(owner, str_of(history_sql), error) &&
                db_session_run(owner, history.arena, &(struct db_step){.statement = &setting, .values = &role}, 1,
                               &answer, error) &&
                apply_all(&history, files, tell, error);
    struct error ignored;
    if (!db_session_script(owner, STR("select pg_advisory_unlock(" MIGRATION_LOCK ")"), &ignored))
        log_event(LOG_WARNING, "db.unlock", "%s", ignored.detail);
    arena_free(history.arena);
    return fine;
}
