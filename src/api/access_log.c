// The access log: one line of JSON for each request.
#include "record.h"

#include <assert.h>
#include <string.h>

static void put_member(struct buf *line, struct str name, struct str value)
{
    buf_put(line, name);
    buf_put_json(line, value);
}

static void put_number(struct buf *line, struct str name, uint64_t number)
{
    buf_put(line, name);
    buf_put_u64(line, number);
}

// The target as it was sent, but for the words that somebody looks for: at the sales desk they are names and addresses.
static struct str told_target(struct arena *arena, const struct http_request *request)
{
    struct str rest = request->query;
    if (!rest.ptr || !memmem(rest.ptr, rest.len, "q=", 2))
        return request->target;
    struct buf told = buf_in(arena);
    buf_put(&told, request->path);
    for (char before = '?'; rest.len; before = '&') {
        struct str part = str_cut(rest, '&', &rest);
        buf_put_char(&told, before);
        buf_put(&told, str_starts(part, STR("q=")) ? STR("q=...") : part);
    }
    return buf_str(&told);
}

static const char *const outcome_names[DB_OUTCOMES] = {
    [DB_REFUSED] = "refused", [DB_BUSY] = "busy", [DB_AWAY] = "away", [DB_UNKNOWN] = "unknown"};

// Why a request was answered with a 5xx: the problem's detail, and what PostgreSQL said last, but for values; where it
// was not asked, what of which queue had no turn.
static void put_failure(struct buf *line, const struct api_call *call)
{
    const struct db_answer *answer = &call->db.answer;
    put_member(line, STR(",\"problem\":"), call->problem_detail);
    if (!call->db.done || answer->outcome == DB_DONE)
        return;
    put_member(line, STR(",\"database\":"), str_of(outcome_names[answer->outcome]));
    if (answer->sqlstate[0])
        put_member(line, STR(",\"sqlstate\":"), str_of(answer->sqlstate));
    if (answer->statement.ptr)
        put_member(line, STR(",\"statement\":"), answer->statement);
    if (answer->outcome != DB_REFUSED)
        put_member(line, STR(",\"connection_class\":"), str_of(db_connection_class_names[call->db.class]));
    if (answer->reason.len)
        put_member(line, STR(",\"reason\":"), answer->reason);
}

// Written without printf: it is on everybody's way.
void access_log(const struct api_call *call, const struct http_exchange *exchange, int64_t took_us)
{
    assert(took_us >= 0);
    char at[CLOCK_RFC3339];
    clock_rfc3339(clock_wall_ms(), at);
    struct buf line = buf_in(exchange->arena);
    put_member(&line, STR("{\"at\":"), str_of(at));
    put_member(&line, STR(",\"level\":\"info\",\"event\":\"http.request\",\"id\":"), call ? call->request_id : STR(""));
    put_member(&line, STR(",\"method\":"), exchange->request.method_text);
    put_member(&line, STR(",\"target\":"), told_target(exchange->arena, &exchange->request));
    put_member(&line, STR(",\"operation\":"), call && call->operation ? call->operation->id : STR(""));
    put_number(&line, STR(",\"status\":"), (uint64_t)exchange->status);
    put_number(&line, STR(",\"bytes\":"), exchange->bytes_out);
    put_number(&line, STR(",\"us\":"), (uint64_t)took_us);
    put_member(&line, STR(",\"peer\":"), exchange->peer);
    if (call && call->caller.account.ptr)
        put_member(&line, STR(",\"account\":"), call->caller.account);
    if (call && call->caller.key.ptr) // enough of its hash to find it, and nothing that opens a door
        put_member(&line, STR(",\"key\":"), (struct str){call->caller.key.ptr, 16});
    if (exchange->status >= 500 && call)
        put_failure(&line, call);
    if (exchange->cut)
        buf_put_lit(&line, ",\"cut\":true");
    buf_put_char(&line, '}');
    log_line(buf_str(&line));
}
