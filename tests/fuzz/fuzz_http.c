// The pure half of the room http against any bytes. They are read as a connection would read them, and for each
// message: nothing past the end is looked at; split anywhere, the answer is the same; what is accepted, written in its
// shortest form, is accepted again and is the same request; and who the client is, is decided by what a trusted proxy
// wrote.
#include "marbre/http.h"

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 64 * 1024, STEPS = 64 };

size_t fuzz_splits = 8;

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

// A copy that ends where its memory ends, so that one byte too far is seen.
static struct str exact(struct str bytes)
{
    char *copy = malloc(bytes.len);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return (struct str){copy, bytes.len};
}

static void release(struct str copy)
{
    free((char *)copy.ptr);
}

static struct str from(struct str bytes, size_t n)
{
    return (struct str){bytes.ptr + n, bytes.len - n};
}

static bool same(struct str a, struct str b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && str_eq(a, b);
}

static void must_be_same_requests(const struct http_request *a, const struct http_request *b)
{
    MUST(a->method == b->method && same(a->method_text, b->method_text));
    MUST(same(a->target, b->target) && same(a->path, b->path) && same(a->query, b->query) && same(a->host, b->host));
    MUST(a->minor == b->minor && a->keep_alive == b->keep_alive && a->expects_continue == b->expects_continue);
    MUST(a->has_length == b->has_length && a->chunked == b->chunked && a->length == b->length);
    MUST(a->header_count == b->header_count);
    for (size_t i = 0; i < a->header_count; i++) {
        MUST(same(a->headers[i].name, b->headers[i].name));
        MUST(same(a->headers[i].value, b->headers[i].value));
    }
}

// Up to `fuzz_splits` places in `length`, which differ from input to input.
struct places {
    size_t at, step, length;
};

static struct places places_of(size_t length)
{
    size_t step = length / fuzz_splits + 1;
    return (struct places){length % step, step, length};
}

static bool places_next(struct places *places, size_t *at)
{
    *at = places->at;
    places->at += places->step;
    return *at < places->length;
}

// ------------------------------------------------------------------------------------------------------------ heads

// What came first either tells nothing yet, or tells the answer.
static void split_head(struct str bytes, const struct http_request *whole, enum http_fault fault, size_t used)
{
    static struct http_request part;
    struct places places = places_of(bytes.len);
    for (size_t n; places_next(&places, &n);) {
        size_t part_used = 0;
        struct str first = exact((struct str){bytes.ptr, n});
        enum http_fault early = http_parse_head(first, &part, &part_used);
        MUST(early == HTTP_UNFINISHED || early == fault);
        MUST(early != HTTP_UNFINISHED || fault || n < used);
        if (early == HTTP_FINE) {
            MUST(part_used == used);
            must_be_same_requests(whole, &part);
        }
        release(first);
    }
}

static void write_again(struct arena *arena, const struct http_request *request)
{
    static struct http_request again;
    struct buf text = buf_in(arena);
    buf_printf(&text, "%.*s %.*s HTTP/1.%u\r\n", STR_FMT(request->method_text), STR_FMT(request->target),
               request->minor);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_put(&text, request->headers[i].name);
        buf_put_char(&text, ':');
        buf_put(&text, request->headers[i].value);
        buf_put_lit(&text, "\r\n");
    }
    buf_put_lit(&text, "\r\n");
    size_t used = 0;
    struct str bytes = exact(buf_str(&text));
    MUST(http_parse_head(bytes, &again, &used) == HTTP_FINE && used == bytes.len);
    must_be_same_requests(request, &again);
    release(bytes);
}

// ----------------------------------------------------------------------------------------------------------- chunks

static enum http_fault parse_chunks(struct http_chunks *chunks, struct str bytes, struct buf *body, size_t *used)
{
    struct str copy = exact(bytes);
    *used = 0;
    enum http_fault fault = http_parse_chunks(chunks, copy, BODY_MAX, body, used);
    MUST(*used <= bytes.len && body->len <= BODY_MAX);
    MUST(fault != HTTP_UNFINISHED || *used == bytes.len);
    release(copy);
    return fault;
}

static void split_chunks(struct str bytes, enum http_fault fault, size_t used, struct str body)
{
    struct places places = places_of(bytes.len);
    for (size_t n; places_next(&places, &n);) {
        struct arena *arena = arena_new();
        struct buf halves = buf_in(arena);
        struct http_chunks chunks = {0};
        size_t before, after = 0;
        enum http_fault last = parse_chunks(&chunks, (struct str){bytes.ptr, n}, &halves, &before);
        if (last == HTTP_UNFINISHED)
            last = parse_chunks(&chunks, from(bytes, n), &halves, &after);
        MUST(last == fault && before + after == used && str_eq(buf_str(&halves), body));
        arena_free(arena);
    }
}

static void read_by_the_byte(struct arena *arena, struct str bytes, enum http_fault fault, struct str body)
{
    struct buf grown = buf_in(arena);
    struct http_chunks chunks = {0};
    enum http_fault last = HTTP_UNFINISHED;
    for (size_t i = 0, used; i < bytes.len && last == HTTP_UNFINISHED; i++)
        last = parse_chunks(&chunks, (struct str){bytes.ptr + i, 1}, &grown, &used);
    MUST(last == fault && str_eq(buf_str(&grown), body));
}

// In at most forty chunks.
static void write_chunks_again(struct arena *arena, struct str body)
{
    struct buf text = buf_in(arena), again = buf_in(arena);
    struct http_chunks chunks = {0};
    size_t used, step = body.len / 40 + 1;
    for (size_t at = 0; at < body.len; at += step) {
        struct str chunk = {body.ptr + at, body.len - at < step ? body.len - at : step};
        buf_printf(&text, "%zx\r\n", chunk.len);
        buf_put(&text, chunk);
        buf_put_lit(&text, "\r\n");
    }
    buf_put_lit(&text, "0\r\n\r\n");
    MUST(parse_chunks(&chunks, buf_str(&text), &again, &used) == HTTP_FINE);
    MUST(used == text.len && str_eq(buf_str(&again), body));
}

static enum http_fault read_chunks(struct arena *arena, struct str bytes, size_t *used)
{
    struct buf body = buf_in(arena);
    struct http_chunks chunks = {0};
    enum http_fault fault = parse_chunks(&chunks, bytes, &body, used);
    split_chunks(bytes, fault, *used, buf_str(&body));
    read_by_the_byte(arena, (struct str){bytes.ptr, *used}, fault, buf_str(&body));
    if (fault == HTTP_FINE)
        write_chunks_again(arena, buf_str(&body));
    return fault;
}

// --------------------------------------------------------------------------------------------------- other pure parts

static void decode(struct arena *arena, struct str text)
{
    struct str decoded, copy = exact(text);
    for (int plus = 0; plus < 2; plus++)
        if (http_decode(arena, copy, plus == 1, &decoded))
            MUST(decoded.len <= text.len && text_is_utf8(decoded) && !memchr(decoded.ptr, '\0', decoded.len));
    release(copy);
}

static bool ip_equal(struct http_ip a, struct http_ip b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

// Nobody who is not trusted is believed, and a trusted one that says nothing changes nothing.
static void find_client(const struct http_request *request)
{
    static const struct http_network ten = {{{[10] = 0xFF, [11] = 0xFF, [12] = 10}}, 104}, all = {{{0}}, 0};
    const struct http_networks nobody = {NULL, 0}, some = {&ten, 1}, everybody = {&all, 1};
    const struct http_ip proxy = {{[10] = 0xFF, [11] = 0xFF, [12] = 10, [15] = 1}}, stranger = {{0x20, 1}};
    bool says =
        http_header_value(request, STR("Forwarded")).ptr || http_header_value(request, STR("X-Forwarded-For")).ptr;
    MUST(ip_equal(http_client_find(&nobody, request, proxy), proxy));
    MUST(ip_equal(http_client_find(&some, request, stranger), stranger));
    struct http_ip near = http_client_find(&some, request, proxy), far = http_client_find(&everybody, request, proxy);
    MUST(says || (ip_equal(near, proxy) && ip_equal(far, proxy)));
}

// -------------------------------------------------------------------------------------------------------- messages

static enum http_fault read_message(struct arena *arena, struct str bytes, size_t *used)
{
    static struct http_request request;
    size_t head = bytes.len, body = 0;
    struct str copy = exact(bytes);
    enum http_fault fault = http_parse_head(copy, &request, &head);
    MUST(fault != HTTP_UNFINISHED || bytes.len <= HTTP_HEAD_MAX);
    split_head(bytes, &request, fault, head);
    if (fault == HTTP_FINE) {
        MUST(head > 0 && head <= bytes.len && head <= HTTP_HEAD_MAX && request.target.len <= HTTP_TARGET_MAX);
        write_again(arena, &request);
        decode(arena, request.path);
        decode(arena, request.query);
        find_client(&request);
        if (request.chunked)
            fault = read_chunks(arena, from(bytes, head), &body);
        else if (request.length > bytes.len - head)
            fault = HTTP_UNFINISHED;
        else
            body = (size_t)request.length;
    }
    *used = head + body;
    release(copy);
    return fault ? fault : request.keep_alive ? HTTP_FINE : HTTP_UNFINISHED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {size ? (const char *)data : "", size};
    enum http_fault fault = HTTP_FINE;
    for (int i = 0; i < STEPS && bytes.len && fault == HTTP_FINE; i++) {
        struct arena *arena = arena_new();
        size_t used = 0;
        fault = read_message(arena, bytes, &used);
        if (fault == HTTP_FINE)
            bytes = from(bytes, used);
        arena_free(arena);
    }
    return 0;
}
