// Parameters of a path, a query and headers: found, defaulted, typed, and checked by their schemas.
#include "reference.h"
#include "schema.h"
#include "steps.h"

#include <string.h>

static bool has_type(const json_t *schema, struct str type)
{
    return str_eq(json_member_text(schema, "type"), type);
}

static json_t *number_of(struct arena *arena, struct str text)
{
    struct json_fault fault;
    json_t *number = json_read(arena, text, &fault);
    return json_is_number(number) ? number : NULL;
}

// A text as the type that its schema asks for, or as the text that it is, for the schema to complain of. NULL: no
// UTF-8.
static json_t *parameter_typed(struct arena *arena, const json_t *schema, struct str text)
{
    uint64_t whole;
    json_t *number = NULL;
    if (!text_is_utf8(text))
        return NULL;
    if (has_type(schema, STR("integer")) && str_to_u64(text, INT32_MAX, &whole))
        return json_own(arena, json_integer((json_int_t)whole));
    if (has_type(schema, STR("number")))
        number = number_of(arena, text);
    if (has_type(schema, STR("boolean")) && (str_eq(text, STR("true")) || str_eq(text, STR("false"))))
        return json_own(arena, json_boolean(text.len == 4));
    return number ? number : json_own(arena, json_stringn(text.ptr, text.len));
}

// The pointer to a fault in a parameter: `?limit`, `{slug}`, `If-Match`.
static struct str pointer_of(struct api_call *call, const struct parameter *parameter)
{
    static const char *const marks[] = {[IN_PATH] = "{", [IN_QUERY] = "?", [IN_HEADER] = ""};
    static const char *const ends[] = {[IN_PATH] = "}", [IN_QUERY] = "", [IN_HEADER] = ""};
    return arena_printf(call->arena, "%s%.*s%s", marks[parameter->place], STR_FMT(parameter->name),
                        ends[parameter->place]);
}

// A time whose + was not percent-encoded, and came as a blank (the form encoding of queries).
static bool has_lost_plus(const struct api_call *call, const json_t *schema, struct str value)
{
    enum { ZONE = 6 };
    struct str format = json_member_text(reference_resolve(call->contract->spec, schema), "format");
    return str_eq(format, STR("date-time")) && value.len > ZONE && value.ptr[value.len - ZONE] == ' ';
}

static void check_value(struct api_call *call, const struct parameter *parameter, struct str *kept)
{
    struct str value = *kept;
    if (value.len && value.len <= parameter->plain_max && text_is_utf8(value))
        return; // what most are, at no cost: a character has at least a byte
    struct str pointer = pointer_of(call, parameter);
    if (parameter->place == IN_QUERY && has_lost_plus(call, parameter->schema, value)) {
        fault_add(&call->faults, pointer, "In a query + is a blank: write %%2B for it, such as …T08:00:00%%2B02:00.");
        return;
    }
    if (text_is_utf8(value))
        value = *kept = schema_normal_text(call->arena, call->contract->spec, parameter->schema, value);
    json_t *json = parameter_typed(call->arena, parameter->schema, value);
    if (!json) {
        fault_add(&call->faults, pointer, "This is not UTF-8.");
        return;
    }
    schema_check(&call->faults, call->contract->spec, parameter->schema, json, &(struct path){NULL, pointer.ptr, 0});
}

// One more value of a parameter that may come several times; what is wrong with it is told under the parameter's name.
static void add_to_list(struct api_call *call, size_t index, struct str value)
{
    const struct parameter *parameter = &call->operation->parameters[index];
    struct str pointer = pointer_of(call, parameter);
    json_t *item = parameter_typed(call->arena, parameter->items, value);
    if (!item) {
        fault_add(&call->faults, pointer, "This is not UTF-8.");
        return;
    }
    if (!call->lists[index])
        call->lists[index] = json_own(call->arena, json_array());
    schema_check(&call->faults, call->contract->spec, parameter->items, item, &(struct path){NULL, pointer.ptr, 0});
    json_array_append(call->lists[index], item);
}

// A list as a PostgreSQL array, in which every value is quoted.
static struct str array_of(struct arena *arena, const json_t *list)
{
    struct buf array = buf_in(arena);
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        struct str text = json_is_string(item) ? json_text(item) : json_write(arena, item);
        buf_put(&array, i ? STR(",\"") : STR("{\""));
        for (size_t at = 0; at < text.len; at++) {
            if (text.ptr[at] == '"' || text.ptr[at] == '\\')
                buf_put_char(&array, '\\');
            buf_put_char(&array, text.ptr[at]);
        }
        buf_put_char(&array, '"');
    }
    buf_put_char(&array, '}');
    return buf_str(&array);
}

// Validation of the list as a whole: how many there are, and whether one comes twice. Each value has been looked at.
static void take_list(struct api_call *call, size_t index)
{
    const struct parameter *parameter = &call->operation->parameters[index];
    struct str pointer = pointer_of(call, parameter);
    if (call->faults.count == 0)
        schema_check(&call->faults, call->contract->spec, parameter->schema, call->lists[index],
                     &(struct path){NULL, pointer.ptr, 0});
    call->values[index] = array_of(call->arena, call->lists[index]);
}

static const struct parameter *query_parameter(const struct operation *operation, struct str name, size_t *index)
{
    for (*index = 0; *index < operation->parameter_count; ++*index) {
        const struct parameter *parameter = &operation->parameters[*index];
        if (parameter->place == IN_QUERY && str_eq(parameter->name, name))
            return parameter;
    }
    return NULL;
}

// `section[]` and `section[0]`, as some write lists. False for any other name.
static bool is_bracketed(const struct operation *operation, struct str name, struct str *plain)
{
    size_t index;
    const char *open = memchr(name.ptr, '[', name.len);
    *plain = open ? (struct str){name.ptr, (size_t)(open - name.ptr)} : STR_NONE;
    return open && str_ends(name, STR("]")) && query_parameter(operation, *plain, &index);
}

static void tell_unknown(struct api_call *call, struct str name, struct str pointer)
{
    struct str plain;
    if (is_bracketed(call->operation, name, &plain))
        fault_add(&call->faults, pointer, "Brackets mean nothing here: write %.*s=, and repeat it for a list.",
                  STR_FMT(plain));
    else
        fault_add(&call->faults, pointer, "This operation has no such query parameter.");
}

static void read_pair(struct api_call *call, struct str pair)
{
    struct str raw_value, raw_name = str_cut(pair, '=', &raw_value), name, value;
    size_t index;
    if (!http_decode(call->arena, raw_name, true, &name) ||
        !http_decode(call->arena, raw_value.ptr ? raw_value : STR(""), true, &value)) {
        fault_add(&call->faults, STR("?"), "The query is not percent-encoded UTF-8.");
        return;
    }
    struct str pointer = arena_printf(call->arena, "?%.*s", STR_FMT(name));
    const struct parameter *parameter = query_parameter(call->operation, name, &index);
    if (!parameter)
        tell_unknown(call, name, pointer);
    else if (parameter->items)
        add_to_list(call, index, value);
    else if (call->values[index].ptr)
        fault_add(&call->faults, pointer, "This comes twice.");
    else
        call->values[index] = value;
}

static void read_query(struct api_call *call)
{
    struct str rest = call->exchange->request.query;
    while (rest.ptr) {
        struct str pair = str_cut(rest, '&', &rest);
        if (pair.len)
            read_pair(call, pair);
    }
}

// The value that a parameter has where the request has none of it.
static void take_absent(struct api_call *call, const struct parameter *parameter, struct str *value)
{
    if (parameter->default_text.ptr)
        *value = parameter->default_text;
    else if (parameter->required && parameter->meaning != MEANS_VERSIONS) // which versions_check asks for
        fault_add(&call->faults, pointer_of(call, parameter), "This parameter is required.");
}

// To readers, an address with a word in it that nothing can be called by is one under which there is nothing.
static void check_place(struct api_call *call, const struct parameter *parameter, struct str *value)
{
    size_t before = call->faults.count;
    check_value(call, parameter, value);
    if (parameter->place == IN_PATH && call->operation->is_public && call->faults.count > before)
        call->names_nothing = true;
}

static void parameter_take(struct api_call *call, size_t index)
{
    const struct parameter *parameter = &call->operation->parameters[index];
    struct str *value = &call->values[index];
    if (parameter->place == IN_HEADER)
        *value = http_header_list(call->arena, &call->exchange->request, parameter->name);
    if (parameter->meaning == MEANS_IDEMPOTENCY_KEY && value->ptr)
        *value = idempotency_key(call->arena, *value);
    if (call->lists[index])
        take_list(call, index);
    else if (value->ptr)
        check_place(call, parameter, value);
    else
        take_absent(call, parameter, value);
    if (parameter->meaning == MEANS_VERSIONS && value->ptr)
        versions_read(call, *value);
    if (parameter->meaning == MEANS_CURSOR && value->ptr && call->faults.count == 0 && !cursor_open(call, *value))
        fault_add(&call->faults, STR("?cursor"),
                  "This cursor was not made for this list and these filters; start again without it.");
}

struct refusal parameters_check(struct api_call *call)
{
    read_query(call);
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        parameter_take(call, i);
    if (call->names_nothing)
        return refusal_of(call, 404, "There is nothing under this address.");
    return call->faults.count ? refusal_of_faults(call, 400) : REFUSAL_NONE;
}
