// Passwords are checked and hashed on the thread pool: argon2id takes tens of milliseconds and megabytes, a loop has
// neither to give.
#include "marbre/auth.h"

#include <assert.h>
#include <string.h>

struct job {
    struct auth_hashing hashing;
    struct str password, phc, hash;
    char text[160]; // of the hash
    bool fits;
    void (*checked)(void *context, bool fits, struct str rehashed);
    void (*hashed)(void *context, struct str phc);
    void *context;
};

static struct job *job_new(const struct auth_hashing *hashing, struct str password, void *context)
{
    struct job *job = ARENA_NEW(hashing->arena, struct job);
    *job = (struct job){.hashing = *hashing, .password = password, .context = context};
    return job;
}

// The two below run on a thread of the pool. The call's arena belongs to the loop's thread, so they have their own.
static void password_hash_work(void *argument)
{
    struct job *job = argument;
    struct arena *own = arena_new();
    struct str phc = secret_password_hash(own, job->password, job->hashing.cost.passes, job->hashing.cost.memory);
    memcpy(job->text, phc.ptr, phc.len);
    job->hash = (struct str){job->text, phc.len};
    arena_free(own);
}

static void password_check_work(void *argument)
{
    struct job *job = argument;
    const struct auth_password_cost *cost = &job->hashing.cost;
    if (!job->phc.ptr) { // as slow as for an account that there is
        password_hash_work(job);
        job->hash = STR_NONE;
        return;
    }
    job->fits = secret_password_fits(job->password, job->phc);
    if (job->fits && !secret_password_costs(job->phc, cost->passes, cost->memory))
        password_hash_work(job);
}

static void tell_checked(void *argument)
{
    struct job *job = argument;
    job->checked(job->context, job->fits, job->hash);
}

static void tell_hashed(void *argument)
{
    struct job *job = argument;
    job->hashed(job->context, job->hash);
}

bool auth_password_check(const struct auth_hashing *hashing, struct str password, struct str phc,
                         void (*done)(void *context, bool fits, struct str rehashed), void *context)
{
    assert(hashing->threads && hashing->loop && done);
    struct job *job = job_new(hashing, password, context);
    job->phc = phc.ptr ? arena_copy(hashing->arena, phc) : STR_NONE;
    job->checked = done;
    return thread_pool_submit(hashing->threads, hashing->loop, password_check_work, tell_checked, job);
}

bool auth_password_hash(const struct auth_hashing *hashing, struct str password,
                        void (*done)(void *context, struct str phc), void *context)
{
    assert(hashing->threads && hashing->loop && done);
    struct job *job = job_new(hashing, password, context);
    job->hashed = done;
    return thread_pool_submit(hashing->threads, hashing->loop, password_hash_work, tell_hashed, job);
}

struct str auth_password_make(struct arena *arena)
{
    unsigned char bytes[12];
    secret_random(bytes, sizeof bytes);
    return secret_base64(arena, bytes, sizeof bytes);
}
