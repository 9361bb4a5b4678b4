// The log: a ring of bytes for each thread that speaks, and one thread that carries them to the descriptor. Putting a
// line is a copy and one atomic store; a full ring drops the line and counts it.
#include "marbre/base.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING_BYTES = 1 << 18, EVERY_MS = 100 };

struct ring {
    struct ring *next;
    _Atomic size_t written, carried; // ever growing; the ring holds written - carried bytes
    char bytes[RING_BYTES];
};

static _Atomic(struct ring *) rings;
static _Thread_local struct ring *own_ring;
static atomic_uint_fast64_t dropped;
static atomic_bool open_for_lines, closing;
static int log_fd = STDERR_FILENO;
static pthread_t writer;

static void write_all(const char *bytes, size_t n)
{
    while (n) {
        ssize_t wrote = write(log_fd, bytes, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return; // nobody is left to tell
        bytes += wrote;
        n -= (size_t)wrote;
    }
}

static struct ring *ring_of_this_thread(void)
{
    if (own_ring)
        return own_ring;
    own_ring = allocated(calloc(1, sizeof *own_ring), "the log");
    own_ring->next = atomic_load(&rings);
    while (!atomic_compare_exchange_weak(&rings, &own_ring->next, own_ring)) {
    }
    return own_ring;
}

static void ring_copy(struct ring *ring, size_t at, const char *bytes, size_t n)
{
    size_t start = at % RING_BYTES, before_end = RING_BYTES - start;
    size_t first = n < before_end ? n : before_end;
    memcpy(ring->bytes + start, bytes, first);
    memcpy(ring->bytes, bytes + first, n - first);
}

void log_line(struct str json)
{
    if (!atomic_load(&open_for_lines)) {
        char line[4096];
        int n = snprintf(line, sizeof line, "%.*s\n", STR_FMT(json));
        write_all(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
        return;
    }
    struct ring *ring = ring_of_this_thread();
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    size_t carried = atomic_load_explicit(&ring->carried, memory_order_acquire);
    if (RING_BYTES - (written - carried) < json.len + 1) {
        atomic_fetch_add(&dropped, 1);
        return;
    }
    ring_copy(ring, written, json.ptr, json.len);
    ring_copy(ring, written + json.len, "\n", 1);
    atomic_store_explicit(&ring->written, written + json.len + 1, memory_order_release);
}

static void carry(void)
{
    for (struct ring *ring = atomic_load(&rings); ring; ring = ring->next) {
        size_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
        size_t carried = atomic_load_explicit(&ring->carried, memory_order_relaxed);
        while (carried < written) {
            size_t start = carried % RING_BYTES, run = RING_BYTES - start;
            size_t n = written - carried < run ? written - carried : run;
            write_all(ring->bytes + start, n);
            carried += n;
            atomic_store_explicit(&ring->carried, carried, memory_order_release);
        }
    }
}

static void *carry_lines(void *unused)
{
    (void)unused;
    while (!atomic_load(&closing)) {
        carry();
        usleep(EVERY_MS * 1000);
    }
    return NULL;
}

void log_open(int fd)
{
    assert(!atomic_load(&open_for_lines));
    log_fd = fd;
    atomic_store(&closing, false);
    if (pthread_create(&writer, NULL, carry_lines, NULL) != 0)
        fatal("a thread could not be started");
    atomic_store(&open_for_lines, true);
}

void log_close(void)
{
    if (!atomic_exchange(&open_for_lines, false))
        return;
    atomic_store(&closing, true);
    pthread_join(writer, NULL);
    carry();
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}

static const char *const level_names[] = {[LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char detail[1024];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof detail ? (size_t)n : sizeof detail - 1;
    while (length && detail[length - 1] == '\n') // libpq ends its messages so
        length--;
    char at[CLOCK_RFC3339];
    clock_rfc3339(clock_wall_ms(), at);
    struct arena *arena = arena_new();
    struct buf line = buf_in(arena);
    buf_printf(&line, "{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"detail\":", at, level_names[level], event);
    buf_put_json(&line, (struct str){detail, length});
    buf_put_char(&line, '}');
    log_line(buf_str(&line));
    arena_free(arena);
}
