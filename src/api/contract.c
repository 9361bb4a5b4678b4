// The contract: read once, checked whole, and then followed.
#include "reading.h"

#include "reference.h"
#include "schema.h"

#include <assert.h>

static const char *const method_words[HTTP_METHOD_OTHER] = {
    [HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PUT] = "put", [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
};

static bool check_schemas(const struct api_contract *contract, struct error *error)
{
    const json_t *schemas = json_object_get(json_object_get(contract->spec, "components"), "schemas");
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)schemas, name, schema) {
        const char *unknown = schema_unknown_keyword(contract->spec, schema);
        if (unknown)
            return error_set(error, "the schema %s has the keyword %s, which is not enforced", name, unknown);
    }
    return true;
}

static bool read_paths(struct api_contract *contract, struct error *error)
{
    const json_t *paths = json_object_get(contract->spec, "paths");
    contract->operations = ARENA_ARRAY(contract->arena, struct operation, json_object_size(paths) * 5);
    contract->routes = ARENA_NEW(contract->arena, struct route);
    const char *path;
    json_t *item;
    json_object_foreach ((json_t *)paths, path, item) {
        for (enum http_method method = 0; method < HTTP_METHOD_OTHER; method++) {
            const json_t *spec = method_words[method] ? json_object_get(item, method_words[method]) : NULL;
            if (!spec)
                continue;
            struct operation *operation = &contract->operations[contract->operation_count++];
            operation->path = str_of(path);
            operation->method = method;
            if (!operation_read(&(struct reading){contract, operation, spec, NULL, error}))
                return false;
            route_add(contract, operation);
        }
    }
    return contract->operation_count > 0 || error_set(error, "the contract has no paths");
}

static bool references_hold(const struct api_contract *contract, struct error *error)
{
    const char *reference = reference_dangling(contract->spec);
    return !reference || error_set(error, "the contract refers to %s, which is not in it", reference);
}

static bool ids_are_unique(const struct api_contract *contract, struct error *error)
{
    for (size_t i = 0; i < contract->operation_count; i++)
        if (contract_operation(contract, contract->operations[i].id) != &contract->operations[i])
            return error_set(error, "two operations are called %.*s", STR_FMT(contract->operations[i].id));
    return true;
}

static bool bind_statements(struct api_contract *contract, struct error *error)
{
    for (size_t i = 0; i < contract->operation_count; i++)
        if (!operation_bindings(contract, &contract->operations[i], error))
            return false;
    return true;
}

static bool handlers_are_named(const struct api_contract *contract, struct error *error)
{
    for (const struct api_handler *handler = contract->sources.handlers; handler->name; handler++) {
        bool named = false;
        for (size_t i = 0; i < contract->operation_count; i++)
            named |= contract->operations[i].handler == handler;
        if (!named)
            return error_set(error, "%s is served, but no operation of the contract names it", handler->name);
    }
    return true;
}

// `{site}/articles/{slug}` with the site's address in it.
static struct str fill_site(struct arena *arena, struct str template, struct str site)
{
    static const struct str mark = {"{site}", 6};
    struct buf filled = buf_in(arena);
    for (size_t i = 0; i < template.len; i++) {
        if (str_starts((struct str){template.ptr + i, template.len - i}, mark)) {
            buf_put(&filled, site);
            i += mark.len - 1;
        } else {
            buf_put_char(&filled, template.ptr[i]);
        }
    }
    return buf_str(&filled);
}

// `https://Journal.example/site` is of the origin https://journal.example (RFC 6454 §6.2).
static struct str origin_of(struct arena *arena, struct str address)
{
    struct str rest, authority, scheme = str_cut(address, ':', &rest);
    if (!str_starts(rest, STR("//")))
        return STR("");
    authority = str_cut((struct str){rest.ptr + 2, rest.len - 2}, '/', &rest);
    return str_lower(arena, arena_printf(arena, "%.*s://%.*s", STR_FMT(scheme), STR_FMT(authority)));
}

struct api_contract *api_contract_read(struct arena *arena, const struct api_sources *sources, struct error *error)
{
    assert(sources->statements && sources->handlers && sources->config);
    struct api_contract *contract = ARENA_NEW(arena, struct api_contract);
    *contract = (struct api_contract){.arena = arena, .sources = *sources};
    struct json_fault broken;
    contract->spec = json_read(arena, sources->contract, &broken);
    if (!contract->spec) {
        error_set(error, "the contract is not JSON: line %d: %s", broken.line, broken.detail);
        return NULL;
    }
    struct str site = sources->config->site_url;
    while (str_ends(site, STR("/")))
        site.len--;
    contract->site_url = site;
    contract->article_url = fill_site(arena, sources->config->article_url, site);
    contract->asset = api_asset_of(arena, STR("application/json"), sources->contract);
    contract->rates = rates_new(arena, sources->config);
    files_read(contract);
    contract->site_origin = origin_of(arena, site);
    if (sources->keys) {
        auth_keys_derive(sources->keys, STR("cursor"), contract->cursor_key);
        auth_keys_derive(sources->keys, STR("form"), contract->form_key);
        auth_keys_derive(sources->keys, STR("person"), contract->person_key);
    }
    bool good = references_hold(contract, error) && check_schemas(contract, error) && read_paths(contract, error) &&
                ids_are_unique(contract, error) && bind_statements(contract, error) &&
                handlers_are_named(contract, error);
    return good ? contract : NULL;
}
