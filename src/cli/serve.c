// serve and check: the server as production runs it, and its preparations alone. version.
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct server_setup setup_of(struct arena *arena, const struct config *config, struct db_statements *statements)
{
    struct db_release *release = ARENA_NEW(arena, struct db_release);
    *release = cli_release(arena);
    return (struct server_setup){.config = config,
                                 .statements = statements,
                                 .release = release,
                                 .contract = cli_contract(),
                                 .files = embedded_files};
}

int command_serve(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct config config;
    struct error error;
    int status = 0;
    if (argc > 1) {
        status = cli_usage("serve takes no word %s; it is configured by environment", argv[1]);
    } else if (!cli_config(arena, &config)) {
        status = 1;
    } else {
        struct db_statements statements = db_statements_read(arena, embedded_statements);
        struct server_setup setup = setup_of(arena, &config, &statements);
        log_open(STDERR_FILENO);
        bool served = server_run(&setup, &error);
        log_close();
        status = served ? 0 : cli_fail("%s", error.detail);
    }
    arena_free(arena);
    return status;
}

static int print_config(struct arena *arena, const struct config *config)
{
    struct buf text = buf_in(arena);
    config_print(config, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    return 0;
}

enum { CONTRACT_BYTES_MAX = 16 << 20 };

// The contract that the build has just put in, or one in a file. Nothing of the environment counts.
static bool contract_is_sound(struct arena *arena, const char *path, struct error *error)
{
    struct config nothing = {.site_url = STR("http://localhost"), .article_url = STR("{site}/{slug}")};
    struct db_statements statements = db_statements_read(arena, embedded_statements);
    struct server_setup setup = setup_of(arena, &nothing, &statements);
    if (path && !file_read(arena, path, CONTRACT_BYTES_MAX, &setup.contract))
        return error_set(error, "%s cannot be read: %s", path, strerror(errno));
    return server_check_contract(arena, &setup, error);
}

static int check_contract(struct arena *arena, const char *path)
{
    struct error error;
    return contract_is_sound(arena, path, &error) ? 0 : cli_fail("%s", error.detail);
}

// Several, each with its name before what is wrong with it.
static int check_contracts(char *const *paths)
{
    int status = 0;
    for (; *paths; paths++) {
        struct arena *arena = arena_new();
        struct error error;
        if (!contract_is_sound(arena, *paths, &error))
            status = cli_fail("%s: %s", *paths, error.detail);
        arena_free(arena);
    }
    return status;
}

// Documentation of symbols, facts and words as tables: openapi/README.md holds them, and a test compares.
static int print_symbols(struct arena *arena)
{
    struct buf text = buf_in(arena);
    api_symbols_print(&text);
    fwrite(text.ptr, 1, text.len, stdout);
    return 0;
}

int command_check(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct config config;
    struct error error;
    struct server_ready ready;
    int status;
    if (argc >= 2 && strcmp(argv[1], "--contract") == 0) {
        status = argc > 3 ? check_contracts(argv + 2) : check_contract(arena, argv[2]);
    } else if (argc == 2 && strcmp(argv[1], "--symbols") == 0) {
        status = print_symbols(arena);
    } else if (!cli_config(arena, &config)) {
        status = 1;
    } else if (argc == 2 && strcmp(argv[1], "--config") == 0) {
        status = print_config(arena, &config);
    } else if (argc > 1) {
        status = cli_usage("check takes --config, --contract or --symbols, not %s", argv[1]);
    } else {
        struct db_statements statements = db_statements_read(arena, embedded_statements);
        struct server_setup setup = setup_of(arena, &config, &statements);
        status = server_check(arena, &setup, &ready, &error) ? 0 : cli_fail("%s", error.detail);
        struct str stranger = config_stranger();
        if (status == 0 && stranger.ptr)
            fprintf(stderr, "marbre: %.*s is set, and is no key of marbre's\n", STR_FMT(stranger));
        if (status == 0)
            cli_say("everything is in order");
    }
    arena_free(arena);
    return status;
}

int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    cli_say("marbre " MARBRE_VERSION);
    return 0;
}
