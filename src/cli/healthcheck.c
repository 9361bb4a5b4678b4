// healthcheck: asks the admin address of the server beside it, for a container's HEALTHCHECK and for people. No shell
// and no curl needed.
#include "cli.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 3 };

// A server that listens on every address is asked on this machine's own of IPv4: there is one in a container without
// IPv6, too.
static void aim_at_this_machine(struct http_address *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
    bool every_v4 = address->at.ss_family == AF_INET && v4->sin_addr.s_addr == htonl(INADDR_ANY);
    bool every = address->at.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    if (!every_v4 && !every)
        return;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET,
                               .sin_port = every ? v6->sin6_port : v4->sin_port,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address->size = sizeof *v4;
}

static bool connected(int fd, const struct http_address *address)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    return connect(fd, (const struct sockaddr *)&address->at, address->size) == 0;
}

// The whole answer to a GET of the page; nothing, and errno, where there is none.
static struct str healthcheck_ask(struct arena *arena, const struct http_address *address, const char *page)
{
    struct buf answer = buf_in(arena);
    struct str request = arena_printf(arena, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", page);
    int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return STR_NONE;
    if (connected(fd, address) && write(fd, request.ptr, request.len) == (ssize_t)request.len) {
        char part[16384];
        for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;)
            buf_put(&answer, (struct str){part, (size_t)n});
    }
    int failed = errno;
    close(fd);
    errno = failed;
    return buf_str(&answer);
}

static struct str body_of(struct str answer)
{
    const char *end = answer.len ? memmem(answer.ptr, answer.len, "\r\n\r\n", 4) : NULL;
    size_t head = end ? (size_t)(end - answer.ptr) + 4 : answer.len;
    return (struct str){answer.ptr + head, answer.len - head};
}

// The status line, and what /readyz says is wrong where it is /readyz that answered.
static struct str complaint_in(struct arena *arena, struct str answer)
{
    struct str rest, line = str_cut(answer, '\r', &rest), body = body_of(answer);
    bool is_json = str_starts(body, STR("{"));
    return arena_printf(arena, "%.*s%s%.*s", STR_FMT(line), is_json ? " " : "", is_json ? (int)body.len : 0, body.ptr);
}

int command_healthcheck(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct config config;
    struct http_address address;
    struct str answer;
    int status = 0;
    if (argc > 2 || (argc == 2 && argv[1][0] != '/'))
        status = cli_usage("healthcheck takes a page of the admin address, such as /metrics, or no word");
    else if (!cli_config(arena, &config))
        status = 1;
    else if (!http_address_read(config.admin_listen, &address))
        status = cli_fail("MARBRE_ADMIN_LISTEN is not set to an address: there is nothing to ask");
    else if (aim_at_this_machine(&address), answer = healthcheck_ask(arena, &address, argc == 2 ? argv[1] : "/readyz"),
             !answer.len)
        status = cli_fail("no answer at %.*s: %s", STR_FMT(config.admin_listen), strerror(errno));
    else if (!str_starts(answer, STR("HTTP/1.1 200 ")))
        status = cli_fail("not ready: %s", complaint_in(arena, answer).ptr);
    else if (argc == 2)
        fwrite(body_of(answer).ptr, 1, body_of(answer).len, stdout);
    arena_free(arena);
    return status;
}
