// Errors and fatal: an error is told to whoever called, a bug ends the process. Stands below all of base, so that the
// log and the arenas may end a process, too.
#include "marbre/base.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fatal(const char *format, ...)
{
    char detail[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    fprintf(stderr, "marbre: %s\n", detail);
    abort();
}

void *allocated(void *memory, const char *what)
{
    if (!memory)
        fatal("out of memory for %s", what);
    return memory;
}

bool error_set(struct error *error, const char *format, ...)
{
    assert(error);
    char detail[sizeof error->detail]; // a part of the old one may be part of the new one
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    memcpy(error->detail, detail, strlen(detail) + 1);
    return false;
}
