// healthcheck: asks /readyz of the server beside it, for a container's HEALTHCHECK. No shell and no curl needed.
#include "cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 3 };

// A server that listens on every address is asked on this machine's own: that of IPv4, which there is in a container
// without IPv6 as well.
static void aim_at_this_machine(struct http_address *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->at;
    if (address->at.ss_family == AF_INET && v4->sin_addr.s_addr == htonl(INADDR_ANY))
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (address->at.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
        inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6->sin6_addr);
}

static ssize_t ask(const struct http_address *address, char *answer, size_t size)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ssize_t n = -1;
    if (connect(fd, (const struct sockaddr *)&address->at, address->size) == 0 &&
        write(fd, request, sizeof request - 1) == (ssize_t)sizeof request - 1)
        n = read(fd, answer, size - 1);
    int failed = errno;
    close(fd);
    errno = failed;
    return n;
}

// The status line, and what /readyz says is wrong where it is /readyz that answered.
static struct str complaint_in(struct arena *arena, const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n{");
    return arena_printf(arena, "%.*s%s%s", (int)strcspn(answer, "\r\n"), answer, body ? " " : "", body ? body + 4 : "");
}

int command_healthcheck(int argc, char **argv)
{
    (void)argv;
    struct arena *arena = arena_new();
    struct config config;
    struct http_address address;
    char answer[1024] = "";
    int status;
    if (argc > 1)
        status = cli_usage("healthcheck takes no words");
    else if (!cli_config(arena, &config))
        status = 1;
    else if (!http_address_read(config.admin_listen, &address))
        status = cli_fail("MARBRE_ADMIN_LISTEN is not set to an address: there is nothing to ask");
    else if (aim_at_this_machine(&address), ask(&address, answer, sizeof answer) <= 0)
        status = cli_fail("no answer at %.*s: %s", STR_FMT(config.admin_listen), strerror(errno));
    else if (!str_starts(str_of(answer), STR("HTTP/1.1 200 ")))
        status = cli_fail("not ready: %s", complaint_in(arena, answer).ptr);
    else
        status = 0;
    arena_free(arena);
    return status;
}
