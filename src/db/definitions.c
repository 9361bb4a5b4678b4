// Definitions: all functions, triggers and types of one release, in a schema of their own that is named by their hash.
#include "migrate_internal.h"

#include <string.h>

enum { SET_DIGITS = 12 };
static const char set_prefix[] = "marbre_";

struct db_release db_release_read(struct arena *arena, const struct embedded_file *migrations,
                                  const struct embedded_file *definitions)
{
    struct db_release release = {.migrations = migrations, .definitions = definitions};
    struct buf all = buf_in(arena);
    unsigned char hash[HASH_BYTES];
    for (const struct embedded_file *file = definitions; file->path; file++) {
        buf_put(&all, (struct str){file->path, strlen(file->path) + 1}); // with its NUL
        buf_put(&all, (struct str){file->bytes, file->size + 1});
    }
    secret_sha256(buf_str(&all), hash);
    release.sha256 = secret_hex(arena, hash, sizeof hash);
    release.set = arena_printf(arena, "%s%.*s", set_prefix, SET_DIGITS, release.sha256.ptr);
    return release;
}

// ------------------------------------------------------------------------------------------------------- comparing

// One row of sql/sets.sql.
struct set {
    struct str name;
    bool recorded, newest, used, whole;
};

static bool read_sets(struct migrator *migrator, struct db_answer *sets, struct error *error)
{
    struct db_answer answer;
    *sets = (struct db_answer){0};
    if (!migrator_ask(migrator, "select to_regclass('marbre.definition_sets') is not null as yes", &answer, error))
        return false;
    return !str_eq(db_answer_text(&answer, "yes"), STR("t")) ||
           migrator_ask(migrator, migrator_file("sets.sql").ptr, sets, error);
}

static struct set set_at(const struct db_answer *sets, size_t row)
{
    struct str yes = STR("t");
    return (struct set){.name = db_answer_at(sets, row, 0),
                        .recorded = str_eq(db_answer_at(sets, row, 1), yes),
                        .newest = str_eq(db_answer_at(sets, row, 2), yes),
                        .used = str_eq(db_answer_at(sets, row, 3), yes),
                        .whole = str_eq(db_answer_at(sets, row, 4), yes)};
}

static void say_set(struct migrator *migrator, const char *state, struct str name, const char *more)
{
    size_t prefix = sizeof set_prefix - 1;
    migrator_say(
        migrator, state,
        arena_printf(migrator->arena, "definitions %.*s%s", (int)(name.len - prefix), name.ptr + prefix, more).ptr);
}

bool db_definitions_compare(struct migrator *migrator, struct db_release_state *state, struct error *error)
{
    struct db_answer sets;
    if (!read_sets(migrator, &sets, error))
        return false;
    for (size_t row = 0; row < db_answer_rows(&sets); row++) {
        struct set set = set_at(&sets, row);
        if (!str_eq(set.name, migrator->release->set))
            continue;
        state->defined = set.recorded;
        state->current = set.recorded && set.newest && set.whole;
    }
    if (state->defined || !state->before_base)
        say_set(migrator, state->defined ? "applied" : "pending", migrator->release->set, "");
    for (size_t row = 0; row < db_answer_rows(&sets); row++) {
        struct set set = set_at(&sets, row);
        if (!str_eq(set.name, migrator->release->set))
            say_set(migrator, set.used ? "in use" : "unused", set.name, set.newest ? ", which has the triggers" : "");
    }
    return true;
}

// -------------------------------------------------------------------------------------------------------- applying

// The set is made whole, or not at all.
static bool create(struct migrator *migrator, struct error *error)
{
    size_t files = 0, count = 0;
    while (migrator->release->definitions[files].path)
        files++;
    struct script *scripts = ARENA_ARRAY(migrator->arena, struct script, files + 4);
    scripts[count++] = (struct script){STR("locks"), migrator_file("tables_lock.sql")};
    scripts[count++] = (struct script){STR("definitions"), migrator_file("definitions_begin.sql")};
    for (const struct embedded_file *file = migrator->release->definitions; file->path; file++)
        scripts[count++] = (struct script){str_of(file->path), {file->bytes, file->size}};
    scripts[count++] = (struct script){STR("definitions"), migrator_file("definitions_check.sql")};
    scripts[count++] = (struct script){STR("definitions"), migrator_file("definitions_end.sql")};
    return migrator_transact(migrator, scripts, count, error);
}

// The set is there, but its triggers are not.
static bool resume(struct migrator *migrator, struct error *error)
{
    const struct script scripts[] = {
        {STR("locks"), migrator_file("tables_lock.sql")},
        {STR("definitions"), migrator_file("definitions_resume.sql")},
        {STR("definitions"), migrator_file("definitions_end.sql")},
    };
    return migrator_transact(migrator, scripts, COUNT_OF(scripts), error);
}

bool db_definitions_apply(struct migrator *migrator, const struct db_release_state *state, struct error *error)
{
    if (!state->current && !(state->defined ? resume : create)(migrator, error))
        return false;
    if (!state->current)
        say_set(migrator, "applied", migrator->release->set, "");
    return db_session_script(migrator->session, migrator_file("roles.sql"), error);
}

// -------------------------------------------------------------------------------------------------------- retiring

static bool is_used(struct migrator *migrator, struct str name)
{
    struct db_answer sets;
    struct error ignored;
    if (!read_sets(migrator, &sets, &ignored))
        return true;
    for (size_t row = 0; row < db_answer_rows(&sets); row++)
        if (str_eq(set_at(&sets, row).name, name))
            return set_at(&sets, row).used;
    return false;
}

static bool mark(struct migrator *migrator, struct str name, const char *when, struct error *error)
{
    struct str sql = arena_printf(
        migrator->arena, "update marbre.definition_sets set retired_at = %s where name = '%.*s'", when, STR_FMT(name));
    return db_session_script(migrator->session, sql, error);
}

// A server that starts is connected before it looks whether its set is there. So whoever has found it is seen by the
// second look, and nobody finds it after that.
static bool retire(struct migrator *migrator, struct str name, struct error *error)
{
    if (!mark(migrator, name, "clock_timestamp()", error))
        return false;
    if (is_used(migrator, name))
        return mark(migrator, name, "null", error);
    struct str drop = arena_printf(migrator->arena,
                                   "drop schema %.*s cascade; delete from marbre.definition_sets where name = '%.*s'",
                                   STR_FMT(name), STR_FMT(name));
    const struct script script = {STR("definitions"), drop};
    if (!migrator_transact(migrator, &script, 1, error))
        return false;
    say_set(migrator, "dropped", name, "");
    return true;
}

bool db_definitions_retire(struct migrator *migrator, struct error *error)
{
    struct db_answer sets;
    if (!read_sets(migrator, &sets, error))
        return false;
    bool kept = false; // the newest but our own: it comes first
    for (size_t row = 0; row < db_answer_rows(&sets); row++) {
        struct set set = set_at(&sets, row);
        struct error why;
        if (str_eq(set.name, migrator->release->set))
            continue;
        if (kept && !set.used && !retire(migrator, set.name, &why))
            say_set(migrator, "kept", set.name, arena_printf(migrator->arena, ": %s", why.detail).ptr);
        kept = true;
    }
    return true;
}
