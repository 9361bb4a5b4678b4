// One operation of the contract, read into the struct that requests are served from.
#include "api_internal.h"

#include <string.h>

enum { BODY_MAX_DEFAULT = 64 * 1024 };

static bool is_role(struct str word)
{
    static const char *const roles[] = {"public", "contributor", "editor", "chief", "sales", "admin"};
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_eq(str_of(roles[i]), word))
            return true;
    return false;
}

static bool read_roles(struct api_contract *contract, struct operation *operation, const json_t *ours,
                       struct error *error)
{
    const json_t *roles = json_object_get(ours, "roles"), *role;
    struct buf array = buf_in(contract->arena);
    size_t i;
    json_array_foreach ((json_t *)roles, i, role) {
        if (!is_role(json_text(role)))
            return error_set(error, "%.*s names the role %.*s, which there is not", STR_FMT(operation->id),
                             STR_FMT(json_text(role)));
        buf_printf(&array, "%s%s", i ? "," : "{", json_string_value(role));
        operation->is_public |= str_eq(json_text(role), STR("public"));
    }
    buf_put_lit(&array, "}");
    operation->roles = buf_str(&array);
    if (operation->is_public && operation->class == DB_WRITE)
        operation->class = DB_PUBLIC;
    if (json_array_size(roles) == 0)
        return error_set(error, "%.*s names no role; public is spelled `public`", STR_FMT(operation->id));
    if (operation->is_public && json_array_size(roles) > 1)
        return error_set(error, "%.*s is public and names roles as well", STR_FMT(operation->id));
    return true;
}

static bool read_handler(struct api_contract *contract, struct operation *operation, const json_t *ours,
                         struct error *error)
{
    struct str name = json_member_text(ours, "handler");
    for (const struct api_handler *row = contract->sources.handlers; name.ptr && row->name; row++)
        if (str_eq(str_of(row->name), name))
            operation->handler = row;
    if (name.ptr && !operation->handler)
        return error_set(error, "%.*s wants the handler %.*s, which nothing serves", STR_FMT(operation->id),
                         STR_FMT(name));
    if (!name.ptr && operation->statement_count == 0)
        return error_set(error, "%.*s is served by nothing: it names no statement and no handler",
                         STR_FMT(operation->id));
    return true;
}

static bool read_rate(const struct api_contract *contract, struct operation *operation, const json_t *ours,
                      struct error *error)
{
    struct str name = json_member_text(ours, "rate");
    operation->rate = rate_class_find(contract->rates, name);
    if (operation->is_public && str_eq(name, STR("login")))
        operation->class = DB_LOGIN;
    return operation->rate ||
           error_set(error, "%.*s: x-marbre.rate names no class of requests", STR_FMT(operation->id));
}

// What is changed at the desk is written down: under which collection, the contract says.
static bool read_audit(struct operation *operation, const json_t *ours, struct error *error)
{
    operation->audit = json_member_text(ours, "audit");
    bool changes = !operation->is_public && operation->method != HTTP_GET;
    return operation->audit.ptr || !changes ||
           error_set(error, "%.*s changes something, and x-marbre.audit does not say what", STR_FMT(operation->id));
}

static bool read_body(struct api_contract *contract, struct operation *operation, const json_t *spec,
                      struct error *error)
{
    const json_t *body = contract_resolve(contract->spec, json_object_get(spec, "requestBody"));
    if (!body)
        return true;
    const char *type;
    json_t *media;
    operation->body_required = json_is_true(json_object_get(body, "required"));
    operation->body_types = json_object_get(body, "content");
    json_object_foreach ((json_t *)operation->body_types, type, media) {
        const json_t *schema = json_object_get(media, "schema");
        const char *unknown = schema ? schema_unknown_keyword(contract->spec, schema) : "nothing (no schema)";
        if (unknown)
            return error_set(error, "%.*s: its body's schema has the keyword %s, which is not enforced",
                             STR_FMT(operation->id), unknown);
        if (!str_ends(str_of(type), STR("json")) && !form_is(str_of(type)))
            return error_set(error, "%.*s takes %s, which nothing here reads", STR_FMT(operation->id), type);
    }
    return json_object_size(operation->body_types) > 0 ||
           error_set(error, "%.*s: its body has no content", STR_FMT(operation->id));
}

const json_t *operation_body_schema(const struct operation *operation, struct str type)
{
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)operation->body_types, name, media)
        if (!type.ptr || str_eq_nocase(type, str_of(name)))
            return json_object_get(media, "schema");
    return NULL;
}

// The first of its answers that is a success.
static void read_success(const struct api_contract *contract, struct operation *operation, const json_t *spec)
{
    const char *status;
    json_t *response;
    json_object_foreach (json_object_get(spec, "responses"), status, response) {
        if (status[0] != '2' || strlen(status) != 3 || operation->success)
            continue;
        operation->success = 200 + (status[1] - '0') * 10 + (status[2] - '0');
        operation->answer_types = json_object_get(contract_resolve(contract->spec, response), "content");
    }
}

// A header that is promised and never sent would be a lie.
static bool check_promises(const struct api_contract *contract, const struct operation *operation, const json_t *spec,
                           struct error *error)
{
    const char *status, *header;
    json_t *response, *promise;
    json_object_foreach (json_object_get(spec, "responses"), status, response) {
        const json_t *whole = contract_resolve(contract->spec, response);
        json_object_foreach (json_object_get(whole, "headers"), header, promise)
            if (!reply_promises(str_of(header)))
                return error_set(error, "%.*s promises the header %s, which nothing sends", STR_FMT(operation->id),
                                 header);
    }
    return true;
}

static unsigned number_in(const json_t *object, const char *member)
{
    return (unsigned)json_integer_value(json_object_get(object, member));
}

// 0 for a word that means nothing.
static unsigned derivation_of(struct str word)
{
    static const struct {
        const char *word;
        unsigned bit;
    } rows[] = {
        {"slug", DERIVE_SLUG},       {"content", DERIVE_CONTENT},       {"password", DERIVE_PASSWORD},
        {"api_key", DERIVE_API_KEY}, {"form_token", DERIVE_FORM_TOKEN}, {"mailbox", DERIVE_MAILBOX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(str_of(rows[i].word), word))
            return rows[i].bit;
    return 0;
}

static void read_ours(struct operation *operation, const json_t *ours)
{
    const json_t *cache = json_object_get(ours, "cache"), *derive = json_object_get(ours, "derive"), *word;
    bool reads = operation->method == HTTP_GET;
    bool lists = str_eq(json_member_text(ours, "connection_class"), STR("list"));
    operation->class = !reads ? DB_WRITE : lists ? DB_LIST : DB_READ;
    operation->is_list = str_eq(json_member_text(ours, "answers"), STR("list"));
    if (json_object_get(ours, "pages"))
        operation->class = DB_EXPORT;
    operation->cursor = number_in(ours, "cursor");
    operation->location = json_member_text(ours, "location");
    operation->page = number_in(ours, "pages");
    operation->for_the_site = str_eq(json_member_text(ours, "origins"), STR("site"));
    operation->body_max = number_in(ours, "body_max");
    if (operation->body_max == 0)
        operation->body_max = BODY_MAX_DEFAULT;
    operation->cache = (struct cache_policy){.kept = cache != NULL,
                                             .max_age = number_in(cache, "max_age"),
                                             .shared_max_age = number_in(cache, "shared_max_age"),
                                             .stale_while_revalidate = number_in(cache, "stale_while_revalidate"),
                                             .stale_if_error = number_in(cache, "stale_if_error")};
    operation->body_depth = number_in(ours, "body_depth");
    if (operation->body_depth == 0 || operation->body_depth > JSON_DEPTH_MAX)
        operation->body_depth = JSON_DEPTH_MAX;
    size_t i;
    json_array_foreach ((json_t *)derive, i, word)
        operation->derive |= derivation_of(json_text(word));
}

static bool check_binds(const struct api_contract *contract, const struct operation *operation, struct error *error)
{
    for (size_t i = 0; i < operation->statement_count; i++) {
        const struct db_statement *statement = operation->statements[i];
        for (size_t n = 0; n < statement->parameter_count; n++)
            if (!bind_knows(contract, operation, statement->parameters[n]))
                return error_set(error, "%.*s: %.*s.sql names :%.*s, which the operation does not have",
                                 STR_FMT(operation->id), STR_FMT(statement->name), STR_FMT(statement->parameters[n]));
    }
    return true;
}

// What may stand in an operation's `x-marbre`; another word is a mistake that nobody would notice.
static const char *const our_words[] = {"roles",      "statements", "handler",  "connection_class",
                                        "answers",    "derive",     "location", "body_max",
                                        "body_depth", "cursor",     "cache",    "rate",
                                        "audit",      "languages",  "origins",  "pages"};

static bool check_words(const struct operation *operation, const json_t *ours, struct error *error)
{
    const char *word;
    json_t *value;
    json_object_foreach ((json_t *)ours, word, value) {
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(our_words); i++)
            known |= strcmp(our_words[i], word) == 0;
        if (!known)
            return error_set(error, "%.*s: x-marbre has the word %s, which means nothing", STR_FMT(operation->id),
                             word);
    }
    return true;
}

// Languages in which there are phrases.
static bool read_languages(struct operation *operation, const json_t *ours, struct error *error)
{
    const json_t *languages = json_object_get(ours, "languages"), *language;
    size_t i;
    json_array_foreach ((json_t *)languages, i, language) {
        struct str word = json_text(language);
        if (i == LANGUAGES_MAX || (!str_eq(word, STR("en")) && !str_eq(word, STR("fr"))))
            return error_set(error, "%.*s: x-marbre.languages has %.*s, which nobody here speaks",
                             STR_FMT(operation->id), STR_FMT(word));
        operation->languages[operation->language_count++] = word;
    }
    return true;
}

bool operation_read(struct api_contract *contract, struct operation *operation, const json_t *spec, struct error *error)
{
    const json_t *ours = json_object_get(spec, "x-marbre");
    operation->id = json_member_text(spec, "operationId");
    if (!operation->id.ptr)
        return error_set(error, "%.*s has an operation without an operationId", STR_FMT(operation->path));
    read_success(contract, operation, spec);
    read_ours(operation, ours);
    return check_words(operation, ours, error) && read_languages(operation, ours, error) &&
           read_roles(contract, operation, ours, error) && read_rate(contract, operation, ours, error) &&
           read_audit(operation, ours, error) && operation_parameters(contract, operation, spec, error) &&
           read_body(contract, operation, spec, error) && operation_statements(contract, operation, ours, error) &&
           read_handler(contract, operation, ours, error) && check_promises(contract, operation, spec, error) &&
           check_binds(contract, operation, error);
}
