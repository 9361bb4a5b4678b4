// A file's bytes.
#include "marbre/base.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool file_read(struct arena *arena, const char *path, size_t most, struct str *text)
{
    assert(path && text);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *bytes = arena_alloc(arena, most + 1);
    size_t len = 0;
    ssize_t n = 0;
    while (len <= most && (n = read(fd, bytes + len, most + 1 - len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        len += (size_t)n;
    }
    int failed = n < 0 ? errno : len > most ? EFBIG : 0;
    close(fd);
    errno = failed;
    *text = (struct str){bytes, len};
    return !failed;
}
