// A private PostgreSQL from the first start to the last: locked, found, made, started, stopped.
#include "cluster.h"
#include "cluster_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INITDB_SECONDS = 120 };

struct cluster {
    struct place place;
    const char *log;
    pid_t pid;
    int lock;
};

// One marbre a folder. The kernel gives the lock back however we end, so a server that runs without it is an orphan.
static int lock_take(struct arena *arena, const char *dir, struct error *error)
{
    const char *path = arena_printf(arena, "%s/lock", dir).ptr;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(error, "%s cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(fd, 0) == 0) {
        dprintf(fd, "%d\n", getpid());
        return fd;
    }
    if (errno == EWOULDBLOCK) {
        struct str holder = last_lines(text_from(arena, fd, 0));
        error_set(error, "another marbre dev (pid %.*s) uses %s", STR_FMT(holder.len ? holder : STR("unknown")), dir);
    } else {
        error_set(error, "%s cannot be locked: %s", path, strerror(errno));
    }
    close(fd);
    return -1;
}

// The major version that made the data directory; 0 when there is none yet.
static unsigned version_of(struct arena *arena, const char *data)
{
    int fd = open(arena_printf(arena, "%s/PG_VERSION", data).ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    uint64_t major = 0;
    bool read = str_to_u64(last_lines(text_from(arena, fd, 0)), 1000, &major);
    close(fd);
    return read ? (unsigned)major : 0;
}

// The locale of initdb, for the same collation on every machine: C.UTF-8 sorts by bytes, as a system without it does
// too.
static const char *locale_option(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    if (!locale)
        return "--no-locale";
    freelocale(locale);
    return "--locale=C.UTF-8";
}

// Made under another name first: an initdb that was killed half way leaves nothing that looks like a cluster.
static bool cluster_make(struct arena *arena, const struct place *place, const char *folder, struct error *error)
{
    if (!folder_remove(place->fresh, place->owner, error) || !folder_private(place->fresh, place->owner, error))
        return false;
    // Trust is enough: the socket's folder lets in nobody but the owner and root, and there is no other way in.
    const char *const argv[] = {arena_printf(arena, "%s/initdb", folder).ptr,
                                "-D",
                                place->fresh,
                                "--username=marbre_owner",
                                "--auth=trust",
                                "--encoding=UTF8",
                                locale_option(),
                                "--no-instructions",
                                "--no-sync",
                                NULL};
    struct str output;
    if (!child_run(arena, argv, place->owner, INITDB_SECONDS, &output))
        return error_set(error, "initdb failed:\n%.*s", STR_FMT(last_lines(output)));
    if (rename(place->fresh, place->data))
        return error_set(error, "%s cannot be renamed to %s: %s", place->fresh, place->data, strerror(errno));
    return true;
}

// Starts the cluster, under the lock.
static bool cluster_bring_up(struct arena *arena, const char *dir, struct cluster *cluster, struct error *error)
{
    struct place *place = &cluster->place;
    if (!place_find(arena, dir, place, error))
        return false;
    unsigned major = version_of(arena, place->data);
    struct programs programs;
    if (!programs_find(arena, place, major, &programs, error))
        return false;
    if (major == 0 && !cluster_make(arena, place, programs.folder, error))
        return false;
    if (!folder_private(place->data, place->owner, error) || !folder_private(place->sockets, place->owner, error))
        return false;
    if (!server_clear(place, error))
        return false;
    cluster->log = server_log(arena, place);
    cluster->pid = server_start(arena, place, programs.folder, error);
    return cluster->pid > 0;
}

struct cluster *cluster_start(struct arena *arena, struct str data, struct error *error)
{
    const char *dir = place_dir(arena, data, error);
    if (!dir)
        return NULL;
    int lock = lock_take(arena, dir, error);
    if (lock < 0)
        return NULL;
    struct cluster *cluster = ARENA_NEW(arena, struct cluster);
    cluster->lock = lock;
    if (cluster_bring_up(arena, dir, cluster, error))
        return cluster;
    close(lock);
    return NULL;
}

void cluster_stop(struct cluster *cluster)
{
    assert(cluster->lock >= 0);
    if (cluster_alive(cluster) && !server_end(cluster->pid, cluster->place.data))
        log_event(LOG_ERROR, "dev.postgres", "pid %d does not end", cluster->pid);
    rmdir(cluster->place.sockets); // empty now; it may lie in /tmp, where nothing should be left
    close(cluster->lock);
}

// Percent-encodes all but what RFC 3986 §2.3 calls unreserved.
static void put_encoded(struct buf *url, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
            buf_put_char(url, c);
        else
            buf_printf(url, "%%%02X", (unsigned char)c);
    }
}

struct str cluster_url(const struct cluster *cluster, struct arena *arena, struct str role, struct str database)
{
    struct buf url = buf_in(arena);
    buf_put_lit(&url, "postgresql://");
    put_encoded(&url, role);
    buf_put_lit(&url, "@/");
    put_encoded(&url, database);
    buf_put_lit(&url, "?port=5432&host=");
    put_encoded(&url, str_of(cluster->place.sockets));
    return buf_str(&url);
}

struct str cluster_log(const struct cluster *cluster)
{
    return str_of(cluster->log);
}

bool cluster_alive(struct cluster *cluster)
{
    if (cluster->pid && waitpid(cluster->pid, NULL, WNOHANG) != 0)
        cluster->pid = 0;
    return cluster->pid != 0;
}
