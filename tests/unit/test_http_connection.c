// Connections as a client sees them: a real listener on a thread of its own, a tiny service, and raw sockets.
#include "marbre/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 20, BIG = 8 * 1024 * 1024, ECHO_MAX = 1024 * 1024 };

// ------------------------------------------------------------------------------------------------------ the service

struct server {
    struct loop *loop;
    struct http_listener *listener;
    struct http_limits limits;
    pthread_t thread;
    uint16_t port;
    char *big;
    struct http_exchange *held; // by GET /late, until the test lets it go; the loop's thread only
    atomic_int holding, done, cut, connections, bodies;
};

static void answer(struct http_exchange *exchange, int status, struct str body)
{
    const struct http_header type = {STR("Content-Type"), STR("text/plain")};
    http_reply_send(exchange,
                    &(struct http_reply){.status = status, .headers = &type, .header_count = 1, .body = body});
}

static uint64_t admit(void *context, struct http_exchange *exchange)
{
    (void)context;
    if (str_eq(exchange->request.path, STR("/forbidden")))
        answer(exchange, 403, STR("no"));
    return ECHO_MAX;
}

static void serve(void *context, struct http_exchange *exchange)
{
    struct server *server = context;
    struct str path = exchange->request.path;
    if (exchange->body.ptr)
        atomic_fetch_add(&server->bodies, 1);
    if (str_eq(path, STR("/echo"))) {
        answer(exchange, 200, exchange->body);
    } else if (str_eq(path, STR("/peer"))) {
        answer(exchange, 200, exchange->peer);
    } else if (str_eq(path, STR("/big"))) {
        answer(exchange, 200, (struct str){server->big, BIG});
    } else if (str_eq(path, STR("/nothing"))) {
        answer(exchange, 204, STR(""));
    } else if (str_eq(path, STR("/late"))) {
        server->held = exchange;
        atomic_fetch_add(&server->holding, 1);
    } else {
        answer(exchange, 200, path);
    }
}

static void refuse(void *context, struct http_exchange *exchange, enum http_fault fault)
{
    (void)context;
    answer(exchange, http_fault_status(fault), str_of(http_fault_detail(fault)));
}

static void done(void *context, struct http_exchange *exchange)
{
    struct server *server = context;
    if (exchange->cut)
        atomic_fetch_add(&server->cut, 1);
    atomic_fetch_add(&server->done, 1);
}

static void *run(void *context)
{
    struct server *server = context;
    loop_run(server->loop);
    return NULL;
}

// A port that the kernel has just given and taken back.
static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at}), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static struct server *server_start(struct http_limits limits)
{
    struct server *server = calloc(1, sizeof *server);
    struct http_address address;
    char text[32];
    server->port = free_port();
    snprintf(text, sizeof text, "127.0.0.1:%u", server->port);
    assert_true(http_address_read(str_of(text), &address));
    struct http_service service = {server, admit, serve, refuse, done};
    server->big = malloc(BIG);
    for (size_t i = 0; i < BIG; i++)
        server->big[i] = (char)(i * 7 % 251);
    server->loop = loop_new();
    server->listener = http_listener_new(server->loop, &address, &limits, &service);
    if (server->listener)
        http_listener_open(server->listener);
    assert_non_null(server->listener);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    return server;
}

static void job_end(void *context)
{
    struct server *server = context;
    http_listener_free(server->listener);
    loop_stop(server->loop);
}

static void server_end(struct server *server)
{
    loop_post(server->loop, job_end, server);
    pthread_join(server->thread, NULL);
    loop_free(server->loop);
    free(server->big);
    free(server);
}

static void job_let_go(void *context)
{
    struct server *server = context;
    struct http_exchange *exchange = server->held;
    server->held = NULL;
    answer(exchange, 200, STR("at last"));
}

static void job_count(void *context)
{
    struct server *server = context;
    atomic_store(&server->connections, (int)http_listener_connections(server->listener));
}

static void job_drain(void *context)
{
    struct server *server = context;
    http_listener_drain(server->listener);
}

static void job_stop(void *context)
{
    struct server *server = context;
    http_listener_stop(server->listener);
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void wait_for(atomic_int *number, int wanted)
{
    time_t until = time(NULL) + PATIENCE_S;
    while (atomic_load(number) != wanted) {
        if (time(NULL) > until)
            fail_msg("waited for %d, and it stayed %d", wanted, atomic_load(number));
        nap();
    }
}

static void wait_for_connections(struct server *server, int wanted)
{
    time_t until = time(NULL) + PATIENCE_S;
    do {
        if (time(NULL) > until)
            fail_msg("waited for %d connections", wanted);
        loop_post(server->loop, job_count, server);
        nap();
    } while (atomic_load(&server->connections) != wanted);
}

// ------------------------------------------------------------------------------------------------------- the client

static int open_client_from(const struct server *server, struct in_addr own)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = own};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static int open_client(const struct server *server)
{
    return open_client_from(server, (struct in_addr){htonl(INADDR_LOOPBACK)});
}

static void say(int fd, struct str text)
{
    while (text.len) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        assert_true(n > 0);
        text = (struct str){text.ptr + n, text.len - (size_t)n};
    }
}

struct heard {
    int status;
    char head[4096];
    char *body;
    size_t length; // as the head says
};

static void hear_head(int fd, struct heard *heard)
{
    size_t n = 0;
    while (n < 4 || memcmp(heard->head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n < sizeof heard->head - 1);
        assert_int_equal(read(fd, heard->head + n, 1), 1);
        n++;
    }
    heard->head[n] = '\0';
    assert_memory_equal(heard->head, "HTTP/1.1 ", strlen("HTTP/1.1 "));
    heard->status = (int)strtol(heard->head + strlen("HTTP/1.1 "), NULL, 10);
    const char *length = strstr(heard->head, "\r\nContent-Length: ");
    heard->length = length ? strtoul(length + strlen("\r\nContent-Length: "), NULL, 10) : 0;
}

// `arena` holds the body.
static struct heard hear(int fd, struct arena *arena)
{
    struct heard heard = {0};
    hear_head(fd, &heard);
    heard.body = arena_alloc(arena, heard.length + 1);
    for (size_t at = 0; at < heard.length;) {
        ssize_t n = read(fd, heard.body + at, heard.length - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    return heard;
}

static void hear_this(int fd, int status, const char *body)
{
    struct arena *arena = arena_new();
    struct heard heard = hear(fd, arena);
    assert_int_equal(heard.status, status);
    assert_string_equal(heard.body, body);
    arena_free(arena);
}

static void hear_end(int fd)
{
    char more;
    assert_int_equal(read(fd, &more, 1), 0);
}

static void vanish(int fd) // with a reset
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

#define GET(path) STR("GET " path " HTTP/1.1\r\nHost: a\r\n\r\n")

// ---------------------------------------------------------------------------------------------------------- stories

static void test_a_connection_serves_one_request_after_the_other(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    for (int i = 0; i < 3; i++) {
        say(fd, GET("/one"));
        hear_this(fd, 200, "/one");
    }
    say(fd, GET("/peer"));
    hear_this(fd, 200, "127.0.0.1");
    say(fd, STR("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    struct heard heard = {0};
    hear_head(fd, &heard);
    assert_non_null(strstr(heard.head, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(heard.head, "\r\nDate: "));
    close(fd);
    wait_for(&server->done, 5);
}

static void test_http_1_0_closes_unless_it_asks_for_more(void **state)
{
    int fd = open_client(*state);
    struct arena *arena = arena_new();
    say(fd, STR("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_non_null(strstr(hear(fd, arena).head, "\r\nConnection: keep-alive\r\n"));
    say(fd, STR("GET /b HTTP/1.0\r\n\r\n"));
    assert_non_null(strstr(hear(fd, arena).head, "\r\nConnection: close\r\n"));
    hear_end(fd);
    arena_free(arena);
    close(fd);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    int fd = open_client(*state);
    say(fd, STR("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n"
                "GET /d HTTP/1.1\r\nHost: a\r\n\r\n"));
    hear_this(fd, 200, "/a");
    hear_this(fd, 200, "hi");
    hear_this(fd, 200, "ho");
    hear_this(fd, 200, "/d");
    close(fd);
}

static void test_a_long_burst_is_a_loop_and_not_a_stack(void **state)
{
    enum { REQUESTS = 2000 };
    int fd = open_client(*state);
    for (int i = 0; i < REQUESTS; i++)
        say(fd, GET("/burst"));
    for (int i = 0; i < REQUESTS; i++)
        hear_this(fd, 200, "/burst");
    close(fd);
}

static void test_what_follows_a_late_reply_waits_for_it(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/late"));
    for (int i = 0; i < 1000; i++) // more than the input buffer holds
        say(fd, GET("/after"));
    wait_for(&server->holding, 1);
    loop_post(server->loop, job_let_go, server);
    hear_this(fd, 200, "at last");
    for (int i = 0; i < 1000; i++)
        hear_this(fd, 200, "/after");
    close(fd);
}

static void test_head_has_the_length_and_not_the_body(void **state)
{
    int fd = open_client(*state);
    say(fd, STR("HEAD /four HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct heard heard = {0};
    hear_head(fd, &heard);
    assert_int_equal(heard.length, strlen("/four"));
    say(fd, GET("/nothing"));
    hear_head(fd, &heard);
    assert_int_equal(heard.status, 204);
    assert_null(strstr(heard.head, "Content-Length"));
    say(fd, GET("/next"));
    hear_this(fd, 200, "/next");
    close(fd);
}

static void test_a_body_arrives_in_any_pieces(void **state)
{
    struct str with_length = STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world");
    struct str in_chunks = STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n");
    int fd = open_client(*state);
    for (size_t i = 0; i < with_length.len; i++)
        say(fd, (struct str){with_length.ptr + i, 1});
    hear_this(fd, 200, "hello world");
    for (size_t i = 0; i < in_chunks.len; i++)
        say(fd, (struct str){in_chunks.ptr + i, 1});
    hear_this(fd, 200, "hello world");
    say(fd, with_length);
    hear_this(fd, 200, "hello world");
    close(fd);
}

static void test_a_large_body_comes_back_whole(void **state)
{
    struct server *server = *state;
    struct arena *arena = arena_new();
    int fd = open_client(server);
    say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
    say(fd, (struct str){server->big, 1000000});
    struct heard heard = hear(fd, arena);
    assert_int_equal(heard.length, 1000000);
    assert_memory_equal(heard.body, server->big, 1000000);
    close(fd);
    arena_free(arena);
}

static void test_no_body_and_an_empty_body_differ(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, STR("POST /a HTTP/1.1\r\nHost: a\r\n\r\n"));
    hear_this(fd, 200, "/a");
    assert_int_equal(atomic_load(&server->bodies), 0);
    say(fd, STR("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
    hear_this(fd, 200, "/a");
    assert_int_equal(atomic_load(&server->bodies), 1);
    close(fd);
}

static void test_a_client_that_waits_for_it_is_told_to_go_on(void **state)
{
    int fd = open_client(*state);
    say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    struct heard heard = {0};
    hear_head(fd, &heard);
    assert_int_equal(heard.status, 100);
    say(fd, STR("hi"));
    hear_this(fd, 200, "hi");
    say(fd, STR("POST /forbidden HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    hear_this(fd, 403, "no");
    hear_end(fd);
    close(fd);
}

static void test_a_body_that_nobody_wants_does_not_cost_the_client_its_answer(void **state)
{
    static const char junk[200000];
    static const struct {
        struct str head;
        int status;
    } rows[] = {
        {STR("POST /forbidden HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"), 403},
        {STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"), 413},
        {STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5ffffff\r\n"), 413},
        {STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"), 501},
        {STR("POST /echo HTTP/1.1\r\nContent-Length: 200000\r\n\r\n"), 400},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        int fd = open_client(*state);
        say(fd, rows[i].head);
        say(fd, (struct str){junk, sizeof junk});
        struct heard heard = hear(fd, arena);
        assert_int_equal(heard.status, rows[i].status);
        assert_non_null(strstr(heard.head, "\r\nConnection: close\r\n"));
        hear_end(fd);
        close(fd);
        arena_free(arena);
    }
}

static void test_bytes_that_are_no_request_end_the_connection(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd,
        STR("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n"));
    hear_this(fd, 200, "/a");
    hear_this(fd, 400, http_fault_detail(HTTP_BAD_REQUEST));
    hear_end(fd);
    close(fd);
    wait_for(&server->done, 2);
}

static void test_a_head_without_an_end_is_refused(void **state)
{
    int fd = open_client(*state);
    say(fd, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    for (int i = 0; i < HTTP_HEAD_MAX; i++)
        if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            break;
    hear_this(fd, 431, http_fault_detail(HTTP_HEAD_TOO_LARGE));
    hear_end(fd);
    close(fd);
}

static void test_half_a_connection_still_gets_its_reply(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/late"));
    say(fd, GET("/second"));
    shutdown(fd, SHUT_WR);
    wait_for(&server->holding, 1);
    loop_post(server->loop, job_let_go, server);
    hear_this(fd, 200, "at last");
    hear_this(fd, 200, "/second");
    hear_end(fd);
    close(fd);
    wait_for_connections(server, 0);
    assert_int_equal(atomic_load(&server->cut), 0);
}

static void test_a_reply_to_a_client_that_is_gone_goes_nowhere(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/late"));
    wait_for(&server->holding, 1);
    vanish(fd);
    wait_for_connections(server, 0);
    assert_int_equal(atomic_load(&server->done), 0);
    loop_post(server->loop, job_let_go, server);
    wait_for(&server->done, 1);
    assert_int_equal(atomic_load(&server->cut), 1);
}

static void test_a_client_that_goes_in_the_middle_of_its_body_is_cut(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
    close(fd);
    wait_for(&server->done, 1);
    assert_int_equal(atomic_load(&server->cut), 1);
}

static void test_a_slow_reader_gets_all_of_a_large_reply(void **state)
{
    struct server *server = *state;
    int fd = open_client(server), small = 16 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(fd, GET("/big"));
    say(fd, GET("/after"));
    struct heard heard = {0};
    hear_head(fd, &heard);
    assert_int_equal(heard.length, BIG);
    char piece[32 * 1024];
    for (size_t at = 0, reads = 0; at < BIG; reads++) {
        size_t most = BIG - at < sizeof piece ? BIG - at : sizeof piece;
        ssize_t n = read(fd, piece, most);
        assert_true(n > 0);
        assert_memory_equal(piece, server->big + at, (size_t)n);
        at += (size_t)n;
        if (reads % 16 == 0)
            nap();
    }
    hear_this(fd, 200, "/after");
    close(fd);
}

static void test_a_head_that_does_not_end_in_time_is_told_so(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, STR("GET /slow HTTP/1.1\r\nHo"));
    hear_this(fd, 408, http_fault_detail(HTTP_TIMEOUT));
    hear_end(fd);
    close(fd);
}

static void test_a_body_that_does_not_end_in_time_is_told_so(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
    hear_this(fd, 408, http_fault_detail(HTTP_TIMEOUT));
    hear_end(fd);
    close(fd);
    wait_for(&server->done, 1);
}

static void test_silence_before_a_request_ends_without_a_word(void **state)
{
    int fd = open_client(*state);
    hear_end(fd);
    close(fd);
}

static void test_silence_between_requests_ends_without_a_word(void **state)
{
    int fd = open_client(*state);
    say(fd, GET("/a"));
    hear_this(fd, 200, "/a");
    hear_end(fd);
    close(fd);
}

static void test_a_reader_that_takes_nothing_is_cut(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/big"));
    wait_for(&server->cut, 1);
    close(fd);
}

static void test_one_connection_too_many_is_turned_away(void **state)
{
    int first = open_client(*state), second = open_client(*state);
    say(first, GET("/a"));
    hear_this(first, 200, "/a");
    say(second, GET("/a"));
    hear_this(second, 200, "/a");
    int third = open_client(*state);
    hear_this(third, 503, "");
    hear_end(third);
    close(first);
    close(second);
    close(third);
}

static void test_an_address_has_so_many_connections_and_a_proxy_any_number(void **state)
{
    struct server *server = *state;
    struct in_addr crowd = {htonl(0x7F000002)}, other = {htonl(0x7F000003)}, proxy = {htonl(0x7F000009)};
    int first = open_client_from(server, crowd), second = open_client_from(server, crowd);
    say(first, GET("/peer"));
    hear_this(first, 200, "127.0.0.2");
    int third = open_client_from(server, crowd);
    hear_this(third, 503, "");
    hear_end(third);
    int neighbour = open_client_from(server, other);
    say(neighbour, GET("/peer"));
    hear_this(neighbour, 200, "127.0.0.3");
    int many[5];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = open_client_from(server, proxy);
        say(many[i], GET("/proxied"));
        hear_this(many[i], 200, "/proxied");
    }
    vanish(second);
    wait_for_connections(server, 2 + COUNT_OF(many));
    int again = open_client_from(server, crowd);
    say(again, GET("/again"));
    hear_this(again, 200, "/again");
    for (size_t i = 0; i < COUNT_OF(many); i++)
        close(many[i]);
    close(first);
    close(third);
    close(neighbour);
    close(again);
}

static void test_a_trusted_proxy_names_the_client(void **state)
{
    struct server *server = *state;
    struct in_addr proxy = {htonl(0x7F000009)};
    struct str asks = STR("GET /peer HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n\r\n");
    int behind = open_client_from(server, proxy), spoofed = open_client(server);
    say(behind, asks);
    hear_this(behind, 200, "192.0.2.7");
    say(behind, STR("GET /peer HTTP/1.1\r\nHost: a\r\nForwarded: for=\"[2001:DB8::7]:9\"\r\n\r\n"));
    hear_this(behind, 200, "2001:db8::7");
    say(behind, GET("/peer")); // the next request on the connection is for somebody else
    hear_this(behind, 200, "127.0.0.9");
    say(spoofed, asks);
    hear_this(spoofed, 200, "127.0.0.1");
    close(behind);
    close(spoofed);
}

static void say_bytes(int fd, size_t n)
{
    static const char bytes[10000];
    for (; n > sizeof bytes; n -= sizeof bytes)
        say(fd, (struct str){bytes, sizeof bytes});
    say(fd, (struct str){bytes, n});
}

static void hear_busy(int fd)
{
    hear_this(fd, 503, http_fault_detail(HTTP_BUSY));
    hear_end(fd);
    close(fd);
}

// Three clients hold nearly all of the room with bodies that they do not finish.
static void fill_up(struct server *server, int holders[3])
{
    for (int i = 0; i < 3; i++) {
        holders[i] = open_client(server);
        say(holders[i], STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 64000\r\n\r\n"));
        say_bytes(holders[i], 40000);
    }
    // Each answer is a turn of the loop, in which the holders' bodies are read on.
    int fd = open_client(server);
    for (int i = 0; i < 20; i++) {
        say(fd, GET("/turn"));
        hear_this(fd, 200, "/turn");
    }
    close(fd);
}

static void test_bodies_beyond_the_room_for_them_are_refused_until_it_is_free(void **state)
{
    struct server *server = *state;
    struct str counted = STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 250000\r\n\r\n");
    struct str in_chunks = STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n");
    struct arena *arena = arena_new();
    for (int round = 0; round < 20; round++) {
        int holders[3], fd = open_client(server);
        say(fd, counted);
        say_bytes(fd, 250000);
        assert_int_equal(hear(fd, arena).status, 200); // all of the room is there
        close(fd);
        fill_up(server, holders);
        fd = open_client(server);
        say(fd, counted);
        hear_busy(fd);
        fd = open_client(server);
        say(fd, in_chunks);
        say_bytes(fd, 200000);
        hear_busy(fd);
        fd = open_client(server); // what has no body needs no room
        say(fd, GET("/read"));
        hear_this(fd, 200, "/read");
        close(fd);
        for (int i = 0; i < 3; i++)
            vanish(holders[i]);
        wait_for_connections(server, 0);
    }
    arena_free(arena);
}

static void test_a_body_that_the_service_holds_keeps_its_room_when_the_client_is_gone(void **state)
{
    struct server *server = *state;
    struct str late = STR("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 250000\r\n\r\n");
    int fd = open_client(server);
    say(fd, late);
    say_bytes(fd, 250000);
    wait_for(&server->holding, 1);
    vanish(fd);
    wait_for_connections(server, 0);
    fd = open_client(server);
    say(fd, late);
    hear_busy(fd);
    loop_post(server->loop, job_let_go, server);
    wait_for(&server->done, 2);
    fd = open_client(server);
    say(fd, late);
    say_bytes(fd, 250000);
    wait_for(&server->holding, 2);
    loop_post(server->loop, job_let_go, server);
    hear_this(fd, 200, "at last");
    close(fd);
}

static void test_draining_ends_what_is_idle_and_finishes_what_is_not(void **state)
{
    struct server *server = *state;
    struct arena *arena = arena_new();
    int idle = open_client(server), busy = open_client(server);
    say(idle, GET("/a"));
    hear_this(idle, 200, "/a");
    say(busy, GET("/late"));
    wait_for(&server->holding, 1);
    loop_post(server->loop, job_drain, server);
    hear_end(idle);
    loop_post(server->loop, job_let_go, server);
    assert_non_null(strstr(hear(busy, arena).head, "\r\nConnection: close\r\n"));
    hear_end(busy);
    int fresh = open_client(server); // accepting goes on
    say(fresh, GET("/b"));
    assert_non_null(strstr(hear(fresh, arena).head, "\r\nConnection: close\r\n"));
    hear_end(fresh);
    close(idle);
    close(busy);
    close(fresh);
    arena_free(arena);
}

static void test_stopping_serves_whoever_had_come(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/a"));
    loop_post(server->loop, job_stop, server);
    hear_this(fd, 200, "/a");
    hear_end(fd);
    close(fd);
    wait_for_connections(server, 0);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
}

static void test_freeing_leaves_an_exchange_with_the_service(void **state)
{
    struct server *server = *state;
    int fd = open_client(server);
    say(fd, GET("/late"));
    wait_for(&server->holding, 1);
    loop_post(server->loop, job_drain, server);
    // The listener goes first (server_end), the reply comes after it.
    loop_post(server->loop, job_end, server);
    pthread_join(server->thread, NULL);
    hear_end(fd);
    job_let_go(server);
    assert_int_equal(atomic_load(&server->cut), 1);
    close(fd);
    loop_free(server->loop);
    free(server->big);
    free(server);
    *state = NULL;
}

static void test_an_address_is_claimed_once(void **state)
{
    struct server *server = *state;
    struct http_address taken, any;
    char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%u", server->port);
    assert_true(http_address_read(str_of(text), &taken));
    assert_int_equal(http_address_claim(&taken), -1); // a server listens there, although it would share the port
    assert_int_equal(errno, EADDRINUSE);
    assert_true(http_address_read(STR("127.0.0.1:0"), &any));
    int first = http_address_claim(&any), second = http_address_claim(&any);
    assert_true(first >= 0 && second >= 0);
    close(first);
    close(second);

    uint16_t port = server->port;
    server_end(server);
    *state = NULL;
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    first = http_address_claim(&taken);
    assert_true(first >= 0);
    assert_int_equal(http_address_claim(&taken), -1); // claimed, although nobody listens yet
    assert_int_equal(errno, EADDRINUSE);
    close(first);
}

// -------------------------------------------------------------------------------------------------------- with what

static const struct http_limits patient = {
    .head_ms = 60000, .body_ms = 60000, .body_rate = 1000, .idle_ms = 60000, .write_ms = 60000, .connections_max = 100};

static int start(void **state)
{
    *state = server_start(patient);
    return 0;
}

// Each with one patience that is short.
static int start_hasty_head(void **state)
{
    struct http_limits hasty = patient;
    hasty.head_ms = 500;
    *state = server_start(hasty);
    return 0;
}

static int start_hasty_body(void **state)
{
    struct http_limits hasty = patient;
    hasty.body_ms = 100;
    *state = server_start(hasty);
    return 0;
}

static int start_hasty_idle(void **state)
{
    struct http_limits hasty = patient;
    hasty.idle_ms = 100;
    *state = server_start(hasty);
    return 0;
}

static int start_hasty_write(void **state)
{
    struct http_limits hasty = patient;
    hasty.write_ms = 100;
    *state = server_start(hasty);
    return 0;
}

static int start_small(void **state)
{
    struct http_limits small = patient;
    small.connections_max = 2;
    *state = server_start(small);
    return 0;
}

// Two connections an address; 127.0.0.8/31 are proxies.
static int start_crowded(void **state)
{
    static struct http_network proxies = {{{[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 8}}, 127};
    struct http_limits crowded = patient;
    crowded.connections_per_address = 2;
    crowded.proxies = (struct http_networks){&proxies, 1};
    *state = server_start(crowded);
    return 0;
}

// Room for one body of 250,000 bytes, and for what it outgrew.
static int start_narrow(void **state)
{
    struct http_limits narrow = patient;
    narrow.request_bytes = 520000;
    *state = server_start(narrow);
    return 0;
}

static int end(void **state)
{
    if (*state)
        server_end(*state);
    return 0;
}

#define STORY(test)       cmocka_unit_test_setup_teardown(test, start, end)
#define HASTY(what, test) cmocka_unit_test_setup_teardown(test, start_hasty_##what, end)

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_a_connection_serves_one_request_after_the_other),
        STORY(test_http_1_0_closes_unless_it_asks_for_more),
        STORY(test_pipelined_requests_are_answered_in_order),
        STORY(test_a_long_burst_is_a_loop_and_not_a_stack),
        STORY(test_what_follows_a_late_reply_waits_for_it),
        STORY(test_head_has_the_length_and_not_the_body),
        STORY(test_a_body_arrives_in_any_pieces),
        STORY(test_a_large_body_comes_back_whole),
        STORY(test_no_body_and_an_empty_body_differ),
        STORY(test_a_client_that_waits_for_it_is_told_to_go_on),
        STORY(test_a_body_that_nobody_wants_does_not_cost_the_client_its_answer),
        STORY(test_bytes_that_are_no_request_end_the_connection),
        STORY(test_a_head_without_an_end_is_refused),
        STORY(test_half_a_connection_still_gets_its_reply),
        STORY(test_a_reply_to_a_client_that_is_gone_goes_nowhere),
        STORY(test_a_client_that_goes_in_the_middle_of_its_body_is_cut),
        STORY(test_a_slow_reader_gets_all_of_a_large_reply),
        HASTY(head, test_a_head_that_does_not_end_in_time_is_told_so),
        HASTY(head, test_silence_before_a_request_ends_without_a_word),
        HASTY(idle, test_silence_between_requests_ends_without_a_word),
        HASTY(body, test_a_body_that_does_not_end_in_time_is_told_so),
        HASTY(write, test_a_reader_that_takes_nothing_is_cut),
        cmocka_unit_test_setup_teardown(test_one_connection_too_many_is_turned_away, start_small, end),
        cmocka_unit_test_setup_teardown(test_an_address_has_so_many_connections_and_a_proxy_any_number, start_crowded,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_trusted_proxy_names_the_client, start_crowded, end),
        cmocka_unit_test_setup_teardown(test_bodies_beyond_the_room_for_them_are_refused_until_it_is_free, start_narrow,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_body_that_the_service_holds_keeps_its_room_when_the_client_is_gone,
                                        start_narrow, end),
        STORY(test_draining_ends_what_is_idle_and_finishes_what_is_not),
        STORY(test_stopping_serves_whoever_had_come),
        STORY(test_freeing_leaves_an_exchange_with_the_service),
        STORY(test_an_address_is_claimed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
