// Helpers of all commands.
#include "cli.h"

#include <stdio.h>

static int complain(int status, const char *format, va_list arguments)
{
    fflush(stdout);
    fputs("marbre: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    return status;
}

int cli_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = complain(1, format, arguments);
    va_end(arguments);
    return status;
}

int cli_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = complain(2, format, arguments);
    va_end(arguments);
    return status;
}

bool cli_config(struct arena *arena, struct config *config)
{
    struct error error;
    if (config_load(arena, config, &error))
        return true;
    cli_fail("%s", error.detail);
    return false;
}

struct str cli_contract(void)
{
    return (struct str){embedded_contract[0].bytes, embedded_contract[0].size};
}

struct db_release cli_release(struct arena *arena)
{
    return db_release_read(arena, embedded_migrations, embedded_definitions);
}

void cli_say(const char *line)
{
    puts(line);
    fflush(stdout);
}
