// migrate: the database, brought up to this binary.
#include "cli.h"

#include <string.h>

enum { EXIT_PENDING = 3 };

static int status(struct db_session *session, const struct db_release *release)
{
    struct error error;
    struct db_release_state state;
    if (!db_release_check(session, release, cli_say, &state, &error))
        return cli_fail("%s", error.detail);
    if (state.before_base)
        return cli_fail("%s", db_release_complaint(&state));
    if (state.changed || state.newer)
        return 1;
    return state.pending || !state.defined ? EXIT_PENDING : 0;
}

static int migrate(struct db_session *session, const struct db_release *release, const struct config *config)
{
    struct error error;
    struct db_migration migration = {
        .release = release, .role = config->database_role, .lock_seconds = config->migrate_seconds, .tell = cli_say};
    if (!db_migrate(session, &migration, &error))
        return cli_fail("%s", error.detail);
    cli_say("the database is up to date");
    return 0;
}

int command_migrate(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct config config;
    struct error error;
    struct db_session *session;
    int result;
    struct db_release release = cli_release(arena);
    bool asks_status = argc == 2 && strcmp(argv[1], "status") == 0;
    if (argc > 1 && !asks_status)
        result = cli_usage("migrate takes `status` or nothing, not %s", argv[1]);
    else if (!cli_config(arena, &config))
        result = 1;
    else if (config.migrate_database_url.len == 0)
        result = cli_fail("MARBRE_MIGRATE_DATABASE_URL is not set, and neither is MARBRE_DATABASE_URL");
    else if (!(session = db_session_open(arena, config.migrate_database_url, STR(""), release.set, &error)))
        result = cli_fail("the database cannot be reached: %s", error.detail);
    else
        result = asks_status ? status(session, &release) : migrate(session, &release, &config);
    arena_free(arena);
    return result;
}
