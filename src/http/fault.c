// Faults, and all that is known of each on one row.
#include "http_internal.h"

static const struct {
    int status;
    const char *detail;
} faults[] = {
    [HTTP_FINE] = {200, "nothing is wrong"},
    [HTTP_UNFINISHED] = {400, "the request ends before its end"},
    [HTTP_BAD_REQUEST] = {400, "these bytes are not a request that HTTP/1.1 (RFC 9112) allows"},
    [HTTP_DOT_SEGMENT] = {400,
                          "a path has no segments . and .. here: send the one that they lead to (RFC 3986 §5.2.4)"},
    [HTTP_TIMEOUT] = {408, "the request did not arrive in time"},
    [HTTP_LENGTH_REQUIRED] = {411, "a body needs Content-Length or Transfer-Encoding: chunked"},
    [HTTP_BODY_TOO_LARGE] = {413, "the body is larger than this operation takes"},
    [HTTP_TARGET_TOO_LONG] = {414, "the request target is longer than 8 KiB"},
    [HTTP_EXPECTATION] = {417, "the one expectation that is met is 100-continue"},
    [HTTP_HEAD_TOO_LARGE] = {431, "the header fields are larger than 16 KiB, or more than 100"},
    [HTTP_CODING_UNKNOWN] = {501, "the one transfer coding that is known is chunked"},
    [HTTP_BUSY] = {503, "the server has more to do than it can take"},
    [HTTP_VERSION_UNKNOWN] = {505, "the versions that are spoken here are HTTP/1.1 and HTTP/1.0"},
};

int http_fault_status(enum http_fault fault)
{
    return faults[fault].status;
}

const char *http_fault_detail(enum http_fault fault)
{
    return faults[fault].detail;
}
