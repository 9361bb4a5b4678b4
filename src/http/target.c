// Request targets and hosts (RFC 9112 §3.2, RFC 3986 §3): which forms we take, and what is in them.
#include "http_internal.h"

#include <arpa/inet.h>
#include <string.h>

static struct str after(struct str text, size_t n)
{
    return (struct str){text.ptr + n, text.len - n};
}

static bool starts_nocase(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_eq_nocase((struct str){text.ptr, prefix.len}, prefix);
}

// Length in bytes of one slash at the start of a path: `/` or `%2F`; 0 where there is none.
static size_t slash_at(struct str path)
{
    if (path.len && path.ptr[0] == '/')
        return 1;
    return starts_nocase(path, STR("%2F")) ? 3 : 0;
}

static size_t dot_at(struct str path)
{
    if (path.len && path.ptr[0] == '.')
        return 1;
    return starts_nocase(path, STR("%2E")) ? 3 : 0;
}

// `.` or `..` between slashes, in any spelling: nobody sends that but to leave a folder.
static bool has_dot_segment(struct str path)
{
    if (!memchr(path.ptr, '.', path.len) && !memchr(path.ptr, '%', path.len))
        return false;
    bool at_start = false; // of a segment
    while (path.len) {
        size_t slash = slash_at(path), skip = 0;
        for (unsigned dots = 0; at_start && dots < 2 && dot_at(after(path, skip)); dots++)
            skip += dot_at(after(path, skip));
        if (skip && (skip == path.len || slash_at(after(path, skip))))
            return true;
        at_start = slash != 0;
        path = after(path, slash ? slash : 1);
    }
    return false;
}

static bool port_is_valid(struct str port)
{
    uint64_t number;
    return port.len == 0 || str_to_u64(port, 65535, &number);
}

static bool ipv6_is_valid(struct str text)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return inet_pton(AF_INET6, terminated, &ignored) == 1;
}

static bool regname_is_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (byte_is(name.ptr[i], BYTE_REGNAME))
            continue;
        if (name.ptr[i] != '%' || name.len - i < 3 || !bytes_are((struct str){name.ptr + i + 1, 2}, BYTE_HEX))
            return false;
        i += 2;
    }
    return name.len > 0;
}

bool host_is_valid(struct str host)
{
    struct str port;
    if (host.len == 0 || host.ptr[0] != '[')
        return regname_is_valid(str_cut(host, ':', &port)) && port_is_valid(port);
    const char *close = memchr(host.ptr, ']', host.len);
    if (!close || !ipv6_is_valid((struct str){host.ptr + 1, (size_t)(close - host.ptr) - 1}))
        return false;
    port = after(host, (size_t)(close - host.ptr) + 1);
    return port.len == 0 || (port.ptr[0] == ':' && port_is_valid(after(port, 1)));
}

// `http://host/path?query`; the authority takes the place of Host.
static enum http_fault read_absolute(struct http_request *request)
{
    struct str scheme = starts_nocase(request->target, STR("http://")) ? STR("http://") : STR("https://");
    if (!starts_nocase(request->target, scheme))
        return HTTP_BAD_REQUEST;
    struct str rest = after(request->target, scheme.len);
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?')
        n++;
    request->host = (struct str){rest.ptr, n};
    if (!host_is_valid(request->host)) // a user before an @ too (RFC 9110 §4.2.4)
        return HTTP_BAD_REQUEST;
    request->path = str_cut(after(rest, n), '?', &request->query);
    if (request->path.len == 0)
        request->path = request->method == HTTP_OPTIONS ? STR("*") : STR("/");
    return HTTP_FINE;
}

enum http_fault target_read(struct http_request *request)
{
    struct str target = request->target;
    if (target.len == 0)
        return HTTP_BAD_REQUEST;
    if (str_eq(target, STR("*"))) {
        request->path = target;
        return request->method == HTTP_OPTIONS ? HTTP_FINE : HTTP_BAD_REQUEST;
    }
    if (target.ptr[0] == '/')
        request->path = str_cut(target, '?', &request->query);
    else if (read_absolute(request) != HTTP_FINE)
        return HTTP_BAD_REQUEST;
    if (str_eq(request->method_text, STR("CONNECT"))) // we are no tunnel
        return HTTP_BAD_REQUEST;
    return has_dot_segment(request->path) ? HTTP_DOT_SEGMENT : HTTP_FINE;
}
