// A loop is libevent's base, an eventfd, and the list of jobs that other threads left at its door. A crew is a few
// threads with one bounded queue.
#include "marbre/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
    struct job *next;
    void (*run)(void *);
    void *argument;
};

struct loop {
    struct event_base *base;
    struct event *door;
    int door_fd;
    pthread_mutex_t lock;
    struct job *first, **last;
    bool stopping;
};

static void *need(void *memory)
{
    if (!memory)
        fatal("out of memory for a loop");
    return memory;
}

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
    struct loop *loop = need(calloc(1, sizeof *loop));
    struct event_config *config = need(event_config_new());
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = need(event_base_new_with_config(config));
    event_config_free(config);
    loop->last = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->door_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->door_fd < 0)
        fatal("no descriptor for a loop");
    loop->door = need(event_new(loop->base, loop->door_fd, EV_READ | EV_PERSIST, run_jobs, loop));
    event_add(loop->door, NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    event_free(loop->door);
    close(loop->door_fd);
    event_base_free(loop->base);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void loop_run(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

static void ring(struct loop *loop)
{
    if (write(loop->door_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0)
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
    struct job *job = need(malloc(sizeof *job));
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

struct task {
    struct task *next;
    struct loop *home;
    void (*work)(void *);
    void (*done)(void *);
    void *argument;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct task *first, **last;
    unsigned queued, queue_max, thread_count;
    bool closing;
    pthread_t threads[];
};

static void *crew_member(void *context)
{
    struct crew *crew = context;
    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (!crew->first && !crew->closing)
            pthread_cond_wait(&crew->more, &crew->lock);
        if (crew->closing)
            break;
        struct task *task = crew->first;
        crew->first = task->next;
        if (!crew->first)
            crew->last = &crew->first;
        crew->queued--;
        pthread_mutex_unlock(&crew->lock);
        task->work(task->argument);
        loop_post(task->home, task->done, task->argument);
        free(task);
        pthread_mutex_lock(&crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

struct crew *crew_new(unsigned threads, unsigned queue_max)
{
    struct crew *crew = need(calloc(1, sizeof *crew + threads * sizeof crew->threads[0]));
    crew->last = &crew->first;
    crew->queue_max = queue_max;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->more, NULL);
    for (; crew->thread_count < threads; crew->thread_count++)
        if (pthread_create(&crew->threads[crew->thread_count], NULL, crew_member, crew) != 0)
            fatal("a thread could not be started");
    return crew;
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->closing = true;
    pthread_cond_broadcast(&crew->more);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->thread_count; i++)
        pthread_join(crew->threads[i], NULL);
    while (crew->first) {
        struct task *task = crew->first;
        crew->first = task->next;
        free(task);
    }
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->more);
    free(crew);
}

bool crew_submit(struct crew *crew, struct loop *home, void (*work)(void *), void (*done)(void *), void *argument)
{
    struct task *task = need(malloc(sizeof *task));
    *task = (struct task){.home = home, .work = work, .done = done, .argument = argument};
    pthread_mutex_lock(&crew->lock);
    bool room = crew->queued < crew->queue_max;
    if (room) {
        *crew->last = task;
        crew->last = &task->next;
        crew->queued++;
        pthread_cond_signal(&crew->more);
    }
    pthread_mutex_unlock(&crew->lock);
    if (!room)
        free(task);
    return room;
}
