// The functions for handlers: they run transactions of their row, hash passwords off the loop, and say the last word.
#include "serve.h"

#include <assert.h>

// ------------------------------------------------------------------------------------------------- transactions

static void step_answered(struct db_call *db, const struct db_answer *answer)
{
    struct api_call *call = db->context;
    if (answer->outcome == DB_DONE)
        call->done(call, answer);
    else
        serve_failed(call, answer);
}

void api_run(struct api_call *call, unsigned transaction,
             void (*finish)(struct api_call *call, const struct db_answer *answer))
{
    assert(transaction < TRANSACTIONS_MAX && call->operation->of_handler[transaction].count);
    call->done = finish;
    run(call, &call->operation->of_handler[transaction], step_answered);
}

void api_locks(struct api_call *call, struct str thing)
{
    call->locks = thing;
}

// --------------------------------------------------------------------------------------------------- passwords

void api_check_password(struct api_call *call, struct str password, struct str phc,
                        void (*finish)(struct api_call *call, bool fits, struct str rehashed))
{
    struct refusal refusal = run_password_check(call, password, phc, finish);
    if (refusal.status)
        serve_refusal(call, &refusal);
}

void api_hash_password(struct api_call *call, struct str password,
                       void (*finish)(struct api_call *call, struct str phc))
{
    struct refusal refusal = run_password_hash(call, password, finish);
    if (refusal.status)
        serve_refusal(call, &refusal);
}

// ------------------------------------------------------------------------------------------------ the last word

void api_reply_nothing(struct api_call *call)
{
    struct reply reply = reply_nothing();
    serve_reply(call, &reply);
}

void api_reply_json(struct api_call *call, int status, struct str json)
{
    assert(status >= 200 && status < 300);
    struct reply reply = reply_json(status, json);
    serve_reply(call, &reply);
}

void api_reply_asset(struct api_call *call, const struct api_asset *asset)
{
    struct reply reply = reply_asset(call->arena, &call->exchange->request, asset);
    serve_reply(call, &reply);
}

static struct str sentence(struct api_call *call, const char *format, va_list arguments)
{
    struct buf detail = buf_in(call->arena);
    buf_vprintf(&detail, fault_words(&call->faults, format), arguments);
    return buf_str(&detail);
}

void api_reply_fault(struct api_call *call, struct str pointer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct refusal refusal = refusal_of_fault(call, pointer, sentence(call, format, arguments));
    va_end(arguments);
    serve_refusal(call, &refusal);
}

void api_problem(struct api_call *call, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct refusal refusal = {.status = status, .detail = sentence(call, format, arguments)};
    va_end(arguments);
    serve_refusal(call, &refusal);
}

void api_problem_later(struct api_call *call, int status, unsigned seconds, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct refusal refusal = {.status = status, .detail = sentence(call, format, arguments), .retry_after = seconds};
    va_end(arguments);
    serve_refusal(call, &refusal);
}
