// The command line: one row a command.
#include "cli.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *line, *help;
} commands[] = {
    {"serve", command_serve, "serve readers and editors",
     "usage: marbre serve\n\nServes until SIGTERM, then lets requests finish. Configured by environment: see `marbre "
     "check "
     "--config`.\nNeeds MARBRE_DATABASE_URL and MARBRE_JWT_KEYS_FILE, and a database that `marbre migrate` has "
     "prepared.\n"},
    {"dev", command_dev, "everything for trying it out, in one folder",
     "usage: marbre dev [--listen ADDRESS:PORT] [--data DIR] [--empty] [--scale N]\n\nA private PostgreSQL, migrated, "
     "with an "
     "account for "
     "each role and a sample newsroom, served.\n\n  --listen ADDRESS:PORT  where (127.0.0.1:8080)\n  --data DIR        "
     "     "
     "what it keeps (.marbre); the next start finds it again\n  --empty                accounts, but no sample\n"
     "  --scale N              N made-up articles as well, once: for looking at plans and speeds\n"},
    {"migrate", command_migrate, "bring the database up to date",
     "usage: marbre migrate [status]\n\nApplies the migrations that the database does not have yet, and this binary's "
     "set of\ndefinitions where it is another one, each in a transaction, as MARBRE_MIGRATE_DATABASE_URL.\n"
     "Servers of the release before go on. `status` lists them and changes nothing; it exits with 3\n"
     "where something is pending.\n"},
    {"account", command_account, "who may log in",
     "usage: marbre account add EMAIL --role ROLE [--name NAME]    password from standard input\n"
     "       marbre account list\n       marbre account role EMAIL ROLE\n"
     "       marbre account password EMAIL                         password from standard input\n"
     "       marbre account disable EMAIL\n       marbre account enable EMAIL\n\n"
     "ROLE is contributor, editor, chief, sales or admin.\n"},
    {"check", command_check, "whether it could serve",
     "usage: marbre check [--config | --contract [FILE...] | --symbols]\n\nLooks at keys, contract, database, "
     "migrations and "
     "statements, and says what is "
     "wrong.\n"
     "`--config` prints every key of the environment with its value and what it is for. `--contract` looks at the "
     "contract alone,\nthe one of this binary or "
     "others: a build that fails here would not start.\n`--symbols` prints what statements may name, the columns that "
     "they answer, and the words of `x-marbre`.\n"},
    {"healthcheck", command_healthcheck, "ask a running server whether it is ready",
     "usage: marbre healthcheck [/PAGE]\n\nAsks /readyz at MARBRE_ADMIN_LISTEN; exits with 0 when it is ready. With a "
     "page, such as /metrics, prints it.\n"},
    {"version", command_version, "print the version", "usage: marbre version\n"},
};

static int usage(FILE *out)
{
    fputs("usage: marbre COMMAND [--help]\n\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].line);
    return out == stdout ? 0 : 2;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (asks_for_help(argc - 1, argv + 1)) {
            fputs(commands[i].help, stdout);
            return 0;
        }
        secret_init();
        return commands[i].run(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return command_version(0, NULL);
    fprintf(stderr, "marbre: there is no command %s\n", argv[1]);
    return usage(stderr);
}
