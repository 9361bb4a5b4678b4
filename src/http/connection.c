// A connection moves from stage to stage: head, body, service, reply, and around. Only `connection_advance` moves it,
// only libevent's callbacks and a late reply set it off, and only `connection_close` ends it. Closed connections keep
// their memory until no callback can be below us on the stack.
#include "http_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINGER_MS = 2000, LINGER_BYTES = 256 * 1024 };

// ---------------------------------------------------------------------------------------------------------- reading

static void want_read(struct connection *connection, bool wanted)
{
    if (connection->reading == wanted)
        return;
    connection->reading = wanted;
    if (wanted)
        event_add(&connection->readable, NULL);
    else
        event_del(&connection->readable);
}

static void want_write(struct connection *connection, bool wanted)
{
    if (connection->writing == wanted)
        return;
    connection->writing = wanted;
    if (wanted)
        event_add(&connection->writable, NULL);
    else
        event_del(&connection->writable);
}

static void note_read(struct connection *connection, ssize_t n)
{
    if (n == 0) {
        connection->ended = true; // half-closed: what it asked for it still gets
        want_read(connection, false);
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(connection);
    }
}

// A body whose length is known goes straight to where it belongs.
static void read_counted_body(struct connection *connection)
{
    struct buf *body = &connection->exchange->body;
    size_t room = exchange_body_room(connection->exchange, 1);
    if (room == 0)
        return; // `request_read_body` says so
    ssize_t n = read(connection->fd, body->ptr + body->len, room);
    if (n > 0)
        body->len += (size_t)n;
    else
        note_read(connection, n);
}

static void read_input(struct connection *connection)
{
    struct input *input = &connection->input;
    size_t room = input_room(input);
    if (room == 0) {
        want_read(connection, false); // until the requests that are in it have been answered
        return;
    }
    bool first = input->start == input->end && connection->stage == STAGE_HEAD;
    ssize_t n = read(connection->fd, input->ptr + input->end, room);
    if (n <= 0) {
        note_read(connection, n);
        return;
    }
    input->end += (size_t)n;
    if (first) {
        connection->first_byte_us = connection->listener->now_us;
        connection->deadline_us = in_ms(connection->listener, connection->listener->limits.head_ms);
    }
}

static void connection_drain(struct connection *connection)
{
    char sink[16 * 1024];
    ssize_t n = read(connection->fd, sink, sizeof sink);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        connection->drained += (size_t)n;
    if (n <= 0 || connection->drained > LINGER_BYTES)
        connection_close(connection);
}

static void receive(struct connection *connection)
{
    if (connection->stage == STAGE_LINGER)
        connection_drain(connection);
    else if (connection->stage == STAGE_BODY && !connection->exchange->open.request.chunked)
        read_counted_body(connection);
    else
        read_input(connection);
}

// -------------------------------------------------------------------------------------------------------- advancing

bool connection_has_unread(const struct connection *connection)
{
    int n = 0;
    return ioctl(connection->fd, FIONREAD, &n) == 0 && n > 0;
}

bool connection_is_idle(const struct connection *connection)
{
    return connection->stage == STAGE_HEAD && connection->input.start == connection->input.end;
}

static void linger(struct connection *connection)
{
    if (connection->ended || shutdown(connection->fd, SHUT_WR) != 0) {
        connection_close(connection);
        return;
    }
    connection->stage = STAGE_LINGER;
    connection->deadline_us = in_ms(connection->listener, LINGER_MS);
    input_drop(&connection->input);
    want_read(connection, true);
}

static void await_request(struct connection *connection)
{
    const struct http_limits *limits = &connection->listener->limits;
    bool begun = connection->input.start != connection->input.end;
    if (!begun)
        input_drop(&connection->input);
    connection->stage = STAGE_HEAD;
    connection->served_one = true;
    connection->first_byte_us = connection->listener->now_us;
    connection->deadline_us = in_ms(connection->listener, begun ? limits->head_ms : limits->idle_ms);
    want_read(connection, !connection->ended);
}

static void after_reply(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    connection->exchange = NULL;
    want_write(connection, false);
    exchange_finish(exchange);
    if (!connection->last && !connection->listener->draining) {
        await_request(connection);
        return;
    }
    bool more = connection->input.start != connection->input.end || connection_has_unread(connection);
    if (!connection->last && more) // the drain began after this reply had promised another
        await_request(connection);
    else if (connection->linger || more)
        linger(connection);
    else
        connection_close(connection);
}

// The client has taken what there was. True when the next part is there already.
static bool ask_for_more(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    want_write(connection, false);
    connection->stage = STAGE_SERVICE;
    connection->deadline_us = NEVER;
    exchange->more(&exchange->open);
    return connection->stage == STAGE_REPLY;
}

static bool write_reply(struct connection *connection)
{
    uint64_t before = connection->exchange->open.bytes_out;
    bool whole = reply_write(connection);
    if (connection->stage == STAGE_CLOSED)
        return false;
    if (whole && connection->exchange->more)
        return ask_for_more(connection);
    if (whole) {
        after_reply(connection);
        return true;
    }
    if (connection->exchange->open.bytes_out != before || connection->deadline_us == NEVER)
        connection->deadline_us = in_ms(connection->listener, connection->listener->limits.write_ms);
    want_write(connection, true);
    return false;
}

static bool connection_step(struct connection *connection)
{
    switch (connection->stage) {
    case STAGE_HEAD:
        return request_read_head(connection);
    case STAGE_BODY:
        return request_read_body(connection);
    case STAGE_REPLY:
        return write_reply(connection);
    default:
        return false;
    }
}

void connection_advance(struct connection *connection)
{
    connection->advancing = true;
    while (connection_step(connection)) {
    }
    connection->advancing = false;
    if (connection->input.start == connection->input.end)
        input_drop(&connection->input);
}

void connection_reply(struct connection *connection)
{
    connection->stage = STAGE_REPLY;
    connection->deadline_us = NEVER;
    if (connection->advancing)
        return; // the loop in `connection_advance` sees it
    connection->listener->now_us = clock_mono_us();
    write_reply(connection);
    if (connection->stage == STAGE_HEAD && (connection->ended || !connection_is_idle(connection)))
        event_active(&connection->readable, EV_TIMEOUT, 0); // the next request waits already; not on this stack
}

// -------------------------------------------------------------------------------------------------------- callbacks

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    struct connection *connection = context;
    connection->listener->now_us = clock_mono_us();
    if (what & EV_READ)
        receive(connection);
    if (connection->stage == STAGE_HEAD || connection->stage == STAGE_BODY)
        connection_advance(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct connection *connection = context;
    connection->listener->now_us = clock_mono_us();
    connection_advance(connection);
}

// ------------------------------------------------------------------------------------------------ beginning and end

void connection_begin(struct http_listener *listener, int fd, struct http_ip peer, struct address_counter *counter)
{
    struct connection *connection = allocated(calloc(1, sizeof *connection), "a connection");
    connection->listener = listener;
    connection->fd = fd;
    connection->stage = STAGE_HEAD;
    connection->deadline_us = in_ms(listener, listener->limits.head_ms);
    connection->ip = peer;
    connection->address_counter = counter;
    ip_text(&peer, connection->peer);
    event_assign(&connection->readable, listener->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    event_assign(&connection->writable, listener->base, fd, EV_WRITE | EV_PERSIST, on_writable, connection);
    connection->next = listener->connections;
    if (connection->next)
        connection->next->before = connection;
    listener->connections = connection;
    listener->count++;
    want_read(connection, true);
}

static void move_to_dead(struct connection *connection)
{
    struct http_listener *listener = connection->listener;
    if (connection->next)
        connection->next->before = connection->before;
    if (connection->before)
        connection->before->next = connection->next;
    else
        listener->connections = connection->next;
    connection->next = listener->dead;
    listener->dead = connection;
    listener->count--;
    address_counter_release(&listener->address_counters, connection->address_counter);
}

void connection_close(struct connection *connection)
{
    if (connection->stage == STAGE_CLOSED)
        return;
    bool with_service = connection->stage == STAGE_SERVICE;
    struct exchange *exchange = connection->exchange;
    connection->exchange = NULL;
    connection->stage = STAGE_CLOSED;
    event_del(&connection->readable); // an activation too, not only what was added
    event_del(&connection->writable);
    close(connection->fd);
    input_drop(&connection->input);
    move_to_dead(connection);
    if (!exchange)
        return;
    exchange->connection = NULL;
    exchange->open.cut = true;
    if (!with_service)
        exchange_finish(exchange);
}

void connection_time_out(struct connection *connection)
{
    struct str begun = input_view(&connection->input);
    bool in_head = connection->stage == STAGE_HEAD && begun.len && !str_eq(begun, STR("\r\n"));
    if (in_head) {
        size_t used;
        struct http_request *partial = &connection->listener->request;
        if (http_parse_head(begun, partial, &used) != HTTP_UNFINISHED)
            return; // whole, and about to be handled
        connection->exchange = exchange_new(connection, begun, partial);
        input_drop(&connection->input);
    }
    if (in_head || connection->stage == STAGE_BODY)
        request_refuse(connection, HTTP_TIMEOUT);
    else
        connection_close(connection);
}
