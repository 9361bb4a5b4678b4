// Idempotency-Key: a POST that is sent twice is done once. The first answer is kept in the transaction of the act
// itself (idempotency/begin before it, the last statement made one that keeps what it answers), so that there is no
// moment at which one is there without the other. A refusal changed nothing; it is kept right after.
#include "api_internal.h"

// `articles/desk_get` becomes `articles/desk_get, kept`: the same answer, and a row of idempotency_records where there is a key. (A left
// join would do nothing: PostgreSQL leaves one out that adds neither rows nor columns, and with it what it keeps.)
const struct db_statement *idempotency_keeping(struct api_contract *contract, const struct db_statement *last)
{
    struct arena *arena = contract->arena;
    struct str name = arena_printf(arena, "%.*s, kept", STR_FMT(last->name));
    const struct db_statement *there = db_statement_find(contract->sources.statements, name);
    if (there)
        return there;
    struct str text =
        arena_printf(arena,
                     "with answer as materialized (\n%.*s\n), kept as materialized (\n"
                     "    select idempotency_keep(operation_id => :operation_id, given => :idempotency_key,\n"
                     "                            request_hash => :request_hash, made_id => :audit_thing::uuid,\n"
                     "                            answer => row_to_json(answer))\n"
                     "      from answer\n"
                     "     where :idempotency_key::text is not null\n"
                     ")\nselect answer.* from answer cross join (select count(*) from kept) done",
                     STR_FMT(last->text));
    struct db_statement keeping = db_statement_read(arena, name, text);
    return db_statement_add(contract->sources.statements, &keeping);
}

static struct str key_of(const struct api_call *call)
{
    return call->operation->idempotent ? api_parameter(call, STR("idempotency_key")) : STR_NONE;
}

// Of the public anybody may come upon anybody's key. A key is good for one very request there, so that whoever has it
// learns nothing without the body, and stands in nobody's way.
static void take_key_apart(struct api_call *call)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        if (str_eq(call->operation->parameters[i].symbol, STR("idempotency_key")))
            call->values[i] =
                arena_printf(call->arena, "%.*s %.*s", STR_FMT(call->values[i]), STR_FMT(call->request_hash));
}

// What a key stands for: the address, the version that was read, and the body.
void idempotency_prepare(struct api_call *call)
{
    if (!key_of(call).ptr)
        return;
    unsigned char hash[HASH_BYTES];
    struct buf asked = buf_in(call->arena);
    buf_put(&asked, call->exchange->request.target);
    buf_put_char(&asked, '\n');
    buf_put(&asked, call->if_match);
    buf_put_char(&asked, '\n');
    buf_put(&asked, call->body ? json_write(call->arena, call->body) : STR("")); // all of it, an article's body too
    secret_hash(buf_str(&asked), hash);
    call->request_hash = secret_hex(call->arena, hash, sizeof hash);
    if (call->operation->is_public)
        take_key_apart(call);
}

static void fetched(struct api_call *call, const struct db_answer *answer)
{
    uint64_t status = 0;
    call->replayed = true;
    struct str made = db_answer_text(answer, "made"), told = db_answer_text(answer, "status");
    for (size_t i = 0; i < made.len && i < UUID_TEXT; i++)
        call->new_id.text[i] = made.ptr[i];
    if (db_answer_rows(answer) == 0)
        api_problem(call, 404, "There is no such thing that you may know of.");
    else if (told.ptr && str_to_u64(told, 599, &status) && status >= 400)
        problem_send_document(call, (int)status, db_answer_text(answer, "body"));
    else
        reply_done(call, answer);
}

bool idempotency_answers(struct api_call *call, const struct db_answer *answer)
{
    struct str sqlstate = str_of(answer->sqlstate);
    const char *why = fault_words(&call->faults, arena_cstr(call->arena, answer->message));
    if (str_eq(sqlstate, STR("MB1D0"))) // answered before
        api_run(call, (const char *const[]){"idempotency/find_answer", NULL}, fetched);
    else if (str_eq(sqlstate, STR("MB1D1"))) // under way at this moment
        api_problem(call, 409, "%s", why);
    else if (str_eq(sqlstate, STR("MB1D2"))) // another request had it
        api_reply_fault(call, STR("Idempotency-Key"), "%s", why);
    else
        return false;
    return true;
}

bool idempotency_retries(struct api_call *call)
{
    if (!key_of(call).ptr || call->retried)
        return false;
    call->retried = true;
    call_statements(call); // where it was done the first time, idempotency/begin says so
    return true;
}

// Whether it was kept or not, the refusal is true.
static void refusal_kept(struct db_call *db, const struct db_answer *answer)
{
    (void)answer;
    struct api_call *call = db->context;
    struct str status = STR_NONE, document = STR_NONE;
    for (const struct named *named = call->named; named; named = named->next) {
        if (str_eq(named->name, STR("refusal_status")))
            status = named->value;
        if (str_eq(named->name, STR("refusal_body")))
            document = named->value;
    }
    uint64_t number = 500;
    problem_send_document(call, str_to_u64(status, 599, &number) ? (int)number : 500, document);
}

void idempotency_refuse(struct api_call *call, int status, struct str document)
{
    const struct db_statements *statements = call->contract->sources.statements;
    bool kept = status >= 400 && status < 500 && status != 401 && status != 403 && status != 429;
    if (!key_of(call).ptr || !kept) {
        problem_send_document(call, status, document);
        return;
    }
    api_set(call, STR("refusal_status"), arena_printf(call->arena, "%d", status));
    api_set(call, STR("refusal_body"), document);
    const struct db_statement *list[2];
    size_t count = 0;
    if (!call->operation->is_public)
        list[count++] = db_statement_find(statements, STR("auth/enter"));
    list[count++] = db_statement_find(statements, STR("idempotency/keep_refusal"));
    call_run(call, list, count, call->operation->class, refusal_kept);
}
