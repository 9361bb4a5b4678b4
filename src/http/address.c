// Addresses: read from text, written as text, bound to, and claimed for one process.
#include "http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static bool read_v4(struct str host, uint16_t port, struct http_address *address)
{
    struct sockaddr_in *at = (struct sockaddr_in *)&address->at;
    char text[INET_ADDRSTRLEN];
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    address->size = sizeof *at;
    return inet_pton(AF_INET, text, &at->sin_addr) == 1;
}

static bool read_v6(struct str host, uint16_t port, struct http_address *address)
{
    struct sockaddr_in6 *at = (struct sockaddr_in6 *)&address->at;
    char text[INET6_ADDRSTRLEN];
    if (host.len >= sizeof text)
        return false;
    if (host.len)
        memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    *at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    address->size = sizeof *at;
    return host.len == 0 || inet_pton(AF_INET6, text, &at->sin6_addr) == 1;
}

bool http_address_read(struct str text, struct http_address *address)
{
    *address = (struct http_address){0};
    const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
    if (!colon)
        return false;
    struct str host = {text.ptr, (size_t)(colon - text.ptr)};
    struct str digits = {colon + 1, text.len - host.len - 1};
    uint64_t port;
    if (digits.len == 0 || !str_to_u64(digits, 65535, &port))
        return false;
    if (host.len == 0) // every address, IPv4 ones too
        return read_v6(host, (uint16_t)port, address);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        return read_v6((struct str){host.ptr + 1, host.len - 2}, (uint16_t)port, address);
    return read_v4(host, (uint16_t)port, address);
}

void address_peer_text(const struct sockaddr_storage *at, char text[PEER_TEXT])
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)at;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)at;
    text[0] = '\0';
    if (at->ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, text, PEER_TEXT);
    else if (at->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, PEER_TEXT);
    else if (at->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, text, PEER_TEXT);
}

uint16_t address_port(const struct http_address *address)
{
    if (address->at.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&address->at)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)&address->at)->sin6_port);
}

// The IPv4 wildcard address, where the kernel has no IPv6.
static bool fall_back_to_v4(struct http_address *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
    if (errno != EAFNOSUPPORT || address->at.ss_family != AF_INET6 || !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
        return false;
    return read_v4(STR("0.0.0.0"), ntohs(v6->sin6_port), address);
}

static int close_keeping_errno(int fd)
{
    int failed = errno;
    close(fd);
    errno = failed;
    return -1;
}

int address_bind(const struct http_address *address, bool shared)
{
    enum { KIND = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC };
    struct http_address at = *address;
    int fd = socket(at.at.ss_family, KIND, 0);
    if (fd < 0 && fall_back_to_v4(&at))
        fd = socket(at.at.ss_family, KIND, 0);
    if (fd < 0)
        return -1;
    const int on = 1, off = 0;
    bool set = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (set && shared)
        set = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    if (set && at.at.ss_family == AF_INET6)
        set = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (!set || bind(fd, (const struct sockaddr *)&at.at, at.size) != 0)
        return close_keeping_errno(fd);
    return fd;
}

// A name that only one process can hold, and that the kernel forgets with the process. It stands for the time between
// the probe and the workers' first listen().
static int lock_address(const struct http_address *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || address_port(address) == 0) // port 0 is never the same one twice
        return fd;
    char host[PEER_TEXT];
    address_peer_text(&address->at, host);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "marbre:%s:%u", host, address_port(address));
    if (bind(fd, (const struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)))
        return close_keeping_errno(fd);
    return fd;
}

int http_address_claim(const struct http_address *address)
{
    int lock = lock_address(address);
    if (lock < 0)
        return -1;
    int probe = address_bind(address, false);
    if (probe < 0)
        return close_keeping_errno(lock);
    close(probe);
    return lock;
}
