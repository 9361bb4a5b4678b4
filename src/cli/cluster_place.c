// Location and owner of a cluster. The folder that --data names, unless somebody else has to run PostgreSQL (we are
// root) and cannot get there; and the socket beside it, unless its path could not be one.
#include "cluster_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1, DIR_MAX = 900, TIMEOUT_SECONDS = 10 };

// The owner of a cluster that is still to be made.
static bool first_owner(struct owner *owner, struct error *error)
{
    *owner = (struct owner){geteuid(), getegid()};
    if (owner->uid != 0)
        return true;
    const struct passwd *user = getpwnam("postgres");
    if (!user)
        user = getpwnam("nobody");
    if (!user || user->pw_uid == 0)
        return error_set(error, "PostgreSQL does not run as root, and there is no user postgres or nobody to run it");
    *owner = (struct owner){user->pw_uid, user->pw_gid};
    return true;
}

// The owner of a cluster that is there: root takes over what somebody began.
static bool present_owner(const char *data, struct owner *owner)
{
    struct stat seen;
    if (lstat(data, &seen) || !S_ISDIR(seen.st_mode) || seen.st_uid == 0)
        return false;
    *owner = (struct owner){seen.st_uid, seen.st_gid};
    return true;
}

// A folder of our own in which the owner has one. As root, its group may pass through, and may neither list nor change
// what lies there: other secrets than PostgreSQL's do.
static bool make_passable(const char *path, struct error *error)
{
    struct owner owner;
    if (!first_owner(&owner, error))
        return false;
    if (mkdir(path, 0700))
        return errno == EEXIST || error_set(error, "%s cannot be made: %s", path, strerror(errno));
    if (geteuid() == 0 && (lchown(path, 0, owner.gid) || chmod(path, 0710)))
        return error_set(error, "%s cannot be given to group %u: %s", path, owner.gid, strerror(errno));
    return true;
}

const char *place_dir(struct arena *arena, struct str data, struct error *error)
{
    const char *given = arena_cstr(arena, data);
    if (!make_passable(given, error))
        return NULL;
    char *dir = realpath(given, NULL);
    if (!dir) {
        error_set(error, "%s cannot be used: %s", given, strerror(errno));
        return NULL;
    }
    arena_defer(arena, free, dir);
    // PostgreSQL cuts paths at 1,024 bytes, and keeps them in files as lines.
    if (strlen(dir) <= DIR_MAX && !strchr(dir, '\n'))
        return dir;
    error_set(error, "the data folder's path has a line break or more than %d bytes: %.100s…", DIR_MAX, dir);
    return NULL;
}

bool folder_private(const char *path, struct owner owner, struct error *error)
{
    if (mkdir(path, 0700) && errno != EEXIST)
        return error_set(error, "%s cannot be made: %s", path, strerror(errno));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat seen;
    if (fd < 0 || fstat(fd, &seen)) {
        error_set(error, "%s is not a folder that can be used: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    // Root's own is given away, whether made just now or by a start that was killed at this very place.
    bool given = geteuid() == 0 && seen.st_uid == 0 && fchown(fd, owner.uid, owner.gid) == 0;
    close(fd);
    if ((given || seen.st_uid == owner.uid) && (seen.st_mode & 0777) == 0700)
        return true;
    return error_set(error, "%s should be uid %u's with mode 0700, and is uid %u's with mode %04o", path, owner.uid,
                     seen.st_uid, seen.st_mode & 0777);
}

static int remove_one(const char *path, const struct stat *seen, int kind, struct FTW *walk)
{
    (void)seen, (void)kind;
    if (walk->level > 0)
        remove(path);
    return 0; // on with the rest: what is left is noticed by rmdir
}

static bool empty_folder(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0;
}

bool folder_remove(const char *path, struct owner owner, struct error *error)
{
    // More than once: an initdb that was killed may leave a process that writes for another moment. Its files go with
    // the owner's rights, since the owner could put links in root's way.
    int64_t deadline = deadline_in(TIMEOUT_SECONDS);
    do {
        if (rmdir(path) == 0 || errno == ENOENT)
            return true;
        child_call(owner, empty_folder, path, TIMEOUT_SECONDS);
    } while (poll_pause(deadline));
    return error_set(error, "%s cannot be removed", path);
}

static bool may_pass(const char *path)
{
    return access(path, X_OK) == 0;
}

static const char *mark_of(struct arena *arena, const char *dir)
{
    unsigned char hash[HASH_BYTES];
    secret_hash(str_of(dir), hash);
    return secret_hex(arena, hash, 8).ptr;
}

// Decides in which folder the cluster lies, and who runs it. What an earlier start decided stands.
static const char *choose_base(struct arena *arena, const char *dir, struct owner *owner, struct error *error)
{
    if (!first_owner(owner, error))
        return NULL;
    if (geteuid() != 0 || present_owner(arena_printf(arena, "%s/postgres", dir).ptr, owner))
        return dir;
    const char *elsewhere = arena_printf(arena, "/var/lib/marbre-dev-%s", mark_of(arena, dir)).ptr;
    if (!present_owner(arena_printf(arena, "%s/postgres", elsewhere).ptr, owner)) {
        if (child_call(*owner, may_pass, dir, TIMEOUT_SECONDS))
            return dir;
        if (!make_passable(elsewhere, error))
            return NULL;
    }
    fprintf(stderr,
            "marbre: uid %u, who runs PostgreSQL, cannot reach %s: its data is in %s (to begin anew, remove both)\n",
            owner->uid, dir, elsewhere);
    return elsewhere;
}

bool place_find(struct arena *arena, const char *dir, struct place *place, struct error *error)
{
    *place = (struct place){.dir = dir};
    const char *base = choose_base(arena, dir, &place->owner, error);
    if (!base)
        return false;
    place->data = arena_printf(arena, "%s/postgres", base).ptr;
    place->fresh = arena_printf(arena, "%s/postgres.new", base).ptr;
    place->sockets = arena_printf(arena, "%s/postgres-socket", base).ptr;
    bool too_long = strlen(place->sockets) + strlen("/" SOCKET_NAME) > SOCKET_PATH_MAX;
    if (too_long || strchr(place->sockets, ',')) // at a comma libpq sees a list of hosts
        place->sockets = arena_printf(arena, "/tmp/marbre-%u-%s", place->owner.uid, mark_of(arena, dir)).ptr;
    return true;
}
