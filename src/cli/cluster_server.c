// The server's life: ended if an earlier run left it, started, watched until it answers, ended.
//
// PostgreSQL says in DATA/postmaster.pid who runs it and how far it is, a line each: pid, data directory, start time,
// port, socket folder, address, shared memory, status.
#include "cluster_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_SECONDS = 60, MEMORY_SECONDS = 15, LOG_BYTES_MAX = 16 << 20, STATUS_LINE = 8 };

// Signals that ask a server to end, in turn. SIGINT rolls back and writes what is open; after SIGQUIT the next start
// recovers, and so it does after SIGKILL.
static const struct {
    int number, seconds;
} requests[] = {{SIGINT, 20}, {SIGQUIT, 8}, {SIGKILL, 3}};

// Settings of PostgreSQL for a dev machine; the rest is PostgreSQL's own. fsync stays on: what was acknowledged is
// kept.
static const char *const settings[] = {
    "listen_addresses=", // no TCP
    "port=5432",         // else PGPORT's; it names the socket
    "unix_socket_permissions=0700",
    "shared_buffers=64MB",
    "max_connections=100",
    "logging_collector=off",
    "log_destination=stderr",
    "log_min_messages=log", // a refused request is an ERROR to PostgreSQL, and no news
    "lc_messages=C",
    "cluster_name=marbre",
};

struct postmaster {
    pid_t pid;
    bool ready;
};

static struct str read_small(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return STR_NONE;
    ssize_t n = read(fd, bytes, size);
    close(fd);
    return (struct str){bytes, n > 0 ? (size_t)n : 0};
}

static void path_of_pid_file(const char *data, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/postmaster.pid", data);
}

// Reads postmaster.pid. False when there is no such file; a pid of 0 when it names none.
static bool postmaster_read(const char *data, struct postmaster *postmaster)
{
    char path[PATH_MAX], bytes[PATH_MAX];
    path_of_pid_file(data, path);
    struct str rest = read_small(path, bytes, sizeof bytes);
    *postmaster = (struct postmaster){0};
    if (!rest.ptr)
        return false;
    for (int number = 1; number <= STATUS_LINE && rest.ptr; number++) {
        struct str line = str_cut(rest, '\n', &rest);
        uint64_t pid;
        if (number == 1 && str_to_u64(line, INT_MAX, &pid))
            postmaster->pid = (pid_t)pid;
        if (number == STATUS_LINE)
            postmaster->ready = str_starts(line, STR("ready"));
    }
    return true;
}

static bool is_in(pid_t pid, const char *data)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cwd", pid);
    struct stat there, here;
    return stat(path, &there) == 0 && stat(data, &here) == 0 && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

// The postmaster check: the process is the first one of the server of `data`. Its number alone may long be somebody
// else's.
static bool is_server_of(pid_t pid, const char *data)
{
    char path[64], bytes[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    struct str rest = read_small(path, bytes, sizeof bytes);
    struct str program = str_cut(rest, '\0', &rest);
    if (!str_ends(program, STR("/postgres")) && !str_eq(program, STR("postgres")))
        return false;
    while (rest.ptr) {
        if (str_eq(str_cut(rest, '\0', &rest), str_of(data)))
            return true;
    }
    return is_in(pid, data); // started by hand; root in a container may not be allowed to see it
}

static bool has_ended(pid_t pid, const char *data)
{
    pid_t reaped = waitpid(pid, NULL, WNOHANG);
    return reaped == pid || (reaped < 0 && !is_server_of(pid, data)); // not our child: of an earlier run
}

bool server_end(pid_t pid, const char *data)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        int64_t deadline = deadline_in(requests[i].seconds);
        kill(pid, requests[i].number);
        do {
            if (has_ended(pid, data))
                return true;
        } while (poll_pause(deadline));
    }
    return false;
}

bool server_clear(const struct place *place, struct error *error)
{
    char path[PATH_MAX];
    struct postmaster left;
    if (postmaster_read(place->data, &left)) {
        bool named = left.pid > 1;
        if (named && is_server_of(left.pid, place->data)) {
            if (!server_end(left.pid, place->data))
                return error_set(error, "PostgreSQL of an earlier run (pid %d) does not end", left.pid);
        } else if (!named || kill(left.pid, 0) == 0 || errno == EPERM) {
            // It names nobody, or a stranger who got that number later, and PostgreSQL would refuse to start. The
            // file of a dead process is PostgreSQL's to clear, which looks for its shared memory first.
            path_of_pid_file(place->data, path);
            unlink(path);
        }
    }
    snprintf(path, sizeof path, "%s/" SOCKET_NAME, place->sockets);
    unlink(path);
    snprintf(path, sizeof path, "%s/" SOCKET_NAME ".lock", place->sockets);
    unlink(path); // it too names a pid
    return true;
}

const char *server_log(struct arena *arena, const struct place *place)
{
    return arena_printf(arena, "%s/postgres.log", place->dir).ptr;
}

static int open_log(struct arena *arena, const struct place *place)
{
    int fd = open(server_log(arena, place), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat seen;
    if (fd >= 0 && fstat(fd, &seen) == 0 && seen.st_size > LOG_BYTES_MAX && ftruncate(fd, 0))
        log_event(LOG_WARNING, "dev.log", "%s grows: %s", server_log(arena, place), strerror(errno));
    return fd;
}

// unix_socket_directories is a list of names in SQL's double quotes.
static const char *socket_setting(struct arena *arena, const char *folder)
{
    struct buf setting = buf_in(arena);
    buf_put_lit(&setting, "unix_socket_directories=\"");
    for (const char *at = folder; *at; at++) {
        buf_put_char(&setting, *at);
        if (*at == '"')
            buf_put_char(&setting, *at);
    }
    buf_put_char(&setting, '"');
    return arena_cstr(arena, buf_str(&setting));
}

static const char **command_line(struct arena *arena, const struct place *place, const char *folder)
{
    const char **argv = ARENA_ARRAY(arena, const char *, 2 * COUNT_OF(settings) + 6), **next = argv;
    *next++ = arena_printf(arena, "%s/postgres", folder).ptr;
    *next++ = "-D";
    *next++ = place->data;
    *next++ = "-c";
    *next++ = socket_setting(arena, place->sockets);
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        *next++ = "-c";
        *next++ = settings[i];
    }
    return argv;
}

static bool answers(const char *sockets)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/" SOCKET_NAME, sockets);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

enum outcome { READY, ENDED, LATE };

static enum outcome await(const struct place *place, pid_t pid, int64_t deadline)
{
    struct postmaster seen;
    do {
        if (waitpid(pid, NULL, WNOHANG) == pid)
            return ENDED;
        if (postmaster_read(place->data, &seen) && seen.pid == pid && seen.ready && answers(place->sockets))
            return READY;
    } while (poll_pause(deadline));
    return LATE;
}

static pid_t try_start(struct arena *arena, const struct place *place, const char *const *argv, int log,
                       struct error *error)
{
    int64_t memory_deadline = deadline_in(MEMORY_SECONDS), deadline = deadline_in(START_SECONDS);
    for (;;) {
        struct child_plan plan = {.argv = argv, .owner = place->owner, .output = log, .death_signal = SIGINT};
        off_t from = lseek(log, 0, SEEK_END);
        pid_t pid = child_start(arena, &plan);
        if (pid < 0) {
            error_set(error, "no process can be started: %s", strerror(errno));
            return 0;
        }
        enum outcome outcome = await(place, pid, deadline);
        if (outcome == READY)
            return pid;
        if (outcome == LATE)
            server_end(pid, place->data);
        struct str said = text_from(arena, log, from);
        // When only a server's first process was killed, the others need a moment to notice and to let go.
        bool held = memmem(said.ptr, said.len, "is still in use", strlen("is still in use"));
        if (outcome == ENDED && held && poll_pause(memory_deadline))
            continue;
        said = last_lines(said);
        error_set(error, "PostgreSQL %s; %s/postgres.log ends so:\n%.*s",
                  outcome == LATE ? "is not ready in time" : "ended", place->dir, STR_FMT(said));
        return 0;
    }
}

pid_t server_start(struct arena *arena, const struct place *place, const char *folder, struct error *error)
{
    int log = open_log(arena, place);
    if (log < 0) {
        error_set(error, "%s cannot be written: %s", server_log(arena, place), strerror(errno));
        return 0;
    }
    pid_t pid = try_start(arena, place, command_line(arena, place, folder), log, error);
    close(log);
    return pid;
}
