// Where the parameters of statements come from: what a handler has set goes before all; then a table of what the server
// knows, and the operation's own parameters by their symbols.
#include "api_internal.h"

static struct str new_id(const struct api_call *call)
{
    return str_of(call->new_id.text);
}

// What an operation is about: what it makes, or else the thing of its path.
static struct str id_of(const struct api_call *call)
{
    struct str id = api_parameter(call, STR("path_id"));
    return id.ptr && !call->operation->location.ptr ? id : new_id(call);
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

static struct str content_markdown(const struct api_call *call)
{
    return call->has_content ? call->content.markdown : STR_NONE;
}

static struct str content_keys(const struct api_call *call)
{
    return call->has_content ? call->content.keys : STR_NONE;
}

static struct str content_excerpt(const struct api_call *call)
{
    return call->has_content ? call->content.excerpt : STR_NONE;
}

static struct str content_outline(const struct api_call *call)
{
    return call->has_content ? call->content.outline : STR_NONE;
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

static struct str caller_key(const struct api_call *call)
{
    return call->caller.key;
}

static struct str operation_id(const struct api_call *call)
{
    return call->operation->id;
}

static struct str audit_kind(const struct api_call *call)
{
    return call->operation->audit;
}

// The same; otherwise it is the caller's own.
static struct str audit_thing(const struct api_call *call)
{
    bool about_a_thing = call->operation->location.ptr || api_parameter(call, STR("path_id")).ptr;
    return about_a_thing ? id_of(call) : STR_NONE;
}

static struct str body_fields(const struct api_call *call)
{
    return call->body_fields;
}

static struct str peer(const struct api_call *call)
{
    return call->exchange ? call->exchange->peer : STR_NONE;
}

static struct str request_id(const struct api_call *call)
{
    return call->request_id;
}

static struct str request_hash(const struct api_call *call)
{
    return call->request_hash;
}

static struct str user_agent(const struct api_call *call)
{
    struct str agent = call->exchange ? http_header_value(&call->exchange->request, STR("User-Agent")) : STR_NONE;
    return agent.ptr && text_is_utf8(agent) ? agent : STR_NONE;
}

// A token for the form that is being shown. In an operation that takes one it is opened instead (form_token_open).
static struct str form_token(const struct api_call *call)
{
    return form_token_make((struct api_call *)call);
}

static struct str form_nonce(const struct api_call *call)
{
    return call->form_nonce;
}

static struct str form_shown_at(const struct api_call *call)
{
    return call->form_shown_at;
}

static struct str mailbox(const struct api_call *call)
{
    return call->mailbox;
}

static struct str mailbox_hash(const struct api_call *call)
{
    return call->mailbox_hash;
}

static struct str mailbox_confusable(const struct api_call *call)
{
    return call->mailbox_confusable ? STR("true") : STR("false");
}

static struct str is_form(const struct api_call *call)
{
    return call->is_form ? STR("true") : STR("false");
}

static struct str language(const struct api_call *call)
{
    return call->language.ptr ? call->language : STR("en");
}

static struct str page(const struct api_call *call)
{
    return arena_printf(call->arena, "%u", call->operation->page);
}

static struct str password_hash(const struct api_call *call)
{
    return call->password_hash;
}

static struct str password_made(const struct api_call *call)
{
    return call->password_made;
}

static struct str key_hash(const struct api_call *call)
{
    return call->api_key.hash;
}

static struct str key_made(const struct api_call *call)
{
    return call->api_key.text;
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

#define SOURCE(name, derived)                                                                                          \
    {                                                                                                                  \
#name, name, derived                                                                                           \
    }

static const struct {
    const char *name;
    struct str (*value)(const struct api_call *call);
    unsigned derived; // the derivation that makes it; 0: it is always there
} sources[] = {
    {"id", id_of, 0}, // of what is being made, or of the path
    SOURCE(new_id, 0),
    SOURCE(body, 0),
    SOURCE(read_only, 0),
    SOURCE(body_fields, 0),
    SOURCE(if_match, 0),
    SOURCE(slug, DERIVE_SLUG),
    SOURCE(content_blocks, DERIVE_CONTENT),
    SOURCE(content_html, DERIVE_CONTENT),
    SOURCE(content_text, DERIVE_CONTENT),
    SOURCE(content_markdown, DERIVE_CONTENT),
    SOURCE(content_keys, DERIVE_CONTENT),
    SOURCE(content_excerpt, DERIVE_CONTENT),
    SOURCE(content_outline, DERIVE_CONTENT),
    SOURCE(content_words, DERIVE_CONTENT),
    SOURCE(content_minutes, DERIVE_CONTENT),
    SOURCE(password_hash, DERIVE_PASSWORD),
    SOURCE(password_made, DERIVE_PASSWORD),
    SOURCE(key_hash, DERIVE_API_KEY),
    SOURCE(key_made, DERIVE_API_KEY),
    SOURCE(caller_account, 0),
    SOURCE(caller_session, 0),
    SOURCE(caller_epoch, 0),
    SOURCE(caller_key, 0),
    SOURCE(operation_id, 0),
    SOURCE(operation_roles, 0),
    SOURCE(audit_kind, 0),
    SOURCE(audit_thing, 0),
    SOURCE(peer, 0),
    SOURCE(user_agent, 0),
    SOURCE(request_id, 0),
    SOURCE(request_hash, 0),
    SOURCE(form_token, DERIVE_FORM_TOKEN),
    SOURCE(form_nonce, DERIVE_FORM_TOKEN),
    SOURCE(form_shown_at, DERIVE_FORM_TOKEN),
    SOURCE(mailbox, DERIVE_MAILBOX),
    SOURCE(mailbox_hash, DERIVE_MAILBOX),
    SOURCE(mailbox_confusable, DERIVE_MAILBOX),
    SOURCE(is_form, 0),
    SOURCE(language, 0),
    SOURCE(peer_hash, 0),
    SOURCE(page, 0),
    SOURCE(config_lang, 0),
    SOURCE(config_article_url, 0),
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

// `config_sponsorship_links` is MARBRE_SPONSORSHIP_LINKS. STR_NONE for what begins otherwise.
static struct str setting_of(struct str symbol)
{
    static const struct str prefix = {"config_", 7};
    return str_starts(symbol, prefix) ? (struct str){symbol.ptr + prefix.len, symbol.len - prefix.len} : STR_NONE;
}

static bool is_setting(const struct api_contract *contract, struct str symbol)
{
    struct str key = setting_of(symbol);
    return key.ptr && config_value(contract->arena, contract->sources.config, key).ptr;
}

bool bind_knows(const struct api_contract *contract, const struct operation *operation, struct str symbol)
{
    if (has_parameter(operation, symbol))
        return true;
    if (str_eq(symbol, STR("body")) || str_eq(symbol, STR("read_only")))
        return operation->body_types != NULL;
    if (str_eq(symbol, STR("if_match")))
        return false;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        if (str_eq(str_of(sources[i].name), symbol))
            return (operation->derive & sources[i].derived) == sources[i].derived;
    for (size_t i = 0; i < operation->cursor && i < CURSOR_MAX; i++)
        if (str_eq(cursor_symbols[i], symbol))
            return true;
    return is_setting(contract, symbol) || (is_query(symbol) && operation->method != HTTP_GET);
}

static struct str value_of(const struct api_call *call, struct str symbol)
{
    for (const struct named *named = call->named; named; named = named->next)
        if (str_eq(named->name, symbol))
            return named->value;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        if (str_eq(str_of(sources[i].name), symbol))
            return sources[i].value(call);
    for (size_t i = 0; i < call->operation->parameter_count; i++)
        if (str_eq(call->operation->parameters[i].symbol, symbol))
            return call->values[i];
    for (size_t i = 0; i < CURSOR_MAX; i++)
        if (str_eq(cursor_symbols[i], symbol))
            return call->cursor[i];
    struct str key = setting_of(symbol);
    return key.ptr ? config_value(call->arena, call->contract->sources.config, key) : STR_NONE;
}

struct db_step bind_step(struct api_call *call, const struct db_statement *statement)
{
    struct str *values = ARENA_ARRAY(call->arena, struct str, statement->parameter_count + 1);
    for (size_t i = 0; i < statement->parameter_count; i++)
        values[i] = value_of(call, statement->parameters[i]);
    return (struct db_step){statement, values};
}
