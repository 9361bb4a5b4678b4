// JSON Schema: what is said of the members of an object and the items of a list.
#include "schema_internal.h"

#include <stdlib.h>
#include <string.h>

// A bound of a length. It may be written 2.0.
static long long bound(const json_t *argument)
{
    return (long long)json_number_value(argument);
}

void schema_min_items(const struct validation *context, const json_t *least)
{
    if (json_is_array(context->value) && (long long)json_array_size(context->value) < bound(least))
        fault_add_at(context->faults, context->at, "This takes at least %lld items.", bound(least));
}

void schema_max_items(const struct validation *context, const json_t *most)
{
    if (json_is_array(context->value) && (long long)json_array_size(context->value) > bound(most))
        fault_add_at(context->faults, context->at, "This takes at most %lld items; it has %zu.", bound(most),
                     json_array_size(context->value));
}

void schema_min_properties(const struct validation *context, const json_t *least)
{
    if (json_is_object(context->value) && (long long)json_object_size(context->value) < bound(least))
        fault_add_at(context->faults, context->at, "This takes at least %lld members.", bound(least));
}

void schema_max_properties(const struct validation *context, const json_t *most)
{
    if (json_is_object(context->value) && (long long)json_object_size(context->value) > bound(most))
        fault_add_at(context->faults, context->at, "This takes at most %lld members; it has %zu.", bound(most),
                     json_object_size(context->value));
}

void schema_required(const struct validation *context, const json_t *names)
{
    size_t i;
    const json_t *name;
    if (!json_is_object(context->value))
        return;
    json_array_foreach ((json_t *)names, i, name) {
        if (!json_object_get(context->value, json_string_value(name)))
            fault_add_at(context->faults, &(struct path){context->at, json_string_value(name), 0},
                         "This member is required.");
    }
}

void schema_dependent_required(const struct validation *context, const json_t *dependents)
{
    const char *name;
    json_t *names;
    json_object_foreach ((json_t *)dependents, name, names) {
        if (json_object_get(context->value, name))
            schema_required(context, names);
    }
}

void schema_properties(const struct validation *context, const json_t *properties)
{
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)properties, name, schema) {
        const json_t *value = json_object_get(context->value, name);
        if (value)
            schema_check(context->faults, context->spec, schema, value, &(struct path){context->at, name, 0});
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

void schema_additional_properties(const struct validation *context, const json_t *schema)
{
    const json_t *properties = json_object_get(context->schema, "properties");
    const char *name;
    json_t *value;
    if (!json_is_object(context->value))
        return;
    json_object_foreach ((json_t *)context->value, name, value) {
        if (json_object_get(properties, name))
            continue;
        const struct path *at = &(struct path){context->at, name, 0};
        if (faults_enough(context->faults))
            return;
        if (!json_is_false(schema))
            schema_check(context->faults, context->spec, schema, value, at);
        else if (json_object_size(properties) == 0)
            fault_add_at(context->faults, at, "This member is unknown; none is taken here.");
        else
            fault_add_at(context->faults, at, "This member is unknown; there are %.*s.",
                         STR_FMT(names_of(context->faults->arena, properties)));
    }
}

void schema_property_names(const struct validation *context, const json_t *schema)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)context->value, name, value) {
        json_t *text = json_string(name);
        if (!faults_enough(context->faults))
            schema_check(context->faults, context->spec, schema, text, &(struct path){context->at, name, 0});
        json_decref(text);
    }
}

// A list over its maxItems: nobody asks what is in it.
static bool is_too_long(const struct validation *context)
{
    const json_t *most = json_object_get(context->schema, "maxItems");
    return most && (json_int_t)json_array_size(context->value) > bound(most);
}

void schema_items(const struct validation *context, const json_t *schema)
{
    if (!json_is_array(context->value) || is_too_long(context))
        return;
    for (size_t i = json_array_size(json_object_get(context->schema, "prefixItems"));
         i < json_array_size(context->value); i++) {
        if (faults_enough(context->faults))
            return;
        schema_check(context->faults, context->spec, schema, json_array_get(context->value, i),
                     &(struct path){context->at, NULL, i});
    }
}

void schema_prefix_items(const struct validation *context, const json_t *schemas)
{
    size_t i;
    const json_t *schema;
    json_array_foreach ((json_t *)schemas, i, schema) {
        const json_t *item = json_array_get(context->value, i);
        if (item)
            schema_check(context->faults, context->spec, schema, item, &(struct path){context->at, NULL, i});
    }
}

void schema_contains(const struct validation *context, const json_t *schema)
{
    if (!json_is_array(context->value) || is_too_long(context))
        return;
    for (size_t i = 0; i < json_array_size(context->value); i++) {
        struct faults unheard = faults_beside(context->faults);
        if (schema_check(&unheard, context->spec, schema, json_array_get(context->value, i),
                         &(struct path){context->at, NULL, i}))
            return;
    }
    fault_add_at(context->faults, context->at, "None of these items is one that has to be among them.");
}

// A number that equal values share, so that a long list is compared by sorting.
static uint64_t digest(const json_t *value)
{
    enum { PRIME = 1099511628211 % 2147483647 };
    uint64_t sum = (uint64_t)json_typeof(value);
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_number(value)) {
        double number = json_number_value(value) + 0.0; // -0 is 0
        memcpy(&sum, &number, sizeof number);
    }
    for (const char *c = json_string_value(value); c && *c; c++)
        sum = (sum ^ (unsigned char)*c) * PRIME;
    json_array_foreach (value, i, member)
        sum = sum * PRIME + digest(member);
    json_object_foreach ((json_t *)value, name, member)
        sum += digest(member) ^ strlen(name); // in any order
    return sum * PRIME;
}

struct item {
    uint64_t digest;
    size_t at;
};

static int by_digest(const void *a, const void *b)
{
    const struct item *one = a, *other = b;
    if (one->digest != other->digest)
        return one->digest < other->digest ? -1 : 1;
    return (one->at > other->at) - (one->at < other->at);
}

void schema_unique_items(const struct validation *context, const json_t *wanted)
{
    size_t count = json_array_size(context->value);
    if (!json_is_true(wanted) || count < 2 || is_too_long(context))
        return;
    struct item *items = ARENA_ARRAY(context->faults->arena, struct item, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){digest(json_array_get(context->value, i)), i};
    qsort(items, count, sizeof *items, by_digest);
    for (size_t i = 0; i + 1 < count; i++) {
        for (size_t n = i + 1; n < count && items[n].digest == items[i].digest; n++) {
            if (!schema_equal(json_array_get(context->value, items[i].at), json_array_get(context->value, items[n].at)))
                continue;
            fault_add_at(context->faults, &(struct path){context->at, NULL, items[n].at}, "This comes twice.");
            break;
        }
        if (faults_enough(context->faults))
            return;
    }
}
