// cluster: a private PostgreSQL for one folder, as `marbre dev` and the tests want it.
//
// It is made at the first start, reached through a unix socket only, and ends when marbre ends, however marbre ends.
// It is not for production: `marbre serve` is given a database and never starts one.
//
// Linux only. Call from a thread that lives as long as the cluster (the kernel ends the server when the thread that
// started it ends), after secret_init, and with SIGCHLD not ignored.
#pragma once

#include "marbre/base.h"

#include <sys/types.h>

struct cluster;

// Starts the server of `data`, the folder given to --data, and returns when it takes connections: at most 2 minutes to
// make it, 30 s to end what an earlier run left, 60 s to start it. What it keeps lies in `arena`.
//
// The folder is made when it is missing (its parent is not): 0700, or as root 0710 with the group of the user who runs
// PostgreSQL, who may pass through it and no more. So let this function make it. In it come to lie `lock`,
// `postgres.log`, `postgres/` and `postgres-socket/`. Root never runs PostgreSQL: `postgres` does, or `nobody`. Where
// that user cannot reach the folder, `postgres/` lies under /var/lib, and a line on stderr says where.
//
// NULL and `error` when it cannot be; then nothing was left running.
MUST_CHECK struct cluster *cluster_start(struct arena *arena, struct str data, struct error *error);

// Fast shutdown: open transactions are rolled back, at most 31 s. The cluster is not to be used after.
void cluster_stop(struct cluster *cluster);

// A libpq URI. The role `marbre_owner` and the database `postgres` are always there; no role has a password.
struct str cluster_url(const struct cluster *cluster, struct arena *arena, struct str role, struct str database);

struct str cluster_log(const struct cluster *cluster); // the file that PostgreSQL's log goes to
bool cluster_alive(struct cluster *cluster);           // false once it ended by itself; reaps it then
