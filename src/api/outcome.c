// From what PostgreSQL answered to a decision: the last statement's columns are facts, the bytes of `body` go out as
// they came. Or it said no, and its SQLSTATE says what that means over HTTP.
#include "outcome.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------------------------------ facts

static const struct fact facts[] = {
    {"body", "what is answered, as JSON; of a list its items"},
    {"version", "of the thing: its ETag at the desk, `\"v3\"`"},
    {"status", "another one than the contract's success"},
    {"location", "`Location`, of what was made or has moved"},
    {"keys", "`Surrogate-Key`: what the answer was built from, by spaces"},
    {"fresh_for", "seconds after which no cache may keep it, whatever `cache` says"},
    {"next_1", "of a list: where this page ends, the first value; null where there is no more"},
    {"next_2", "the second"},
    {"next_3", "the third"},
    {"next_4", "the fourth"},
    {"count", "of a list: how many there are, `count` in the envelope"},
};

const struct fact *fact_row(size_t number)
{
    return number < COUNT_OF(facts) ? &facts[number] : NULL;
}

bool fact_is(const char *column)
{
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (strcmp(facts[i].name, column) == 0)
            return true;
    return false;
}

struct str fact_next(const struct db_answer *answer, size_t number)
{
    static const char *const names[CURSOR_MAX] = {"next_1", "next_2", "next_3", "next_4"};
    assert(number < CURSOR_MAX);
    return db_answer_text(answer, names[number]);
}

// ----------------------------------------------------------------------------------------------------------- caching

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Cache-Control. No cache may keep a reply past the moment at which a range opens or closes, not even as a stale one.
static struct str cache_control(struct arena *arena, const struct cache_policy *policy, struct str fresh_for)
{
    double seconds = fresh_for.ptr ? strtod(fresh_for.ptr, NULL) : 1e9;
    unsigned fresh = seconds < 0 ? 0 : seconds > 1e9 ? 1000000000U : (unsigned)seconds;
    unsigned shared = least(policy->shared_max_age, fresh), left = fresh - shared;
    return arena_printf(arena, "public, max-age=%u, s-maxage=%u, stale-while-revalidate=%u, stale-if-error=%u",
                        least(policy->max_age, fresh), shared, least(policy->stale_while_revalidate, left),
                        least(policy->stale_if_error, left));
}

// No Last-Modified: what is read rests on more than one row (names of authors, what is related), and seconds are too
// coarse; the ETag is of the very bytes.
static void put_cacheable(const struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str etag = reply_etag(call->arena, reply->body), keys = db_answer_text(answer, "keys");
    reply_header(reply, STR("ETag"), etag);
    reply_header(reply, STR("Cache-Control"),
                 cache_control(call->arena, &call->operation->cache, db_answer_text(answer, "fresh_for")));
    if (keys.ptr)
        reply_header(reply, STR("Surrogate-Key"), keys);
    reply_unless_known(reply, call->arena, &call->exchange->request, etag);
}

// ------------------------------------------------------------------------------------------------------------- lists

static struct str next_cursor(const struct api_call *call, const struct db_answer *answer)
{
    struct str values[CURSOR_MAX] = {{0}};
    for (size_t i = 0; i < call->operation->cursor; i++)
        values[i] = fact_next(answer, i);
    return values[0].ptr ? cursor_sign(call, values, call->operation->cursor) : STR_NONE;
}

static bool is_cursor(struct arena *arena, struct str pair)
{
    struct str value, name = str_cut(pair, '=', &value), decoded;
    return http_decode(arena, name, true, &decoded) && str_eq(decoded, STR("cursor"));
}

// The request's own address with another cursor.
static struct str next_link(const struct api_call *call, struct str cursor)
{
    const struct http_request *request = &call->exchange->request;
    struct buf link = buf_in(call->arena);
    buf_printf(&link, "<%.*s?", STR_FMT(request->path));
    struct str rest = request->query;
    while (rest.ptr) {
        struct str pair = str_cut(rest, '&', &rest);
        if (pair.len && !is_cursor(call->arena, pair))
            buf_printf(&link, "%.*s&", STR_FMT(pair));
    }
    buf_printf(&link, "cursor=%.*s>; rel=\"next\"", STR_FMT(cursor));
    return buf_str(&link);
}

// A list's statement answers the items; the envelope, with its signed cursor, is put around them here.
static struct str envelope(const struct api_call *call, struct str items, struct str cursor, struct str count)
{
    struct buf text = buf_in(call->arena);
    buf_put_lit(&text, "{\"data\":");
    buf_put(&text, items);
    buf_put_lit(&text, ",\"next\":");
    if (cursor.ptr)
        buf_put_json(&text, cursor);
    else
        buf_put_lit(&text, "null");
    if (count.ptr)
        buf_printf(&text, ",\"count\":%.*s", STR_FMT(count));
    buf_put_char(&text, '}');
    return buf_str(&text);
}

static void put_list(const struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str cursor = next_cursor(call, answer);
    reply->body = envelope(call, db_answer_text(answer, "body"), cursor, db_answer_text(answer, "count"));
    if (cursor.ptr)
        reply_header(reply, STR("Link"), next_link(call, cursor));
}

// ------------------------------------------------------------------------------------------------------------ replies

static int status_of(const struct api_call *call, const struct db_answer *answer)
{
    struct str told = db_answer_text(answer, "status");
    uint64_t status;
    return told.ptr && str_to_u64(told, 599, &status) ? (int)status : call->operation->success;
}

// `/v1/desk/articles/{id}/notes/{note}` with the ids of this path and of what was made.
static struct str filled_location(const struct api_call *call)
{
    const struct operation *operation = call->operation;
    struct buf location = buf_in(call->arena);
    for (size_t i = 0; i < operation->location_count; i++) {
        const struct location_part *part = &operation->location[i];
        buf_put(&location, part->text);
        buf_put(&location, part->is_new_id ? str_of(call->new_id.text) : call_parameter(call, part->parameter));
    }
    return buf_str(&location);
}

static void put_location(const struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str location = db_answer_text(answer, "location");
    if (!location.ptr && reply->status == 201)
        location = filled_location(call);
    if (location.ptr)
        reply_header(reply, STR("Location"), location);
}

static void put_uncacheable(const struct api_call *call, struct reply *reply, const struct db_answer *answer)
{
    struct str version = db_answer_text(answer, "version");
    reply_header(reply, STR("Cache-Control"), STR("no-store"));
    if (version.ptr)
        reply_header(reply, STR("ETag"), arena_printf(call->arena, "\"v%.*s\"", STR_FMT(version)));
}

static struct reply reply_of(const struct api_call *call, const struct db_answer *answer)
{
    struct reply reply = {.status = status_of(call, answer)};
    if (call->operation->is_list)
        put_list(call, &reply, answer);
    else if (reply.status < 300 && reply.status != 204)
        reply.body = db_answer_text(answer, "body");
    if (reply.body.ptr && call->in_markdown)
        reply.body = markdown_write(call, reply.body);
    if (reply.body.ptr && call->preference_applied) {
        reply.body = losses_put(call, reply.body);
        reply_header(&reply, STR("Preference-Applied"), STR("handling=lenient"));
    }
    put_location(call, &reply, answer);
    if (call->operation->cache.kept)
        put_cacheable(call, &reply, answer);
    else
        put_uncacheable(call, &reply, answer);
    if (reply.body.ptr)
        reply_header(&reply, STR("Content-Type"),
                     call->in_markdown ? STR("text/markdown; charset=utf-8") : STR("application/json"));
    return reply;
}

static struct outcome refused(struct refusal refusal)
{
    return (struct outcome){.kind = OUTCOME_REFUSAL, .refusal = refusal};
}

static struct outcome committed(const struct api_call *call, const struct db_answer *answer)
{
    if (status_of(call, answer) != 204 && db_answer_rows(answer) == 0)
        return refused(refusal_of(call, 404, "There is nothing under this address."));
    if (call->operation->page)
        return (struct outcome){.kind = OUTCOME_PAGES};
    return (struct outcome){.kind = OUTCOME_REPLY, .reply = reply_of(call, answer)};
}

// ----------------------------------------------------------------------------------------------------------- refusals

// What only whoever runs the database can mend: db_sqlstate_is_operators.
static const char is_broken[] =
    "The database is not in order, and whoever runs it has to see to it; nothing was changed.";
static const char is_lacking[] =
    "The database lacks something that this server needs, and whoever runs it has to see to it; nothing was changed.";

// SQLSTATEs, and what each means over HTTP. Class MB is our own: its last three digits are the status.
static const struct sqlstate {
    const char *code; // five characters, or two for a class
    int status;
    const char *detail;
} sqlstates[] = {
    {"23505", 409, "Something with this name or slug is there already."},
    {"23503", 409, "Something else still refers to it, or what it refers to is not there any more."},
    {"23", 422, "A rule of the database forbids this value."},
    {"22", 422, "A value cannot be stored."},
    {"55P03", 503, "Somebody else is changing the same thing; try again in a moment."},
    {"57014", 503, "It took too long and was given up; nothing was changed."},
    {"40", 503, "Two changes stood in each other's way; nothing was changed, try again."},
    {"53", 503, "The database has no room for this now; nothing was changed."},
    {"57", 503, "The database is being stopped."},
    {"25", 503, "The database takes no changes now."},
    {"58", 503, is_broken},
    {"3F000", 503, is_lacking}, // invalid_schema_name
    {"42501", 503, is_lacking}, // insufficient_privilege
    {"42703", 503, is_lacking}, // undefined_column
    {"42704", 503, is_lacking}, // undefined_object
    {"42883", 503, is_lacking}, // undefined_function
    {"42P01", 503, is_lacking}, // undefined_table
};

// Retry-After: how long to wait is told in the head, not in the document.
static struct str take_retry_after(const struct api_call *call, struct str members, unsigned *seconds)
{
    struct json_fault fault;
    json_t *object = members.len ? json_read(call->arena, members, &fault) : NULL;
    json_int_t told = json_integer_value(json_object_get(object, "retry_after"));
    if (told < 1)
        return members;
    *seconds = (unsigned)told;
    json_object_del(object, "retry_after");
    return json_write(call->arena, object);
}

// A refusal of ours, as `refuse()` in SQL has raised it: the message is the sentence, the detail a JSON object.
static struct refusal refusal_told(const struct api_call *call, const struct db_answer *answer)
{
    uint64_t status = 500;
    struct refusal refusal = {.detail = answer->message};
    struct str members = call->is_markdown ? markdown_told(call, answer->detail) : answer->detail; // or nothing
    if (!str_to_u64((struct str){answer->sqlstate + 2, 3}, 599, &status) || status < 400)
        status = 500;
    if (status == 429)
        members = take_retry_after(call, members, &refusal.retry_after);
    refusal.status = (int)status;
    if (status == 412 && call->altered_tag.ptr)
        refusal.detail = versions_altered(call);
    refusal.more = members.len > 2 ? (struct str){members.ptr + 1, members.len - 2} : STR_NONE;
    return refusal;
}

// A foreign key is broken from two sides, and neither the SQLSTATE nor another field tells which: the message does,
// where it is English.
static const char *detail_of(const char *detail, const struct db_answer *answer)
{
    if (strcmp(answer->sqlstate, "23503") != 0)
        return detail;
    if (str_starts(answer->message, STR("insert or update on table")))
        return "What it refers to is not there any more.";
    return str_starts(answer->message, STR("update or delete on table")) ? "Something else still refers to it."
                                                                         : detail;
}

static struct refusal refusal_by_sqlstate(const struct api_call *call, const struct db_answer *answer)
{
    struct str code = str_of(answer->sqlstate);
    for (size_t i = 0; i < COUNT_OF(sqlstates); i++) {
        if (!str_starts(code, str_of(sqlstates[i].code)))
            continue;
        if (str_starts(code, STR("40"))) // a deadlock is somebody's mistake: say who waited for what
            log_event(LOG_WARNING, "db.conflict", "%.*s %s: %.*s: %.*s", STR_FMT(call->operation->id), answer->sqlstate,
                      STR_FMT(answer->message), STR_FMT(answer->detail));
        struct refusal refusal = refusal_of(call, sqlstates[i].status, "%s",
                                            fault_words(&call->faults, detail_of(sqlstates[i].detail, answer)));
        refusal.retry_after = refusal.status == 503 ? 1 : 0;
        return refusal;
    }
    log_event(LOG_ERROR, "db.error", "%.*s %s in %.*s: %.*s", STR_FMT(call->operation->id), answer->sqlstate,
              STR_FMT(answer->statement), STR_FMT(answer->reason.len ? answer->reason : STR("(it may hold a value)")));
    return refusal_of(call, 500, "The server could not do this; the log has the reason under this request's id.");
}

// A refusal of `idempotency_begin`: about the key, not about what is asked.
static struct outcome outcome_of_key(struct api_call *call, const struct db_answer *answer)
{
    struct str code = str_of(answer->sqlstate);
    const char *why = fault_words(&call->faults, arena_cstr(call->arena, answer->message));
    if (str_eq(code, STR("MB1D0"))) // answered before
        return (struct outcome){.kind = OUTCOME_REPLAY};
    if (str_eq(code, STR("MB1D1"))) // under way at this moment
        return refused(refusal_of(call, 409, "%s", why));
    return refused(refusal_of_fault(call, STR("Idempotency-Key"), str_of(why))); // another request had it
}

static struct outcome refused_by_database(struct api_call *call, const struct db_answer *answer)
{
    struct str code = str_of(answer->sqlstate);
    if (str_starts(code, STR("MB1D")))
        return outcome_of_key(call, answer);
    if (!str_starts(code, STR("MB")))
        return refused(refusal_by_sqlstate(call, answer));
    if (str_eq(code, STR("MB422")) && call->is_markdown && markdown_lose_told(call, answer->detail))
        return (struct outcome){.kind = OUTCOME_LOSE};
    struct outcome outcome = refused(refusal_told(call, answer));
    outcome.is_told = true;
    return outcome;
}

static struct refusal outcome_unknown(void)
{
    return (struct refusal){
        .status = 503,
        .slug = "outcome-unknown",
        .detail = STR("The database went away in the middle; look whether it was done before you try again.")};
}

static struct refusal not_now(const struct api_call *call, unsigned seconds, const char *why)
{
    struct refusal refusal = call->retried // of the first try nobody knows what came
                                 ? outcome_unknown()
                                 : refusal_of(call, 503, "%s", fault_words(&call->faults, why));
    refusal.retry_after = seconds;
    return refusal;
}

void outcome_of(struct api_call *call, const struct db_answer *answer, struct outcome *outcome)
{
    switch (answer->outcome) {
    case DB_DONE:
        *outcome = committed(call, answer);
        break;
    case DB_REFUSED:
        *outcome = refused_by_database(call, answer);
        break;
    case DB_UNKNOWN:
        *outcome = idempotency_may_repeat(call) ? (struct outcome){.kind = OUTCOME_REPEAT} : refused(outcome_unknown());
        break;
    case DB_BUSY:
        *outcome = refused(not_now(call, 1, "Too much is waiting for the database."));
        break;
    case DB_AWAY:
        *outcome = refused(not_now(call, 2,
                                   db_sqlstate_is_broken(answer->sqlstate)    ? is_broken
                                   : db_sqlstate_is_lacking(answer->sqlstate) ? is_lacking
                                                                              : "The database cannot be reached."));
        break;
    }
}

void outcome_of_replay(struct api_call *call, const struct db_answer *answer, struct outcome *outcome)
{
    assert(call->operation->idempotency_key != NO_PARAMETER);
    if (answer->outcome != DB_DONE) {
        outcome_of(call, answer, outcome);
        return;
    }
    uint64_t status = 0;
    call->replayed = true;
    struct str made = db_answer_text(answer, "made"), told = db_answer_text(answer, "status");
    for (size_t i = 0; i < made.len && i < UUID_TEXT; i++)
        call->new_id.text[i] = made.ptr[i];
    if (db_answer_rows(answer) == 0)
        *outcome = refused(refusal_of(call, 404, "There is no such thing that you may know of."));
    else if (told.ptr && str_to_u64(told, 599, &status) && status >= 400)
        *outcome = refused((struct refusal){.status = (int)status, .document = db_answer_text(answer, "body")});
    else
        *outcome = committed(call, answer);
}
