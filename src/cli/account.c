// account: who may log in.
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_LEAST = 12, PASSWORD_MOST = 1024 };

// Refusals of PostgreSQL, by constraint or else by SQLSTATE, in words for whoever typed the command.
static const struct refusal {
    const char *name, *sentence;
} refusals[] = {
    {"accounts_email_key", "there is an account with this address already"},
    {"accounts_email_check", "an address is like name@example.org: one @, and no space"},
    {"accounts_name_check", "a name is not empty"},
    {"accounts_role_check", "a role is contributor, editor, chief, sales or admin"},
    {"42P01", "the database is older than this marbre: run `marbre migrate`"},
    {"42883", "the database has not the definitions of this marbre: run `marbre migrate`"},
};

static void explain(const struct db_answer *answer, struct error *error)
{
    struct str name = answer->constraint.ptr ? answer->constraint : str_of(answer->sqlstate);
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (str_eq(name, str_of(refusals[i].name)))
            error_set(error, "%s", refusals[i].sentence);
}

static bool account_run(const struct account_act *act, struct arena *arena, const char *name, const struct str *values,
                        struct db_answer *answer, struct error *error)
{
    const struct db_statement *statement = db_statement_find(act->statements, str_of(name));
    if (!statement)
        fatal("there is no statement %s", name);
    bool done = db_session_run(act->session, arena, &(struct db_step){statement, values}, 1, answer, error);
    if (!done)
        explain(answer, error);
    return done;
}

// Cleans typed words as a request's body is cleaned: what is typed here has to fit what is typed there.
static struct str text_typed(struct arena *arena, struct str text)
{
    return text_is_utf8(text) ? text_clean(arena, text) : text;
}

// An address as accounts have it: without blanks around it, its domain in ASCII.
static struct str address_typed(struct arena *arena, const char *typed)
{
    struct str text = text_trim(text_typed(arena, str_of(typed)));
    const char *at = memrchr(text.ptr, '@', text.len);
    size_t name = at ? (size_t)(at - text.ptr) : 0;
    struct str domain = at ? text_domain(arena, (struct str){at + 1, text.len - name - 1}) : STR_NONE;
    return domain.ptr ? arena_printf(arena, "%.*s@%.*s", (int)name, text.ptr, STR_FMT(domain)) : text;
}

static struct str hashed(const struct account_act *act, struct arena *arena, struct str password)
{
    return secret_password_hash(arena, password, act->config->hash_passes, (size_t)act->config->hash_memory_kib * 1024);
}

bool account_add(const struct account_act *act, struct str email, struct str name, struct str role, struct str password,
                 struct error *error)
{
    struct arena *arena = arena_new();
    struct uuid id = uuid_new();
    struct str values[] = {str_of(id.text), email, name, role, hashed(act, arena, password)};
    struct db_answer answer;
    bool added = account_run(act, arena, "accounts/cli_add", values, &answer, error);
    arena_free(arena);
    return added;
}

// One line from standard input; a terminal does not show it.
static bool read_password(struct arena *arena, struct str *password, char line[PASSWORD_MOST + 2])
{
    struct termios shown;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fputs("password: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool got = fgets(line, PASSWORD_MOST + 2, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    struct str text = got ? (struct str){line, strcspn(line, "\r\n")} : STR("");
    *password = text_opaque(arena, text);
    if (!text_is_utf8(text))
        cli_fail("a password is UTF-8 text: nobody could send another one");
    else if (text.len && !password->ptr)
        cli_fail("a password has no control characters");
    else if (text_length(*password) < PASSWORD_LEAST || text.len > PASSWORD_MOST)
        cli_fail("a password has %d to %d characters, on one line of standard input", PASSWORD_LEAST, PASSWORD_MOST);
    else
        return true;
    return false;
}

static int list(const struct account_act *act, struct arena *arena)
{
    struct db_answer answer;
    struct error error;
    if (!account_run(act, arena, "accounts/cli_list", NULL, &answer, &error))
        return cli_fail("%s", error.detail);
    for (size_t row = 0; row < db_answer_rows(&answer); row++)
        printf("%-40.*s %-12.*s %-9.*s %.*s\n", STR_FMT(db_answer_at(&answer, row, 0)),
               STR_FMT(db_answer_at(&answer, row, 1)), STR_FMT(db_answer_at(&answer, row, 2)),
               STR_FMT(db_answer_at(&answer, row, 3)));
    return 0;
}

// An act on the account of an address, with at most one more value.
static int change(const struct account_act *act, struct arena *arena, const char *name, const struct str *values,
                  const char *email)
{
    struct db_answer answer;
    struct error error;
    if (!account_run(act, arena, name, values, &answer, &error))
        return cli_fail("%s", error.detail);
    return db_answer_rows(&answer) == 1 ? 0 : cli_fail("there is no account %s", email);
}

static int add_typed(const struct account_act *act, struct arena *arena, int argc, char **argv)
{
    const char *role = NULL, *name = argv[2];
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--role") == 0)
            role = argv[i + 1];
        else if (strcmp(argv[i], "--name") == 0)
            name = argv[i + 1];
        else
            return cli_usage("account add takes --role and --name, not %s", argv[i]);
    }
    if (!role || argc % 2 == 0)
        return cli_usage("account add EMAIL --role ROLE [--name NAME]");
    char line[PASSWORD_MOST + 2];
    struct str password, email = address_typed(arena, argv[2]);
    struct error error;
    if (!read_password(arena, &password, line))
        return 1;
    bool added = account_add(act, email, text_typed(arena, str_of(name)), str_of(role), password, &error);
    explicit_bzero(line, sizeof line);
    return added ? 0 : cli_fail("%s", error.detail);
}

static int password(const struct account_act *act, struct arena *arena, const char *email)
{
    char line[PASSWORD_MOST + 2];
    struct str chosen;
    if (!read_password(arena, &chosen, line))
        return 1;
    struct str values[] = {hashed(act, arena, chosen), address_typed(arena, email)};
    explicit_bzero(line, sizeof line);
    return change(act, arena, "accounts/cli_set_password", values, email);
}

static int act_on(const struct account_act *act, struct arena *arena, int argc, char **argv)
{
    const char *verb = argv[1], *email = argc > 2 ? argv[2] : "";
    struct str address = address_typed(arena, email);
    if (strcmp(verb, "list") == 0 && argc == 2)
        return list(act, arena);
    if (strcmp(verb, "add") == 0 && argc > 2)
        return add_typed(act, arena, argc, argv);
    if (strcmp(verb, "disable") == 0 && argc == 3)
        return change(act, arena, "accounts/cli_disable", &address, email);
    if (strcmp(verb, "enable") == 0 && argc == 3)
        return change(act, arena, "accounts/cli_enable", &address, email);
    if (strcmp(verb, "role") == 0 && argc == 4)
        return change(act, arena, "accounts/cli_set_role", (struct str[]){str_of(argv[3]), address}, email);
    if (strcmp(verb, "password") == 0 && argc == 3)
        return password(act, arena, email);
    return cli_usage("account takes add, list, role, password, disable or enable: see `marbre account --help`");
}

int command_account(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage("account takes add, list, role, password, disable or enable: see `marbre account --help`");
    struct arena *arena = arena_new();
    struct config config;
    struct error error;
    int status;
    if (!cli_config(arena, &config)) {
        status = 1;
    } else if (config.database_url.len == 0) {
        status = cli_fail("MARBRE_DATABASE_URL is not set");
    } else {
        struct db_statements statements = db_statements_read(arena, embedded_statements);
        struct db_release release = cli_release(arena);
        struct account_act act = {
            db_session_open(arena, config.database_url, config.database_role, release.set, &error), &statements,
            &config};
        status = act.session ? act_on(&act, arena, argc, argv)
                             : cli_fail("the database cannot be reached: %s", error.detail);
    }
    arena_free(arena);
    return status;
}
