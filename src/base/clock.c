// Two clocks and their spellings.
#include "marbre/base.h"

#include <string.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// The process never calls setlocale, so strftime speaks English.
void clock_http(int64_t wall_s, char text[CLOCK_HTTP])
{
    time_t seconds = (time_t)wall_s;
    struct tm t;
    gmtime_r(&seconds, &t);
    strftime(text, CLOCK_HTTP, "%a, %d %b %Y %H:%M:%S GMT", &t);
}

void clock_rfc3339(int64_t wall_ms, char text[CLOCK_RFC3339])
{
    enum { TO_SECONDS = 19 }; // bytes of `1994-11-06T08:49:37`, which each thread keeps for its present second
    static _Thread_local char kept[TO_SECONDS + 1];
    static _Thread_local int64_t kept_s = -1;
    if (wall_ms / 1000 != kept_s) {
        kept_s = wall_ms / 1000;
        time_t seconds = (time_t)kept_s;
        struct tm t;
        gmtime_r(&seconds, &t);
        strftime(kept, sizeof kept, "%Y-%m-%dT%H:%M:%S", &t);
    }
    unsigned ms = (unsigned)(wall_ms % 1000);
    memcpy(text, kept, TO_SECONDS);
    const char rest[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '\0'};
    memcpy(text + TO_SECONDS, rest, sizeof rest);
}
