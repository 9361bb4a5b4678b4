// Byte classes of HTTP's grammar: one table, so that a check is one look.
#include "http_internal.h"

#define T BYTE_TOKEN
#define F BYTE_FIELD
#define G BYTE_TARGET
#define H BYTE_REGNAME
#define X BYTE_HEX
#define Q BYTE_QUOTED

const unsigned char byte_classes[256] = {
    ['\t'] = F | Q,
    [' '] = F | Q,
    ['!'] = T | F | G | H | Q,
    ['"'] = F | G,
    ['#'] = T | F | Q,
    ['$'] = T | F | G | H | Q,
    ['%'] = T | F | G | Q,
    ['&' ... '\''] = T | F | G | H | Q,
    ['(' ... ')'] = F | G | H | Q,
    ['*' ... '+'] = T | F | G | H | Q,
    [','] = F | G | H | Q,
    ['-' ... '.'] = T | F | G | H | Q,
    ['/'] = F | G | Q,
    ['0' ... '9'] = T | F | G | H | X | Q,
    [':'] = F | G | Q,
    [';'] = F | G | H | Q,
    ['<'] = F | G | Q,
    ['='] = F | G | H | Q,
    ['>' ... '@'] = F | G | Q,
    ['A' ... 'F'] = T | F | G | H | X | Q,
    ['G' ... 'Z'] = T | F | G | H | Q,
    ['['] = F | G | Q,
    ['\\'] = F | G,
    [']'] = F | G | Q,
    ['^'] = T | F | G | Q,
    ['_'] = T | F | G | H | Q,
    ['`'] = T | F | G | Q,
    ['a' ... 'f'] = T | F | G | H | X | Q,
    ['g' ... 'z'] = T | F | G | H | Q,
    ['{'] = F | G | Q,
    ['|'] = T | F | G | Q,
    ['}'] = F | G | Q,
    ['~'] = T | F | G | H | Q,
    [0x80 ... 0xFF] = F | Q,
};

bool bytes_are(struct str text, enum byte_class wanted)
{
    for (size_t i = 0; i < text.len; i++)
        if (!byte_is(text.ptr[i], wanted))
            return false;
    return true;
}

int byte_hex_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
