// The scheduler of periodic jobs: a thread that looks every MARBRE_JOBS_SECONDS for jobs that are due. PostgreSQL knows
// when each ran last and lets one server at it (`job_begin`), however many there are. Everything that a job does is its
// statement; what it erased is logged.
#include "server_internal.h"

#include <string.h>
#include <time.h>

bool jobs_bind(struct arena *arena, const struct api_sources *sources, struct db_step **steps, struct error *error)
{
    struct db_step *next = *steps = ARENA_ARRAY(arena, struct db_step, JOBS_MOST * JOB_STEPS);
    for (const struct api_job *job = newsroom_jobs; job->name; job++, next += JOB_STEPS) {
        if (job - newsroom_jobs == JOBS_MOST)
            return error_set(error, "there are more than %d jobs", JOBS_MOST);
        if (!api_job_bind(arena, sources, job, STR("jobs/begin"), &next[0], error) ||
            !api_job_bind(arena, sources, job, arena_printf(arena, "jobs/%s", job->name), &next[1], error))
            return false;
    }
    return true;
}

// Tells of a failure; of one that lasts until somebody sees to it, such as a schema that was dropped, once and not for
// each job in each round.
static void job_failed(struct jobs *jobs, const struct api_job *job, const struct db_answer *answer, const char *why)
{
    bool lasts = db_sqlstate_is_operators(answer->sqlstate);
    jobs->lasting |= lasts;
    if (lasts && strcmp(jobs->told, answer->sqlstate) == 0)
        return;
    if (lasts)
        memcpy(jobs->told, answer->sqlstate, sizeof jobs->told);
    log_event(LOG_WARNING, "server.job", "%s: %s in %.*s: %s", job->name,
              answer->sqlstate[0] ? answer->sqlstate : "no SQLSTATE",
              STR_FMT(answer->statement.ptr ? answer->statement : STR("its transaction")), why);
}

// Runs a job's statements in one transaction. True when there is as much again to do.
static bool job_run(struct jobs *jobs, struct arena *arena, struct db_session *session, const struct api_job *job)
{
    const struct db_step *steps = &jobs->steps[(job - newsroom_jobs) * JOB_STEPS];
    struct db_answer answer;
    struct error error;
    uint64_t erased = 0;
    struct job_metrics *metrics = &jobs->metrics[job - newsroom_jobs];
    if (db_session_run(session, arena, steps, JOB_STEPS, &answer, &error)) {
        if (!str_to_u64(db_answer_text(&answer, "erased"), UINT64_MAX, &erased))
            erased = 0;
        counter_add(&metrics->done, 1);
        counter_add(&metrics->erased, erased);
        log_event(LOG_INFO, "server.job", "%s: %llu erased", job->name, (unsigned long long)erased);
    } else if (strncmp(answer.sqlstate, "MB", 2) != 0) { // which says that it is not due, or that another one is at it
        counter_add(&metrics->failed, 1);
        job_failed(jobs, job, &answer, error.detail);
    }
    return erased >= job->most;
}

static bool jobs_are_over(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    bool over = jobs->over;
    pthread_mutex_unlock(&jobs->mutex);
    return over;
}

static void jobs_run_all(struct jobs *jobs)
{
    struct arena *arena = arena_new();
    struct error error;
    struct db_session *session =
        db_session_open(arena, jobs->config->database_url, jobs->config->database_role, jobs->definitions, &error);
    if (!session || !db_session_script(session, STR("set statement_timeout = '60s'"), &error)) {
        log_event(LOG_WARNING, "server.job", "%s", error.detail);
        arena_free(arena);
        return;
    }
    jobs->lasting = false;
    for (const struct api_job *job = newsroom_jobs; job->name; job++) {
        while (!jobs_are_over(jobs) && job_run(jobs, arena, session, job)) {
        }
    }
    if (!jobs->lasting)
        jobs->told[0] = '\0';
    arena_free(arena);
}

// Waits for the next round. True when the time is up, false when the server ends.
static bool jobs_rest(struct jobs *jobs)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += jobs->config->jobs_seconds;
    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->over && pthread_cond_timedwait(&jobs->wake, &jobs->mutex, &until) == 0) {
    }
    bool over = jobs->over;
    pthread_mutex_unlock(&jobs->mutex);
    return !over;
}

static void *jobs_work(void *context)
{
    while (jobs_rest(context))
        jobs_run_all(context);
    return NULL;
}

void jobs_start(struct jobs *jobs, const struct server_setup *setup, const struct db_step *steps)
{
    pthread_condattr_t clock;
    jobs->config = setup->config;
    jobs->steps = steps;
    jobs->definitions = setup->release->set;
    if (jobs->config->jobs_seconds == 0)
        return;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&jobs->mutex, NULL);
    jobs->started = pthread_create(&jobs->thread, NULL, jobs_work, jobs) == 0;
    if (!jobs->started)
        fatal("the thread for jobs could not be started");
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs->started)
        return;
    pthread_mutex_lock(&jobs->mutex);
    jobs->over = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->mutex);
    thread_join(jobs->thread, "the jobs");
}
