// The pure part of the room http: heads, bodies in chunks, percent-decoding, addresses. Each table is a list of
// stories.
#include "marbre/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct story {
    const char *says;
    struct str bytes;
    enum http_fault fault;
};

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

static const struct story request_lines[] = {
    {"a plain request", STR(LINE HOST "\r\n"), HTTP_FINE},
    {"any token is a method", STR("M!CROPAY /x HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"one empty line before it is forgiven", STR("\r\n" LINE HOST "\r\n"), HTTP_FINE},
    {"two are not", STR("\r\n\r\n" LINE HOST "\r\n"), HTTP_BAD_REQUEST},
    {"a bare LF before it is not", STR("\n" LINE HOST "\r\n"), HTTP_BAD_REQUEST},
    {"two spaces", STR("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a tab between", STR("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a space at its end", STR("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a method that is no token", STR("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"no method", STR(" / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"no version", STR("GET /\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a version in lower case", STR("GET / http/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"HTTP/2.0 in the clothes of 1.1", STR("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), HTTP_VERSION_UNKNOWN},
    {"HTTP/1.2", STR("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), HTTP_VERSION_UNKNOWN},
    {"HTTP/1.10", STR("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"HTTP/1", STR("GET / HTTP/1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a bare LF at its end", STR("GET / HTTP/1.1\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a bare CR at its end", STR("GET / HTTP/1.1\rHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a TLS hello", STR("\x16\x03\x01\x02"), HTTP_BAD_REQUEST},
};

static const struct story targets[] = {
    {"a query", STR("GET /a?b=c?d HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"an absolute target", STR("GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"* for OPTIONS", STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"* for GET", STR("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"CONNECT", STR("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"CONNECT with a path", STR("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a path without its slash", STR("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"another scheme", STR("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"an absolute target without a host", STR("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a user in it", STR("GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a fragment", STR("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"UTF-8 as it is", STR("GET /\xC3\xA9t\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a NUL", STR("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a DEL", STR("GET /a\x7F HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"dots in a name", STR("GET /a..b/.c/...d/e. HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"dots in a query", STR("GET /a?b=/../c HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"three dots", STR("GET /a/.../b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_FINE},
    {"a dot segment", STR("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"a dot segment at the end", STR("GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"a single dot", STR("GET /./a HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"an escaped one", STR("GET /a/%2E%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"half an escaped one", STR("GET /a/.%2e?b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"one between escaped slashes", STR("GET /a%2F..%2fb HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
    {"one in an absolute target", STR("GET http://a/../b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_DOT_SEGMENT},
};

static const struct story fields[] = {
    {"an empty value", STR(LINE HOST "X:\r\n\r\n"), HTTP_FINE},
    {"Latin-1 in a value", STR(LINE HOST "X: D\xFCsseldorf\r\n\r\n"), HTTP_FINE},
    {"a tab in a value", STR(LINE HOST "X: a\tb\t\r\n\r\n"), HTTP_FINE},
    {"a space before the colon", STR(LINE HOST "X : a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a line that is folded", STR(LINE HOST "X: a\r\n b\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a first line that is folded", STR(LINE " " HOST "\r\n"), HTTP_BAD_REQUEST},
    {"no name", STR(LINE HOST ": a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"no colon", STR(LINE HOST "X\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a name that is no token", STR(LINE HOST "X@: a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a control in a value", STR(LINE HOST "X: a\fb\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a NUL in a value", STR(LINE HOST "X: a\0b\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a bare CR in a value", STR(LINE HOST "X: a\rb\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a bare LF at a line's end", STR(LINE HOST "X: a\n\r\n"), HTTP_BAD_REQUEST},
    {"a bare LF at the head's end", STR(LINE HOST "\n"), HTTP_BAD_REQUEST},
    {"a bare CR at the head's end", STR(LINE HOST "\rX"), HTTP_BAD_REQUEST},
};

static const struct story hosts[] = {
    {"a name and a port", STR(LINE "Host: example.com:8080\r\n\r\n"), HTTP_FINE},
    {"a name and no digit of a port", STR(LINE "Host: example.com:\r\n\r\n"), HTTP_FINE},
    {"IPv4", STR(LINE "Host: 127.0.0.1:80\r\n\r\n"), HTTP_FINE},
    {"IPv6", STR(LINE "Host: [::1]:80\r\n\r\n"), HTTP_FINE},
    {"an escape", STR(LINE "Host: a%20b\r\n\r\n"), HTTP_FINE},
    {"none on 1.1", STR(LINE "\r\n"), HTTP_BAD_REQUEST},
    {"none on 1.0", STR("GET / HTTP/1.0\r\n\r\n"), HTTP_FINE},
    {"two", STR(LINE HOST HOST "\r\n"), HTTP_BAD_REQUEST},
    {"two on 1.0", STR("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), HTTP_BAD_REQUEST},
    {"an empty one", STR(LINE "Host:\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a path in it", STR(LINE "Host: a/b\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a user in it", STR(LINE "Host: u@a\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a space in it", STR(LINE "Host: a b\r\n\r\n"), HTTP_BAD_REQUEST},
    {"half an escape", STR(LINE "Host: a%2\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a port with letters", STR(LINE "Host: a:8o\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a port that no socket has", STR(LINE "Host: a:65536\r\n\r\n"), HTTP_BAD_REQUEST},
    {"an open bracket", STR(LINE "Host: [::1\r\n\r\n"), HTTP_BAD_REQUEST},
    {"brackets around a name", STR(LINE "Host: [a.b]\r\n\r\n"), HTTP_BAD_REQUEST},
    {"something after the brackets", STR(LINE "Host: [::1]x\r\n\r\n"), HTTP_BAD_REQUEST},
};

static const struct story framings[] = {
    {"a length", STR(POST "Content-Length: 5\r\n\r\n"), HTTP_FINE},
    {"the largest length", STR(POST "Content-Length: 9223372036854775807\r\n\r\n"), HTTP_FINE},
    {"one larger", STR(POST "Content-Length: 9223372036854775808\r\n\r\n"), HTTP_BAD_REQUEST},
    {"one that wraps around", STR(POST "Content-Length: 18446744073709551621\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a sign", STR(POST "Content-Length: +5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a negative one", STR(POST "Content-Length: -5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"hexadecimal", STR(POST "Content-Length: 0x5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a list of equals", STR(POST "Content-Length: 5, 5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"two equals", STR(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"an empty length", STR(POST "Content-Length: \r\n\r\n"), HTTP_BAD_REQUEST},
    {"chunked", STR(POST "Transfer-Encoding: Chunked\r\n\r\n"), HTTP_FINE},
    {"chunked, twice", STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_REQUEST},
    {"chunked and a length", STR(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), HTTP_BAD_REQUEST},
    {"a length and chunked", STR(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_REQUEST},
    {"chunked on 1.0", STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_REQUEST},
    {"gzip, chunked", STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_CODING_UNKNOWN},
    {"identity", STR(POST "Transfer-Encoding: identity\r\n\r\n"), HTTP_CODING_UNKNOWN},
    {"a vertical tab before chunked", STR(POST "Transfer-Encoding: \vchunked\r\n\r\n"), HTTP_BAD_REQUEST},
    {"100-continue", STR(POST "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n"), HTTP_FINE},
    {"another expectation", STR(POST "Expect: a-miracle\r\n\r\n"), HTTP_EXPECTATION},
};

static enum http_fault parse(struct str bytes, struct http_request *request)
{
    char *exact = malloc(bytes.len ? bytes.len : 1); // so that a look past the end is seen by the sanitizer
    if (bytes.len)
        memcpy(exact, bytes.ptr, bytes.len);
    size_t used = 0;
    enum http_fault fault = http_parse_head((struct str){exact, bytes.len}, request, &used);
    if (fault == HTTP_FINE)
        assert_in_range(used, 1, bytes.len);
    free(exact);
    return fault;
}

// The whole, and every growing prefix, must come to the same answer.
static void tell(const struct story *stories, size_t count)
{
    struct http_request request;
    for (size_t i = 0; i < count; i++) {
        enum http_fault whole = parse(stories[i].bytes, &request), grown = HTTP_UNFINISHED;
        for (size_t n = 0; n <= stories[i].bytes.len && grown == HTTP_UNFINISHED; n++)
            grown = parse((struct str){stories[i].bytes.ptr, n}, &request);
        if (whole != stories[i].fault || grown != stories[i].fault)
            fail_msg("%s: expected %d, got %d at once and %d by the byte", stories[i].says, stories[i].fault, whole,
                     grown);
    }
}

static void test_a_request_line_has_one_spelling(void **state)
{
    (void)state;
    tell(request_lines, COUNT_OF(request_lines));
}

static void test_a_target_stays_in_its_folder(void **state)
{
    (void)state;
    tell(targets, COUNT_OF(targets));
}

static void test_fields_have_no_second_reading(void **state)
{
    (void)state;
    tell(fields, COUNT_OF(fields));
}

static void test_a_host_is_one_and_valid(void **state)
{
    (void)state;
    tell(hosts, COUNT_OF(hosts));
}

static void test_a_body_is_framed_in_one_way(void **state)
{
    (void)state;
    tell(framings, COUNT_OF(framings));
}

static void test_the_parts_of_a_head_are_found(void **state)
{
    (void)state;
    struct str bytes = STR("PATCH /a%20b?c=d HTTP/1.1\r\nHost: example.com:80\r\nIf-Match:  \"7\"\t \r\n"
                           "content-length: 12\r\nExpect: 100-continue\r\n\r\nthe body");
    struct http_request request;
    size_t used;
    assert_int_equal(http_parse_head(bytes, &request, &used), HTTP_FINE);
    assert_int_equal(used, bytes.len - strlen("the body"));
    assert_int_equal(request.method, HTTP_PATCH);
    assert_true(str_eq(request.target, STR("/a%20b?c=d")));
    assert_true(str_eq(request.path, STR("/a%20b")));
    assert_true(str_eq(request.query, STR("c=d")));
    assert_true(str_eq(request.host, STR("example.com:80")));
    assert_true(str_eq(http_header_value(&request, STR("if-match")), STR("\"7\"")));
    assert_null(http_header_value(&request, STR("X-Other")).ptr);
    assert_int_equal(request.header_count, 4);
    assert_true(request.has_length && request.length == 12 && !request.chunked);
    assert_true(request.keep_alive && request.expects_continue);
}

static void test_an_absolute_target_names_the_host(void **state)
{
    (void)state;
    struct http_request request;
    size_t used;
    struct str bytes = STR("GET HTTP://[::1]:8080?q HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
    assert_int_equal(http_parse_head(bytes, &request, &used), HTTP_FINE);
    assert_true(str_eq(request.host, STR("[::1]:8080")));
    assert_true(str_eq(request.path, STR("/")));
    assert_true(str_eq(request.query, STR("q")));
}

static void test_a_connection_is_kept_as_both_sides_understand_it(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        bool kept;
    } rows[] = {
        {STR(LINE HOST "\r\n"), true},
        {STR(LINE HOST "Connection: Close\r\n\r\n"), false},
        {STR(LINE HOST "Connection: upgrade, close, keep-alive\r\n\r\n"), false},
        {STR(LINE HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n"), false},
        {STR(LINE HOST "Connection: closed\r\n\r\n"), true},
        {STR("GET / HTTP/1.0\r\n\r\n"), false},
        {STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), true},
        {STR("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), false},
    };
    struct http_request request;
    size_t used;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(http_parse_head(rows[i].bytes, &request, &used), HTTP_FINE);
        assert_int_equal(request.keep_alive, rows[i].kept);
    }
}

// `n` times `filler` between `before` and `after`.
static struct str stretched(struct arena *arena, struct str before, struct str filler, size_t n, struct str after)
{
    struct buf bytes = buf_in(arena);
    buf_put(&bytes, before);
    for (size_t i = 0; i < n; i++)
        buf_put(&bytes, filler);
    buf_put(&bytes, after);
    return buf_str(&bytes);
}

static void test_heads_and_targets_have_an_end(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct http_request request;
    struct str end = STR(" HTTP/1.1\r\nHost: a\r\n\r\n"), filler = STR("x");
    assert_int_equal(parse(stretched(arena, STR("GET /"), filler, HTTP_TARGET_MAX - 1, end), &request), HTTP_FINE);
    assert_int_equal(parse(stretched(arena, STR("GET /"), filler, HTTP_TARGET_MAX, end), &request),
                     HTTP_TARGET_TOO_LONG);
    assert_int_equal(parse(stretched(arena, STR("GET /"), filler, HTTP_TARGET_MAX - 1, STR("")), &request),
                     HTTP_UNFINISHED);
    assert_int_equal(parse(stretched(arena, STR("GET /"), filler, HTTP_TARGET_MAX, STR("")), &request),
                     HTTP_TARGET_TOO_LONG);

    struct str start = STR(LINE HOST "X: "), crlf = STR("\r\n\r\n");
    size_t most = HTTP_HEAD_MAX - start.len - crlf.len;
    assert_int_equal(parse(stretched(arena, start, filler, most, crlf), &request), HTTP_FINE);
    assert_int_equal(parse(stretched(arena, start, filler, most + 1, crlf), &request), HTTP_HEAD_TOO_LARGE);
    assert_int_equal(parse(stretched(arena, start, filler, most + 4, STR("")), &request), HTTP_UNFINISHED);
    assert_int_equal(parse(stretched(arena, start, filler, most + 5, STR("")), &request), HTTP_HEAD_TOO_LARGE);

    struct str field = STR("X: y\r\n"), last = STR("\r\n");
    start = STR(LINE HOST);
    assert_int_equal(parse(stretched(arena, start, field, HTTP_HEADERS_MAX - 1, last), &request), HTTP_FINE);
    assert_int_equal(parse(stretched(arena, start, field, HTTP_HEADERS_MAX, last), &request), HTTP_HEAD_TOO_LARGE);
    arena_free(arena);
}

// ------------------------------------------------------------------------------------------------ bodies in chunks

enum { BODY_MAX = 20 };

static const struct chunk_story {
    const char *says;
    struct str bytes;
    enum http_fault fault;
    const char *body; // of a fine one
} chunk_stories[] = {
    {"two chunks", STR("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), HTTP_FINE, "hello world"},
    {"no chunk", STR("0\r\n\r\n"), HTTP_FINE, ""},
    {"zeros before", STR("00005\r\nhello\r\n000\r\n\r\n"), HTTP_FINE, "hello"},
    {"the largest body", STR("14\r\n01234567890123456789\r\n0\r\n\r\n"), HTTP_FINE, "01234567890123456789"},
    {"extensions", STR("1;a;b=c;d=\"e;\\\"f\"\r\nx\r\n0;z\r\n\r\n"), HTTP_FINE, "x"},
    {"trailers", STR("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n"), HTTP_FINE, "x"},
    {"one byte too many", STR("15\r\n"), HTTP_BODY_TOO_LARGE, NULL},
    {"one byte too many, in two", STR("14\r\n01234567890123456789\r\n1\r\n"), HTTP_BODY_TOO_LARGE, NULL},
    {"a size that wraps around", STR("ffffffffffffffff\r\n"), HTTP_BODY_TOO_LARGE, NULL},
    {"seventeen digits", STR("00000000000000001\r\n"), HTTP_BAD_REQUEST, NULL},
    {"no digit", STR("\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a sign", STR("+1\r\n"), HTTP_BAD_REQUEST, NULL},
    {"0x", STR("0x1\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a space after the size", STR("1 \r\nx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare LF after the size", STR("1\nx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare CR after the size", STR("1\rx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare LF in an extension", STR("1;a\nx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare CR in a quoted one", STR("1;a=\"\r\"\r\nx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"an extension without a name", STR("1;\r\nx\r\n"), HTTP_BAD_REQUEST, NULL},
    {"data longer than its size", STR("1\r\nxy\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare LF after data", STR("1\r\nx\n0\r\n\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a trailer without a colon", STR("0\r\nA\r\n\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a folded trailer", STR("0\r\nA: b\r\n c\r\n\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare LF after a trailer", STR("0\r\nA: b\n\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a control in a trailer", STR("0\r\nA: \x01\r\n\r\n"), HTTP_BAD_REQUEST, NULL},
    {"a bare LF at the end", STR("0\r\n\n"), HTTP_BAD_REQUEST, NULL},
    {"no end", STR("1\r\nx\r\n0\r\n"), HTTP_UNFINISHED, NULL},
};

// Feeds `bytes` in pieces of `piece`, as a connection would.
static enum http_fault feed(struct str bytes, size_t piece, struct buf *body)
{
    struct http_chunks chunks = {0};
    enum http_fault fault = HTTP_UNFINISHED;
    for (size_t at = 0; at < bytes.len && fault == HTTP_UNFINISHED;) {
        size_t n = bytes.len - at < piece ? bytes.len - at : piece, used = 0;
        fault = http_parse_chunks(&chunks, (struct str){bytes.ptr + at, n}, BODY_MAX, body, &used);
        if (fault == HTTP_UNFINISHED)
            assert_int_equal(used, n);
        at += used;
    }
    return fault;
}

static void test_chunks_are_put_together_however_they_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(chunk_stories); i++) {
        const struct chunk_story *story = &chunk_stories[i];
        for (size_t piece = 1; piece <= story->bytes.len; piece++) {
            struct arena *arena = arena_new();
            struct buf body = buf_in(arena);
            enum http_fault fault = feed(story->bytes, piece, &body);
            if (fault != story->fault)
                fail_msg("%s: expected %d, got %d in pieces of %zu", story->says, story->fault, fault, piece);
            if (story->body)
                assert_true(str_eq(buf_str(&body), str_of(story->body)));
            arena_free(arena);
        }
    }
}

static void test_extensions_and_trailers_have_an_end(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf body = buf_in(arena);
    struct str filler = STR("x");
    assert_int_equal(feed(stretched(arena, STR("1;"), filler, 200, STR("\r\n")), 99, &body), HTTP_UNFINISHED);
    assert_int_equal(feed(stretched(arena, STR("1;"), filler, 300, STR("")), 99, &body), HTTP_BAD_REQUEST);
    assert_int_equal(feed(stretched(arena, STR("0\r\nX: "), filler, 8000, STR("")), 99, &body), HTTP_UNFINISHED);
    assert_int_equal(feed(stretched(arena, STR("0\r\nX: "), filler, 8200, STR("")), 99, &body), HTTP_HEAD_TOO_LARGE);
    arena_free(arena);
}

static void test_what_follows_the_last_chunk_is_left_alone(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf body = buf_in(arena);
    struct http_chunks chunks = {0};
    struct str bytes = STR("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
    size_t used;
    assert_int_equal(http_parse_chunks(&chunks, bytes, BODY_MAX, &body, &used), HTTP_FINE);
    assert_int_equal(used, bytes.len - strlen("GET / HTTP/1.1\r\n"));
    arena_free(arena);
}

// --------------------------------------------------------------------------------------------- escapes, addresses

static void test_escapes_are_decoded_once(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool plus;
        const char *decoded; // NULL: refused
    } rows[] = {
        {STR("plain"), false, "plain"},
        {STR(""), false, ""},
        {STR("%C3%A9t%c3%a9"), false, "été"},
        {STR("a+b"), false, "a+b"},
        {STR("a+b%2Bc"), true, "a b+c"},
        {STR("%2541"), false, "%41"},
        {STR("%"), false, NULL},
        {STR("%4"), false, NULL},
        {STR("%4g"), false, NULL},
        {STR("%00"), false, NULL},
        {STR("a\0b"), false, NULL},
        {STR("%C3"), false, NULL},
        {STR("%C0%AF"), false, NULL},
        {STR("%ED%A0%80"), false, NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str decoded;
        bool fine = http_decode(arena, rows[i].text, rows[i].plus, &decoded);
        assert_int_equal(fine, rows[i].decoded != NULL);
        if (fine)
            assert_true(str_eq(decoded, str_of(rows[i].decoded)));
    }
    arena_free(arena);
}

static void test_addresses_are_read(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int family; // 0: refused
    } rows[] = {
        {STR("127.0.0.1:8080"), AF_INET},
        {STR("[::1]:8080"), AF_INET6},
        {STR(":8080"), AF_INET6},
        {STR("0.0.0.0:0"), AF_INET},
        {STR("127.0.0.1"), 0},
        {STR("127.0.0.1:"), 0},
        {STR("127.0.0.1:65536"), 0},
        {STR("127.0.0.1:8o"), 0},
        {STR("::1:8080"), 0},
        {STR("[]:8080"), 0},
        {STR("localhost:8080"), 0},
        {STR(""), 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_address address;
        bool fine = http_address_read(rows[i].text, &address);
        assert_int_equal(fine, rows[i].family != 0);
        if (fine)
            assert_int_equal(address.at.ss_family, rows[i].family);
    }
}

static void test_every_fault_has_a_status_and_a_sentence(void **state)
{
    (void)state;
    for (enum http_fault fault = HTTP_BAD_REQUEST; fault <= HTTP_VERSION_UNKNOWN; fault++) {
        assert_in_range(http_fault_status(fault), 400, 505);
        assert_non_null(http_fault_detail(fault));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_line_has_one_spelling),
        cmocka_unit_test(test_a_target_stays_in_its_folder),
        cmocka_unit_test(test_fields_have_no_second_reading),
        cmocka_unit_test(test_a_host_is_one_and_valid),
        cmocka_unit_test(test_a_body_is_framed_in_one_way),
        cmocka_unit_test(test_the_parts_of_a_head_are_found),
        cmocka_unit_test(test_an_absolute_target_names_the_host),
        cmocka_unit_test(test_a_connection_is_kept_as_both_sides_understand_it),
        cmocka_unit_test(test_heads_and_targets_have_an_end),
        cmocka_unit_test(test_chunks_are_put_together_however_they_come),
        cmocka_unit_test(test_extensions_and_trailers_have_an_end),
        cmocka_unit_test(test_what_follows_the_last_chunk_is_left_alone),
        cmocka_unit_test(test_escapes_are_decoded_once),
        cmocka_unit_test(test_addresses_are_read),
        cmocka_unit_test(test_every_fault_has_a_status_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
