// The parameters of an operation, read from the contract: where each comes from, what statements call it, its schema.
#include "reading.h"

#include "reference.h"
#include "schema.h"

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

// The members that a parameter may have: others would change what is sent, `style`, `content`, `allowReserved`.
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
    return is_list ? reference_resolve(contract->spec, json_object_get(schema, "items")) : NULL;
}

static bool parameter_fail(const struct reading *reading, const char *what)
{
    return error_set(reading->error, "%.*s: %s", STR_FMT(reading->operation->id), what);
}

static bool check_parameter_schema(const struct reading *reading, const struct parameter *parameter,
                                   const json_t *written)
{
    const char *unknown = schema_unknown_keyword(reading->contract->spec, written);
    const json_t *value = parameter->items ? parameter->items : parameter->schema;
    if (unknown)
        return error_set(reading->error, "%.*s: a parameter's schema has the keyword %s, which is not enforced",
                         STR_FMT(reading->operation->id), unknown);
    if (json_object_get(value, "type") && !is_plain_type(json_member_text(value, "type")))
        return parameter_fail(reading, "the text of a parameter has not the type of its schema");
    if (parameter->items && json_object_get(parameter->schema, "default"))
        return parameter_fail(reading, "a parameter that is a list has no default");
    if (json_object_get(written, "$ref") && json_object_size(written) > 1)
        return parameter_fail(reading, "a parameter's schema has others beside its $ref");
    return true;
}

static enum meaning meaning_of(struct str symbol)
{
    static const struct {
        const char *symbol;
        enum meaning meaning;
    } rows[] = {{"if_match", MEANS_VERSIONS},    {"idempotency_key", MEANS_IDEMPOTENCY_KEY},
                {"query_cursor", MEANS_CURSOR},  {"query_limit", MEANS_LIMIT},
                {"query_body", MEANS_BODY_FORM}, {"query_base_url", MEANS_BASE_URL}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(str_of(rows[i].symbol), symbol))
            return rows[i].meaning;
    return MEANS_ITSELF;
}

static bool read_parameter(const struct reading *reading, const json_t *given)
{
    const struct api_contract *contract = reading->contract;
    struct operation *operation = reading->operation;
    const json_t *written = json_object_get(given, "schema"), *schema = reference_resolve(contract->spec, written);
    size_t number = operation->parameter_count++;
    struct parameter *parameter = &operation->parameters[number];
    if (number == PARAMETERS_MAX || !schema || !find_place(json_member_text(given, "in"), &parameter->place))
        return error_set(reading->error, "%.*s: its parameter %zu cannot be read", STR_FMT(operation->id), number + 1);
    parameter->schema = schema;
    parameter->items = items_of(contract, parameter, schema);
    parameter->name = json_member_text(given, "name");
    parameter->required = json_is_true(json_object_get(given, "required"));
    parameter->is_uuid = str_eq(json_member_text(schema, "format"), STR("uuid"));
    parameter->symbol = symbol_of(contract->arena, parameter->place, parameter->name);
    parameter->meaning = meaning_of(parameter->symbol);
    parameter->default_text = default_of(contract->arena, schema);
    parameter->plain_max = plain_max(schema);
    if (parameter->meaning == MEANS_VERSIONS)
        operation->versions = number;
    if (parameter->meaning == MEANS_IDEMPOTENCY_KEY)
        operation->idempotency_key = number;
    if (parameter->meaning == MEANS_BODY_FORM)
        operation->body_form = number;
    if (parameter->meaning == MEANS_BASE_URL)
        operation->base_url = number;
    return check_parameter_schema(reading, parameter, written) && check_parameter(operation, given, reading->error);
}

static size_t find_in_path(const struct operation *operation, struct str name)
{
    for (size_t i = 0; i < operation->parameter_count; i++)
        if (operation->parameters[i].place == IN_PATH && str_eq(operation->parameters[i].name, name))
            return i;
    return NO_PARAMETER;
}

// The parameters of the path, in its order, whatever order they are listed in. The last that is an id is the thing that
// the operation is about: of `/articles/{id}/notes/{note}` the note.
static bool read_path(const struct reading *reading)
{
    struct operation *operation = reading->operation;
    size_t listed = 0;
    struct str rest = operation->path;
    for (size_t i = 0; i < operation->parameter_count; i++)
        listed += operation->parameters[i].place == IN_PATH;
    while (rest.ptr) {
        struct str segment = str_cut(rest, '/', &rest);
        if (!str_starts(segment, STR("{")))
            continue;
        struct str name = {segment.ptr + 1, segment.len - 2};
        size_t number = find_in_path(operation, name);
        if (number == NO_PARAMETER)
            return error_set(reading->error, "%.*s: its path has {%.*s}, and it has no such parameter",
                             STR_FMT(operation->id), STR_FMT(name));
        operation->path_parameters[operation->path_parameter_count++] = number;
        if (operation->parameters[number].is_uuid)
            operation->thing = number;
    }
    return listed == operation->path_parameter_count ||
           parameter_fail(reading, "it has a parameter in its path that its path does not name");
}

bool operation_parameters(struct reading *reading)
{
    const json_t *item;
    size_t i;
    json_array_foreach (json_object_get(reading->spec, "parameters"), i, item)
        if (!read_parameter(reading, reference_resolve(reading->contract->spec, item)))
            return false;
    return read_path(reading);
}
