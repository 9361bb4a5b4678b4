// What was sent, in the one spelling that is kept: by the format that a schema gives a text, and by whether it may be
// null.
#include "reference.h"
#include "schema.h"

#include <string.h>

static bool may_be(const json_t *schema, const char *type)
{
    const json_t *types = json_object_get(schema, "type"), *one;
    size_t i;
    json_array_foreach ((json_t *)types, i, one) {
        if (strcmp(json_string_value(one), type) == 0)
            return true;
    }
    return json_is_string(types) && strcmp(json_string_value(types), type) == 0;
}

struct str schema_normal_text(struct arena *arena, const json_t *spec, const json_t *schema, struct str text)
{
    const json_t *name = json_object_get(reference_resolve(spec, schema), "format");
    const struct format *format = name ? format_find(json_text(name)) : NULL;
    return format && format->normal ? format->normal(arena, text) : text;
}

// A text that may be null is none when it is blank, and one of one line has no blanks around it.
static json_t *normal_optional(struct str text)
{
    if (text_is_blank(text))
        return json_null();
    struct str trimmed = text_trim(text);
    return memchr(text.ptr, '\n', text.len) || str_eq(trimmed, text) ? NULL : json_stringn(trimmed.ptr, trimmed.len);
}

// What takes the text's place, or NULL.
static json_t *normal_string(struct arena *arena, const json_t *spec, const json_t *schema, struct str text)
{
    json_t *optional = may_be(schema, "null") && may_be(schema, "string") ? normal_optional(text) : NULL;
    struct str normal =
        json_is_null(optional) ? text : schema_normal_text(arena, spec, schema, optional ? json_text(optional) : text);
    if (json_is_null(optional) || str_eq(normal, text))
        return optional;
    normal = arena_copy(arena, normal);
    json_decref(optional);
    return json_stringn(normal.ptr, normal.len);
}

static json_t *normal_of(struct arena *arena, const json_t *spec, const json_t *schema, json_t *value);

static void normal_inside(struct arena *arena, const json_t *spec, const json_t *schema, json_t *value)
{
    const char *name;
    void *next;
    const json_t *properties = json_object_get(schema, "properties"), *items = json_object_get(schema, "items");
    json_t *member;
    size_t i;
    json_object_foreach_safe(value, next, name, member)
    {
        const json_t *of_member = json_object_get(properties, name);
        json_t *normal = of_member ? normal_of(arena, spec, of_member, member) : NULL;
        if (normal)
            json_object_set_new(value, name, normal);
    }
    json_array_foreach (value, i, member) {
        json_t *normal = items ? normal_of(arena, spec, items, member) : NULL;
        if (normal)
            json_array_set_new(value, i, normal);
    }
}

// What takes the value's place, or NULL; what is inside of it is put right in place. Of forms that a value may have,
// each is tried: none makes anything of what is not its own.
static json_t *normal_of(struct arena *arena, const json_t *spec, const json_t *schema, json_t *value)
{
    static const char *const forms[] = {"oneOf", "anyOf", "allOf"};
    schema = reference_resolve(spec, schema);
    if (json_is_string(value))
        return normal_string(arena, spec, schema, json_text(value));
    if (!json_is_object(value) && !json_is_array(value))
        return NULL;
    normal_inside(arena, spec, schema, value);
    for (size_t form = 0; form < COUNT_OF(forms); form++) {
        size_t i;
        const json_t *one;
        json_array_foreach (json_object_get(schema, forms[form]), i, one)
            json_decref(normal_of(arena, spec, one, value)); // NULL: an object or a list keeps its place
    }
    return NULL;
}

void schema_normalise(struct arena *arena, const json_t *spec, const json_t *schema, json_t *value)
{
    json_decref(normal_of(arena, spec, schema, value));
}
