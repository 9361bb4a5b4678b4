// The five fields that decide how bytes are framed and how long a connection lasts. All others are the service's.
#include "http_internal.h"

static enum http_fault read_host(struct http_request *request, struct str value, struct field_facts *facts)
{
    (void)request;
    if (facts->host || !host_is_valid(value))
        return HTTP_BAD_REQUEST;
    facts->host = true;
    facts->host_value = value;
    return HTTP_FINE;
}

// A second one is refused although it be equal, and so is `3, 3`: what comes after us may read them differently.
static enum http_fault read_content_length(struct http_request *request, struct str value, struct field_facts *facts)
{
    (void)facts;
    if (request->has_length || request->chunked || !str_to_u64(value, INT64_MAX, &request->length))
        return HTTP_BAD_REQUEST;
    request->has_length = true;
    return HTTP_FINE;
}

static enum http_fault read_transfer_encoding(struct http_request *request, struct str value, struct field_facts *facts)
{
    (void)facts;
    if (request->has_length || request->chunked || request->minor == 0 || value.len == 0)
        return HTTP_BAD_REQUEST;
    if (!str_eq_nocase(value, STR("chunked")))
        return HTTP_CODING_UNKNOWN;
    request->chunked = true;
    return HTTP_FINE;
}

static enum http_fault read_connection(struct http_request *request, struct str value, struct field_facts *facts)
{
    struct str rest = value;
    while (rest.ptr) {
        struct str option = str_trim(str_cut(rest, ',', &rest));
        if (str_eq_nocase(option, STR("close")))
            facts->close = true;
        else if (str_eq_nocase(option, STR("keep-alive")))
            request->keep_alive = true;
    }
    request->keep_alive = request->keep_alive && !facts->close;
    return HTTP_FINE;
}

// Expect: from an HTTP/1.0 client the expectation is void (RFC 9110 §10.1.1).
static enum http_fault read_expect(struct http_request *request, struct str value, struct field_facts *facts)
{
    (void)facts;
    if (!str_eq_nocase(value, STR("100-continue")))
        return HTTP_EXPECTATION;
    request->expects_continue = request->minor == 1;
    return HTTP_FINE;
}

static const struct {
    struct str name;
    enum http_fault (*read)(struct http_request *request, struct str value, struct field_facts *facts);
} fields[] = {
    {STR("Host"), read_host},
    {STR("Connection"), read_connection},
    {STR("Content-Length"), read_content_length},
    {STR("Transfer-Encoding"), read_transfer_encoding},
    {STR("Expect"), read_expect},
};

enum http_fault field_read(struct http_request *request, struct str name, struct str value, struct field_facts *facts)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (name.len == fields[i].name.len && str_eq_nocase(name, fields[i].name))
            return fields[i].read(request, value, facts);
    return HTTP_FINE;
}
