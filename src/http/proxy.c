// The client's address behind proxies (Forwarded, X-Forwarded-For). A trusted proxy says for whom it speaks; what
// stands left of the first address that is not one of them was written by that client, and means nothing.
#include "http_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

// --------------------------------------------------------------------------------------------- addresses, networks

bool http_ip_read(struct str text, struct http_ip *ip)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    char terminated[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    if (inet_pton(AF_INET6, terminated, ip->bytes) == 1)
        return true;
    memcpy(ip->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, terminated, ip->bytes + sizeof mapped) == 1;
}

static bool read_network(struct str text, struct http_network *network)
{
    struct str bits, address = str_cut(text, '/', &bits);
    bool v4 = !memchr(address.ptr, ':', address.len);
    uint64_t most = v4 ? 32 : 128, number = most;
    if (!http_ip_read(address, &network->first) || (bits.ptr && (bits.len == 0 || !str_to_u64(bits, most, &number))))
        return false;
    network->bits = (unsigned)(128 - most + number);
    return true;
}

bool http_networks_read(struct arena *arena, struct str text, struct http_networks *networks)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    struct http_network *list = ARENA_ARRAY(arena, struct http_network, most);
    *networks = (struct http_networks){list, 0};
    struct str rest = text.len ? text : STR_NONE;
    while (rest.ptr)
        if (!read_network(str_trim(str_cut(rest, ',', &rest)), &list[networks->count++]))
            return false;
    return true;
}

static bool network_has(const struct http_network *network, const struct http_ip *ip)
{
    unsigned whole = network->bits / 8, odd = network->bits % 8;
    if (memcmp(network->first.bytes, ip->bytes, whole) != 0)
        return false;
    return odd == 0 || (network->first.bytes[whole] ^ ip->bytes[whole]) >> (8 - odd) == 0;
}

bool http_networks_have(const struct http_networks *networks, const struct http_ip *ip)
{
    assert(networks->list || networks->count == 0);
    for (size_t i = 0; i < networks->count; i++)
        if (network_has(&networks->list[i], ip))
            return true;
    return false;
}

// -------------------------------------------------------------------------------------------------- what proxies say

// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80` (RFC 7239 §6, and what
// X-Forwarded-For is seen to hold). `unknown` and `_names` are no addresses.
static bool read_node(struct str node, struct http_ip *ip)
{
    struct str port = STR_NONE, address = node;
    uint64_t number;
    if (node.len && node.ptr[0] == '[') {
        address = str_cut((struct str){node.ptr + 1, node.len - 1}, ']', &port);
        if (!port.ptr || !memchr(address.ptr, ':', address.len) || (port.len && port.ptr[0] != ':'))
            return false;
        port = port.len ? (struct str){port.ptr + 1, port.len - 1} : STR_NONE;
    } else if (!http_ip_read(node, ip)) {
        address = str_cut(node, ':', &port);
    }
    if (port.ptr && (port.len == 0 || !str_to_u64(port, 65535, &number)))
        return false;
    return http_ip_read(address, ip);
}

// A value without its quotes. One with an escape or a second quote inside is more than any address needs.
static bool unquote(struct str *value)
{
    if (value->len < 2 || value->ptr[0] != '"' || value->ptr[value->len - 1] != '"')
        return value->len && bytes_are(*value, BYTE_TOKEN);
    *value = (struct str){value->ptr + 1, value->len - 2};
    return bytes_are(*value, BYTE_QUOTED);
}

// An element of Forwarded: `for=192.0.2.1;proto=https`, with exactly one `for`.
static bool read_element(struct str element, struct http_ip *ip)
{
    bool found = false;
    struct str rest = element;
    while (rest.ptr) {
        struct str value, name = str_cut(str_trim(str_cut(rest, ';', &rest)), '=', &value);
        if (!value.ptr || name.len == 0 || !bytes_are(name, BYTE_TOKEN) || !unquote(&value))
            return false;
        if (!str_eq_nocase(name, STR("for")))
            continue;
        if (found || !read_node(value, ip))
            return false;
        found = true;
    }
    return found;
}

// A field that proxies add to, each at its end.
struct trail {
    struct str name;
    bool (*read)(struct str element, struct http_ip *ip);
};

static const struct trail trails[] = {{STR("Forwarded"), read_element}, {STR("X-Forwarded-For"), read_node}};

// Cuts the last element off a list. A comma inside of quotes cuts, too: both halves are no elements then.
static struct str cut_last(struct str *list)
{
    const char *comma = memrchr(list->ptr, ',', list->len);
    size_t before = comma ? (size_t)(comma - list->ptr) : 0;
    struct str last = {comma ? comma + 1 : list->ptr, list->len - before - (comma != NULL)};
    *list = comma ? (struct str){list->ptr, before} : STR_NONE;
    return str_trim(last);
}

// Walks back through the fields of a name, which are one list, while what it finds is trusted. False when there is
// nothing to walk; else `ip` is the last good address.
static bool walk(const struct http_networks *trusted, const struct http_request *request, const struct trail *trail,
                 struct http_ip *ip)
{
    bool any = false;
    for (size_t i = request->header_count; i-- > 0;) {
        struct str list = request->headers[i].value;
        if (!str_eq_nocase(request->headers[i].name, trail->name))
            continue;
        any = true;
        while (list.ptr) {
            struct http_ip next;
            struct str element = cut_last(&list);
            if (element.len == 0)
                continue;
            if (!http_networks_have(trusted, ip) || !trail->read(element, &next))
                return true;
            *ip = next;
        }
    }
    return any;
}

struct http_ip http_client_find(const struct http_networks *trusted, const struct http_request *request,
                                struct http_ip peer)
{
    struct http_ip client = peer;
    bool any = false;
    if (!http_networks_have(trusted, &peer))
        return peer;
    for (size_t i = 0; i < COUNT_OF(trails); i++) {
        struct http_ip found = peer;
        if (!walk(trusted, request, &trails[i], &found))
            continue;
        if (any && memcmp(&found, &client, sizeof found) != 0)
            return peer;
        client = found;
        any = true;
    }
    return client;
}

void ip_text(const struct http_ip *ip, char text[PEER_TEXT])
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    struct sockaddr_storage any = {0};
    memcpy(&at.sin6_addr, ip->bytes, sizeof ip->bytes);
    memcpy(&any, &at, sizeof at);
    address_peer_text(&any, text);
}

struct http_ip ip_of(const struct sockaddr_storage *at)
{
    struct http_ip ip = {.bytes = {[10] = 0xFF, [11] = 0xFF}};
    if (at->ss_family == AF_INET)
        memcpy(ip.bytes + 12, &((const struct sockaddr_in *)at)->sin_addr, 4);
    else
        memcpy(ip.bytes, &((const struct sockaddr_in6 *)at)->sin6_addr, sizeof ip.bytes);
    return ip;
}
