// A worker's listener: accepts, keeps its connections in a list, and looks through it four times a second for those
// whose time is over. To set a deadline is to store a number.
#include "http_internal.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_A_TURN = 64, RETRY_US = 200000, SWEEP_US = 250000, FRESH_MS = 1000 };

const struct http_limits http_limits_default = {
    .head_ms = 10 * 1000,
    .body_ms = 10 * 1000,
    .body_rate = 16 * 1024,
    .idle_ms = 75 * 1000,
    .write_ms = 30 * 1000,
    .connections_max = 10000,
    .connections_per_address = 256,
    .request_bytes = 64 * 1024 * 1024,
};

static const struct timeval sweep_every = {.tv_usec = SWEEP_US};
static const struct timeval retry_after = {.tv_usec = RETRY_US};

// ---------------------------------------------------------------------------------------------------------- sweeping

static void free_closed(struct http_listener *listener)
{
    while (listener->dead) {
        struct connection *connection = listener->dead;
        listener->dead = connection->next;
        free(connection);
    }
}

// Ends connections whose deadline has passed, in two passes: to end one may end others by way of the service, and so
// change the list.
static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct http_listener *listener = context;
    struct connection *due = NULL;
    listener->now_us = clock_mono_us();
    for (struct connection *each = listener->connections; each; each = each->next) {
        if (each->deadline_us <= listener->now_us) {
            each->next_due = due;
            due = each;
        }
    }
    for (; due; due = due->next_due)
        if (due->deadline_us <= listener->now_us)
            connection_time_out(due);
    free_closed(listener);
}

// --------------------------------------------------------------------------------------------------------- accepting

static void pause_accepting(struct http_listener *listener, int failed)
{
    if (!listener->paused)
        log_event(LOG_ERROR, "http.accept", "%s; accepting stops and is tried again every %d ms", strerror(failed),
                  RETRY_US / 1000);
    listener->paused = true;
    event_del(listener->acceptable);
    evtimer_add(listener->retry, &retry_after);
}

static void reject(struct http_listener *listener, int fd)
{
    struct str busy = STR("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
                          "X-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n\r\n");
    char sink[4096];
    // A request that is left unread would reset the answer away. Best effort: who is turned away costs two calls.
    if (send(fd, busy.ptr, busy.len, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        (void)!recv(fd, sink, sizeof sink, MSG_DONTWAIT);
    close(fd);
    listener->rejected++;
    counter_add(&listener->metrics.rejected, 1);
    if (listener->now_us - listener->rejected_logged_us < 1000000)
        return;
    log_event(LOG_WARNING, "http.busy",
              "%zu connections are open; %llu more were turned away, %llu of them for having %u from one address",
              listener->count, (unsigned long long)listener->rejected, (unsigned long long)listener->crowded,
              listener->limits.connections_per_address);
    listener->rejected_logged_us = listener->now_us;
    listener->rejected = listener->crowded = 0;
}

// Counts a connection to its address, but for a trusted proxy's: all its clients come from that one.
static bool count_in(struct http_listener *listener, struct http_ip ip, struct address_counter **counter)
{
    unsigned most = listener->limits.connections_per_address;
    *counter = NULL;
    if (most == 0 || http_networks_have(&listener->limits.proxies, &ip))
        return true;
    return address_counter_take(&listener->address_counters, ip, most, counter);
}

// Takes one connection. False when there is none, or no descriptor for it.
static bool accept_one(struct http_listener *listener)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int failed = fd < 0 ? errno : 0;
    if (failed == EMFILE || failed == ENFILE || failed == ENOMEM || failed == ENOBUFS)
        pause_accepting(listener, failed);
    else if (failed == EAGAIN)
        listener->paused = false; // nobody waits any more
    if (failed)
        return failed == ECONNABORTED || failed == EINTR; // that client is gone, the next may be there
    struct http_ip ip = ip_of(&peer);
    struct address_counter *counter;
    bool full = listener->count >= listener->limits.connections_max;
    bool crowded = !full && !count_in(listener, ip, &counter);
    listener->crowded += crowded;
    if (full || crowded)
        reject(listener, fd);
    else
        connection_begin(listener, fd, ip, counter);
    counter_add(&listener->metrics.accepted, 1);
    return true;
}

static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct http_listener *listener = context;
    listener->now_us = clock_mono_us();
    free_closed(listener);
    for (int i = 0; i < ACCEPTS_A_TURN && accept_one(listener); i++) {
    }
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct http_listener *listener = context;
    event_add(listener->acceptable, NULL);
}

// ------------------------------------------------------------------------------------------------ beginning and end

static int have(const struct http_address *address)
{
    const int on = 1;
    int fd = address_bind(address, true);
    // Connections inherit TCP_NODELAY from the socket that they are accepted on.
    if (fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0)
        return fd;
    int failed = errno;
    if (fd >= 0)
        close(fd);
    errno = failed;
    return -1;
}

struct http_listener *http_listener_new(struct loop *loop, const struct http_address *address,
                                        const struct http_limits *limits, const struct http_service *service)
{
    assert(limits->connections_max > 0);
    assert(service->admit && service->serve && service->refuse && service->done);
    int fd = have(address);
    if (fd < 0)
        return NULL;
    struct http_listener *listener = allocated(calloc(1, sizeof *listener), "a listener");
    listener->base = loop_base(loop);
    listener->fd = fd;
    listener->limits = *limits;
    listener->service = *service;
    listener->quota = memory_quota_new(limits->request_bytes ? limits->request_bytes : UINT64_MAX);
    address_counters_init(&listener->address_counters);
    listener->now_us = clock_mono_us();
    listener->rejected_logged_us = listener->now_us - 1000000;
    listener->acceptable =
        allocated(event_new(listener->base, fd, EV_READ | EV_PERSIST, on_acceptable, listener), "a listener");
    listener->retry = allocated(evtimer_new(listener->base, on_retry, listener), "a listener");
    listener->sweep = allocated(event_new(listener->base, -1, EV_PERSIST, on_sweep, listener), "a listener");
    event_add(listener->sweep, &sweep_every);
    return listener;
}

void http_listener_open(struct http_listener *listener)
{
    if (listener->draining || listener->open)
        return;
    if (listen(listener->fd, BACKLOG) != 0)
        fatal("an address that this process has claimed cannot be listened on: %s", strerror(errno));
    event_add(listener->acceptable, NULL);
    listener->open = true;
}

// Idle connections end, those that never asked for anything after a grace: their first request may be on its way.
static void end_idle(struct http_listener *listener)
{
    listener->now_us = clock_mono_us();
    struct connection *next;
    for (struct connection *each = listener->connections; each; each = next) {
        next = each->next;
        if (!connection_is_idle(each) || connection_has_unread(each))
            continue;
        if (each->served_one)
            connection_close(each);
        else if (each->deadline_us > in_ms(listener, FRESH_MS))
            each->deadline_us = in_ms(listener, FRESH_MS);
    }
}

void http_listener_drain(struct http_listener *listener)
{
    listener->draining = true;
    end_idle(listener);
}

void http_listener_stop(struct http_listener *listener)
{
    if (listener->fd < 0)
        return;
    listener->draining = true;
    listener->now_us = clock_mono_us();
    while (accept_one(listener)) {
    }
    event_del(listener->acceptable);
    event_del(listener->retry);
    close(listener->fd);
    listener->fd = -1;
    listener->open = false;
    end_idle(listener);
}

size_t http_listener_connections(const struct http_listener *listener)
{
    return listener->count;
}

bool http_listener_accepts(const struct http_listener *listener)
{
    return listener->open && !listener->paused;
}

const struct http_metrics *http_listener_metrics(const struct http_listener *listener)
{
    return &listener->metrics;
}

void http_listener_free(struct http_listener *listener)
{
    if (!listener)
        return;
    while (listener->connections)
        connection_close(listener->connections);
    event_free(listener->acceptable);
    event_free(listener->retry);
    event_free(listener->sweep);
    if (listener->fd >= 0)
        close(listener->fd);
    free_closed(listener);
    memory_quota_leave(listener->quota, 0);
    free(listener);
}
