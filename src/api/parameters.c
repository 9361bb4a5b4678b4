// Parameters of a path, a query and headers: found, defaulted, typed, and checked by their schemas.
#include "api_internal.h"

#include <string.h>

static bool has_type(const json_t *schema, struct str type)
{
    return str_eq(json_member_text(schema, "type"), type);
}

static json_t *number_of(struct arena *arena, struct str text)
{
    struct json_fault fault;
    json_t *number = json_read(arena, text, &fault);
    return json_is_number(number) ? json_incref(number) : NULL;
}

// A text as the type that its schema asks for, or as the text that it is, for the schema to complain of. NULL: no
// UTF-8.
static json_t *typed(struct arena *arena, const json_t *schema, struct str text)
{
    uint64_t whole;
    json_t *number = NULL;
    if (has_type(schema, STR("integer")) && str_to_u64(text, INT32_MAX, &whole))
        return json_integer((json_int_t)whole);
    if (has_type(schema, STR("number")))
        number = number_of(arena, text);
    if (has_type(schema, STR("boolean")) && (str_eq(text, STR("true")) || str_eq(text, STR("false"))))
        return json_boolean(text.len == 4);
    return number ? number : json_stringn(text.ptr, text.len);
}

// What a fault in a parameter is found under: `?limit`, `{slug}`, `If-Match`.
static struct str pointer_of(struct api_call *call, const struct parameter *parameter)
{
    static const char *const marks[] = {[IN_PATH] = "{", [IN_QUERY] = "?", [IN_HEADER] = ""};
    static const char *const ends[] = {[IN_PATH] = "}", [IN_QUERY] = "", [IN_HEADER] = ""};
    return arena_printf(call->arena, "%s%.*s%s", marks[parameter->place], STR_FMT(parameter->name),
                        ends[parameter->place]);
}

static void check_value(struct api_call *call, const struct parameter *parameter, struct str value)
{
    if (value.len && value.len <= parameter->plain_max && text_is_utf8(value))
        return; // what most are, at no cost: a character has at least a byte
    struct str pointer = pointer_of(call, parameter);
    json_t *json = typed(call->arena, parameter->schema, value);
    if (!json) {
        fault_add(&call->faults, pointer, "This is not UTF-8.");
        return;
    }
    schema_check(&call->faults, call->contract->spec, parameter->schema, json, &(struct path){NULL, pointer.ptr, 0});
    json_decref(json);
}

static void forget(void *list)
{
    json_decref(list);
}

// One more value of a parameter that may come several times; what is wrong with it is told under the parameter's name.
static void add_to_list(struct api_call *call, size_t index, struct str value)
{
    const struct parameter *parameter = &call->operation->parameters[index];
    struct str pointer = pointer_of(call, parameter);
    json_t *item = typed(call->arena, parameter->items, value);
    if (!item) {
        fault_add(&call->faults, pointer, "This is not UTF-8.");
        return;
    }
    if (!call->lists[index]) {
        call->lists[index] = json_array();
        arena_defer(call->arena, forget, call->lists[index]);
    }
    schema_check(&call->faults, call->contract->spec, parameter->items, item, &(struct path){NULL, pointer.ptr, 0});
    json_array_append_new(call->lists[index], item);
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

// Of the list as a whole: how many there are, and whether one comes twice. Each value has been looked at.
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
        fault_add(&call->faults, pointer, "This operation has no such query parameter.");
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

// An entity tag (RFC 9110 §8.8.3): quoted, perhaps weak.
static bool is_entity_tag(struct str tag)
{
    if (str_starts(tag, STR("W/")))
        tag = (struct str){tag.ptr + 2, tag.len - 2};
    return tag.len >= 2 && str_starts(tag, STR("\"")) && str_ends(tag, STR("\"")) &&
           !memchr(tag.ptr + 1, '"', tag.len - 2);
}

// If-Match names versions: `"v3"`, a list of them, or `*`. A tag that is none of ours matches nothing (RFC 9110
// §13.1.1).
static void take_versions(struct api_call *call, struct str header)
{
    if (str_eq(str_trim(header), STR("*")))
        return;
    struct buf array = buf_in(call->arena);
    struct str rest = header;
    while (rest.ptr) {
        struct str tag = str_trim(str_cut(rest, ',', &rest));
        uint64_t version = 0;
        bool ours = str_starts(tag, STR("\"v")) && str_ends(tag, STR("\"")) && tag.len > 3 && tag.ptr[2] != '0' &&
                    str_to_u64((struct str){tag.ptr + 2, tag.len - 3}, INT32_MAX, &version);
        if (!is_entity_tag(tag))
            fault_add(&call->faults, STR("If-Match"),
                      "This takes the ETag that was read, quotes included, such as \"v1\".");
        buf_printf(&array, "%s%llu", array.len ? "," : "{", ours ? (unsigned long long)version : 0ULL);
    }
    buf_put_char(&array, '}');
    call->if_match = buf_str(&array);
}

void parameters_read(struct api_call *call, const struct str *path_values, size_t path_count)
{
    const struct operation *operation = call->operation;
    size_t from_path = 0;
    read_query(call);
    for (size_t i = 0; i < operation->parameter_count; i++) {
        const struct parameter *parameter = &operation->parameters[i];
        if (parameter->place == IN_PATH && from_path < path_count)
            call->values[i] = path_values[from_path++];
        else if (parameter->place == IN_HEADER)
            call->values[i] = http_header_list(call->arena, &call->exchange->request, parameter->name);
        if (call->lists[i])
            take_list(call, i);
        else if (call->values[i].ptr)
            check_value(call, parameter, call->values[i]);
        else if (parameter->default_text.ptr)
            call->values[i] = parameter->default_text;
        else if (parameter->required && !str_eq(parameter->symbol, STR("if_match"))) // which has a status of its own
            fault_add(&call->faults, pointer_of(call, parameter), "This parameter is required.");
        if (str_eq(parameter->symbol, STR("if_match")) && call->values[i].ptr)
            take_versions(call, call->values[i]);
        if (str_eq(parameter->symbol, STR("query_cursor")) && call->values[i].ptr && call->faults.count == 0 &&
            !cursor_open(call, call->values[i]))
            fault_add(&call->faults, STR("?cursor"),
                      "This cursor was not made for these filters; start again without it.");
    }
}
