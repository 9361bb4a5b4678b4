// Two clocks and their spellings.
#include "marbre/base.h"

#include <stdio.h>
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

// The process never calls setlocale, so strftime and strptime speak English.
void clock_http(int64_t wall_s, char text[CLOCK_HTTP])
{
    time_t seconds = (time_t)wall_s;
    struct tm t;
    gmtime_r(&seconds, &t);
    strftime(text, CLOCK_HTTP, "%a, %d %b %Y %H:%M:%S GMT", &t);
}

void clock_rfc3339(int64_t wall_ms, char text[CLOCK_RFC3339])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    size_t n = strftime(text, CLOCK_RFC3339, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(text + n, CLOCK_RFC3339 - n, ".%03uZ", (unsigned)(wall_ms % 1000) % 1000);
}

bool clock_from_http(struct str text, int64_t *wall_s)
{
    char copy[CLOCK_HTTP];
    if (text.len != CLOCK_HTTP - 1)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    struct tm t = {0};
    const char *end = strptime(copy, "%a, %d %b %Y %H:%M:%S GMT", &t);
    if (!end || *end)
        return false;
    *wall_s = (int64_t)timegm(&t);
    return true;
}
