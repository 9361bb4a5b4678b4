// server: the process that serves. Workers, each with its loop, listener and database connections; signals and
// draining; health on the admin address.
#pragma once

#include "marbre/newsroom.h"

struct server_setup {
    const struct config *config;
    struct db_statements *statements;
    const struct db_release *release;
    struct str contract; // JSON
    const struct embedded_file *files;
    // Called once the workers serve, and whenever `watch_ms` have passed; NULL where nothing is to be done.
    void (*serving)(void *context);
    bool (*is_alive)(void *context); // false ends the server
    void *context;
};

// The checks before the first request: keys, contract, database, migrations, statements. Without serving: for `marbre
// check`, and as the first half of server_run.
struct server_ready {
    struct auth_keys *keys;
    struct http_networks proxies; // MARBRE_TRUSTED_PROXIES
    struct api_contract *contract;
    struct db_step *job_steps; // of what is done from time to time
};
MUST_CHECK bool server_check(struct arena *arena, const struct server_setup *setup, struct server_ready *ready,
                             struct error *error);

// The contract alone, without keys and database: what it promises is served, and no schema has a keyword that is not
// enforced. For the build.
MUST_CHECK bool server_check_contract(struct arena *arena, const struct server_setup *setup, struct error *error);

// Serves until SIGTERM or SIGINT, then drains: no request is cut that arrives in time. A second signal ends it at once.
// SIGHUP reads the signing keys again.
// False and `error` when it cannot start.
MUST_CHECK bool server_run(const struct server_setup *setup, struct error *error);
