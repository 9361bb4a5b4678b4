// What a connection has read and not yet used. An idle connection holds none of it.
#include "http_internal.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096, INPUT_MAX = HTTP_HEAD_MAX + 4096 }; // one byte over a full head has to fit

struct str input_view(const struct input *input)
{
    return (struct str){input->ptr ? input->ptr + input->start : "", input->end - input->start};
}

static void grow(struct input *input)
{
    size_t capacity = input->capacity ? input->capacity * 2 : FIRST_ROOM;
    if (capacity > INPUT_MAX)
        capacity = INPUT_MAX;
    input->ptr = realloc(input->ptr, capacity);
    if (!input->ptr)
        fatal("out of memory: %zu bytes to read into", capacity);
    input->capacity = capacity;
}

size_t input_room(struct input *input)
{
    if (input->end == input->capacity && input->start > 0) {
        memmove(input->ptr, input->ptr + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (input->end == input->capacity && input->capacity < INPUT_MAX)
        grow(input);
    return input->capacity - input->end;
}

void input_skip(struct input *input, size_t n)
{
    input->start += n;
    if (input->start == input->end)
        input->start = input->end = 0;
}

void input_drop(struct input *input)
{
    free(input->ptr);
    *input = (struct input){0};
}
