// An example of what a schema describes: its own, or one made of its members'. What an example cannot be made of is
// null.
#include "typeset.h"

#include <string.h>

enum { DEPTH_MAX = 12 }; // a schema may contain itself

static json_t *example_at(const json_t *contract, json_t *schema, int depth);

static json_t *example_of_members(const json_t *contract, json_t *members, int depth)
{
    json_t *object = json_object(), *member;
    const char *name;
    json_object_foreach (members, name, member)
        json_object_set_new(object, name, example_at(contract, member, depth));
    return object;
}

static bool is_of_type(const json_t *schema, const char *type)
{
    const json_t *types = json_object_get(schema, "type");
    const char *word = json_string_value(json_is_array(types) ? json_array_get(types, 0) : types);
    return word && strcmp(word, type) == 0;
}

static json_t *example_at(const json_t *contract, json_t *schema, int depth)
{
    json_t *beside = json_object_get(schema, "example"); // beside a $ref, which it makes more particular
    if (beside)
        return json_deep_copy(beside);
    schema = resolve(contract, schema);
    static const char *const given[] = {"example", "const", "default"};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (json_object_get(schema, given[i]))
            return json_deep_copy(json_object_get(schema, given[i]));
    json_t *first = json_array_get(json_object_get(schema, "enum"), 0);
    json_t *form = json_array_get(json_object_get(schema, "oneOf"), 0);
    if (first)
        return json_deep_copy(first);
    if (depth == DEPTH_MAX)
        return json_null();
    if (form)
        return example_at(contract, form, depth + 1);
    if (is_of_type(schema, "array"))
        return json_pack("[o]", example_at(contract, json_object_get(schema, "items"), depth + 1));
    if (is_of_type(schema, "object"))
        return example_of_members(contract, json_object_get(schema, "properties"), depth + 1);
    return json_null();
}

json_t *example_of_schema(const json_t *contract, json_t *schema)
{
    return example_at(contract, schema, 0);
}

json_t *example_of(const json_t *contract, json_t *media)
{
    json_t *own = json_object_get(media, "example");
    return own ? json_deep_copy(own) : example_at(contract, json_object_get(media, "schema"), 0);
}
