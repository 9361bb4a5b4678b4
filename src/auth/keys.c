// The file of signing keys.
#include "auth_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool keys_fail(struct error *error, const char *path, const char *what)
{
    return error_set(error, "the keys file (MARBRE_JWT_KEYS_FILE) %s: %s", path, what);
}

static const char *add_key(struct arena *arena, struct key_set *set, struct str line)
{
    struct str secret, kid = str_cut(line, ':', &secret);
    if (kid.len == 0 || kid.len > 64 || !secret.ptr)
        return "a line is not `kid:base64url`";
    if (auth_key_find(set, kid))
        return "two keys have the same kid";
    if (set->count == AUTH_KEYS_MAX)
        return "there are more than 8 keys";
    struct auth_key *key = &set->all[set->count];
    if (!secret_unbase64(arena, secret, &key->secret))
        return "a key is not base64url without padding";
    if (key->secret.len < AUTH_KEY_BYTES_MIN)
        return "a key has less than 32 bytes";
    key->kid = arena_copy(arena, kid);
    set->count++;
    return NULL;
}

// The file's lines, or why they are no keys.
static const char *read_lines(struct arena *arena, struct key_set *set, struct str rest)
{
    const char *wrong = NULL;
    while (rest.ptr && !wrong) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len && line.ptr[0] != '#')
            wrong = add_key(arena, set, line);
    }
    return wrong || set->count ? wrong : "there is no key in it";
}

enum { FILE_BYTES_MAX = 8192 };

bool auth_keys_reload(struct auth_keys *keys, struct error *error)
{
    const char *file = arena_cstr(keys->arena, keys->path);
    struct arena *arena = arena_new();
    struct str text;
    if (!file_read(arena, file, FILE_BYTES_MAX, &text)) {
        keys_fail(error, file, strerror(errno));
        arena_free(arena);
        return false;
    }
    struct key_set *set = ARENA_NEW(keys->arena, struct key_set);
    const char *wrong = read_lines(keys->arena, set, text);
    explicit_bzero((char *)text.ptr, text.len);
    arena_free(arena);
    if (wrong)
        keys_fail(error, file, wrong);
    else
        atomic_store(&keys->now, set);
    return !wrong;
}

struct auth_keys *auth_keys_read(struct arena *arena, struct str path, struct error *error)
{
    if (path.len == 0) {
        error_set(error, "MARBRE_JWT_KEYS_FILE is not set; it names a file with lines `kid:base64url`");
        return NULL;
    }
    struct auth_keys *keys = ARENA_NEW(arena, struct auth_keys);
    keys->arena = arena;
    keys->path = arena_copy(arena, path);
    return auth_keys_reload(keys, error) ? keys : NULL;
}

const struct auth_key *auth_key_find(const struct key_set *set, struct str kid)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(set->all[i].kid, kid))
            return &set->all[i];
    return NULL;
}

bool auth_keys_make(struct str path, struct error *error)
{
    struct arena *arena = arena_new();
    const char *file = arena_cstr(arena, path);
    unsigned char secret[AUTH_KEY_BYTES_MIN];
    secret_random(secret, sizeof secret);
    struct str line = arena_printf(arena, "k1:%.*s\n", STR_FMT(secret_base64(arena, secret, sizeof secret)));
    bool fine = true;
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        fine = errno == EEXIST;
    } else {
        fine = write(fd, line.ptr, line.len) == (ssize_t)line.len && fsync(fd) == 0;
        close(fd);
    }
    if (!fine)
        keys_fail(error, file, strerror(errno));
    arena_free(arena);
    return fine;
}

void auth_keys_derive(const struct auth_keys *keys, struct str purpose, unsigned char key[HASH_BYTES])
{
    assert(purpose.len > 0);
    struct str secret = atomic_load(&keys->now)->all[0].secret;
    if (secret.len > 64)
        secret.len = 64;
    secret_mac(purpose, secret, key);
}
