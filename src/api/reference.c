// JSON Pointers in fragments, and the `$ref`s that hold them.
#include "reference.h"

#include <assert.h>
#include <stdlib.h>

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

// One character of a JSON Pointer in a fragment: `~1` is a slash, `~0` a tilde, `%22` a quote.
static char next_character(const char **step)
{
    const char *at = *step;
    bool escaped = at[0] == '~' && (at[1] == '0' || at[1] == '1');
    bool encoded = at[0] == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0;
    *step += escaped ? 2 : encoded ? 3 : 1;
    if (encoded)
        return (char)(hex_value(at[1]) * 16 + hex_value(at[2]));
    if (escaped)
        return at[1] == '1' ? '/' : '~';
    return at[0];
}

const json_t *reference_follow(const json_t *spec, const char *reference)
{
    assert(reference);
    const json_t *at = spec;
    if (reference[0] != '#')
        return NULL;
    const char *step = reference + 1;
    while (at && *step == '/') {
        char key[256];
        size_t n = 0;
        for (step++; *step && *step != '/' && n < sizeof key - 1; n++)
            key[n] = next_character(&step);
        key[n] = '\0';
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10)) : json_object_get(at, key);
    }
    return *step ? NULL : at;
}

const json_t *reference_resolve(const json_t *spec, const json_t *value)
{
    enum { HOPS_MAX = 16 }; // a reference may lead to another one, and in a circle
    for (int hops = 0; hops < HOPS_MAX; hops++) {
        const char *reference = json_string_value(json_object_get(value, "$ref"));
        if (!reference)
            return value;
        value = reference_follow(spec, reference);
    }
    return NULL;
}

static const char *dangling_in(const json_t *spec, const json_t *value)
{
    const char *name, *found = NULL, *reference = json_string_value(json_object_get(value, "$ref"));
    json_t *member;
    size_t i;
    if (reference && !reference_follow(spec, reference))
        return reference;
    json_object_foreach ((json_t *)value, name, member)
        found = found ? found : dangling_in(spec, member);
    json_array_foreach ((json_t *)value, i, member)
        found = found ? found : dangling_in(spec, member);
    return found;
}

const char *reference_dangling(const json_t *spec)
{
    return dangling_in(spec, spec);
}
