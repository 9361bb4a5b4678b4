// The body in chunks, one state a byte, and runs of data in one piece. Extensions and trailers are checked, then
// forgotten: nobody here has a use for them, and what is not looked at is where requests are smuggled.
#include "http_internal.h"

#include <assert.h>

enum { DIGITS_MAX = 16, EXTENSION_MAX = 256, TRAILER_MAX = 8 * 1024 };

enum state {
    SIZE_FIRST,
    SIZE,
    EXTENSION_NAME_FIRST,
    EXTENSION_NAME,
    EXTENSION_VALUE_FIRST,
    EXTENSION_VALUE,
    EXTENSION_QUOTED,
    EXTENSION_QUOTED_PAIR,
    EXTENSION_QUOTED_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    END,
    BROKEN,
};

static int size_digit(struct http_chunks *chunks, char c, uint64_t body_max)
{
    if (!byte_is(c, BYTE_HEX) || ++chunks->line > DIGITS_MAX)
        return BROKEN;
    chunks->left = chunks->left * 16 + (uint64_t)byte_hex_value(c);
    return chunks->left > body_max - chunks->total ? BROKEN : SIZE;
}

// The state after a chunk's size, or a name or value of a chunk extension.
static int after_part(char c)
{
    if (c == '\r')
        return SIZE_LF;
    return c == ';' ? EXTENSION_NAME_FIRST : BROKEN;
}

static int extension(struct http_chunks *chunks, char c)
{
    if (++chunks->line > DIGITS_MAX + EXTENSION_MAX)
        return BROKEN;
    switch ((enum state)chunks->state) {
    case EXTENSION_NAME_FIRST:
        return byte_is(c, BYTE_TOKEN) ? EXTENSION_NAME : BROKEN;
    case EXTENSION_NAME:
        if (byte_is(c, BYTE_TOKEN))
            return EXTENSION_NAME;
        return c == '=' ? EXTENSION_VALUE_FIRST : after_part(c);
    case EXTENSION_VALUE_FIRST:
        if (c == '"')
            return EXTENSION_QUOTED;
        return byte_is(c, BYTE_TOKEN) ? EXTENSION_VALUE : BROKEN;
    case EXTENSION_VALUE:
        return byte_is(c, BYTE_TOKEN) ? EXTENSION_VALUE : after_part(c);
    case EXTENSION_QUOTED:
        if (c == '"')
            return EXTENSION_QUOTED_END;
        if (c == '\\')
            return EXTENSION_QUOTED_PAIR;
        return byte_is(c, BYTE_QUOTED) ? EXTENSION_QUOTED : BROKEN;
    case EXTENSION_QUOTED_PAIR:
        return byte_is(c, BYTE_FIELD) ? EXTENSION_QUOTED : BROKEN;
    default:
        return after_part(c);
    }
}

static int size_line_end(struct http_chunks *chunks)
{
    chunks->line = 0;
    return chunks->left ? DATA : TRAILER_FIRST;
}

static int trailer(struct http_chunks *chunks, char c)
{
    chunks->trailer++;
    switch ((enum state)chunks->state) {
    case TRAILER_FIRST:
        if (c == '\r')
            return LAST_LF;
        return byte_is(c, BYTE_TOKEN) ? TRAILER_NAME : BROKEN;
    case TRAILER_NAME:
        if (byte_is(c, BYTE_TOKEN))
            return TRAILER_NAME;
        return c == ':' ? TRAILER_VALUE : BROKEN;
    case TRAILER_VALUE:
        if (byte_is(c, BYTE_FIELD))
            return TRAILER_VALUE;
        return c == '\r' ? TRAILER_LF : BROKEN;
    case TRAILER_LF:
        return c == '\n' ? TRAILER_FIRST : BROKEN;
    default:
        return c == '\n' ? END : BROKEN;
    }
}

static int chunk_step(struct http_chunks *chunks, char c, uint64_t body_max)
{
    switch ((enum state)chunks->state) {
    case SIZE_FIRST:
        return size_digit(chunks, c, body_max);
    case SIZE:
        return c == '\r' || c == ';' ? after_part(c) : size_digit(chunks, c, body_max);
    case SIZE_LF:
        return c == '\n' ? size_line_end(chunks) : BROKEN;
    case DATA_CR:
        return c == '\r' ? DATA_LF : BROKEN;
    case DATA_LF:
        return c == '\n' ? SIZE_FIRST : BROKEN;
    case TRAILER_FIRST:
    case TRAILER_NAME:
    case TRAILER_VALUE:
    case TRAILER_LF:
    case LAST_LF:
        return trailer(chunks, c);
    default:
        return extension(chunks, c);
    }
}

static size_t take_data(struct http_chunks *chunks, struct str bytes, struct buf *body)
{
    size_t n = bytes.len < chunks->left ? bytes.len : (size_t)chunks->left;
    buf_put(body, (struct str){bytes.ptr, n});
    chunks->left -= n;
    chunks->total += n;
    if (chunks->left == 0)
        chunks->state = DATA_CR;
    return n;
}

static enum http_fault why_broken(const struct http_chunks *chunks, uint64_t body_max)
{
    return chunks->left > body_max - chunks->total ? HTTP_BODY_TOO_LARGE : HTTP_BAD_REQUEST;
}

enum http_fault http_parse_chunks(struct http_chunks *chunks, struct str bytes, uint64_t body_max, struct buf *body,
                                  size_t *used)
{
    assert(body && used);
    size_t i = 0;
    while (i < bytes.len && chunks->state < END && chunks->trailer <= TRAILER_MAX) {
        if (chunks->state == DATA)
            i += take_data(chunks, (struct str){bytes.ptr + i, bytes.len - i}, body);
        else
            chunks->state = chunk_step(chunks, bytes.ptr[i++], body_max);
    }
    *used = i;
    if (chunks->trailer > TRAILER_MAX)
        return HTTP_HEAD_TOO_LARGE;
    if (chunks->state == BROKEN)
        return why_broken(chunks, body_max);
    return chunks->state == END ? HTTP_FINE : HTTP_UNFINISHED;
}
