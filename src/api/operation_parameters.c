// The parameters of an operation, read from the contract: where each comes from, what statements call it, its schema.
#include "api_internal.h"

#include <string.h>

// `If-Match` becomes if_match; a path's `id` path_id; a query's `tag.all` query_tag_all.
static struct str symbol_of(struct arena *arena, enum place place, struct str name)
{
    static const char *const prefixes[] = {[IN_PATH] = "path_", [IN_QUERY] = "query_", [IN_HEADER] = ""};
    struct str symbol = str_lower(arena, arena_printf(arena, "%s%.*s", prefixes[place], STR_FMT(name)));
    for (char *c = memchr(symbol.ptr, '-', symbol.len); c; c = strchr(c, '-'))
        *c = '_';
    for (char *c = memchr(symbol.ptr, '.', symbol.len); c; c = strchr(c, '.'))
        *c = '_';
    return symbol;
}

static struct str default_of(struct arena *arena, const json_t *schema)
{
    const json_t *default_text = json_object_get(schema, "default");
    if (!default_text)
        return STR_NONE;
    return json_is_string(default_text) ? json_text(default_text) : json_write(arena, default_text);
}

// The longest text that a schema takes which says nothing else of it; 0 when it does.
static size_t plain_max(const json_t *schema)
{
    const char *keyword;
    json_t *argument;
    json_object_foreach ((json_t *)schema, keyword, argument) {
        bool plain = strcmp(keyword, "maxLength") == 0 ||
                     (strcmp(keyword, "type") == 0 && str_eq(json_text(argument), STR("string"))) ||
                     (strcmp(keyword, "minLength") == 0 && json_integer_value(argument) <= 1);
        if (!plain)
            return 0;
    }
    return (size_t)json_integer_value(json_object_get(schema, "maxLength"));
}

// Of a parameter's members others would change what is sent: `style`, `content`, `allowReserved`.
static bool check_parameter(const struct operation *operation, const json_t *given, struct error *error)
{
    static const char *const known[] = {"name", "in", "required", "description", "schema", "example"};
    const char *member;
    json_t *value;
    json_object_foreach ((json_t *)given, member, value) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            found |= strcmp(known[i], member) == 0;
        if (!found)
            return error_set(error, "%.*s: a parameter has the member %s, which is not enforced",
                             STR_FMT(operation->id), member);
    }
    return true;
}

static bool is_plain_type(struct str type)
{
    static const char *const types[] = {"string", "integer", "number", "boolean"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(str_of(types[i]), type))
            return true;
    return false;
}

static bool find_place(struct str in, enum place *place)
{
    static const char *const places[] = {[IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "header"};
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (str_eq(str_of(places[i]), in)) {
            *place = (enum place)i;
            return true;
        }
    return false;
}

// A query's list: the name comes once for each value (OpenAPI's style form, exploded, which is the default).
static const json_t *items_of(const struct api_contract *contract, const struct parameter *parameter,
                              const json_t *schema)
{
    bool is_list = parameter->place == IN_QUERY && str_eq(json_member_text(schema, "type"), STR("array"));
    return is_list ? contract_resolve(contract->spec, json_object_get(schema, "items")) : NULL;
}

static bool read_parameter(const struct api_contract *contract, struct operation *operation, const json_t *given,
                           struct error *error)
{
    const json_t *written = json_object_get(given, "schema"), *schema = contract_resolve(contract->spec, written);
    struct parameter *parameter = &operation->parameters[operation->parameter_count];
    if (operation->parameter_count++ == PARAMETERS_MAX || !schema ||
        !find_place(json_member_text(given, "in"), &parameter->place))
        return error_set(error, "%.*s: its parameter %zu cannot be read", STR_FMT(operation->id),
                         operation->parameter_count);
    const char *unknown = schema_unknown_keyword(contract->spec, written);
    if (unknown)
        return error_set(error, "%.*s: a parameter's schema has the keyword %s, which is not enforced",
                         STR_FMT(operation->id), unknown);
    parameter->items = items_of(contract, parameter, schema);
    const json_t *value = parameter->items ? parameter->items : schema;
    if (json_object_get(value, "type") && !is_plain_type(json_member_text(value, "type")))
        return error_set(error, "%.*s: the text of a parameter has not the type of its schema", STR_FMT(operation->id));
    if (parameter->items && json_object_get(schema, "default"))
        return error_set(error, "%.*s: a parameter that is a list has no default", STR_FMT(operation->id));
    if (json_object_get(written, "$ref") && json_object_size(written) > 1)
        return error_set(error, "%.*s: a parameter's schema has others beside its $ref", STR_FMT(operation->id));
    parameter->name = json_member_text(given, "name");
    parameter->required = json_is_true(json_object_get(given, "required"));
    parameter->schema = schema;
    parameter->symbol = symbol_of(contract->arena, parameter->place, parameter->name);
    parameter->default_text = default_of(contract->arena, schema);
    parameter->plain_max = plain_max(schema);
    operation->idempotent |= str_eq(parameter->symbol, STR("idempotency_key"));
    return check_parameter(operation, given, error);
}

bool operation_parameters(struct api_contract *contract, struct operation *operation, const json_t *spec,
                          struct error *error)
{
    const json_t *item;
    size_t i;
    json_array_foreach (json_object_get(spec, "parameters"), i, item) {
        const json_t *given = contract_resolve(contract->spec, item);
        if (!read_parameter(contract, operation, given, error))
            return false;
    }
    return true;
}
