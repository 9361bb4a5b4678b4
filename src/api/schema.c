// JSON Schema 2020-12, walked as it stands: a table of keywords, each a function that looks at one value. Every fault
// is found, each with its pointer and a sentence that a person understands.
#include "schema_internal.h"

#include <assert.h>
#include <string.h>

// Subschemas of a keyword: nothing to look into, a schema, a list of schemas, or members that are schemas.
enum holds { HOLDS_NONE, HOLDS_SCHEMA, HOLDS_LIST, HOLDS_MEMBERS };

// A keyword without a function says something to people, or to another keyword.
static const struct keyword {
    const char *name;
    void (*check)(const struct validation *context, const json_t *argument);
    enum holds holds;
} keywords[] = {
    {"type", schema_type, HOLDS_NONE},
    {"$ref", schema_ref, HOLDS_NONE},
    {"enum", schema_enum, HOLDS_NONE},
    {"const", schema_const, HOLDS_NONE},
    {"minLength", schema_min_length, HOLDS_NONE},
    {"maxLength", schema_max_length, HOLDS_NONE},
    {"pattern", schema_pattern, HOLDS_NONE},
    {"format", schema_format, HOLDS_NONE},
    {"minimum", schema_minimum, HOLDS_NONE},
    {"maximum", schema_maximum, HOLDS_NONE},
    {"exclusiveMinimum", schema_exclusive_minimum, HOLDS_NONE},
    {"exclusiveMaximum", schema_exclusive_maximum, HOLDS_NONE},
    {"multipleOf", schema_multiple_of, HOLDS_NONE},
    {"minItems", schema_min_items, HOLDS_NONE},
    {"maxItems", schema_max_items, HOLDS_NONE},
    {"minProperties", schema_min_properties, HOLDS_NONE},
    {"maxProperties", schema_max_properties, HOLDS_NONE},
    {"required", schema_required, HOLDS_NONE},
    {"dependentRequired", schema_dependent_required, HOLDS_NONE},
    {"properties", schema_properties, HOLDS_MEMBERS},
    {"additionalProperties", schema_additional_properties, HOLDS_SCHEMA},
    {"propertyNames", schema_property_names, HOLDS_SCHEMA},
    {"prefixItems", schema_prefix_items, HOLDS_LIST},
    {"items", schema_items, HOLDS_SCHEMA},
    {"contains", schema_contains, HOLDS_SCHEMA},
    {"uniqueItems", schema_unique_items, HOLDS_NONE},
    {"oneOf", schema_one_of, HOLDS_LIST},
    {"anyOf", schema_any_of, HOLDS_LIST},
    {"allOf", schema_all_of, HOLDS_LIST},
    {"not", schema_not, HOLDS_SCHEMA},
    {"if", schema_if, HOLDS_SCHEMA},
    {"then", NULL, HOLDS_SCHEMA},
    {"else", NULL, HOLDS_SCHEMA},
    {"discriminator", NULL, HOLDS_NONE},
    {"$defs", NULL, HOLDS_MEMBERS},
    {"$comment", NULL, HOLDS_NONE},
    {"title", NULL, HOLDS_NONE},
    {"description", NULL, HOLDS_NONE},
    {"example", NULL, HOLDS_NONE},
    {"default", NULL, HOLDS_NONE},
    {"readOnly", NULL, HOLDS_NONE},
};

static const struct keyword *keyword_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(keywords); i++)
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    return NULL;
}

bool schema_check(struct faults *faults, const json_t *spec, const json_t *schema, const json_t *value,
                  const struct path *at)
{
    assert(faults && value && at);
    size_t before = faults->count;
    struct validation context = {faults, spec, schema, value, at};
    const json_t *type = json_object_get(schema, "type");
    if (json_is_false(schema))
        fault_add_at(faults, at, "Nothing is taken here.");
    if (type)
        schema_type(&context, type);
    if (faults->count > before) // of a number that should be a text nothing more can be said
        return false;
    const char *name;
    json_t *argument;
    json_object_foreach ((json_t *)schema, name, argument) {
        const struct keyword *keyword = argument == type ? NULL : keyword_find(name);
        if (keyword && keyword->check)
            keyword->check(&context, argument);
    }
    return faults->count == before;
}

// ------------------------------------------------------------------------------------- what is not enforced

static const char *unknown_inside(const json_t *spec, const json_t *argument, enum holds holds)
{
    const char *name, *unknown = NULL;
    json_t *schema;
    size_t i;
    if (holds == HOLDS_SCHEMA)
        return schema_unknown_keyword(spec, argument);
    if (holds == HOLDS_NONE)
        return NULL;
    json_array_foreach ((json_t *)argument, i, schema)
        unknown = unknown ? unknown : schema_unknown_keyword(spec, schema);
    json_object_foreach ((json_t *)argument, name, schema)
        unknown = unknown ? unknown : schema_unknown_keyword(spec, schema);
    return unknown;
}

// In a contract schemas stand among its components, where each is looked at; elsewhere anything may be pointed at.
static bool leads_to_schema(const json_t *spec, struct str reference)
{
    bool among_others = !json_object_get(spec, "components") || str_starts(reference, STR("#/components/schemas/"));
    return among_others && reference_follow(spec, reference.ptr);
}

// A value of a keyword that could not be carried out.
static const char *bad_argument(const json_t *spec, const json_t *schema)
{
    struct str reference = json_member_text(schema, "$ref"), format = json_member_text(schema, "format"),
               pattern = json_member_text(schema, "pattern");
    const json_t *step = json_object_get(schema, "multipleOf");
    if (reference.ptr && !leads_to_schema(spec, reference))
        return "$ref (to nothing here)";
    if (format.ptr && !format_find(format))
        return "format (of an unknown kind)";
    if (pattern.ptr && !text_pattern_is(pattern))
        return "pattern (that cannot be read)";
    return step && json_number_value(step) <= 0 ? "multipleOf (of nothing)" : NULL;
}

const char *schema_unknown_keyword(const json_t *spec, const json_t *schema)
{
    if (json_is_boolean(schema))
        return NULL;
    if (!json_is_object(schema))
        return "nothing (no schema)";
    const char *name, *unknown = bad_argument(spec, schema);
    json_t *argument;
    json_object_foreach ((json_t *)schema, name, argument) {
        const struct keyword *keyword = keyword_find(name);
        if (!unknown)
            unknown = keyword ? unknown_inside(spec, argument, keyword->holds) : name;
    }
    return unknown;
}
