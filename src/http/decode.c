// Percent-decoding, once and never twice: a second time would turn what was written into what was not meant.
#include "http_internal.h"

#include <assert.h>
#include <string.h>

bool http_decode(struct arena *arena, struct str text, bool plus, struct str *decoded)
{
    assert(decoded);
    char *out = arena_alloc(arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            if (text.len - i < 3 || !bytes_are((struct str){text.ptr + i + 1, 2}, BYTE_HEX))
                return false;
            c = (char)(byte_hex_value(text.ptr[i + 1]) * 16 + byte_hex_value(text.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        out[n++] = c;
    }
    *decoded = (struct str){out, n};
    return text_is_utf8(*decoded);
}
