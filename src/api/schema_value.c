// JSON Schema: what is said of a value by itself.
#include "schema_internal.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static bool is_whole(const json_t *value)
{
    return json_is_integer(value) || (json_is_real(value) && floor(json_real_value(value)) == json_real_value(value));
}

bool schema_has_type(const json_t *value, struct str type)
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

struct str schema_value_words(const struct validation *context)
{
    struct arena *arena = context->faults->arena;
    if (json_is_object(context->value) || json_is_array(context->value))
        return str_of(fault_words(context->faults, json_is_object(context->value) ? "an object" : "a list"));
    struct str text = json_write(arena, context->value);
    struct str shown = text_cut(text, 60);
    return shown.len < text.len ? arena_printf(arena, "%.*s… (%zu bytes)", STR_FMT(shown), text.len) : text;
}

void schema_type(const struct validation *context, const json_t *types)
{
    if (json_is_string(types)) {
        if (!schema_has_type(context->value, json_text(types)))
            fault_add_at(context->faults, context->at, "This takes %s, not %.*s.",
                         fault_words(context->faults, type_words(json_text(types))),
                         STR_FMT(schema_value_words(context)));
        return;
    }
    struct buf words = buf_in(context->faults->arena);
    size_t i;
    const json_t *type;
    json_array_foreach ((json_t *)types, i, type) {
        if (schema_has_type(context->value, json_text(type)))
            return;
        buf_printf(&words, "%s%s", i ? fault_words(context->faults, " or ") : "",
                   fault_words(context->faults, type_words(json_text(type))));
    }
    fault_add_at(context->faults, context->at, "This takes %.*s, not %.*s.", STR_FMT(buf_str(&words)),
                 STR_FMT(schema_value_words(context)));
}

bool schema_equal(const json_t *a, const json_t *b)
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
        if (!schema_equal(member, json_array_get(b, i)))
            return false;
    }
    json_object_foreach ((json_t *)a, name, member) {
        if (!json_object_get(b, name) || !schema_equal(member, json_object_get(b, name)))
            return false;
    }
    return json_is_object(a) || json_is_array(a) || json_equal(a, b);
}

void schema_enum(const struct validation *context, const json_t *allowed)
{
    struct buf words = buf_in(context->faults->arena);
    size_t i;
    const json_t *one;
    json_array_foreach ((json_t *)allowed, i, one) {
        if (schema_equal(one, context->value))
            return;
        struct str text = json_is_string(one) ? json_text(one) : json_write(context->faults->arena, one);
        buf_printf(&words, "%s%.*s", i ? ", " : "", STR_FMT(text));
    }
    fault_add_at(context->faults, context->at, "This takes one of %.*s, not %.*s.", STR_FMT(buf_str(&words)),
                 STR_FMT(schema_value_words(context)));
}

void schema_const(const struct validation *context, const json_t *one)
{
    if (!schema_equal(one, context->value))
        fault_add_at(context->faults, context->at, "This takes %.*s, not %.*s.",
                     STR_FMT(json_write(context->faults->arena, one)), STR_FMT(schema_value_words(context)));
}

// A bound of a length. It may be written 2.0.
static long long bound(const json_t *argument)
{
    return (long long)json_number_value(argument);
}

void schema_min_length(const struct validation *context, const json_t *least)
{
    if (json_is_string(context->value) && (long long)text_length(json_text(context->value)) < bound(least))
        fault_add_at(context->faults, context->at,
                     bound(least) == 1 ? "This must not be empty." : "This takes at least %lld characters.",
                     bound(least));
}

void schema_max_length(const struct validation *context, const json_t *most)
{
    if (json_is_string(context->value) && (long long)text_length(json_text(context->value)) > bound(most))
        fault_add_at(context->faults, context->at, "This takes at most %lld characters; it has %zu.", bound(most),
                     text_length(json_text(context->value)));
}

void schema_pattern(const struct validation *context, const json_t *pattern)
{
    if (!json_is_string(context->value))
        return;
    enum text_found found = text_find(json_text(pattern), json_text(context->value));
    if (found == TEXT_NOT_FOUND)
        fault_add_at(context->faults, context->at, "%.*s has not the form %s.", STR_FMT(schema_value_words(context)),
                     json_string_value(pattern));
    if (found == TEXT_TOO_HARD)
        fault_add_at(context->faults, context->at, "This cannot be compared with the form %s in time.",
                     json_string_value(pattern));
}

// Less than nothing, nothing, or more: how the value stands to a bound. 0 for what is no number.
static int compare_number(const struct validation *context, const json_t *bound)
{
    double value = json_number_value(context->value), other = json_number_value(bound);
    if (!json_is_number(context->value))
        return 0;
    if (json_is_integer(context->value) && json_is_integer(bound))
        return (json_integer_value(context->value) > json_integer_value(bound)) -
               (json_integer_value(context->value) < json_integer_value(bound));
    return (value > other) - (value < other);
}

static struct str number_words(const struct validation *context, const json_t *number)
{
    return json_write(context->faults->arena, number);
}

void schema_minimum(const struct validation *context, const json_t *least)
{
    if (compare_number(context, least) < 0)
        fault_add_at(context->faults, context->at, "This takes %.*s or more.", STR_FMT(number_words(context, least)));
}

void schema_maximum(const struct validation *context, const json_t *most)
{
    if (compare_number(context, most) > 0)
        fault_add_at(context->faults, context->at, "This takes %.*s or less.", STR_FMT(number_words(context, most)));
}

void schema_exclusive_minimum(const struct validation *context, const json_t *below)
{
    if (json_is_number(context->value) && compare_number(context, below) <= 0)
        fault_add_at(context->faults, context->at, "This takes more than %.*s.", STR_FMT(number_words(context, below)));
}

void schema_exclusive_maximum(const struct validation *context, const json_t *above)
{
    if (json_is_number(context->value) && compare_number(context, above) >= 0)
        fault_add_at(context->faults, context->at, "This takes less than %.*s.", STR_FMT(number_words(context, above)));
}

// Whole numbers exactly; others as far as a double can tell, so that 0.0075 is 75 times 0.0001.
static bool is_multiple(const json_t *value, const json_t *step)
{
    if (json_is_integer(value) && json_is_integer(step))
        return json_integer_value(value) % json_integer_value(step) == 0;
    double times = json_number_value(value) / json_number_value(step);
    return isfinite(times) && fabs(times - round(times)) <= 4 * DBL_EPSILON * fabs(times);
}

void schema_multiple_of(const struct validation *context, const json_t *step)
{
    if (json_is_number(context->value) && !is_multiple(context->value, step))
        fault_add_at(context->faults, context->at, "This takes a multiple of %.*s.",
                     STR_FMT(number_words(context, step)));
}

void schema_format(const struct validation *context, const json_t *name)
{
    const struct format *format = format_find(json_text(name));
    if (json_is_string(context->value) && format && !format->holds(json_text(context->value)))
        fault_add_at(context->faults, context->at, "%.*s %s", STR_FMT(schema_value_words(context)),
                     fault_words(context->faults, format->complaint));
}
