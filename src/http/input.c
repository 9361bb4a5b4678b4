// The input buffer of a connection: what was read and is not yet used. An idle connection holds none of it.
#include "http_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096, INPUT_MAX = HTTP_HEAD_MAX + 4096 }; // one byte over a full head has to fit

struct str input_view(const struct input *input)
{
    return (struct str){input->ptr ? input->ptr + input->start : "", input->end - input->start};
}

// A free list of first buffers that this thread's connections gave back, so that the next request costs no allocation.
// Not under AddressSanitizer, which could not see that somebody still reads what was given back.
#ifndef __SANITIZE_ADDRESS__
enum { SPARE_MAX = 64 };
static _Thread_local char *spare[SPARE_MAX];
static _Thread_local unsigned spare_count;

static char *first_room_take(void)
{
    return spare_count ? spare[--spare_count] : allocated(malloc(FIRST_ROOM), "what is read");
}

static void first_room_give(char *room)
{
    if (spare_count < SPARE_MAX)
        spare[spare_count++] = room;
    else
        free(room);
}
#else
static char *first_room_take(void)
{
    return allocated(malloc(FIRST_ROOM), "what is read");
}

static void first_room_give(char *room)
{
    free(room);
}
#endif

static void input_grow(struct input *input)
{
    if (input->capacity == 0) {
        input->ptr = first_room_take();
        input->capacity = FIRST_ROOM;
        return;
    }
    input->capacity = input->capacity * 2 < INPUT_MAX ? input->capacity * 2 : INPUT_MAX;
    input->ptr = allocated(realloc(input->ptr, input->capacity), "what is read");
}

size_t input_room(struct input *input)
{
    if (input->end == input->capacity && input->start > 0) {
        memmove(input->ptr, input->ptr + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (input->end == input->capacity && input->capacity < INPUT_MAX)
        input_grow(input);
    return input->capacity - input->end;
}

void input_skip(struct input *input, size_t n)
{
    assert(n <= input->end - input->start);
    input->start += n;
    if (input->start == input->end)
        input->start = input->end = 0;
}

void input_drop(struct input *input)
{
    if (input->capacity == FIRST_ROOM)
        first_room_give(input->ptr);
    else
        free(input->ptr);
    *input = (struct input){0};
}
