// The corpus of llhttp's own tests, read as a connection would read it. Where strict RFC 9112 is stricter than llhttp,
// or a refusal is not this room's, the case stands in a table with the reason.
#include "marbre/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef MARBRE_SOURCE_DIR
#define MARBRE_SOURCE_DIR "."
#endif

struct exception {
    const char *id, *reason;
};

// Must be accepted, says llhttp.
static const struct exception stricter[] = {
    {"connection.md:CRLF between requests, implicit `keep-alive`",
     "one empty line between requests is forgiven, not two"},
    {"method.md:M-SEARCH request", "the target * is for OPTIONS alone (RFC 9112 §3.2.4)"},
    {"sample.md:No HTTP version", "HTTP/0.9 is not spoken here"},
    {"transfer-encoding.md:POST with `chunked` as last transfer-encoding", "a coding that is not known: 501 (§6.1)"},
    {"transfer-encoding.md:POST with `chunked` as last transfer-encoding (multiple headers)", "the same"},
    {"uri.md:Fragment in URI", "a target has no fragment (§3.2)"},
    {"uri.md:`host:port` and basic auth", "user information is an error (RFC 9110 §4.2.4)"},
};

// Must be refused, says llhttp, which keeps a list of methods. Here any token is framed as a method, and what has no
// operation gets its 405 or 501 from the room above.
static const struct exception unknown_methods[] = {
    {"invalid.md:HTTP protocol and ANNOUNCE method", "a method without an operation"},
    {"invalid.md:Invalid method", "a method without an operation"},
};

static const char *find(const struct exception *table, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_of(table[i].id), id))
            return table[i].reason;
    return NULL;
}

// What a connection makes of the bytes.
struct verdict {
    enum http_fault fault; // HTTP_UNFINISHED: it would wait
    size_t messages;
    bool unread; // bytes came after the last message of a connection, and are never looked at
    bool unknown_method;
};

static enum http_fault take_body(struct arena *arena, const struct http_request *request, struct str bytes,
                                 size_t *used)
{
    struct http_chunks chunks = {0};
    struct buf body = buf_in(arena);
    if (request->chunked)
        return http_parse_chunks(&chunks, bytes, 1 << 20, &body, used);
    *used = bytes.len < request->length ? bytes.len : (size_t)request->length;
    return *used == request->length ? HTTP_FINE : HTTP_UNFINISHED;
}

static struct verdict read_all(struct arena *arena, struct str bytes)
{
    struct verdict verdict = {0};
    while (bytes.len) {
        struct http_request request;
        size_t head = 0, body = 0;
        verdict.fault = http_parse_head(bytes, &request, &head);
        if (verdict.fault)
            break;
        verdict.unknown_method = request.method == HTTP_METHOD_OTHER;
        bytes = (struct str){bytes.ptr + head, bytes.len - head};
        verdict.fault = take_body(arena, &request, bytes, &body);
        if (verdict.fault)
            break;
        bytes = (struct str){bytes.ptr + body, bytes.len - body};
        verdict.messages++;
        if (!request.keep_alive) {
            verdict.unread = bytes.len > 0;
            break;
        }
    }
    return verdict;
}

// The first answer to a growing prefix is the answer to the whole, for the head and for what follows it.
static void check_splits(struct arena *arena, struct str bytes)
{
    struct http_request whole, grown;
    size_t used_whole = 0, used_grown = 0;
    enum http_fault fault = http_parse_head(bytes, &whole, &used_whole), first = HTTP_UNFINISHED;
    for (size_t n = 0; n <= bytes.len && first == HTTP_UNFINISHED; n++) {
        struct str prefix = arena_copy(arena, (struct str){bytes.ptr, n});
        first = http_parse_head(prefix, &grown, &used_grown);
    }
    assert_int_equal(first, fault);
    if (fault != HTTP_FINE)
        return;
    assert_int_equal(used_grown, used_whole);
    assert_int_equal(grown.header_count, whole.header_count);
    if (!whole.chunked)
        return;
    struct str rest = {bytes.ptr + used_whole, bytes.len - used_whole};
    struct buf body = buf_in(arena);
    struct http_chunks at_once = {0};
    size_t used = 0;
    fault = http_parse_chunks(&at_once, rest, 1 << 20, &body, &used);
    for (size_t split = 0; split <= rest.len; split++) {
        struct buf halves = buf_in(arena);
        struct http_chunks chunks = {0};
        size_t first_used = 0, second_used = 0;
        first = http_parse_chunks(&chunks, (struct str){rest.ptr, split}, 1 << 20, &halves, &first_used);
        if (first == HTTP_UNFINISHED)
            first = http_parse_chunks(&chunks, (struct str){rest.ptr + split, rest.len - split}, 1 << 20, &halves,
                                      &second_used);
        assert_int_equal(first, fault);
        assert_int_equal(first_used + second_used, used);
        assert_true(str_eq(buf_str(&halves), buf_str(&body)));
    }
}

struct figures {
    unsigned rejects, refused, accepts, accepted, waits, waiting, others;
};

static void judge(struct figures *figures, struct str id, struct str expect, size_t messages, struct verdict verdict)
{
    bool faulty = verdict.fault != HTTP_FINE && verdict.fault != HTTP_UNFINISHED;
    if (str_eq(expect, STR("reject"))) {
        const char *reason = find(unknown_methods, COUNT_OF(unknown_methods), id);
        bool refused = faulty || verdict.unread || (reason && verdict.unknown_method);
        figures->rejects++;
        figures->refused += refused;
        if (!refused)
            print_message("not refused: %.*s\n", STR_FMT(id));
    } else if (str_eq(expect, STR("accept"))) {
        const char *reason = find(stricter, COUNT_OF(stricter), id);
        bool accepted = !faulty && verdict.messages == messages;
        figures->accepts++;
        figures->accepted += accepted || reason;
        if (reason && accepted)
            print_message("accepted, and yet among the exceptions: %.*s\n", STR_FMT(id));
        if (!reason && !accepted)
            print_message("not accepted: %.*s\n", STR_FMT(id));
        assert_false(reason && accepted);
    } else if (str_eq(expect, STR("wait"))) {
        figures->waits++;
        figures->waiting += verdict.fault == HTTP_UNFINISHED;
    } else {
        figures->others++;
    }
}

static struct str standard_base64_to_url(struct arena *arena, struct str text)
{
    char *copy = arena_cstr(arena, text);
    size_t n = text.len;
    while (n && copy[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        if (copy[i] == '+')
            copy[i] = '-';
        else if (copy[i] == '/')
            copy[i] = '_';
    }
    return (struct str){copy, n};
}

static void run_case(struct figures *figures, struct str line)
{
    struct arena *arena = arena_new();
    struct json_fault fault;
    json_t *row = json_read(arena, line, &fault);
    assert_non_null(row);
    struct str bytes;
    assert_true(secret_unbase64(arena, standard_base64_to_url(arena, json_member_text(row, "b64")), &bytes));
    size_t messages = (size_t)json_integer_value(json_object_get(row, "nmsg"));
    judge(figures, json_member_text(row, "id"), json_member_text(row, "expect"), messages, read_all(arena, bytes));
    check_splits(arena, bytes);
    arena_free(arena);
}

static FILE *open_corpus(void)
{
    char path[4096];
    const char *folder = getenv("MARBRE_CORPORA");
    snprintf(path, sizeof path, "%s/h1-llhttp/cases.jsonl",
             folder && *folder ? folder : MARBRE_SOURCE_DIR "/../shared/corpora");
    FILE *file = fopen(path, "r");
    if (!file)
        print_message("skipped: there is no %s\n", path);
    return file;
}

static void test_a_corpus_of_requests_is_read_strictly(void **state)
{
    (void)state;
    FILE *file = open_corpus();
    if (!file)
        skip();
    struct figures figures = {0};
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, file)) > 0;)
        run_case(&figures, (struct str){line, (size_t)n});
    free(line);
    fclose(file);
    print_message("refused %u/%u, accepted or refused for a reason %u/%u (%zu reasons), waiting %u/%u, either %u\n",
                  figures.refused, figures.rejects, figures.accepted, figures.accepts, COUNT_OF(stricter),
                  figures.waiting, figures.waits, figures.others);
    assert_int_equal(figures.refused, figures.rejects);
    assert_int_equal(figures.accepted, figures.accepts);
    assert_int_equal(figures.waiting, figures.waits);
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_corpus_of_requests_is_read_strictly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
