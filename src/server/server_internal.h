// Internals of the server room, shared by its files.
#pragma once

#include "marbre/server.h"

#include <pthread.h>
#include <stdatomic.h>

// One thread that serves. The atomics are what it tells the main thread, every WORKER_TICK_MS.
struct worker {
    pthread_t thread;
    struct loop *loop;
    struct db_pool *pool;
    struct api *api;
    struct http_listener *listener;
    struct event *tick;
    atomic_bool database_ready, database_failing, listening;
    atomic_size_t connections;
};

enum { WORKER_TICK_MS = 50 };

struct worker_setup {
    const struct api_contract *contract;
    const struct db_config *database;
    const struct db_statements *statements;
    const struct http_address *address;
    const struct http_limits *limits;
    struct thread_pool *threads;
};

// Makes the worker's loop, connections and listener; false with errno when the address cannot be had.
MUST_CHECK bool worker_init(struct worker *worker, const struct worker_setup *setup);
void worker_start(struct worker *worker);
void worker_drain(struct worker *worker); // from the main thread, as the two below
void worker_stop_accepting(struct worker *worker);
void worker_stop(struct worker *worker); // and joins it
void worker_finish(struct worker *worker);

// The schema check, repeated on the first worker's loop: the database has all the migrations that this binary stands
// on, and its definitions. At the start it had; what is restored beneath a running server may have fewer. That it has
// more is no fault: an upgrade migrates before the last old server is gone.
struct schema_check {
    struct db_pool *pool;
    struct event *again;
    const struct db_statement *statement;
    struct str values[2]; // the migrations' names as a PostgreSQL array, the set of definitions
    struct db_step step;
    struct db_call call;
    bool asking;
    atomic_bool migrated;
};

// Adds the check's statement, before the first connection.
void schema_check_prepare(struct schema_check *check, struct arena *arena, struct db_statements *statements,
                          const struct db_release *release);
void schema_check_start(struct schema_check *check, struct loop *loop, struct db_pool *pool);
void schema_check_stop(struct schema_check *check); // before the loop is freed; an answer may come until the pool is

// Joins a thread that has been told to end; one that does not in time ends the process.
void thread_join(pthread_t thread, const char *what);

// Metrics of a job in this process; any thread may read them.
struct job_metrics {
    struct counter done, failed, erased; // erased: rows
};

// The scheduler of periodic jobs.
enum { JOBS_MOST = 16, JOB_STEPS = 2 };
struct jobs {
    const struct config *config;
    const struct db_step *steps; // JOB_STEPS a job, with their values
    struct str definitions;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool started, over;
    char told[6];                          // the SQLSTATE of a failure that will last, so that the log says it once
    bool lasting;                          // there was one in this round
    struct job_metrics metrics[JOBS_MOST]; // as newsroom_jobs
};
// The statements of all jobs with their values; false and `error` when one names what no job has.
MUST_CHECK bool jobs_bind(struct arena *arena, const struct api_sources *sources, struct db_step **steps,
                          struct error *error);
void jobs_start(struct jobs *jobs, const struct server_setup *setup, const struct db_step *steps);
void jobs_stop(struct jobs *jobs); // after the transaction that it is at

// The admin address: /livez, /readyz, /metrics.
struct admin {
    const struct api_contract *contract;
    const struct worker *workers;
    unsigned worker_count;
    const struct schema_check *schema_check;
    const struct jobs *jobs;
    struct str newest_migration, definitions;
    int64_t started_s;
    atomic_bool draining;
};

struct readiness {
    bool database;   // each worker has connections of each class
    bool statements; // and PostgreSQL runs what it is sent: it is not broken
    bool migrations, listener, draining;
};
struct readiness admin_readiness(const struct admin *admin);
bool is_ready(struct readiness readiness);

struct http_service admin_service(struct admin *admin);

// Everything that is counted, as Prometheus reads it (text format 0.0.4).
struct str metrics_text(struct arena *arena, const struct admin *admin);
