// What `format` promises of a text, and JSON Pointers.
#include "api_internal.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_slug(struct str text)
{
    bool after_hyphen = true;
    for (size_t i = 0; i < text.len; i++) {
        bool hyphen = text.ptr[i] == '-';
        if ((hyphen && after_hyphen) || (!hyphen && !is_lower(text.ptr[i]) && !is_digit(text.ptr[i])))
            return false;
        after_hyphen = hyphen;
    }
    return !after_hyphen && !uuid_is(text);
}

// BCP 47, well-formed as far as a newsroom needs: a language of two or three letters, then subtags of up to eight.
static bool is_lang(struct str text)
{
    struct str rest, subtag = str_cut(text, '-', &rest);
    if (subtag.len < 2 || subtag.len > 3)
        return false;
    for (bool first = true; first || rest.ptr; first = false) {
        if (!first)
            subtag = str_cut(rest, '-', &rest);
        if (subtag.len == 0 || subtag.len > 8)
            return false;
        for (size_t i = 0; i < subtag.len; i++)
            if (!is_lower((char)(subtag.ptr[i] | 0x20)) && (first || !is_digit(subtag.ptr[i])))
                return false;
    }
    return true;
}

static bool is_date_time(struct str text)
{
    static const char shape[] = "0000-00-00T00:00:00";
    if (text.len < sizeof shape)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == '0' ? !is_digit(text.ptr[i]) : text.ptr[i] != shape[i])
            return false;
    size_t i = sizeof shape - 1;
    if (text.ptr[i] == '.')
        for (i++; i < text.len && is_digit(text.ptr[i]);)
            i++;
    struct str zone = {text.ptr + i, text.len - i};
    bool offset = zone.len == 6 && (zone.ptr[0] == '+' || zone.ptr[0] == '-') && zone.ptr[3] == ':' &&
                  is_digit(zone.ptr[1]) && is_digit(zone.ptr[2]) && is_digit(zone.ptr[4]) && is_digit(zone.ptr[5]);
    return offset || str_eq(zone, STR("Z"));
}

bool format_holds(struct str format, struct str text, bool *known)
{
    static const struct {
        const char *name;
        bool (*holds)(struct str text);
    } formats[] = {{"slug", is_slug}, {"uuid", uuid_is}, {"lang", is_lang}, {"date-time", is_date_time}};
    *known = true;
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (str_eq(format, str_of(formats[i].name)))
            return formats[i].holds(text);
    *known = false;
    return false;
}

struct str pointer_key(struct arena *arena, struct str pointer, struct str key)
{
    struct buf longer = buf_in(arena);
    buf_put(&longer, pointer);
    buf_put_char(&longer, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '~' || key.ptr[i] == '/')
            buf_put(&longer, key.ptr[i] == '~' ? STR("~0") : STR("~1"));
        else
            buf_put_char(&longer, key.ptr[i]);
    }
    return buf_str(&longer);
}

struct str pointer_index(struct arena *arena, struct str pointer, size_t index)
{
    return arena_printf(arena, "%.*s/%zu", STR_FMT(pointer), index);
}
