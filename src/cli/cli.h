// Helpers of all commands: exit with a sentence, configuration, a session of the owner.
#pragma once

#include "marbre/server.h"

extern const struct embedded_file embedded_contract[], embedded_statements[], embedded_migrations[],
    embedded_definitions[], embedded_sample[], embedded_scale[], embedded_files[], embedded_front[];

// One line on stderr, `marbre: …`, and the exit status 1.
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
// A usage error: cli_fail with the status 2, for words that are not understood.
int cli_usage(const char *format, ...) PRINTF_LIKE(1, 2);
MUST_CHECK bool cli_config(struct arena *arena, struct config *config); // says why not

struct str cli_contract(void);
struct db_release cli_release(struct arena *arena);
void cli_say(const char *line); // to stdout, a line

int command_serve(int argc, char **argv);
int command_dev(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_account(int argc, char **argv);
int command_check(int argc, char **argv);
int command_healthcheck(int argc, char **argv);
int command_version(int argc, char **argv);

// Accounts, as `marbre account` and `marbre dev` make them. `name` NULL where the act has none.
struct account_act {
    struct db_session *session;
    const struct db_statements *statements;
    const struct config *config;
};
MUST_CHECK bool account_add(const struct account_act *act, struct str email, struct str name, struct str role,
                            struct str password, struct error *error);

// Fills an empty newsroom with the sample. `owner` may change dates that the API would not.
MUST_CHECK bool sample_load(struct arena *arena, const struct api_contract *contract, struct db_session *session,
                            struct db_session *owner, struct error *error);
