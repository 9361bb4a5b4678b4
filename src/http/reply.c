// Replies: a head made in the exchange's arena, and one sendmsg for it and the body.
#include "http_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE(code, reason)                                                                                             \
    {                                                                                                                  \
        code, STR("HTTP/1.1 " #code " " reason "\r\n")                                                                 \
    }

static const struct {
    int status;
    struct str line;
} status_lines[] = {
    LINE(200, "OK"),
    LINE(201, "Created"),
    LINE(202, "Accepted"),
    LINE(204, "No Content"),
    LINE(206, "Partial Content"),
    LINE(301, "Moved Permanently"),
    LINE(302, "Found"),
    LINE(303, "See Other"),
    LINE(304, "Not Modified"),
    LINE(307, "Temporary Redirect"),
    LINE(308, "Permanent Redirect"),
    LINE(400, "Bad Request"),
    LINE(401, "Unauthorized"),
    LINE(402, "Payment Required"),
    LINE(403, "Forbidden"),
    LINE(404, "Not Found"),
    LINE(405, "Method Not Allowed"),
    LINE(406, "Not Acceptable"),
    LINE(408, "Request Timeout"),
    LINE(409, "Conflict"),
    LINE(410, "Gone"),
    LINE(411, "Length Required"),
    LINE(412, "Precondition Failed"),
    LINE(413, "Content Too Large"),
    LINE(414, "URI Too Long"),
    LINE(415, "Unsupported Media Type"),
    LINE(416, "Range Not Satisfiable"),
    LINE(417, "Expectation Failed"),
    LINE(421, "Misdirected Request"),
    LINE(422, "Unprocessable Content"),
    LINE(423, "Locked"),
    LINE(425, "Too Early"),
    LINE(428, "Precondition Required"),
    LINE(429, "Too Many Requests"),
    LINE(431, "Request Header Fields Too Large"),
    LINE(451, "Unavailable For Legal Reasons"),
    LINE(500, "Internal Server Error"),
    LINE(501, "Not Implemented"),
    LINE(502, "Bad Gateway"),
    LINE(503, "Service Unavailable"),
    LINE(504, "Gateway Timeout"),
    LINE(505, "HTTP Version Not Supported"),
    LINE(507, "Insufficient Storage"),
};

static void put_status_line(struct buf *head, int status)
{
    for (size_t i = 0; i < COUNT_OF(status_lines); i++) {
        if (status_lines[i].status == status) {
            buf_put(head, status_lines[i].line);
            return;
        }
    }
    buf_printf(head, "HTTP/1.1 %03d \r\n", status);
}

static void put_date(struct buf *head, struct http_listener *listener)
{
    int64_t now_s = clock_wall_ms() / 1000;
    if (now_s != listener->date_s) {
        listener->date_s = now_s;
        clock_http(now_s, listener->date);
    }
    buf_put_lit(head, "Date: ");
    buf_put(head, (struct str){listener->date, CLOCK_HTTP - 1});
    buf_put_lit(head, "\r\n");
}

// A line end inside of a value would let it write fields, or a reply, of its own.
static void put_header(struct buf *head, struct http_header header)
{
    if (!bytes_are(header.name, BYTE_TOKEN) || !bytes_are(header.value, BYTE_FIELD)) {
        log_event(LOG_ERROR, "http.header", "a reply's %.*s has bytes that no field may have, and was left out",
                  STR_FMT(header.name));
        return;
    }
    buf_put(head, header.name);
    buf_put_lit(head, ": ");
    buf_put(head, header.value);
    buf_put_lit(head, "\r\n");
}

static void put_length(struct buf *head, uint64_t length)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + length % 10);
    while (length /= 10);
    buf_put_lit(head, "Content-Length: ");
    buf_put(head, (struct str){at, (size_t)(digits + sizeof digits - at)});
    buf_put_lit(head, "\r\n");
}

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304; // RFC 9112 §6.3
}

static struct buf head_room(struct arena *arena, const struct http_reply *reply)
{
    size_t room = 320; // the status line, and this room's own fields
    for (size_t i = 0; i < reply->header_count; i++)
        room += reply->headers[i].name.len + reply->headers[i].value.len + 4;
    return (struct buf){.arena = arena, .ptr = arena_alloc(arena, room), .capacity = room};
}

static struct str make_head(struct connection *connection, const struct http_reply *reply)
{
    const struct exchange *exchange = connection->exchange;
    struct buf head = head_room(exchange->open.arena, reply);
    put_status_line(&head, reply->status);
    buf_put_lit(&head, "X-Content-Type-Options: nosniff\r\n"); // no browser takes a document for a script (Fetch §3.6)
    put_date(&head, connection->listener);
    for (size_t i = 0; i < reply->header_count; i++)
        put_header(&head, reply->headers[i]);
    if (exchange->chunked)
        buf_put_lit(&head, "Transfer-Encoding: chunked\r\n");
    else if (status_has_body(reply->status) && !reply->more)
        put_length(&head, reply->body.len ? reply->body.len : reply->length);
    if (connection->last)
        buf_put_lit(&head, "Connection: close\r\n");
    else if (exchange->open.request.minor == 0)
        buf_put_lit(&head, "Connection: keep-alive\r\n");
    buf_put_lit(&head, "\r\n");
    return buf_str(&head);
}

// Connection: close or keep-alive. Where the reply ends the connection, bytes may be on their way that a plain close
// would answer with a reset.
static void decide_end(struct connection *connection, const struct http_reply *reply)
{
    const struct exchange *exchange = connection->exchange;
    bool unread = exchange_has_body(exchange) && !exchange->whole;
    bool wants_more = exchange->open.request.keep_alive;
    bool ends_by_closing = reply->more && !exchange->chunked;
    if (unread || !wants_more || reply->close || ends_by_closing || connection->listener->draining)
        connection->last = true;
    if (unread || wants_more)
        connection->linger = true; // counts only together with `last`
}

static void put_piece(struct exchange *exchange, struct str bytes)
{
    if (bytes.len)
        exchange->out[exchange->out_count++] = (struct iovec){(char *)bytes.ptr, bytes.len};
}

// A chunk of no length is the last one, so a part without bytes is left out.
static void put_part(struct exchange *exchange, struct str part)
{
    if (!exchange->chunked || part.len == 0) {
        put_piece(exchange, part);
    } else {
        int n = snprintf(exchange->chunk_line, sizeof exchange->chunk_line, "%zx\r\n", part.len);
        put_piece(exchange, (struct str){exchange->chunk_line, (size_t)n});
        put_piece(exchange, part);
    }
    bool last = exchange->more == NULL;
    if (exchange->chunked)
        put_piece(exchange, !last      ? part.len ? STR("\r\n") : STR("")
                                 : part.len ? STR("\r\n0\r\n\r\n")
                                       : STR("0\r\n\r\n"));
}

void http_reply_more(struct http_exchange *open, struct str part, bool last)
{
    assert(part.ptr || part.len == 0);
    struct exchange *exchange = (struct exchange *)open;
    if (!exchange->connection) {
        exchange_finish(exchange);
        return;
    }
    exchange->more = last ? NULL : exchange->more;
    exchange->out_count = 0;
    put_part(exchange, part);
    connection_reply(exchange->connection);
}

void http_reply_cut(struct http_exchange *open)
{
    struct exchange *exchange = (struct exchange *)open;
    if (exchange->connection)
        connection_close(exchange->connection); // which leaves to us what the service has
    exchange_finish(exchange);
}

void http_reply_send(struct http_exchange *open, const struct http_reply *reply)
{
    struct exchange *exchange = (struct exchange *)open;
    struct connection *connection = exchange->connection;
    assert(!exchange->replied);
    exchange->replied = true;
    open->status = reply->status;
    if (!connection) {
        exchange_finish(exchange);
        return;
    }
    bool with_body = status_has_body(reply->status) && open->request.method != HTTP_HEAD;
    exchange->chunked = reply->more && open->request.minor > 0; // HTTP/1.0 knows the end by the connection's
    exchange->more = with_body ? reply->more : NULL;
    decide_end(connection, reply);
    put_piece(exchange, make_head(connection, reply));
    if (with_body)
        put_part(exchange, reply->body);
    connection_reply(connection);
}

static void written(struct exchange *exchange, size_t n)
{
    exchange->open.bytes_out += n;
    while (exchange->out_count && n >= exchange->out[0].iov_len) {
        n -= exchange->out[0].iov_len;
        exchange->out_count--;
        memmove(exchange->out, exchange->out + 1, exchange->out_count * sizeof *exchange->out);
    }
    if (exchange->out_count) {
        exchange->out[0].iov_base = (char *)exchange->out[0].iov_base + n;
        exchange->out[0].iov_len -= n;
    }
}

bool reply_write(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    struct msghdr message = {.msg_iov = exchange->out, .msg_iovlen = exchange->out_count};
    ssize_t n = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(connection);
        return false;
    }
    if (n > 0)
        written(exchange, (size_t)n);
    return exchange->out_count == 0;
}
