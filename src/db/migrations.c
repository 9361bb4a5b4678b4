// Migrations: forward only, one transaction a file, what was applied is remembered with its SHA-256.
#include "migrate_internal.h"

// The first migration as the histories before the present one had it. No database of theirs is brought over.
static const struct {
    struct str name;
    const char *sha256;
} before_base[] = {
    {{"0001_foundation.sql", 19}, "d51be30e12bf48d039832367a3d16ca4596b2b80137ab1739cff8caeabbe4c30"},
    {{"0001_foundation.sql", 19}, "ab953db48a60d6cad43351872b0771eab71b621e0b7899d9fd5a3f540bdd71cd"},
};

// Reads the recorded history: name and hash a row; no rows where there is no table.
static bool read_history(struct migrator *migrator, struct db_answer *recorded, struct error *error)
{
    struct db_answer answer;
    *recorded = (struct db_answer){0};
    if (!migrator_ask(migrator, "select to_regclass('marbre.migrations') is not null as yes", &answer, error))
        return false;
    return !str_eq(db_answer_text(&answer, "yes"), STR("t")) ||
           migrator_ask(migrator, "select name, sha256 from marbre.migrations order by name", recorded, error);
}

static struct str recorded_hash(const struct db_answer *recorded, struct str name)
{
    for (size_t row = 0; row < db_answer_rows(recorded); row++)
        if (str_eq(db_answer_at(recorded, row, 0), name))
            return db_answer_at(recorded, row, 1);
    return STR_NONE;
}

static const struct embedded_file *find_file(const struct embedded_file *files, struct str name)
{
    for (; files->path; files++)
        if (str_eq(str_of(files->path), name))
            return files;
    return NULL;
}

static struct str file_hash(struct arena *arena, const struct embedded_file *file)
{
    unsigned char hash[HASH_BYTES];
    secret_sha256((struct str){file->bytes, file->size}, hash);
    return secret_hex(arena, hash, sizeof hash);
}

static bool is_before_base(struct migrator *migrator, const struct db_answer *recorded)
{
    for (size_t i = 0; i < COUNT_OF(before_base); i++) {
        const struct embedded_file *ours = find_file(migrator->release->migrations, before_base[i].name);
        struct str old = str_of(before_base[i].sha256);
        if (str_eq(recorded_hash(recorded, before_base[i].name), old) &&
            !(ours && str_eq(file_hash(migrator->arena, ours), old)))
            return true;
    }
    return false;
}

static void compare_ours(struct migrator *migrator, const struct db_answer *recorded, struct db_release_state *state)
{
    for (const struct embedded_file *file = migrator->release->migrations; file->path; file++) {
        struct str there = recorded_hash(recorded, str_of(file->path));
        bool changed = there.ptr && !str_eq(there, file_hash(migrator->arena, file));
        state->changed |= changed;
        state->pending |= !there.ptr;
        if (there.ptr || !state->before_base) // they will never be applied to that
            migrator_say(migrator, !there.ptr ? "pending" : changed ? "changed" : "applied", file->path);
    }
}

bool db_migrations_compare(struct migrator *migrator, struct db_release_state *state, struct error *error)
{
    struct db_answer recorded;
    if (!read_history(migrator, &recorded, error))
        return false;
    state->before_base = is_before_base(migrator, &recorded);
    compare_ours(migrator, &recorded, state);
    for (size_t row = 0; row < db_answer_rows(&recorded); row++) {
        struct str name = db_answer_at(&recorded, row, 0);
        if (find_file(migrator->release->migrations, name))
            continue;
        state->newer = true;
        migrator_say(migrator, "unknown", name.ptr);
    }
    return true;
}

static bool apply(struct migrator *migrator, const struct embedded_file *file, struct error *error)
{
    // Both texts are ours: a file's name has no quote, a hash is hexadecimal.
    struct str record =
        arena_printf(migrator->arena, "insert into marbre.migrations (name, sha256) values ('%s', '%.*s')", file->path,
                     STR_FMT(file_hash(migrator->arena, file)));
    const struct script scripts[] = {
        {STR("search_path"), STR("set local search_path = marbre")},
        {str_of(file->path), {file->bytes, file->size}},
        {STR("history"), record},
    };
    return migrator_transact(migrator, scripts, COUNT_OF(scripts), error);
}

bool db_migrations_apply(struct migrator *migrator, struct error *error)
{
    struct db_answer recorded;
    if (!read_history(migrator, &recorded, error))
        return false;
    for (const struct embedded_file *file = migrator->release->migrations; file->path; file++) {
        if (recorded_hash(&recorded, str_of(file->path)).ptr)
            continue;
        if (!apply(migrator, file, error))
            return false;
        migrator_say(migrator, "applied", file->path);
    }
    return true;
}
