// A loop is libevent's base, and an eventfd as its wakeup: the list of jobs that other threads have posted.
#include "marbre/base.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct job {
    struct job *next;
    void (*run)(void *);
    void *argument;
};

struct loop {
    struct event_base *base;
    struct event *wakeup;
    int wakeup_fd;
    pthread_mutex_t lock;
    struct job *first, **last;
    bool stopping;
    struct durations turns;
};

static void run_jobs(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct loop *loop = context;
    uint64_t rings;
    if (read(fd, &rings, sizeof rings) < 0)
        return;
    pthread_mutex_lock(&loop->lock);
    struct job *job = loop->first;
    bool stopping = loop->stopping;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    while (job) {
        struct job *next = job->next;
        job->run(job->argument);
        free(job);
        job = next;
    }
    if (stopping)
        event_base_loopbreak(loop->base);
}

struct loop *loop_new(void)
{
    struct loop *loop = allocated(calloc(1, sizeof *loop), "a loop");
    struct event_config *config = allocated(event_config_new(), "a loop");
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = allocated(event_base_new_with_config(config), "a loop");
    event_config_free(config);
    loop->last = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wakeup_fd < 0)
        fatal("no descriptor for a loop");
    loop->wakeup = allocated(event_new(loop->base, loop->wakeup_fd, EV_READ | EV_PERSIST, run_jobs, loop), "a loop");
    event_add(loop->wakeup, NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    event_free(loop->wakeup);
    close(loop->wakeup_fd);
    event_base_free(loop->base);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

static int64_t thread_cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// A turn waits for events and serves those that are there. Its time on the processor is what others waited for it.
void loop_run(struct loop *loop)
{
    do {
        int64_t began = thread_cpu_us();
        event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
        durations_add(&loop->turns, thread_cpu_us() - began);
    } while (!event_base_got_break(loop->base) && !event_base_got_exit(loop->base));
}

const struct durations *loop_turns(const struct loop *loop)
{
    return &loop->turns;
}

static void ring(struct loop *loop)
{
    if (write(loop->wakeup_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return; // the counter is full, so the loop will wake up anyway
}

void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->stopping = true;
    pthread_mutex_unlock(&loop->lock);
    ring(loop);
}

void loop_post(struct loop *loop, void (*run)(void *), void *argument)
{
    assert(run);
    struct job *job = allocated(malloc(sizeof *job), "a loop");
    *job = (struct job){.run = run, .argument = argument};
    pthread_mutex_lock(&loop->lock);
    *loop->last = job;
    loop->last = &job->next;
    pthread_mutex_unlock(&loop->lock);
    ring(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}
