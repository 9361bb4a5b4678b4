// Metrics in Prometheus' text format: one row of the table a metric. Each worker counts for itself; here is where they
// are summed. A series is told once it has counted something, and there are no more than the contract's operations
// times the statuses, bounds and classes: nothing that a client sends makes one.
#include "server_internal.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const outcomes[DB_OUTCOMES] = {
    [DB_DONE] = "done", [DB_REFUSED] = "refused", [DB_BUSY] = "busy", [DB_AWAY] = "away", [DB_UNKNOWN] = "unknown"};

struct metric {
    const char *name, *type, *help;
    void (*put)(struct buf *out, const struct metric *metric, const struct admin *admin);
};

static void put_number(struct buf *out, const struct metric *metric, uint64_t number)
{
    buf_printf(out, "%s %" PRIu64 "\n", metric->name, number);
}

static void put_seconds(struct buf *out, uint64_t us)
{
    buf_printf(out, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000);
}

// --------------------------------------------------------------------------------------------------------- durations

struct sum {
    uint64_t within[DURATION_BOUNDS + 1], total_us;
};

static void sum_add(struct sum *sum, const struct durations *durations)
{
    for (size_t i = 0; i <= DURATION_BOUNDS; i++)
        sum->within[i] += counter_value(&durations->within[i]);
    sum->total_us += counter_value(&durations->total_us);
}

// A bucket counts all that took no longer than its bound, those of the buckets before it as well.
static void put_histogram(struct buf *out, const struct metric *metric, const char *label, struct str value,
                          const struct sum *sum)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= DURATION_BOUNDS; i++) {
        count += sum->within[i];
        buf_printf(out, "%s_bucket{%s=\"%.*s\",le=\"", metric->name, label, STR_FMT(value));
        if (i < DURATION_BOUNDS)
            buf_printf(out, "%g", duration_bounds_us[i] / 1e6);
        else
            buf_put_lit(out, "+Inf");
        buf_printf(out, "\"} %" PRIu64 "\n", count);
    }
    buf_printf(out, "%s_sum{%s=\"%.*s\"} ", metric->name, label, STR_FMT(value));
    put_seconds(out, sum->total_us);
    buf_printf(out, "%s_count{%s=\"%.*s\"} %" PRIu64 "\n", metric->name, label, STR_FMT(value), count);
}

// -------------------------------------------------------------------------------------------------------------- HTTP

static const struct api_operation_metrics *operation_metrics(const struct admin *admin, unsigned worker, size_t number)
{
    return &api_metrics(admin->workers[worker].api)[number];
}

static uint64_t replies_of(const struct admin *admin, size_t number, size_t status)
{
    uint64_t replies = 0;
    for (unsigned i = 0; i < admin->worker_count; i++)
        replies += counter_value(&operation_metrics(admin, i, number)->replies[status]);
    return replies;
}

static void put_status(struct buf *out, unsigned status)
{
    if (status)
        buf_printf(out, "%u", status);
    else
        buf_put_lit(out, "other");
}

static void put_requests(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t number = 0; number < api_metrics_count(admin->contract); number++)
        for (size_t status = 0; status < API_STATUSES; status++) {
            uint64_t replies = replies_of(admin, number, status);
            if (replies == 0)
                continue;
            buf_printf(out, "%s{operation=\"%.*s\",status=\"", metric->name,
                       STR_FMT(api_metrics_name(admin->contract, number)));
            put_status(out, api_statuses[status]);
            buf_printf(out, "\"} %" PRIu64 "\n", replies);
        }
}

static void put_request_durations(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    static const struct sum nothing;
    for (size_t number = 0; number < api_metrics_count(admin->contract); number++) {
        struct sum sum = {0};
        for (unsigned i = 0; i < admin->worker_count; i++)
            sum_add(&sum, &operation_metrics(admin, i, number)->took);
        if (memcmp(&sum, &nothing, sizeof sum) != 0)
            put_histogram(out, metric, "operation", api_metrics_name(admin->contract, number), &sum);
    }
}

static void put_cut(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    uint64_t cut = 0;
    for (unsigned i = 0; i < admin->worker_count; i++)
        for (size_t number = 0; number < api_metrics_count(admin->contract); number++)
            cut += counter_value(&operation_metrics(admin, i, number)->cut);
    put_number(out, metric, cut);
}

static void put_connections(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    uint64_t open = 0;
    for (unsigned i = 0; i < admin->worker_count; i++)
        open += atomic_load(&admin->workers[i].connections);
    put_number(out, metric, open);
}

static void put_accepted(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    uint64_t accepted = 0;
    for (unsigned i = 0; i < admin->worker_count; i++)
        accepted += counter_value(&http_listener_metrics(admin->workers[i].listener)->accepted);
    put_number(out, metric, accepted);
}

static void put_rejected(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    uint64_t rejected = 0;
    for (unsigned i = 0; i < admin->worker_count; i++)
        rejected += counter_value(&http_listener_metrics(admin->workers[i].listener)->rejected);
    put_number(out, metric, rejected);
}

static void put_loop_turns(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (unsigned i = 0; i < admin->worker_count; i++) {
        struct sum sum = {0};
        char worker[12];
        snprintf(worker, sizeof worker, "%u", i);
        sum_add(&sum, loop_turns(admin->workers[i].loop));
        put_histogram(out, metric, "worker", str_of(worker), &sum);
    }
}

// ---------------------------------------------------------------------------------------------------------- database

static const struct db_class_metrics *class_metrics(const struct admin *admin, unsigned worker, size_t class)
{
    return &db_pool_metrics(admin->workers[worker].pool)[class];
}

static void put_waits(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t class = 0; class < DB_CONNECTION_CLASSES; class ++) {
        struct sum sum = {0};
        for (unsigned i = 0; i < admin->worker_count; i++)
            sum_add(&sum, &class_metrics(admin, i, class)->waited);
        put_histogram(out, metric, "connection_class", str_of(db_connection_class_names[class]), &sum);
    }
}

static void put_statements(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t class = 0; class < DB_CONNECTION_CLASSES; class ++) {
        struct sum sum = {0};
        for (unsigned i = 0; i < admin->worker_count; i++)
            sum_add(&sum, &class_metrics(admin, i, class)->took);
        put_histogram(out, metric, "connection_class", str_of(db_connection_class_names[class]), &sum);
    }
}

static void put_outcomes(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t class = 0; class < DB_CONNECTION_CLASSES; class ++)
        for (size_t outcome = 0; outcome < DB_OUTCOMES; outcome++) {
            uint64_t calls = 0;
            for (unsigned i = 0; i < admin->worker_count; i++)
                calls += counter_value(&class_metrics(admin, i, class)->outcomes[outcome]);
            buf_printf(out, "%s{connection_class=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", metric->name,
                       db_connection_class_names[class], outcomes[outcome], calls);
        }
}

static void put_by_class(struct buf *out, const struct metric *metric, const struct admin *admin, size_t offset)
{
    for (size_t class = 0; class < DB_CONNECTION_CLASSES; class ++) {
        uint64_t now = 0;
        for (unsigned i = 0; i < admin->worker_count; i++)
            now += counter_value((const struct counter *)((const char *)class_metrics(admin, i, class) + offset));
        buf_printf(out, "%s{connection_class=\"%s\"} %" PRIu64 "\n", metric->name, db_connection_class_names[class],
                   now);
    }
}

static void put_database_connections(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_by_class(out, metric, admin, offsetof(struct db_class_metrics, connections));
}

static void put_waiting(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_by_class(out, metric, admin, offsetof(struct db_class_metrics, waiting));
}

static void put_broken(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_by_class(out, metric, admin, offsetof(struct db_class_metrics, broken));
}

static void put_tried_again(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_by_class(out, metric, admin, offsetof(struct db_class_metrics, tried_again));
}

static void put_replaced(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_by_class(out, metric, admin, offsetof(struct db_class_metrics, replaced));
}

// -------------------------------------------------------------------------------------------------------------- jobs

static void put_job_runs(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t i = 0; newsroom_jobs[i].name; i++) {
        const struct job_metrics *metrics = &admin->jobs->metrics[i];
        buf_printf(out, "%s{job=\"%s\",outcome=\"done\"} %" PRIu64 "\n", metric->name, newsroom_jobs[i].name,
                   counter_value(&metrics->done));
        buf_printf(out, "%s{job=\"%s\",outcome=\"failed\"} %" PRIu64 "\n", metric->name, newsroom_jobs[i].name,
                   counter_value(&metrics->failed));
    }
}

static void put_job_erased(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    for (size_t i = 0; newsroom_jobs[i].name; i++)
        buf_printf(out, "%s{job=\"%s\"} %" PRIu64 "\n", metric->name, newsroom_jobs[i].name,
                   counter_value(&admin->jobs->metrics[i].erased));
}

// ----------------------------------------------------------------------------------------------- the process itself

static void put_ready(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_number(out, metric, is_ready(admin_readiness(admin)));
}

static void put_draining(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_number(out, metric, admin_readiness(admin).draining);
}

static void put_log_dropped(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    (void)admin;
    put_number(out, metric, log_dropped());
}

static void put_build(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    buf_printf(out, "%s{version=\"%s\",migration=\"%.*s\",definitions=\"%.*s\"} 1\n", metric->name, MARBRE_VERSION,
               STR_FMT(admin->newest_migration), STR_FMT(admin->definitions));
}

static void put_cpu(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    (void)admin;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    buf_printf(out, "%s ", metric->name);
    put_seconds(out, (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 +
                         (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec));
}

// /proc/self/statm: pages of address space, resident pages, and more.
static void put_memory(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    (void)admin;
    char line[128] = "";
    uint64_t pages;
    FILE *statm = fopen("/proc/self/statm", "re");
    bool told = statm && fgets(line, sizeof line, statm);
    if (statm)
        fclose(statm);
    struct str rest;
    str_cut(str_of(line), ' ', &rest);
    if (told && rest.ptr && str_to_u64(str_cut(rest, ' ', &rest), UINT32_MAX, &pages))
        put_number(out, metric, pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void put_descriptors(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    (void)admin;
    uint64_t entries = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return;
    while (readdir(folder))
        entries++;
    closedir(folder);
    put_number(out, metric, entries - 3); // `.`, `..`, and the folder's own
}

static void put_descriptors_most(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    (void)admin;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put_number(out, metric, limit.rlim_cur);
}

static void put_start(struct buf *out, const struct metric *metric, const struct admin *admin)
{
    put_number(out, metric, (uint64_t)admin->started_s);
}

static const struct metric metrics[] = {
    {"marbre_build_info", "gauge",
     "The version that runs, the newest migration that it knows, and its set of definitions.", put_build},
    {"marbre_ready", "gauge", "Whether /readyz says so.", put_ready},
    {"marbre_draining", "gauge", "Whether it was told to end.", put_draining},
    {"marbre_http_requests_total", "counter", "Requests answered, by the contract's operation and status.",
     put_requests},
    {"marbre_http_request_duration_seconds", "histogram",
     "From the first byte of a request to the last of its reply, by operation.", put_request_durations},
    {"marbre_http_replies_cut_total", "counter", "Replies whose client went away before the last byte.", put_cut},
    {"marbre_http_connections", "gauge", "Connections of clients that are open.", put_connections},
    {"marbre_http_connections_accepted_total", "counter", "Connections of clients that were taken.", put_accepted},
    {"marbre_http_connections_refused_total", "counter",
     "Connections that were turned away, for there were too many or too many from one address.", put_rejected},
    {"marbre_loop_turn_seconds", "histogram",
     "Processor time of each turn of a worker's loop: how long one request may have held up the others.",
     put_loop_turns},
    {"marbre_database_connections", "gauge", "Connections to PostgreSQL that are ready, by class.",
     put_database_connections},
    {"marbre_database_waiting", "gauge", "Calls that wait for a place on a connection, by class.", put_waiting},
    {"marbre_database_wait_seconds", "histogram", "How long calls waited for a place on a connection, by class.",
     put_waits},
    {"marbre_database_statement_seconds", "histogram",
     "How long PostgreSQL took over the statements of a call, one transaction, by class.", put_statements},
    {"marbre_database_calls_total", "counter", "Calls of the database, by class and what came of them.", put_outcomes},
    {"marbre_database_broken_total", "counter",
     "Answers of PostgreSQL that it is broken (SQLSTATE classes 58 and XX), by class.", put_broken},
    {"marbre_database_tried_again_total", "counter", "Calls that were then tried on another connection, by class.",
     put_tried_again},
    {"marbre_database_replaced_total", "counter",
     "Connections that were given up for it, of readers (read) and of writers (write).", put_replaced},
    {"marbre_job_runs_total", "counter", "Jobs that this server ran, by what came of them.", put_job_runs},
    {"marbre_job_erased_total", "counter", "Rows that they erased.", put_job_erased},
    {"marbre_log_lines_dropped_total", "counter", "Lines that the log had no room for.", put_log_dropped},
    {"process_cpu_seconds_total", "counter", "User and system time.", put_cpu},
    {"process_resident_memory_bytes", "gauge", "Memory that is resident.", put_memory},
    {"process_open_fds", "gauge", "Descriptors that are open.", put_descriptors},
    {"process_max_fds", "gauge", "Descriptors that may be open.", put_descriptors_most},
    {"process_start_time_seconds", "gauge", "When it started, in seconds since 1970.", put_start},
};

struct str metrics_text(struct arena *arena, const struct admin *admin)
{
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        buf_printf(&out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name,
                   metrics[i].type);
        metrics[i].put(&out, &metrics[i], admin);
    }
    return buf_str(&out);
}
