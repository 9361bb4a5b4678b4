// The words of `x-marbre`, a row each. A word that means nothing, a value that a word does not take, and words that do
// not fit each other stop the start: nobody would notice them otherwise.
#include "reading.h"

#include "reference.h"

#include <assert.h>
#include <string.h>

struct word {
    const char *name;
    bool (*read)(struct reading *reading, const struct word *word, const json_t *value);
    const char *takes; // what stands behind "it takes" in a sentence
    size_t offset;     // of a number in struct operation
    json_int_t least, most;
};

static bool word_fail(const struct reading *reading, const struct word *word, const json_t *value)
{
    return error_set(reading->error, "%.*s: x-marbre.%s is %.*s; it takes %s", STR_FMT(reading->operation->id),
                     word->name, STR_FMT(json_write(reading->contract->arena, value)), word->takes);
}

// ------------------------------------------------------------------------------------------------- kinds of values

static bool read_number(struct reading *reading, const struct word *word, const json_t *value)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < word->least || number > word->most)
        return word_fail(reading, word, value);
    *(unsigned *)(void *)((char *)reading->operation + word->offset) = (unsigned)number;
    return true;
}

static bool is_list_of_texts(const json_t *value)
{
    size_t i;
    const json_t *item;
    json_array_foreach ((json_t *)value, i, item)
        if (!json_is_string(item))
            return false;
    return json_array_size(value) > 0;
}

// --------------------------------------------------------------------------------------------------------- the words

static bool is_role(struct str word)
{
    static const char *const roles[] = {"public", "contributor", "editor", "chief", "sales", "admin"};
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_eq(str_of(roles[i]), word))
            return true;
    return false;
}

static bool read_roles(struct reading *reading, const struct word *word, const json_t *value)
{
    struct operation *operation = reading->operation;
    struct buf array = buf_in(reading->contract->arena);
    size_t i;
    const json_t *role;
    if (json_is_array(value) && json_array_size(value) == 0)
        return true; // which operation_is_sound tells
    if (!is_list_of_texts(value))
        return word_fail(reading, word, value);
    json_array_foreach ((json_t *)value, i, role) {
        if (!is_role(json_text(role)))
            return error_set(reading->error, "%.*s names the role %.*s, which there is not", STR_FMT(operation->id),
                             STR_FMT(json_text(role)));
        buf_printf(&array, "%s%s", i ? "," : "{", json_string_value(role));
        operation->is_public |= str_eq(json_text(role), STR("public"));
    }
    buf_put_lit(&array, "}");
    operation->roles = buf_str(&array);
    return true;
}

static bool read_statements(struct reading *reading, const struct word *word, const json_t *value)
{
    bool is_empty = json_is_array(value) && json_array_size(value) == 0; // which operation_is_sound tells
    return is_empty || is_list_of_texts(value) || word_fail(reading, word, value);
}

static bool read_handler(struct reading *reading, const struct word *word, const json_t *value)
{
    if (!json_is_string(value))
        return word_fail(reading, word, value);
    for (const struct api_handler *row = reading->contract->sources.handlers; row->name; row++)
        if (str_eq(str_of(row->name), json_text(value)))
            reading->operation->handler = row;
    return reading->operation->handler || error_set(reading->error, "%.*s wants the handler %s, which nothing serves",
                                                    STR_FMT(reading->operation->id), json_string_value(value));
}

static bool read_rate(struct reading *reading, const struct word *word, const json_t *value)
{
    const struct rate_class *class = rate_class_find(reading->contract->rates, json_text(value));
    if (!class)
        return word_fail(reading, word, value);
    reading->operation->rate = class;
    return true;
}

// The table that an act is written down under in the audit. It has an `id`, by which the
// audit knows the thing; and a `version`, where a change has to say by If-Match which one it was made from.
static bool read_audit(struct reading *reading, const struct word *word, const json_t *value)
{
    const struct embedded_file *migrations = reading->contract->sources.migrations;
    struct str table = json_text(value);
    if (table.len == 0 || (migrations && !db_table_has(migrations, table, STR("id"))))
        return word_fail(reading, word, value);
    reading->operation->audit = table;
    return true;
}

static bool read_derive(struct reading *reading, const struct word *word, const json_t *value)
{
    static const struct {
        const char *word;
        unsigned bit;
    } rows[] = {
        {"slug", DERIVE_SLUG},       {"content", DERIVE_CONTENT},       {"password", DERIVE_PASSWORD},
        {"api_key", DERIVE_API_KEY}, {"form_token", DERIVE_FORM_TOKEN}, {"mailbox", DERIVE_MAILBOX},
    };
    size_t i;
    const json_t *name;
    if (!is_list_of_texts(value))
        return word_fail(reading, word, value);
    json_array_foreach ((json_t *)value, i, name) {
        unsigned before = reading->operation->derive;
        for (size_t n = 0; n < COUNT_OF(rows); n++)
            if (str_eq(str_of(rows[n].word), json_text(name)))
                reading->operation->derive |= rows[n].bit;
        if (reading->operation->derive == before) // unknown, or twice
            return word_fail(reading, word, value);
    }
    return true;
}

// Languages in which there are phrases.
static bool read_languages(struct reading *reading, const struct word *word, const json_t *value)
{
    struct operation *operation = reading->operation;
    size_t i;
    const json_t *language;
    if (!is_list_of_texts(value))
        return word_fail(reading, word, value);
    json_array_foreach ((json_t *)value, i, language) {
        struct str name = json_text(language);
        bool known = str_eq(name, STR("en")) || str_eq(name, STR("fr"));
        for (size_t n = 0; n < operation->language_count; n++)
            known &= !str_eq(operation->languages[n], name);
        if (!known)
            return word_fail(reading, word, value);
        operation->languages[operation->language_count++] = name;
    }
    return true;
}

static bool read_origins(struct reading *reading, const struct word *word, const json_t *value)
{
    reading->operation->for_the_site = str_eq(json_text(value), STR("site"));
    return reading->operation->for_the_site || word_fail(reading, word, value);
}

static bool read_connection_class(struct reading *reading, const struct word *word, const json_t *value)
{
    static const struct {
        const char *word;
        enum db_connection_class class;
        bool changes;
    } rows[] = {{"read", DB_READ, false}, {"list", DB_LIST, false}, {"write", DB_WRITE, true}};
    bool changes = reading->operation->method != HTTP_GET; // reads are asked twice when a connection is lost
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!str_eq(str_of(rows[i].word), json_text(value)) || rows[i].changes != changes)
            continue;
        reading->operation->class = rows[i].class;
        return true;
    }
    return word_fail(reading, word, value);
}

static bool read_answers(struct reading *reading, const struct word *word, const json_t *value)
{
    reading->operation->is_list = str_eq(json_text(value), STR("list"));
    return reading->operation->is_list || word_fail(reading, word, value);
}

static bool read_cache(struct reading *reading, const struct word *word, const json_t *value)
{
    struct cache_policy *policy = &reading->operation->cache;
    const struct {
        const char *name;
        unsigned *seconds;
    } members[] = {{"max_age", &policy->max_age},
                   {"shared_max_age", &policy->shared_max_age},
                   {"stale_while_revalidate", &policy->stale_while_revalidate},
                   {"stale_if_error", &policy->stale_if_error}};
    size_t known = 0;
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const json_t *seconds = json_object_get(value, members[i].name);
        if (!seconds)
            continue;
        if (!json_is_integer(seconds) || json_integer_value(seconds) < 0 || json_integer_value(seconds) > INT32_MAX)
            return word_fail(reading, word, value);
        *members[i].seconds = (unsigned)json_integer_value(seconds);
        known++;
    }
    policy->kept = known > 0 && known == json_object_size(value);
    return policy->kept || word_fail(reading, word, value);
}

// Taken apart in operation_location, once the parameters are known.
static bool read_location(struct reading *reading, const struct word *word, const json_t *value)
{
    return str_starts(json_text(value), STR("/")) || word_fail(reading, word, value);
}

#define NUMBER(member, least, most)                                                                                    \
    read_number, "a whole number from " #least " to " #most, offsetof(struct operation, member), least, most

static const struct word words[] = {
    {"roles", read_roles, "[public], or a list of roles", 0, 0, 0},
    {"statements", read_statements, "a list of statements", 0, 0, 0},
    {"handler", read_handler, "a row of src/newsroom/newsroom.c", 0, 0, 0},
    {"rate", read_rate, "read, desk, login or form", 0, 0, 0},
    {"audit", read_audit, "a table of the migrations that has an id", 0, 0, 0},
    {"derive", read_derive, "a list of slug, content, password, api_key, form_token, mailbox, each once", 0, 0, 0},
    {"languages", read_languages, "a list of fr and en, each once", 0, 0, 0},
    {"origins", read_origins, "site", 0, 0, 0},
    {"connection_class", read_connection_class, "read or list in a GET, and write in others", 0, 0, 0},
    {"answers", read_answers, "list", 0, 0, 0},
    {"cursor", NUMBER(cursor, 1, 4)},
    {"pages", NUMBER(page, 1, 10000)},
    {"cache", read_cache, "seconds: max_age, shared_max_age, stale_while_revalidate, stale_if_error", 0, 0, 0},
    {"location", read_location, "the address of what a POST makes", 0, 0, 0},
    {"body_max", NUMBER(body_max, 1, 67108864)},
    {"body_depth", NUMBER(body_depth, 1, 32)},
};
_Static_assert(JSON_DEPTH_MAX == 32 && CURSOR_MAX == 4, "the words say so");

static const struct word *word_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

bool operation_words(struct reading *reading)
{
    const char *name;
    json_t *value;
    reading->ours = json_object_get(reading->spec, "x-marbre");
    json_object_foreach ((json_t *)reading->ours, name, value) {
        const struct word *word = word_find(name);
        if (!word)
            return error_set(reading->error, "%.*s: x-marbre has the word %s, which means nothing",
                             STR_FMT(reading->operation->id), name);
        if (!word->read(reading, word, value))
            return false;
    }
    return true;
}

void words_print(struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        buf_printf(out, "| `%s` | %s |\n", words[i].name, words[i].takes);
}

// --------------------------------------------------------------------------------------------------------- location

// A piece of a Location up to the next parameter: one of the path by its name, and the last of all what was made.
static bool take_part(struct reading *reading, struct str *rest)
{
    struct operation *operation = reading->operation;
    struct str behind, name, text = str_cut(*rest, '{', &behind);
    name = str_cut(behind, '}', rest);
    bool is_last = rest->len == 0;
    struct location_part *part = &operation->location[operation->location_count++];
    *part = (struct location_part){text, NO_PARAMETER, is_last};
    for (size_t i = 0; i < operation->path_parameter_count && !is_last; i++)
        if (str_eq(operation->parameters[operation->path_parameters[i]].name, name))
            part->parameter = operation->path_parameters[i];
    if (is_last)
        *rest = STR_NONE;
    return name.len && (is_last || part->parameter != NO_PARAMETER);
}

static bool is_path_of_a_read(const json_t *spec, struct str address)
{
    const json_t *item = json_object_getn(json_object_get(spec, "paths"), address.ptr, address.len);
    return json_object_get(item, "get") != NULL;
}

bool operation_location(struct reading *reading)
{
    struct operation *operation = reading->operation;
    struct str location = json_member_text(reading->ours, "location"), rest = location;
    if (!location.ptr)
        return true;
    if (!is_path_of_a_read(reading->contract->spec, location))
        return error_set(reading->error, "%.*s: x-marbre.location is %.*s, which no GET reads", STR_FMT(operation->id),
                         STR_FMT(location));
    while (rest.ptr)
        if (operation->location_count == LOCATION_PARTS_MAX || !take_part(reading, &rest))
            return error_set(reading->error,
                             "%.*s: x-marbre.location is %.*s; it ends with the id of what is made, and what stands "
                             "before it is of the operation's own path",
                             STR_FMT(operation->id), STR_FMT(location));
    return true;
}

// -------------------------------------------------------------------------------------------------- words together

static bool names_no_role(const struct operation *operation)
{
    return operation->roles.ptr == NULL;
}

static bool is_public_and_more(const struct operation *operation)
{
    return operation->is_public && !str_eq(operation->roles, STR("{public}"));
}

static bool has_no_rate(const struct operation *operation)
{
    return operation->rate == NULL;
}

static bool changes(const struct operation *operation)
{
    return operation->method != HTTP_GET;
}

static bool audits_nothing(const struct operation *operation)
{
    return operation->audit.ptr && (operation->is_public || !changes(operation));
}

static bool lacks_audit(const struct operation *operation)
{
    return !operation->audit.ptr && !operation->is_public && changes(operation);
}

static bool caches_what_is_not_for_all(const struct operation *operation)
{
    return operation->cache.kept && (!operation->is_public || changes(operation));
}

static bool lists_while_changing(const struct operation *operation)
{
    return (operation->is_list || operation->page) && changes(operation);
}

static bool pages_in_an_envelope(const struct operation *operation)
{
    return operation->page && (operation->is_list || operation->cache.kept || operation->class != DB_READ);
}

static bool pages_without_cursor(const struct operation *operation)
{
    return operation->page && operation->cursor == 0;
}

static bool has_cursor_for_nothing(const struct operation *operation)
{
    return operation->cursor && !operation->is_list && !operation->page;
}

static bool makes_without_telling(const struct operation *operation)
{
    return (operation->success == 201) != operation_makes(operation);
}

static bool makes_without_post(const struct operation *operation)
{
    return operation_makes(operation) && operation->method != HTTP_POST;
}

static bool derives_from_no_body(const struct operation *operation)
{
    unsigned of_body = DERIVE_SLUG | DERIVE_CONTENT | DERIVE_PASSWORD | DERIVE_MAILBOX;
    return (operation->derive & of_body) && !operation->body_types;
}

static bool derives_for_nobody(const struct operation *operation)
{
    return (operation->derive & (DERIVE_PASSWORD | DERIVE_API_KEY)) && operation->is_public;
}

static bool is_no_form_of_the_site(const struct operation *operation)
{
    return operation->for_the_site && !(operation->is_public && operation->body_types);
}

static bool repeats_a_read(const struct operation *operation)
{
    return operation->idempotency_key != NO_PARAMETER && !changes(operation);
}

static bool repeats_a_handler(const struct operation *operation)
{
    return operation->idempotency_key != NO_PARAMETER && operation->handler;
}

static const struct {
    bool (*broken)(const struct operation *operation);
    const char *words; // what follows the operation's name
} rules[] = {
    {names_no_role, " names no role; public is spelled `public`"},
    {is_public_and_more, " is public and names roles as well"},
    {has_no_rate, ": x-marbre.rate names no class of requests"},
    {lacks_audit, " changes something, and x-marbre.audit does not say what"},
    {audits_nothing, " has x-marbre.audit, and changes nothing at the desk"},
    {caches_what_is_not_for_all, " has x-marbre.cache, and is not for all to read"},
    {lists_while_changing, " changes something, and answers a list"},
    {pages_in_an_envelope,
     " has x-marbre.pages, which goes out as it is read: no envelope, no cache, no other connections"},
    {pages_without_cursor, " has x-marbre.pages and no cursor: it would never end"},
    {has_cursor_for_nothing, " has a cursor, and answers neither a list nor pages"},
    {makes_without_telling, " answers 201 without x-marbre.location, or has that without 201"},
    {makes_without_post, " has x-marbre.location, and is no POST"},
    {derives_from_no_body, " derives something from a body, and takes none"},
    {derives_for_nobody, " derives a password or an API key, and is public"},
    {is_no_form_of_the_site, " has x-marbre.origins, and is no form of readers"},
    {repeats_a_read, " takes an Idempotency-Key, and changes nothing"},
    {repeats_a_handler, " takes an Idempotency-Key and has no statements"},
};

static bool is_served_by_one(const struct reading *reading)
{
    const struct operation *operation = reading->operation;
    bool has_statements = json_array_size(json_object_get(reading->ours, "statements")) > 0;
    if (!has_statements && !operation->handler)
        return error_set(reading->error, "%.*s is served by nothing: it names no statement and no handler",
                         STR_FMT(operation->id));
    return has_statements != (operation->handler != NULL) ||
           error_set(reading->error, "%.*s names statements and a handler: one of them serves it",
                     STR_FMT(operation->id));
}

// A change that says by If-Match which version it was made from is told who was faster, by the audit.
static bool has_versions_to_match(const struct reading *reading)
{
    const struct operation *operation = reading->operation;
    const struct embedded_file *migrations = reading->contract->sources.migrations;
    return operation->versions == NO_PARAMETER || !operation->audit.ptr || !migrations ||
           db_table_has(migrations, operation->audit, STR("version")) ||
           db_table_has(migrations, db_table_of_id(migrations, operation->audit), STR("version")) ||
           error_set(reading->error, "%.*s takes If-Match, and the table %.*s of x-marbre.audit has no version",
                     STR_FMT(operation->id), STR_FMT(operation->audit));
}

bool operation_is_sound(struct reading *reading)
{
    struct operation *operation = reading->operation;
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].broken(operation))
            return error_set(reading->error, "%.*s%s", STR_FMT(operation->id), rules[i].words);
    if (!operation->body_types &&
        (json_object_get(reading->ours, "body_max") || json_object_get(reading->ours, "body_depth")))
        return error_set(reading->error, "%.*s has x-marbre.body_max or body_depth, and takes no body",
                         STR_FMT(operation->id));
    if (operation->page)
        operation->class = DB_EXPORT;
    if (operation->is_public && operation->class == DB_WRITE)
        operation->class = str_eq(operation->rate->name, STR("login")) ? DB_LOGIN : DB_PUBLIC;
    return is_served_by_one(reading) && has_versions_to_match(reading);
}
