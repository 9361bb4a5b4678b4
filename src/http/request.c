// A request on its way in: its head, the service's word on it, its body.
#include "http_internal.h"

#include <errno.h>

static void request_serve(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_service *service = &connection->listener->service;
    exchange->whole = true;
    if (exchange->open.request.has_length || exchange->open.request.chunked)
        exchange->open.body = buf_str(&exchange->body);
    connection->stage = STAGE_SERVICE;
    connection->deadline_us = NEVER; // the service has deadlines of its own
    service->serve(service->context, &exchange->open);
}

void request_refuse(struct connection *connection, enum http_fault fault)
{
    const struct http_service *service = &connection->listener->service;
    connection->last = connection->linger = true;
    connection->stage = STAGE_SERVICE;
    connection->deadline_us = NEVER;
    service->refuse(service->context, &connection->exchange->open, fault);
}

// The clock of a body: a fixed time, and a second more for each `body_rate` bytes that did come.
static void set_body_deadline(struct connection *connection)
{
    const struct http_limits *limits = &connection->listener->limits;
    const struct exchange *exchange = connection->exchange;
    uint64_t rate = limits->body_rate ? limits->body_rate : 1;
    uint64_t earned_us = exchange->body.len * UINT64_C(1000000) / rate;
    connection->deadline_us = exchange->body_began_us + (int64_t)limits->body_ms * 1000 + (int64_t)earned_us;
}

// A client that waits for it has room in its socket for 25 bytes; for one that has not, waiting ends by itself.
static bool send_continue(struct connection *connection)
{
    struct str line = STR("HTTP/1.1 100 Continue\r\n\r\n");
    ssize_t n = send(connection->fd, line.ptr, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n == (ssize_t)line.len || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void begin_body(struct connection *connection, uint64_t body_max)
{
    struct exchange *exchange = connection->exchange;
    const struct http_request *request = &exchange->open.request;
    if (request->has_length && request->length > body_max) {
        request_refuse(connection, HTTP_BODY_TOO_LARGE);
        return;
    }
    if (!memory_quota_has(exchange->quota, request->length)) {
        request_refuse(connection, HTTP_BUSY);
        return;
    }
    exchange->body_max = body_max;
    exchange->body_began_us = connection->listener->now_us;
    connection->stage = STAGE_BODY;
    set_body_deadline(connection);
    if (request->expects_continue && input_view(&connection->input).len == 0 && !send_continue(connection))
        connection_close(connection);
}

static void request_admit(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_service *service = &connection->listener->service;
    connection->stage = STAGE_SERVICE;
    connection->deadline_us = NEVER;
    uint64_t body_max = service->admit(service->context, &exchange->open);
    if (exchange->replied)
        return;
    if (exchange_has_body(exchange))
        begin_body(connection, body_max);
    else
        request_serve(connection);
}

bool request_read_head(struct connection *connection)
{
    struct http_listener *listener = connection->listener;
    struct str bytes = input_view(&connection->input);
    size_t used = bytes.len;
    enum http_fault fault = http_parse_head(bytes, &listener->request, &used);
    if (fault == HTTP_UNFINISHED) {
        if (connection->ended)
            connection_close(connection);
        return false;
    }
    struct str head = {bytes.ptr, used};
    connection->exchange = exchange_new(connection, head, &listener->request);
    input_skip(&connection->input, used);
    if (fault) {
        request_refuse(connection, fault);
        return true;
    }
    exchange_find_client(connection->exchange);
    request_admit(connection);
    return true;
}

static enum http_fault take_counted(struct exchange *exchange, struct str bytes, size_t *used)
{
    while (exchange->body.len < exchange->open.request.length) {
        size_t room = exchange_body_room(exchange, 1), more = bytes.len - *used;
        if (room == 0)
            return HTTP_BUSY;
        if (more == 0)
            return HTTP_UNFINISHED;
        buf_put(&exchange->body, (struct str){bytes.ptr + *used, more < room ? more : room});
        *used += more < room ? more : room;
    }
    return HTTP_FINE;
}

// Chunks never give more than their own length, nor more than the body may have.
static enum http_fault take_chunks(struct exchange *exchange, struct str bytes, size_t *used)
{
    struct buf *body = &exchange->body;
    uint64_t may_come = exchange->body_max - body->len;
    size_t more = bytes.len < may_come ? bytes.len : (size_t)may_come;
    if (more && exchange_body_room(exchange, more) == 0)
        return HTTP_BUSY;
    return http_parse_chunks(&exchange->chunks, bytes, exchange->body_max, body, used);
}

bool request_read_body(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    struct str bytes = input_view(&connection->input);
    size_t used = 0;
    enum http_fault fault =
        exchange->open.request.chunked ? take_chunks(exchange, bytes, &used) : take_counted(exchange, bytes, &used);
    input_skip(&connection->input, used);
    if (fault == HTTP_FINE) {
        request_serve(connection);
        return true;
    }
    if (fault != HTTP_UNFINISHED) {
        request_refuse(connection, fault);
        return true;
    }
    set_body_deadline(connection);
    if (connection->ended)
        connection_close(connection);
    return false;
}
