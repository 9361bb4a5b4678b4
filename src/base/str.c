// Views of bytes: comparing, cutting, reading numbers.
#include "marbre/base.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

struct str str_of(const char *terminated)
{
    return terminated ? (struct str){terminated, strlen(terminated)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_starts(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_eq((struct str){text.ptr, prefix.len}, prefix);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.len >= suffix.len && str_eq((struct str){text.ptr + (text.len - suffix.len), suffix.len}, suffix);
}

struct str str_cut(struct str text, char separator, struct str *rest)
{
    assert(rest);
    const char *at = text.len ? memchr(text.ptr, separator, text.len) : NULL;
    if (!at) {
        *rest = STR_NONE;
        return text;
    }
    struct str head = {text.ptr, (size_t)(at - text.ptr)};
    *rest = (struct str){at + 1, text.len - head.len - 1};
    return head;
}

struct str str_trim(struct str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

bool str_to_u64(struct str text, uint64_t max, uint64_t *value)
{
    assert(value);
    if (text.len == 0)
        return false;
    uint64_t total = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (digit > max || total > (max - digit) / 10)
            return false;
        total = total * 10 + digit;
    }
    *value = total;
    return true;
}

struct str str_lower(struct arena *arena, struct str text)
{
    char *lower = arena_cstr(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] + ('a' - 'A'));
    return (struct str){lower, text.len};
}
