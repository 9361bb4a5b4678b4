// Answers of any length, sent page by page: each page is read when the client has taken the one before, so a slow
// client holds one page, and a long answer holds no more. The columns `next_1…` of a page are `:cursor_1…` of the next.
#include "run.h"

#include <assert.h>
#include <string.h>

// Frees the arena of the page that is being sent. The call itself lives in the exchange.
static void free_page(void *context)
{
    struct api_call *call = context;
    if (call->arena != call->exchange->arena)
        arena_free(call->arena);
}

static struct str stream_page(struct api_call *call, const struct db_answer *answer, bool *last)
{
    for (size_t i = 0; i < call->operation->cursor; i++)
        call->cursor[i] = fact_next(answer, i);
    *last = call->cursor[0].ptr == NULL;
    return db_answer_text(answer, "body");
}

static void page_answered(struct db_call *db, const struct db_answer *answer)
{
    struct api_call *call = db->context;
    bool last;
    if (answer->outcome != DB_DONE) {
        static const char *const why[DB_OUTCOMES] = {[DB_REFUSED] = "refused",
                                                     [DB_BUSY] = "too many wait",
                                                     [DB_AWAY] = "the database is away",
                                                     [DB_UNKNOWN] = "unknown"};
        log_event(LOG_WARNING, "api.cut", "%.*s: a page could not be read: %s %s %.*s", STR_FMT(call->operation->id),
                  why[answer->outcome], answer->sqlstate, STR_FMT(answer->message));
        http_reply_cut(call->exchange);
        return;
    }
    struct str page = stream_page(call, answer, &last);
    http_reply_more(call->exchange, page, last);
}

// The page before is with the client: its memory goes, all but where it ended.
static void stream_next(struct http_exchange *exchange)
{
    struct api_call *call = exchange->service_data;
    struct arena *before = call->arena, *page = arena_new();
    for (size_t i = 0; i < call->operation->cursor; i++)
        call->cursor[i] = arena_copy(page, call->cursor[i]);
    call->arena = page;
    if (before != exchange->arena)
        arena_free(before);
    run(call, &call->operation->act, page_answered);
}

// Content-Disposition: a file is called by the last word of its address.
static struct str file_of(struct api_call *call)
{
    struct str path = call->operation->path;
    const char *slash = memrchr(path.ptr, '/', path.len);
    struct str name = {slash + 1, path.len - (size_t)(slash + 1 - path.ptr)};
    return arena_printf(call->arena, "attachment; filename=\"%.*s\"", STR_FMT(name));
}

struct reply stream_begin(struct api_call *call, const struct db_answer *answer)
{
    assert(answer->outcome == DB_DONE && call->operation->page && call->operation->cursor);
    bool last;
    struct reply reply = {.status = 200, .body = stream_page(call, answer, &last)};
    const char *type = json_object_iter_key(json_object_iter((json_t *)call->operation->answer_types));
    arena_defer(call->arena, free_page, call);
    reply.more = last ? NULL : stream_next;
    reply_header(&reply, STR("Content-Type"), arena_printf(call->arena, "%s; charset=utf-8", type));
    reply_header(&reply, STR("Content-Disposition"), file_of(call));
    reply_header(&reply, STR("Cache-Control"), STR("no-store"));
    return reply;
}
