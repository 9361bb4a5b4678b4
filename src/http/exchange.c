// An exchange: one request and its reply, in one arena, which may outlive the connection that it came by.
#include "http_internal.h"

#include <string.h>

enum { FIRST_BODY_ROOM = 16 * 1024 };

// Parsed views pointed into the connection's input; here they follow the bytes into the arena. Others ("/", "*") stay.
struct move {
    struct str from;
    const char *to;
};

static void follow(const struct move *move, struct str *view)
{
    if (view->ptr >= move->from.ptr && view->ptr <= move->from.ptr + move->from.len)
        view->ptr = move->to + (view->ptr - move->from.ptr);
}

static void copy_request(struct exchange *exchange, struct str head, const struct http_request *parsed)
{
    struct http_request *request = &exchange->open.request;
    size_t after = offsetof(struct http_request, header_count);
    memcpy(request, parsed, offsetof(struct http_request, headers));
    memcpy((char *)request + after, (const char *)parsed + after, sizeof *request - after);
    memcpy(request->headers, parsed->headers, parsed->header_count * sizeof request->headers[0]);
    struct move move = {head, arena_copy(exchange->open.arena, head).ptr};
    struct str *views[] = {&request->method_text, &request->target, &request->path, &request->query, &request->host};
    for (size_t i = 0; i < COUNT_OF(views); i++)
        follow(&move, views[i]);
    for (size_t i = 0; i < request->header_count; i++) {
        follow(&move, &request->headers[i].name);
        follow(&move, &request->headers[i].value);
    }
}

struct exchange *exchange_new(struct connection *connection, struct str head, const struct http_request *parsed)
{
    struct arena *arena = arena_new();
    struct exchange *exchange = ARENA_NEW(arena, struct exchange);
    exchange->open.arena = arena;
    exchange->open.began_us = connection->first_byte_us;
    exchange->connection = connection;
    exchange->done = connection->listener->service.done;
    exchange->context = connection->listener->service.context;
    exchange->body = buf_in(arena);
    exchange->quota = memory_quota_join(connection->listener->quota);
    memcpy(exchange->peer, connection->peer, sizeof exchange->peer);
    exchange->open.peer = str_of(exchange->peer);
    copy_request(exchange, head, parsed);
    return exchange;
}

void exchange_find_client(struct exchange *exchange)
{
    const struct connection *connection = exchange->connection;
    const struct http_networks *proxies = &connection->listener->limits.proxies;
    if (proxies->count == 0)
        return;
    struct http_ip client = http_client_find(proxies, &exchange->open.request, connection->ip);
    ip_text(&client, exchange->peer);
    exchange->open.peer = str_of(exchange->peer);
}

void exchange_finish(struct exchange *exchange)
{
    struct memory_quota *quota = exchange->quota;
    uint64_t held = exchange->held;
    exchange->done(exchange->context, &exchange->open);
    arena_free(exchange->open.arena);
    memory_quota_leave(quota, held);
}

bool exchange_has_body(const struct exchange *exchange)
{
    return exchange->open.request.chunked || exchange->open.request.length > 0;
}

// Twice of what there is, within what the body may be at most.
static size_t next_capacity(const struct exchange *exchange, size_t more)
{
    const struct http_request *request = &exchange->open.request;
    uint64_t most = request->chunked ? exchange->body_max : request->length;
    size_t len = exchange->body.len;
    size_t step = len > FIRST_BODY_ROOM ? len : FIRST_BODY_ROOM;
    size_t wanted = len + (more > step ? more : step);
    return wanted < most ? wanted : (size_t)most;
}

// Grows a body's buffer. What it outgrew stays in the arena, and so it stays counted.
static bool grow_body(struct exchange *exchange, size_t capacity)
{
    struct buf grown = buf_in(exchange->open.arena);
    if (!memory_quota_take(exchange->quota, capacity))
        return false;
    exchange->held += capacity;
    grown.capacity = capacity;
    grown.ptr = arena_alloc(exchange->open.arena, capacity);
    buf_put(&grown, buf_str(&exchange->body));
    exchange->body = grown;
    return true;
}

size_t exchange_body_room(struct exchange *exchange, size_t more)
{
    struct buf *body = &exchange->body;
    size_t capacity = body->capacity - body->len < more ? next_capacity(exchange, more) : body->capacity;
    if (capacity > body->capacity && !grow_body(exchange, capacity))
        return 0;
    return body->capacity - body->len;
}
