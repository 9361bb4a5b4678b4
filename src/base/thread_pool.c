// A thread pool: a few threads with one bounded queue, whose results come home to the loop that asked.
#include "marbre/base.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct task {
    struct task *next;
    struct loop *home;
    void (*work)(void *);
    void (*done)(void *);
    void *argument;
};

struct thread_pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct task *first, **last;
    unsigned queued, queue_max, thread_count;
    bool closing;
    pthread_t threads[];
};

static void *pool_thread(void *context)
{
    struct thread_pool *pool = context;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->first && !pool->closing)
            pthread_cond_wait(&pool->more, &pool->lock);
        if (pool->closing)
            break;
        struct task *task = pool->first;
        pool->first = task->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
        pthread_mutex_unlock(&pool->lock);
        task->work(task->argument);
        loop_post(task->home, task->done, task->argument);
        free(task);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct thread_pool *thread_pool_new(unsigned threads, unsigned queue_max)
{
    assert(threads > 0 && queue_max > 0);
    struct thread_pool *pool = allocated(calloc(1, sizeof *pool + threads * sizeof pool->threads[0]), "a thread pool");
    pool->last = &pool->first;
    pool->queue_max = queue_max;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
    for (; pool->thread_count < threads; pool->thread_count++)
        if (pthread_create(&pool->threads[pool->thread_count], NULL, pool_thread, pool) != 0)
            fatal("a thread could not be started");
    return pool;
}

void thread_pool_free(struct thread_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    while (pool->first) {
        struct task *task = pool->first;
        pool->first = task->next;
        free(task);
    }
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->more);
    free(pool);
}

bool thread_pool_submit(struct thread_pool *pool, struct loop *home, void (*work)(void *), void (*done)(void *),
                        void *argument)
{
    assert(home && work && done);
    struct task *task = allocated(malloc(sizeof *task), "a thread pool");
    *task = (struct task){.home = home, .work = work, .done = done, .argument = argument};
    pthread_mutex_lock(&pool->lock);
    bool room = pool->queued < pool->queue_max;
    if (room) {
        *pool->last = task;
        pool->last = &task->next;
        pool->queued++;
        pthread_cond_signal(&pool->more);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!room)
        free(task);
    return room;
}
