// The head of a request, byte after byte. The first fault that the bytes show, in their order, is the answer: so it
// does not matter where a read happened to end, and there is nothing to go back to.
#include "http_internal.h"

#include <assert.h>
#include <string.h>

struct scan {
    const char *at, *end;
    enum http_fault at_end; // what it means that the bytes end here
    struct field_facts facts;
};

static const struct {
    struct str text;
    enum http_method method;
} methods[] = {
    {STR("GET"), HTTP_GET},     {STR("HEAD"), HTTP_HEAD},     {STR("POST"), HTTP_POST},       {STR("PUT"), HTTP_PUT},
    {STR("PATCH"), HTTP_PATCH}, {STR("DELETE"), HTTP_DELETE}, {STR("OPTIONS"), HTTP_OPTIONS},
};

static enum http_method method_of(struct str text)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_eq(methods[i].text, text))
            return methods[i].method;
    return HTTP_METHOD_OTHER;
}

static inline struct str take_run(struct scan *scan, enum byte_class wanted)
{
    const char *from = scan->at, *at = from;
    while (at < scan->end && byte_is(*at, wanted))
        at++;
    scan->at = at;
    return (struct str){from, (size_t)(at - from)};
}

static inline enum http_fault take_char(struct scan *scan, char wanted)
{
    if (scan->at == scan->end)
        return scan->at_end;
    return *scan->at++ == wanted ? HTTP_FINE : HTTP_BAD_REQUEST;
}

static inline enum http_fault take_line_end(struct scan *scan)
{
    enum http_fault fault = take_char(scan, '\r');
    return fault ? fault : take_char(scan, '\n');
}

static enum http_fault take_digit(struct scan *scan, unsigned *digit)
{
    if (scan->at == scan->end)
        return scan->at_end;
    char c = *scan->at++;
    *digit = (unsigned)(c - '0');
    return c >= '0' && c <= '9' ? HTTP_FINE : HTTP_BAD_REQUEST;
}

static enum http_fault take_method(struct scan *scan, struct http_request *request)
{
    request->method_text = take_run(scan, BYTE_TOKEN);
    if (scan->at == scan->end)
        return scan->at_end;
    if (request->method_text.len == 0)
        return HTTP_BAD_REQUEST;
    request->method = method_of(request->method_text);
    return take_char(scan, ' ');
}

static enum http_fault take_target(struct scan *scan, struct http_request *request)
{
    struct scan bounded = *scan;
    if (scan->end - scan->at > HTTP_TARGET_MAX)
        bounded.end = scan->at + HTTP_TARGET_MAX;
    request->target = take_run(&bounded, BYTE_TARGET);
    scan->at = bounded.at;
    if (scan->at == scan->end)
        return scan->at_end;
    if (byte_is(*scan->at, BYTE_TARGET))
        return HTTP_TARGET_TOO_LONG;
    enum http_fault fault = take_char(scan, ' ');
    return fault ? fault : target_read(request);
}

// HTTP/1.0 and HTTP/1.1; any other that is spelled like a version gets an answer of its own.
static enum http_fault take_version(struct scan *scan, struct http_request *request)
{
    enum http_fault fault = HTTP_FINE;
    for (const char *name = "HTTP/"; *name && !fault; name++)
        fault = take_char(scan, *name);
    unsigned major = 0, minor = 0;
    if (fault || (fault = take_digit(scan, &major)) || (fault = take_char(scan, '.')) ||
        (fault = take_digit(scan, &minor)))
        return fault;
    if (major != 1 || minor > 1)
        return HTTP_VERSION_UNKNOWN;
    request->minor = minor;
    request->keep_alive = minor == 1;
    return take_line_end(scan);
}

static enum http_fault take_request_line(struct scan *scan, struct http_request *request)
{
    enum http_fault fault = HTTP_FINE;
    if (scan->at < scan->end && *scan->at == '\r') // one empty line before it is forgiven (RFC 9112 §2.2)
        fault = take_line_end(scan);
    if (fault || (fault = take_method(scan, request)) || (fault = take_target(scan, request)))
        return fault;
    return take_version(scan, request);
}

// `name: value` and its line end. A folded line starts with a space, which no name does.
static enum http_fault take_field(struct scan *scan, struct http_request *request)
{
    if (request->header_count == HTTP_HEADERS_MAX)
        return HTTP_HEAD_TOO_LARGE;
    struct str name = take_run(scan, BYTE_TOKEN);
    if (scan->at == scan->end)
        return scan->at_end;
    if (name.len == 0 || *scan->at++ != ':')
        return HTTP_BAD_REQUEST;
    struct str value = str_trim(take_run(scan, BYTE_FIELD));
    enum http_fault fault = take_line_end(scan);
    if (fault)
        return fault;
    request->headers[request->header_count++] = (struct http_header){name, value};
    return field_read(request, name, value, &scan->facts);
}

static enum http_fault take_fields(struct scan *scan, struct http_request *request)
{
    while (scan->at < scan->end && *scan->at != '\r') {
        enum http_fault fault = take_field(scan, request);
        if (fault)
            return fault;
    }
    return take_line_end(scan);
}

// Clears a request but for the array of headers, of which `header_count` says how much counts.
static void clear(struct http_request *request)
{
    memset(request, 0, offsetof(struct http_request, headers));
    size_t after = offsetof(struct http_request, headers) + sizeof request->headers;
    memset((char *)request + after, 0, sizeof *request - after);
    request->method = HTTP_METHOD_OTHER;
}

enum http_fault http_parse_head(struct str bytes, struct http_request *request, size_t *used)
{
    assert(request && used);
    bool over = bytes.len > HTTP_HEAD_MAX;
    struct scan scan = {
        .at = bytes.len ? bytes.ptr : "",
        .at_end = over ? HTTP_HEAD_TOO_LARGE : HTTP_UNFINISHED,
    };
    const char *start = scan.at;
    scan.end = start + (over ? (size_t)HTTP_HEAD_MAX : bytes.len);
    clear(request);
    enum http_fault fault = take_request_line(&scan, request);
    if (fault || (fault = take_fields(&scan, request)))
        return fault;
    if (request->minor == 1 && !scan.facts.host)
        return HTTP_BAD_REQUEST;
    if (!request->host.ptr) // the authority of an absolute target goes before Host (RFC 9112 §3.2.2)
        request->host = scan.facts.host_value;
    *used = (size_t)(scan.at - start);
    return HTTP_FINE;
}

struct str http_header_value(const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_eq_nocase(request->headers[i].name, name))
            return request->headers[i].value;
    return STR_NONE;
}

struct str http_header_list(struct arena *arena, const struct http_request *request, struct str name)
{
    struct str list = STR_NONE;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_eq_nocase(request->headers[i].name, name))
            continue;
        struct str line = request->headers[i].value;
        list = list.ptr ? arena_printf(arena, "%.*s, %.*s", STR_FMT(list), STR_FMT(line)) : line;
    }
    return list;
}
