// migrate: the database, brought up to this binary.
#include "cli.h"

#include <string.h>

enum { EXIT_PENDING = 3 };

static int status(struct db_session *session)
{
    struct error error;
    enum db_migration_state state;
    if (!db_migrations_check(session, embedded_migrations, cli_say, &state, &error))
        return cli_fail("%s", error.detail);
    return state == DB_MIGRATIONS_DONE ? 0 : state == DB_MIGRATIONS_PENDING ? EXIT_PENDING : 1;
}

int command_migrate(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct config config;
    struct error error;
    struct db_session *session;
    int result;
    bool asks_status = argc == 2 && strcmp(argv[1], "status") == 0;
    if (argc > 1 && !asks_status)
        result = cli_usage("migrate takes `status` or nothing, not %s", argv[1]);
    else if (!cli_config(arena, &config))
        result = 1;
    else if (config.migrate_database_url.len == 0)
        result = cli_fail("MARBRE_MIGRATE_DATABASE_URL is not set, and neither is MARBRE_DATABASE_URL");
    else if (!(session = db_session_open(arena, config.migrate_database_url, STR(""), &error)))
        result = cli_fail("the database cannot be reached: %s", error.detail);
    else if (asks_status)
        result = status(session);
    else if (!db_migrate(session, embedded_migrations, config.database_role, cli_say, &error))
        result = cli_fail("%s", error.detail);
    else
        result = (cli_say("the database is up to date"), 0);
    arena_free(arena);
    return result;
}
