// Discovery of an installed PostgreSQL. A program says its version itself: a folder's name is only a place to ask.
#include "cluster_inside.h"

#include <string.h>
#include <unistd.h>

enum { OLDEST = 15, NEWEST = 18, TIMEOUT_SECONDS = 10 };

// Debian's places, newest first; pg_config goes before them, for those who built or chose their own.
static const char *const usual[] = {
    "/usr/lib/postgresql/18/bin",
    "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/15/bin",
};

static const char *told_by_pg_config(struct arena *arena, struct owner owner)
{
    struct str output;
    if (!child_run(arena, (const char *[]){"pg_config", "--bindir", NULL}, owner, TIMEOUT_SECONDS, &output))
        return "";
    return arena_cstr(arena, str_cut(output, '\n', &(struct str){0}));
}

static bool runs(struct arena *arena, const char *folder, const char *name)
{
    return access(arena_printf(arena, "%s/%s", folder, name).ptr, X_OK) == 0;
}

// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, `… 18beta1`; 0 when there is no server in the folder.
static unsigned major_of(struct arena *arena, struct owner owner, const char *folder)
{
    if (!runs(arena, folder, "initdb") || !runs(arena, folder, "postgres"))
        return 0;
    struct str version, rest;
    const char *postgres = arena_printf(arena, "%s/postgres", folder).ptr;
    if (!child_run(arena, (const char *[]){postgres, "--version", NULL}, owner, TIMEOUT_SECONDS, &version))
        return 0;
    str_cut(version, ')', &rest);
    rest = str_trim(rest);
    size_t digits = 0;
    while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
        digits++;
    uint64_t major;
    return str_to_u64((struct str){rest.ptr, digits}, 1000, &major) ? (unsigned)major : 0;
}

bool programs_find(struct arena *arena, const struct place *place, unsigned wanted, struct programs *programs,
                   struct error *error)
{
    struct owner owner = place->owner;
    const char *chosen = told_by_pg_config(arena, owner);
    struct buf seen = buf_in(arena);
    for (size_t i = 0; i <= COUNT_OF(usual); i++) {
        const char *folder = i == 0 ? chosen : usual[i - 1];
        if (i > 0 && strcmp(folder, chosen) == 0)
            continue;
        unsigned major = major_of(arena, owner, folder);
        *programs = (struct programs){folder, major};
        if (major >= OLDEST && major <= NEWEST && (!wanted || major == wanted))
            return true;
        if (major)
            buf_printf(&seen, "%s%u in %s", seen.len ? ", " : "", major, folder);
    }
    struct str found = seen.len ? buf_str(&seen) : STR("none");
    if (wanted)
        return error_set(error,
                         "%s was made by PostgreSQL %u, and installed is %.*s (%d to %d will do): install the one "
                         "that made it, or move the data away",
                         place->data, wanted, STR_FMT(found), OLDEST, NEWEST);
    return error_set(error, "PostgreSQL %d to %d is needed, and installed is %.*s: install Debian's package postgresql",
                     OLDEST, NEWEST, STR_FMT(found));
}
