// Addresses of the web as people have them, in the one form in which they are kept: URIs (RFC 3986), as RFC 3987 §3.1
// makes them of others.
#include "marbre/base.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool has_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7F || text.ptr[i] == '\\')
            return true;
    return text_is_blank(text);
}

// What stands behind the host, with all that no URI may have percent-encoded; `%` too, where it encodes nothing.
static void put_encoded(struct buf *address, struct str text)
{
    bool fragment = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool encodes = c == '%' && i + 2 < text.len && is_hex(text.ptr[i + 1]) && is_hex(text.ptr[i + 2]);
        if (is_plain(c) || encodes || (c == '#' && !fragment) || (c && strchr("-._~!$&'()*+,;=:@/?", c)))
            buf_put_char(address, c);
        else
            buf_printf(address, "%%%02X", (unsigned)(unsigned char)c);
        fragment = fragment || c == '#';
    }
}

// A name in ASCII, as it is (`my_host` is in use); in any other script as IDNA has it.
static struct str host_name(struct arena *arena, struct str host)
{
    bool ascii = true;
    for (size_t i = 0; i < host.len; i++)
        ascii = ascii && (is_plain(host.ptr[i]) || strchr("-_.", host.ptr[i])) && host.ptr[i];
    if (!ascii)
        return text_domain(arena, host);
    bool broken = host.len > 253 || host.ptr[0] == '.' || host.ptr[0] == '-' || memmem(host.ptr, host.len, "..", 2);
    return broken ? STR_NONE : host;
}

static bool is_port(struct str port)
{
    uint64_t number;
    return port.len == 0 || str_to_u64(port, UINT16_MAX, &number);
}

// A host and perhaps a port; no user's name and no password.
static bool put_authority(struct buf *address, struct str authority)
{
    struct str host, port = STR_NONE;
    if (authority.len == 0 || memchr(authority.ptr, '@', authority.len))
        return false;
    if (authority.ptr[0] == '[') {
        const char *close = memchr(authority.ptr, ']', authority.len);
        char copy[64] = {0}, bytes[16];
        size_t n = close ? (size_t)(close - authority.ptr) : 0;
        if (n < 2 || n > sizeof copy)
            return false;
        memcpy(copy, authority.ptr + 1, n - 1);
        if (inet_pton(AF_INET6, copy, bytes) != 1 || (n + 1 < authority.len && authority.ptr[n + 1] != ':'))
            return false;
        host = (struct str){authority.ptr, n + 1};
        if (n + 1 < authority.len)
            port = (struct str){authority.ptr + n + 2, authority.len - n - 2};
    } else {
        host = str_cut(authority, ':', &port);
        host = host.len ? host_name(address->arena, host) : STR_NONE;
    }
    if (!host.ptr || (port.ptr && !is_port(port)))
        return false;
    buf_put(address, host);
    if (port.ptr)
        buf_printf(address, ":%.*s", STR_FMT(port));
    return true;
}

struct str text_web(struct arena *arena, struct str text)
{
    struct str rest, scheme = str_cut(text, ':', &rest);
    bool http = str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"));
    if (!http || !str_starts(rest, STR("//")) || has_blank(text) || !text_is_utf8(text))
        return STR_NONE;
    rest = (struct str){rest.ptr + 2, rest.len - 2};
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] && !strchr("/?#", rest.ptr[n]))
        n++;
    struct buf address = buf_in(arena);
    buf_printf(&address, "%.*s://", STR_FMT(str_lower(arena, scheme)));
    if (!put_authority(&address, (struct str){rest.ptr, n}))
        return STR_NONE;
    put_encoded(&address, (struct str){rest.ptr + n, rest.len - n});
    return buf_str(&address);
}
