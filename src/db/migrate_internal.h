// Internals of migrating, shared by its files: migrate.c carries it out, migrations.c and definitions.c say what.
#pragma once

#include "db_internal.h"

extern const struct embedded_file embedded_database[]; // src/db/sql

struct migrator {
    struct db_session *session;
    struct arena *arena;
    const struct db_release *release;
    void (*tell)(const char *line);
    unsigned lock_seconds; // for how long locks are tried for, each step
    bool waited;           // and that was told
};

// One text of a transaction. `name` is for whoever reads why it failed.
struct script {
    struct str name, text;
};

struct str migrator_file(const char *path); // of src/db/sql
void migrator_say(const struct migrator *migrator, const char *state, const char *what);
MUST_CHECK bool migrator_ask(struct migrator *migrator, const char *sql, struct db_answer *answer, struct error *error);
// Runs texts as one transaction, in which no lock is waited for longer than a moment: where one cannot be had,
// everything is taken back, writers get their turn, and it is tried again.
MUST_CHECK bool migrator_transact(struct migrator *migrator, const struct script *scripts, size_t count,
                                  struct error *error);

MUST_CHECK bool db_migrations_compare(struct migrator *migrator, struct db_release_state *state, struct error *error);
MUST_CHECK bool db_migrations_apply(struct migrator *migrator, struct error *error);

MUST_CHECK bool db_definitions_compare(struct migrator *migrator, struct db_release_state *state, struct error *error);
MUST_CHECK bool db_definitions_apply(struct migrator *migrator, const struct db_release_state *state,
                                     struct error *error);
// Drops the sets that nobody uses, but for the release's own and the newest of the others, whose servers may be about
// to come back. What cannot be dropped stays, and that is told.
MUST_CHECK bool db_definitions_retire(struct migrator *migrator, struct error *error);
