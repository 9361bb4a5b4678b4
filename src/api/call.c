// What a call can do once it is admitted: run statements, hash passwords, and what handlers are promised.
#include "api_internal.h"

// ------------------------------------------------------------------------------------------------- statements

// The thing whose row the statements lock: that of the path, or what a handler has named (api_locks).
static uint64_t lock_key(const struct api_call *call)
{
    struct str thing = call->locks;
    for (size_t i = 0; !thing.ptr && i < call->operation->parameter_count; i++)
        if (call->operation->parameters[i].place == IN_PATH)
            thing = call->values[i];
    return thing.ptr ? secret_short_hash(thing, call->contract->rates->key) | 1 : 0;
}

void call_run(struct api_call *call, const struct db_statement *const *statements, size_t count,
              enum db_connection_class class, void (*finish)(struct db_call *db, const struct db_answer *answer))
{
    struct db_step *steps = ARENA_ARRAY(call->arena, struct db_step, count);
    for (size_t i = 0; i < count; i++)
        steps[i] = bind_step(call, statements[i]);
    call->db = (struct db_call){.arena = call->arena,
                                .class = class,
                                .steps = steps,
                                .step_count = count,
                                .done = finish,
                                .context = call,
                                .lock_key = call->operation->method == HTTP_GET ? 0 : lock_key(call)};
    db_pool_call(call->api->pool, &call->db);
}

static void answered(struct db_call *db, const struct db_answer *answer)
{
    reply_answer(db->context, answer);
}

static void step_answered(struct db_call *db, const struct db_answer *answer)
{
    struct api_call *call = db->context;
    if (answer->outcome == DB_DONE)
        call->done(call, answer);
    else
        reply_answer(call, answer);
}

void call_statements(struct api_call *call)
{
    call->new_id = uuid_new();
    call_run(call, call->operation->statements, call->operation->statement_count, call->operation->class, answered);
}

void api_run(struct api_call *call, const char *const *names,
             void (*finish)(struct api_call *call, const struct db_answer *answer))
{
    const struct db_statement *list[STATEMENTS_MAX];
    const struct db_statements *statements = call->contract->sources.statements;
    size_t count = 0;
    if (!call->operation->is_public)
        list[count++] = db_statement_find(statements, STR("auth/enter"));
    for (size_t i = 0; names[i]; i++) {
        list[count] = db_statement_find(statements, str_of(names[i]));
        if (!list[count++])
            fatal("a handler runs the statement %s, and there is no such file", names[i]);
    }
    call->done = finish;
    enum db_connection_class class = call->operation->class;
    call_run(call, list, count, class == DB_LOGIN || class == DB_PUBLIC ? class : DB_WRITE, step_answered);
}

void api_locks(struct api_call *call, struct str thing)
{
    call->locks = thing;
}

void api_set(struct api_call *call, struct str name, struct str value)
{
    struct named *named = ARENA_NEW(call->arena, struct named);
    *named = (struct named){call->named, name, value};
    call->named = named;
}

void api_carry(struct api_call *call, void *thing)
{
    call->carried = thing;
}

void *api_carried(const struct api_call *call)
{
    return call->carried;
}

// --------------------------------------------------------------------------------------------------- passwords

static void password_checked(void *context, bool fits, struct str rehashed)
{
    struct api_call *call = context;
    call->password_checked(call, fits, rehashed);
}

static void password_hashed(void *context, struct str phc)
{
    struct api_call *call = context;
    call->password_hashed(call, phc);
}

static struct auth_hashing hashing_of(const struct api_call *call)
{
    const struct config *config = call->contract->sources.config;
    return (struct auth_hashing){call->arena,
                                 call->api->threads,
                                 call->api->loop,
                                 {config->hash_passes, (size_t)config->hash_memory_kib * 1024}};
}

static void too_many_wait(struct api_call *call)
{
    call->retry_after = 2;
    api_problem(call, 503, "Too many are logging in at this moment.");
}

void api_check_password(struct api_call *call, struct str password, struct str phc,
                        void (*finish)(struct api_call *call, bool fits, struct str rehashed))
{
    struct auth_hashing hashing = hashing_of(call);
    call->password_checked = finish;
    if (!auth_password_check(&hashing, password, phc, password_checked, call))
        too_many_wait(call);
}

void api_hash_password(struct api_call *call, struct str password,
                       void (*finish)(struct api_call *call, struct str phc))
{
    struct auth_hashing hashing = hashing_of(call);
    call->password_hashed = finish;
    if (!auth_password_hash(&hashing, password, password_hashed, call))
        too_many_wait(call);
}

// ------------------------------------------------------------------------------------------------ small promises

struct arena *api_arena(struct api_call *call)
{
    return call->arena;
}

struct str api_body_text(const struct api_call *call, const char *member)
{
    return json_member_text(call->body, member);
}

const struct auth_keys *api_keys(const struct api_call *call)
{
    return call->contract->sources.keys;
}

const struct api_asset *api_contract_asset(const struct api_call *call)
{
    return &call->contract->asset;
}

struct str api_parameter(const struct api_call *call, struct str symbol)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        if (str_eq(call->operation->parameters[i].symbol, symbol))
            return call->values[i];
    return STR_NONE;
}

void api_retry_after(struct api_call *call, unsigned seconds)
{
    call->retry_after = seconds;
}
