// JSON Schema 2020-12, walked as it stands: a table of keywords, each a function that looks at one value. Every fault
// is found, each with its pointer and a sentence that a person understands.
#include "api_internal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// One look at one value: what is being said of it, and where it is.
struct look {
    struct faults *faults;
    const json_t *spec, *schema, *value;
    const struct path *at;
};

static bool is_whole(const json_t *value)
{
    return json_is_integer(value) || (json_is_real(value) && floor(json_real_value(value)) == json_real_value(value));
}

static bool has_type(const json_t *value, struct str type)
{
    assert(value);
    static const struct {
        const char *name;
        json_type type;
    } plain[] = {{"object", JSON_OBJECT}, {"array", JSON_ARRAY}, {"string", JSON_STRING}, {"null", JSON_NULL}};
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (str_eq(type, str_of(plain[i].name)))
            return json_typeof(value) == plain[i].type;
    if (str_eq(type, STR("boolean")))
        return json_is_boolean(value);
    return str_eq(type, STR("integer")) ? is_whole(value) : json_is_number(value);
}

static const char *type_words(struct str type)
{
    static const struct {
        const char *name, *words;
    } rows[] = {{"object", "an object"},      {"array", "a list"},           {"string", "text"},    {"null", "null"},
                {"boolean", "true or false"}, {"integer", "a whole number"}, {"number", "a number"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(type, str_of(rows[i].name)))
            return rows[i].words;
    return "something else";
}

static struct str value_words(const struct look *look)
{
    struct arena *arena = look->faults->arena;
    if (json_is_object(look->value) || json_is_array(look->value))
        return json_is_object(look->value) ? STR("an object") : STR("a list");
    struct str text = json_write(arena, look->value);
    struct str shown = text_cut(text, 60);
    return shown.len < text.len ? arena_printf(arena, "%.*s… (%zu bytes)", STR_FMT(shown), text.len) : text;
}

static void check_type(const struct look *look, const json_t *types)
{
    if (json_is_string(types)) {
        if (!has_type(look->value, json_text(types)))
            fault_add_at(look->faults, look->at, "This takes %s, not %.*s.", type_words(json_text(types)),
                         STR_FMT(value_words(look)));
        return;
    }
    struct buf words = buf_in(look->faults->arena);
    size_t i;
    const json_t *type;
    json_array_foreach ((json_t *)types, i, type) {
        if (has_type(look->value, json_text(type)))
            return;
        buf_printf(&words, "%s%s", i ? " or " : "", type_words(json_text(type)));
    }
    fault_add_at(look->faults, look->at, "This takes %.*s, not %.*s.", STR_FMT(buf_str(&words)),
                 STR_FMT(value_words(look)));
}

// Equality as JSON Schema means it (§4.2.2): numbers by their value, so that 1 is 1.0, also deep inside.
static bool is_equal(const json_t *a, const json_t *b)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_number(a) && json_is_number(b))
        return json_equal(a, b) || (json_typeof(a) != json_typeof(b) && json_number_value(a) == json_number_value(b));
    if (json_typeof(a) != json_typeof(b) || json_array_size(a) != json_array_size(b) ||
        json_object_size(a) != json_object_size(b))
        return false;
    json_array_foreach (a, i, member) {
        if (!is_equal(member, json_array_get(b, i)))
            return false;
    }
    json_object_foreach ((json_t *)a, name, member) {
        if (!json_object_get(b, name) || !is_equal(member, json_object_get(b, name)))
            return false;
    }
    return json_is_object(a) || json_is_array(a) || json_equal(a, b);
}

static void check_enum(const struct look *look, const json_t *allowed)
{
    struct buf words = buf_in(look->faults->arena);
    size_t i;
    const json_t *one;
    json_array_foreach ((json_t *)allowed, i, one) {
        if (is_equal(one, look->value))
            return;
        struct str text = json_is_string(one) ? json_text(one) : json_write(look->faults->arena, one);
        buf_printf(&words, "%s%.*s", i ? ", " : "", STR_FMT(text));
    }
    fault_add_at(look->faults, look->at, "This takes one of %.*s, not %.*s.", STR_FMT(buf_str(&words)),
                 STR_FMT(value_words(look)));
}

static void check_const(const struct look *look, const json_t *one)
{
    if (!is_equal(one, look->value))
        fault_add_at(look->faults, look->at, "This takes %.*s, not %.*s.",
                     STR_FMT(json_write(look->faults->arena, one)), STR_FMT(value_words(look)));
}

// A bound of a length. It may be written 2.0.
static long long bound(const json_t *argument)
{
    return (long long)json_number_value(argument);
}

static void check_min_length(const struct look *look, const json_t *least)
{
    if (json_is_string(look->value) && (long long)text_length(json_text(look->value)) < bound(least))
        fault_add_at(look->faults, look->at,
                     bound(least) == 1 ? "This must not be empty." : "This takes at least %lld characters.",
                     bound(least));
}

static void check_max_length(const struct look *look, const json_t *most)
{
    if (json_is_string(look->value) && (long long)text_length(json_text(look->value)) > bound(most))
        fault_add_at(look->faults, look->at, "This takes at most %lld characters; it has %zu.", bound(most),
                     text_length(json_text(look->value)));
}

static void check_min_items(const struct look *look, const json_t *least)
{
    if (json_is_array(look->value) && (long long)json_array_size(look->value) < bound(least))
        fault_add_at(look->faults, look->at, "This takes at least %lld items.", bound(least));
}

static void check_max_items(const struct look *look, const json_t *most)
{
    if (json_is_array(look->value) && (long long)json_array_size(look->value) > bound(most))
        fault_add_at(look->faults, look->at, "This takes at most %lld items; it has %zu.", bound(most),
                     json_array_size(look->value));
}

static void check_min_properties(const struct look *look, const json_t *least)
{
    if (json_is_object(look->value) && (long long)json_object_size(look->value) < bound(least))
        fault_add_at(look->faults, look->at, "This takes at least %lld members.", bound(least));
}

static void check_minimum(const struct look *look, const json_t *least)
{
    if (json_is_number(look->value) && json_number_value(look->value) < json_number_value(least))
        fault_add_at(look->faults, look->at, "This takes %g or more.", json_number_value(least));
}

static void check_maximum(const struct look *look, const json_t *most)
{
    if (json_is_number(look->value) && json_number_value(look->value) > json_number_value(most))
        fault_add_at(look->faults, look->at, "This takes %g or less.", json_number_value(most));
}

static void check_format(const struct look *look, const json_t *name)
{
    const struct format *format = format_find(json_text(name));
    if (json_is_string(look->value) && format && !format->holds(json_text(look->value)))
        fault_add_at(look->faults, look->at, "%.*s %s", STR_FMT(value_words(look)), format->complaint);
}

static void check_required(const struct look *look, const json_t *names)
{
    size_t i;
    const json_t *name;
    if (!json_is_object(look->value))
        return;
    json_array_foreach ((json_t *)names, i, name) {
        if (!json_object_get(look->value, json_string_value(name)))
            fault_add_at(look->faults, &(struct path){look->at, json_string_value(name), 0},
                         "This member is required.");
    }
}

static void check_properties(const struct look *look, const json_t *properties)
{
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)properties, name, schema) {
        const json_t *value = json_object_get(look->value, name);
        if (value)
            schema_check(look->faults, look->spec, schema, value, &(struct path){look->at, name, 0});
    }
}

static struct str names_of(struct arena *arena, const json_t *properties)
{
    struct buf names = buf_in(arena);
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)properties, name, schema)
        buf_printf(&names, "%s%s", names.len ? ", " : "", name);
    return buf_str(&names);
}

static void check_additional(const struct look *look, const json_t *schema)
{
    const json_t *properties = json_object_get(look->schema, "properties");
    const char *name;
    json_t *value;
    if (!json_is_object(look->value))
        return;
    json_object_foreach ((json_t *)look->value, name, value) {
        if (json_object_get(properties, name))
            continue;
        const struct path *at = &(struct path){look->at, name, 0};
        if (faults_enough(look->faults))
            return;
        if (!json_is_false(schema))
            schema_check(look->faults, look->spec, schema, value, at);
        else if (json_object_size(properties) == 0)
            fault_add_at(look->faults, at, "This member is unknown; none is taken here.");
        else
            fault_add_at(look->faults, at, "This member is unknown; there are %.*s.",
                         STR_FMT(names_of(look->faults->arena, properties)));
    }
}

static void check_items(const struct look *look, const json_t *schema)
{
    size_t i;
    const json_t *item;
    const json_t *most = json_object_get(look->schema, "maxItems");
    if (!json_is_array(look->value) || (most && (json_int_t)json_array_size(look->value) > bound(most)))
        return; // of a list that is too long nobody asks what is in it
    json_array_foreach ((json_t *)look->value, i, item) {
        if (faults_enough(look->faults))
            return;
        schema_check(look->faults, look->spec, schema, item, &(struct path){look->at, NULL, i});
    }
}

// Exactly one branch must hold. When none does, the faults of the branch for this kind of value are the ones to tell.
static void check_one_of(const struct look *look, const json_t *branches)
{
    struct faults meant = faults_in(look->faults->arena);
    size_t holding = 0, i;
    const json_t *branch;
    json_array_foreach ((json_t *)branches, i, branch) {
        struct faults here = faults_in(look->faults->arena);
        const json_t *schema = contract_resolve(look->spec, branch);
        holding += schema_check(&here, look->spec, schema, look->value, look->at);
        const json_t *type = json_object_get(schema, "type");
        if (!meant.first || (json_is_string(type) && has_type(look->value, json_text(type))))
            meant = here;
    }
    if (holding == 1)
        return;
    if (holding > 1)
        fault_add_at(look->faults, look->at, "This fits more than one of the forms it may have.");
    for (const struct fault *fault = holding ? NULL : meant.first; fault; fault = fault->next)
        fault_add(look->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
}

// A keyword without a function says something to people, or to another keyword.
static const struct {
    const char *keyword;
    void (*check)(const struct look *look, const json_t *argument);
} keywords[] = {
    {"type", check_type},
    {"enum", check_enum},
    {"const", check_const},
    {"minLength", check_min_length},
    {"maxLength", check_max_length},
    {"minItems", check_min_items},
    {"maxItems", check_max_items},
    {"minProperties", check_min_properties},
    {"minimum", check_minimum},
    {"maximum", check_maximum},
    {"format", check_format},
    {"required", check_required},
    {"properties", check_properties},
    {"additionalProperties", check_additional},
    {"items", check_items},
    {"oneOf", check_one_of},
    {"description", NULL},
    {"example", NULL},
    {"default", NULL},
    {"readOnly", NULL},
};

bool schema_check(struct faults *faults, const json_t *spec, const json_t *schema, const json_t *value,
                  const struct path *at)
{
    size_t before = faults->count;
    struct look look = {faults, spec, contract_resolve(spec, schema), value, at};
    const json_t *type = json_object_get(look.schema, "type");
    if (json_is_false(look.schema))
        fault_add_at(faults, at, "Nothing is taken here.");
    if (type)
        check_type(&look, type);
    if (faults->count > before) // of a number that should be a text nothing more can be said
        return false;
    for (size_t i = 1; i < COUNT_OF(keywords); i++) {
        const json_t *argument = keywords[i].check ? json_object_get(look.schema, keywords[i].keyword) : NULL;
        if (argument)
            keywords[i].check(&look, argument);
    }
    return faults->count == before;
}

static const char *unknown_in_list(const json_t *spec, const json_t *list)
{
    size_t i;
    const json_t *schema;
    const char *unknown = NULL;
    json_array_foreach ((json_t *)list, i, schema) {
        if (!unknown)
            unknown = schema_unknown_keyword(spec, schema);
    }
    return unknown;
}

static const char *unknown_in_members(const json_t *spec, const json_t *members)
{
    const char *name, *unknown = NULL;
    json_t *schema;
    json_object_foreach ((json_t *)members, name, schema) {
        if (!unknown)
            unknown = schema_unknown_keyword(spec, schema);
    }
    return unknown;
}

static bool is_known(const char *keyword)
{
    for (size_t i = 0; i < COUNT_OF(keywords); i++)
        if (strcmp(keywords[i].keyword, keyword) == 0)
            return true;
    return false;
}

const char *schema_unknown_keyword(const json_t *spec, const json_t *schema)
{
    struct str reference = json_member_text(schema, "$ref");
    if (reference.ptr && json_object_size(schema) > 1)
        return "$ref (with others beside it)";
    if (reference.ptr && (!str_starts(reference, STR("#/components/schemas/")) || !contract_resolve(spec, schema)))
        return "$ref (to nothing)";
    if (reference.ptr || json_is_boolean(schema)) // what is pointed at is looked at by itself, so a circle ends
        return NULL;
    if (!json_is_object(schema))
        return "nothing (no schema)";
    const char *keyword, *unknown = NULL;
    json_t *argument;
    json_object_foreach ((json_t *)schema, keyword, argument) {
        if (!unknown && !is_known(keyword))
            unknown = keyword;
    }
    struct str format = json_member_text(schema, "format");
    if (!unknown && format.ptr && !format_find(format))
        unknown = "format (of an unknown kind)";
    if (!unknown)
        unknown = unknown_in_members(spec, json_object_get(schema, "properties"));
    if (!unknown)
        unknown = unknown_in_list(spec, json_object_get(schema, "oneOf"));
    const json_t *items = json_object_get(schema, "items"), *more = json_object_get(schema, "additionalProperties");
    if (!unknown && items)
        unknown = schema_unknown_keyword(spec, items);
    if (!unknown && more)
        unknown = schema_unknown_keyword(spec, more);
    return unknown;
}
