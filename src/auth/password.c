// Passwords are checked on the crew: argon2id takes tens of milliseconds and megabytes, a loop has neither to give.
#include "marbre/auth.h"

struct check {
    struct arena *arena;
    struct str password, phc;
    struct auth_password_cost cost;
    bool fits;
    void (*done)(void *context, bool fits);
    void *context;
};

// Runs on a thread of the crew, alone with its arena while the loop waits for it.
static void work(void *argument)
{
    struct check *check = argument;
    struct arena *own = arena_new();
    if (check->phc.ptr)
        check->fits = secret_password_fits(check->password, check->phc);
    else
        secret_password_hash(own, check->password, check->cost.passes, check->cost.memory);
    arena_free(own);
}

static void finish(void *argument)
{
    struct check *check = argument;
    check->done(check->context, check->fits);
}

bool auth_password_check(struct arena *arena, struct crew *crew, struct loop *loop,
                         const struct auth_password_cost *cost, struct str password, struct str phc,
                         void (*done)(void *context, bool fits), void *context)
{
    struct check *check = ARENA_NEW(arena, struct check);
    *check = (struct check){.arena = arena,
                            .password = password,
                            .phc = arena_copy(arena, phc),
                            .cost = *cost,
                            .done = done,
                            .context = context};
    return crew_submit(crew, loop, work, finish, check);
}
