// Where the parameters of statements come from: a table of what the server knows, the operation's own parameters by
// their symbols, and what a handler has set.
#include "api_internal.h"

static struct str id_of(const struct api_call *call)
{
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        if (str_eq(call->operation->parameters[i].symbol, STR("path_id")))
            return call->values[i];
    return str_of(call->new_id.text);
}

static struct str new_id(const struct api_call *call)
{
    return str_of(call->new_id.text);
}

static struct str slug(const struct api_call *call)
{
    return call->slug;
}

static struct str body(const struct api_call *call)
{
    return call->body_text;
}

static struct str read_only(const struct api_call *call)
{
    return call->read_only;
}

static struct str if_match(const struct api_call *call)
{
    return call->if_match;
}

static struct str content_blocks(const struct api_call *call)
{
    return call->has_content ? call->content.blocks : STR_NONE;
}

static struct str content_html(const struct api_call *call)
{
    return call->has_content ? call->content.html : STR_NONE;
}

static struct str content_text(const struct api_call *call)
{
    return call->has_content ? call->content.text : STR_NONE;
}

static struct str content_words(const struct api_call *call)
{
    return call->has_content ? arena_printf(call->arena, "%zu", call->content.words) : STR_NONE;
}

static struct str content_minutes(const struct api_call *call)
{
    return call->has_content ? arena_printf(call->arena, "%zu", call->content.reading_minutes) : STR_NONE;
}

static struct str caller_account(const struct api_call *call)
{
    return call->caller.account;
}

static struct str caller_session(const struct api_call *call)
{
    return call->caller.session;
}

static struct str caller_epoch(const struct api_call *call)
{
    return call->caller.epoch;
}

static struct str operation_roles(const struct api_call *call)
{
    return call->operation->roles;
}

static struct str config_lang(const struct api_call *call)
{
    return call->contract->sources.config->lang;
}

static struct str config_article_url(const struct api_call *call)
{
    return call->contract->article_url;
}

#define SOURCE(name)                                                                                                   \
    {                                                                                                                  \
#name, name                                                                                                    \
    }

static const struct {
    const char *name;
    struct str (*value)(const struct api_call *call);
} sources[] = {
    {"id", id_of}, // of the path, or of what is being made
    SOURCE(new_id),         SOURCE(slug),
    SOURCE(body),           SOURCE(read_only),
    SOURCE(if_match),       SOURCE(content_blocks),
    SOURCE(content_html),   SOURCE(content_text),
    SOURCE(content_words),  SOURCE(content_minutes),
    SOURCE(caller_account), SOURCE(caller_session),
    SOURCE(caller_epoch),   SOURCE(operation_roles),
    SOURCE(config_lang),    SOURCE(config_article_url),
};

static const struct str cursor_symbols[CURSOR_MAX] = {
    {"cursor_1", 8}, {"cursor_2", 8}, {"cursor_3", 8}, {"cursor_4", 8}};

// A query parameter that the operation does not have is null to a statement that others share with it.
static bool is_query(struct str symbol)
{
    return str_starts(symbol, STR("query_"));
}

static bool has_parameter(const struct operation *operation, struct str symbol)
{
    for (size_t i = 0; i < operation->parameter_count; i++)
        if (str_eq(operation->parameters[i].symbol, symbol))
            return true;
    return false;
}

bool bind_knows(const struct operation *operation, struct str symbol)
{
    if (has_parameter(operation, symbol))
        return true;
    if (str_eq(symbol, STR("body")) || str_eq(symbol, STR("read_only")))
        return operation->body_schema != NULL;
    if (str_eq(symbol, STR("slug")))
        return operation->derive & DERIVE_SLUG;
    if (str_starts(symbol, STR("content_")) && !(operation->derive & DERIVE_CONTENT))
        return false;
    if (str_eq(symbol, STR("if_match")))
        return false;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        if (str_eq(str_of(sources[i].name), symbol))
            return true;
    for (size_t i = 0; i < operation->cursor && i < CURSOR_MAX; i++)
        if (str_eq(cursor_symbols[i], symbol))
            return true;
    return is_query(symbol) && operation->method != HTTP_GET;
}

static struct str value_of(const struct api_call *call, struct str symbol)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        if (str_eq(str_of(sources[i].name), symbol))
            return sources[i].value(call);
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        if (str_eq(call->operation->parameters[i].symbol, symbol))
            return call->values[i];
    for (size_t i = 0; i < CURSOR_MAX; i++)
        if (str_eq(cursor_symbols[i], symbol))
            return call->cursor[i];
    for (const struct named *named = call->named; named; named = named->next)
        if (str_eq(named->name, symbol))
            return named->value;
    return STR_NONE;
}

struct db_step bind_step(struct api_call *call, const struct db_statement *statement)
{
    struct str *values = ARENA_ARRAY(call->arena, struct str, statement->parameter_count + 1);
    for (size_t i = 0; i < statement->parameter_count; i++)
        values[i] = value_of(call, statement->parameters[i]);
    return (struct db_step){statement, values};
}
