// Members of schemas in groups, so that each is written once: a schema's `x-members` names groups of members/*.yaml.
// The members of those under `required` become properties that are required, of `optional` ones that are not, of
// `read_only` ones that are readOnly. A property that the schema writes itself goes before a group's. Where the schema
// has an example, that holds the members that the groups' own examples do not give.
#include "typeset.h"

#include <string.h>

struct taking {
    const json_t *groups;
    json_t *properties, *required, *used; // used: names of groups
    const char *schema;
};

static json_t *group_of(struct taking *taking, const json_t *name)
{
    json_t *group = json_object_get(taking->groups, json_string_value(name));
    if (!json_is_string(name) || !group)
        complain(taking->schema, "x-members names a group that is in no members/*.yaml");
    json_object_set_new(taking->used, json_string_value(name), json_true());
    return group;
}

static void take(struct taking *taking, const json_t *names, bool is_required, bool is_read_only)
{
    size_t i;
    const json_t *name;
    json_array_foreach ((json_t *)names, i, name) {
        const char *key;
        json_t *member;
        json_object_foreach (group_of(taking, name), key, member) {
            json_t *property = json_deep_copy(member);
            if (json_object_get(taking->properties, key))
                complain(taking->schema, "%s is in two groups of x-members", key);
            if (is_read_only)
                json_object_set_new(property, "readOnly", json_true());
            if (is_required)
                json_array_append_new(taking->required, json_string(key));
            json_object_set_new(taking->properties, key, property);
        }
    }
}

static void take_own(struct taking *taking, json_t *schema)
{
    json_object_update(taking->properties, json_object_get(schema, "properties"));
    json_array_extend(taking->required, json_object_get(schema, "required"));
    json_object_set_new(schema, "properties", taking->properties);
    if (json_array_size(taking->required))
        json_object_set(schema, "required", taking->required);
    json_decref(taking->required);
}

static const struct way {
    const char *word;
    bool is_required, is_read_only;
} ways[] = {{"required", true, false}, {"optional", false, false}, {"read_only", false, true}};

static const struct way *way_of(const char *schema, const char *word)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].word, word) == 0)
            return &ways[i];
    complain(schema, "x-members has the word %s, which means nothing here", word);
}

static void fill_in(json_t *schema, const json_t *groups, const char *name, json_t *used)
{
    struct taking taking = {groups, json_object(), json_array(), used, name};
    const char *word;
    json_t *names;
    json_object_foreach (json_object_get(schema, "x-members"), word, names) {
        const struct way *way = way_of(name, word);
        take(&taking, names, way->is_required, way->is_read_only);
    }
    take_own(&taking, schema);
    json_object_del(schema, "x-members");
}

// What an example leaves out is put together of the required members', in whose order it stands.
static void complete_example(const json_t *contract, json_t *schema)
{
    json_t *own = json_object_get(schema, "example"), *whole = json_object(), *member;
    size_t i;
    json_array_foreach (json_object_get(schema, "required"), i, member) {
        const char *name = json_string_value(member);
        json_object_set_new(whole, name,
                            example_of_schema(contract, json_object_get(json_object_get(schema, "properties"), name)));
    }
    json_object_update(whole, own);
    json_object_set_new(schema, "example", whole);
}

void include_members(json_t *contract)
{
    json_t *schemas = json_object_get(json_object_get(contract, "components"), "schemas"), *schema,
           *used = json_object();
    json_t *groups = json_object_get(contract, "members"), *completed = json_object(), *group;
    const char *name;
    json_object_foreach (schemas, name, schema) {
        if (!json_object_get(schema, "x-members"))
            continue;
        fill_in(schema, groups, name, used);
        if (json_object_get(schema, "example"))
            json_object_set(completed, name, schema);
    }
    json_object_foreach (groups, name, group)
        if (!json_object_get(used, name))
            complain(name, "is a group that no x-members names");
    json_object_foreach (completed, name, schema)
        complete_example(contract, schema);
    json_object_del(contract, "members");
    json_decref(completed);
    json_decref(used);
}
