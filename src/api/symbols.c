// Symbols of statements, a row each: found once when the contract is read, and from then on a function or an offset.
#include "symbols.h"

#include "steps.h"

#include <assert.h>
#include <string.h>

typedef struct str value_function(const struct api_call *call, const struct binding *binding);

// ------------------------------------------------------------------------------------------------- kinds of values

// A text at an offset of the call.
static struct str text_at(const struct api_call *call, const struct binding *binding)
{
    return *(const struct str *)((const char *)call + binding->at);
}

static struct str parameter_at(const struct api_call *call, const struct binding *binding)
{
    return call->values[binding->at];
}

static struct str constant(const struct api_call *call, const struct binding *binding)
{
    (void)call;
    return binding->text;
}

struct binding symbol_null(void)
{
    return (struct binding){.value = constant, .text = STR_NONE};
}

// ------------------------------------------------------------------------------- values that have to be worked out

#define VALUE(name)                                                                                                    \
    static struct str name(const struct api_call *call, __attribute__((unused)) const struct binding *binding)

VALUE(new_id)
{
    return str_of(call->new_id.text);
}

// The thing that an operation is about: what it makes, or else the thing of its path.
VALUE(id)
{
    struct str thing = operation_makes(call->operation) ? STR_NONE : call_parameter(call, call->operation->thing);
    return thing.ptr ? thing : new_id(call, binding);
}

// The thing for the audit; where there is none, it is about the caller's own session or account.
VALUE(audit_thing)
{
    bool about_a_thing = operation_makes(call->operation) || call->operation->thing != NO_PARAMETER;
    return about_a_thing ? id(call, binding) : STR_NONE;
}

VALUE(content_words)
{
    return call->has_content ? arena_printf(call->arena, "%zu", call->content.words) : STR_NONE;
}

VALUE(content_minutes)
{
    return call->has_content ? arena_printf(call->arena, "%zu", call->content.reading_minutes) : STR_NONE;
}

VALUE(operation_id)
{
    return call->operation->id;
}

VALUE(operation_roles)
{
    return call->operation->roles;
}

VALUE(audit_kind)
{
    return call->operation->audit;
}

VALUE(peer)
{
    return call->exchange ? call->exchange->peer : STR_NONE;
}

VALUE(peer_network_hash)
{
    return peer_hash(call);
}

VALUE(user_agent)
{
    struct str agent = call->exchange ? http_header_value(&call->exchange->request, STR("User-Agent")) : STR_NONE;
    return agent.ptr && text_is_utf8(agent) ? agent : STR_NONE;
}

// A token for the form that is being shown. An operation that takes a token opens it instead (form_token_open).
VALUE(form_token)
{
    return form_token_make(call);
}

VALUE(mailbox_confusable)
{
    return call->mailbox_confusable ? STR("true") : STR("false");
}

VALUE(is_form)
{
    return call->is_form ? STR("true") : STR("false");
}

VALUE(language)
{
    return call->language.ptr ? call->language : STR("en");
}

VALUE(page)
{
    return arena_printf(call->arena, "%u", call->operation->page);
}

VALUE(article_url)
{
    return call->contract->article_url;
}

static struct str job_name(struct arena *arena, const struct api_job *job)
{
    (void)arena;
    return str_of(job->name);
}

static struct str job_seconds(struct arena *arena, const struct api_job *job)
{
    return arena_printf(arena, "%u", job->seconds);
}

static struct str job_most(struct arena *arena, const struct api_job *job)
{
    return arena_printf(arena, "%u", job->most);
}

// ------------------------------------------------------------------------------------------------------- the table

static bool takes_body(const struct operation *operation)
{
    return operation->body_types != NULL;
}

static bool takes_versions(const struct operation *operation)
{
    return operation->versions != NO_PARAMETER;
}

static bool takes_key(const struct operation *operation)
{
    return operation->idempotency_key != NO_PARAMETER;
}

static bool is_of_the_desk(const struct operation *operation)
{
    return !operation->is_public;
}

static bool is_about_a_thing(const struct operation *operation)
{
    return operation_makes(operation) || operation->thing != NO_PARAMETER;
}

static bool comes_in_pages(const struct operation *operation)
{
    return operation->page > 0;
}

static bool speaks(const struct operation *operation)
{
    return operation->language_count > 0;
}

#define TEXT(name, member)    #name, text_at, offsetof(struct api_call, member)
#define MADE(name, its_value) #name, its_value, 0
#define OF_JOB(name)          #name, NULL, 0, .of_job = name
#define FAMILY(name)          name, NULL, 0
#define DERIVED(word)         .derived = DERIVE_##word

static const struct symbol {
    const char *name;
    value_function *value; // NULL: of a job alone, or a family that is bound by its beginning
    size_t offset;
    const char *about;
    bool (*fits)(const struct operation *operation); // NULL: any has it
    unsigned derived;                                // what the operation has to derive for it
    struct str (*of_job)(struct arena *arena, const struct api_job *job);
} symbols[] = {
    // The request
    {FAMILY("path_…"), .about = "a parameter of the path, by its name: `:path_id`"},
    {FAMILY("query_…"),
     .about = "a parameter of the query, by its name: `:query_limit`; a `text[]` where it may come several times"},
    {FAMILY("prefer…"), .about = "any other header that the operation takes, by its own name with `_` for `-`"},
    {TEXT(if_match, if_match), .about = "the versions of `If-Match`, an `integer[]`; null for `*`",
     .fits = takes_versions},
    {TEXT(body, body_text), .about = "the body as JSON, without an article's content", .fits = takes_body},
    {TEXT(body_fields, body_fields), .about = "names of the members sent, a `text[]`"},
    {TEXT(read_only, read_only), .about = "the `readOnly` members of the body as JSON; null where there are none",
     .fits = takes_body},
    {MADE(is_form, is_form), .about = "whether the body came from an HTML form", .fits = takes_body},
    {MADE(id, id),
     .about = "what the operation is about: what it makes, where there is a `location`, else the last id of the path",
     .fits = is_about_a_thing},
    {MADE(new_id, new_id), .about = "a new id (UUIDv7)"},
    {FAMILY("cursor_1…"), .about = "where the page before ended: its `next_1…`; null on the first"},
    {MADE(page, page), .about = "how many items a page has, where there are `pages`", .fits = comes_in_pages},
    {MADE(language, language), .about = "of `languages`, the one that the reader is answered in", .fits = speaks},
    {MADE(peer, peer), .about = "the client's address"},
    {MADE(peer_hash, peer_network_hash), .about = "of the address, of IPv6 its /64, keyed"},
    {MADE(user_agent, user_agent), .about = "`User-Agent`, where it is UTF-8"},
    {TEXT(request_id, request_id), .about = "what the log and problems call the request"},
    // Who calls
    {TEXT(caller_account, caller.account), .about = "the account that an access token names; null for an API key",
     .fits = is_of_the_desk},
    {TEXT(caller_session, caller.session), .about = "its session", .fits = is_of_the_desk},
    {TEXT(caller_epoch, caller.epoch), .about = "the account's epoch when the token was made", .fits = is_of_the_desk},
    {TEXT(caller_key, caller.key), .about = "the hash of an API key", .fits = is_of_the_desk},
    // What is derived
    {TEXT(slug, slug), .about = "from the body's `title` or `name`", DERIVED(SLUG)},
    {TEXT(content_blocks, content.blocks), .about = "an article's body, normalised, as JSON", DERIVED(CONTENT)},
    {TEXT(content_html, content.html), .about = "as HTML", DERIVED(CONTENT)},
    {TEXT(content_text, content.text), .about = "as plain text", DERIVED(CONTENT)},
    {TEXT(content_markdown, content.markdown), .about = "as Markdown", DERIVED(CONTENT)},
    {TEXT(content_keys, content.keys), .about = "the keys of its blocks, which Markdown does not hold",
     DERIVED(CONTENT)},
    {TEXT(content_excerpt, content.excerpt), .about = "its first sentences", DERIVED(CONTENT)},
    {TEXT(content_outline, content.outline), .about = "its headings, as JSON", DERIVED(CONTENT)},
    {MADE(content_words, content_words), .about = "how many words it has", DERIVED(CONTENT)},
    {MADE(content_minutes, content_minutes), .about = "how many minutes it takes to read", DERIVED(CONTENT)},
    {TEXT(password_hash, password_hash), .about = "of the body's `password`, or of one that is made",
     DERIVED(PASSWORD)},
    {TEXT(password_made, password_made), .about = "the one that was made; null where one was sent", DERIVED(PASSWORD)},
    {TEXT(key_made, api_key.text), .about = "a new API key", DERIVED(API_KEY)},
    {TEXT(key_hash, api_key.hash), .about = "its hash", DERIVED(API_KEY)},
    {MADE(form_token, form_token), .about = "a new form token", DERIVED(FORM_TOKEN)},
    {TEXT(form_nonce, form_nonce), .about = "of the body's form token, what is good once", DERIVED(FORM_TOKEN)},
    {TEXT(form_shown_at, form_shown_at), .about = "when the form was shown", DERIVED(FORM_TOKEN)},
    {TEXT(mailbox, mailbox), .about = "the body's `email` in one spelling", DERIVED(MAILBOX)},
    {TEXT(mailbox_hash, mailbox_hash), .about = "keyed", DERIVED(MAILBOX)},
    {MADE(mailbox_confusable, mailbox_confusable), .about = "whether its domain looks like another one",
     DERIVED(MAILBOX)},
    // The operation
    {MADE(operation_id, operation_id), .about = "its `operationId`"},
    {MADE(operation_roles, operation_roles), .about = "its `roles`, a `text[]`"},
    {MADE(audit_kind, audit_kind), .about = "its `audit`"},
    {MADE(audit_thing, audit_thing), .about = "`:id`; null where it is about the caller's own session or account"},
    {TEXT(request_hash, request_hash), .about = "of all that an `Idempotency-Key` stands for", .fits = takes_key},
    {TEXT(refusal_status, refusal_status), .about = "of a refusal that is kept under the key", .fits = takes_key},
    {TEXT(refusal_body, refusal_body), .about = "its problem document", .fits = takes_key},
    // The configuration
    {MADE(config_article_url, article_url), .about = "`MARBRE_ARTICLE_URL` with the site in it"},
    {FAMILY("config_…"),
     .about = "any other key of the configuration but those with secrets: `:config_sponsorship_links`"},
    // Of jobs alone
    {OF_JOB(job_name), .about = "in a statement of `newsroom/jobs`: its name"},
    {OF_JOB(job_seconds), .about = "there: how often it is due"},
    {OF_JOB(job_most), .about = "there: how many rows it takes at a time"},
};

static const struct symbol *symbol_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(symbols); i++)
        if (str_eq(str_of(symbols[i].name), name))
            return &symbols[i];
    return NULL;
}

// -------------------------------------------------------------------------------------------------------- binding

static bool bind_set(const struct operation *operation, struct str symbol, struct binding *binding)
{
    const char *const *names = operation->handler ? operation->handler->symbols : NULL;
    for (size_t i = 0; names && names[i]; i++) {
        if (!str_eq(str_of(names[i]), symbol))
            continue;
        *binding = (struct binding){.value = text_at, .at = offsetof(struct api_call, set) + i * sizeof(struct str)};
        return true;
    }
    return false;
}

static bool bind_parameter(const struct operation *operation, struct str symbol, struct binding *binding)
{
    for (size_t i = 0; i < operation->parameter_count; i++) {
        if (!str_eq(operation->parameters[i].symbol, symbol))
            continue;
        *binding = (struct binding){.value = parameter_at, .at = i};
        return true;
    }
    return false;
}

static bool bind_cursor(const struct operation *operation, struct str symbol, struct binding *binding)
{
    static const struct str prefix = {"cursor_", 7};
    uint64_t number;
    if (!str_starts(symbol, prefix) ||
        !str_to_u64((struct str){symbol.ptr + prefix.len, symbol.len - prefix.len}, operation->cursor, &number) ||
        number == 0)
        return false;
    *binding =
        (struct binding){.value = text_at, .at = offsetof(struct api_call, cursor) + (number - 1) * sizeof(struct str)};
    return true;
}

// `config_sponsorship_links` is MARBRE_SPONSORSHIP_LINKS. STR_NONE for what is no key, or a secret.
static struct str setting(struct arena *arena, const struct config *config, struct str symbol)
{
    static const struct str prefix = {"config_", 7};
    if (!str_starts(symbol, prefix))
        return STR_NONE;
    return config_value(arena, config, (struct str){symbol.ptr + prefix.len, symbol.len - prefix.len});
}

static bool bind_setting(const struct api_contract *contract, struct str symbol, struct binding *binding)
{
    *binding = (struct binding){.value = constant, .text = setting(contract->arena, contract->sources.config, symbol)};
    return binding->text.ptr != NULL;
}

bool symbol_bind(const struct api_contract *contract, const struct operation *operation, struct str symbol,
                 struct binding *binding)
{
    if (bind_set(operation, symbol, binding))
        return true;
    const struct symbol *row = symbol_find(symbol);
    if (row && row->value) {
        *binding = (struct binding){.value = row->value, .at = row->offset};
        return (operation->derive & row->derived) == row->derived && (!row->fits || row->fits(operation));
    }
    return bind_parameter(operation, symbol, binding) || bind_cursor(operation, symbol, binding) ||
           bind_setting(contract, symbol, binding);
}

bool symbol_is_of_request(struct str symbol)
{
    return str_starts(symbol, STR("query_")) || str_starts(symbol, STR("path_"));
}

// ------------------------------------------------------------------------------------------------------------ jobs

bool api_job_bind(struct arena *arena, const struct api_sources *sources, const struct api_job *job, struct str name,
                  struct db_step *step, struct error *error)
{
    const struct db_statement *statement = db_statement_find(sources->statements, name);
    if (!statement)
        return error_set(error, "the job %s runs the statement %.*s, and there is no such file", job->name,
                         STR_FMT(name));
    struct str *values = ARENA_ARRAY(arena, struct str, statement->parameter_count + 1);
    for (size_t i = 0; i < statement->parameter_count; i++) {
        const struct symbol *row = symbol_find(statement->parameters[i]);
        values[i] =
            row && row->of_job ? row->of_job(arena, job) : setting(arena, sources->config, statement->parameters[i]);
        if (!values[i].ptr)
            return error_set(error, "the job %s: %.*s.sql names :%.*s, which no job has", job->name, STR_FMT(name),
                             STR_FMT(statement->parameters[i]));
    }
    *step = (struct db_step){statement, values};
    return true;
}

// -------------------------------------------------------------------------------------------------------- printing

static const char *needed(const struct symbol *symbol)
{
    static const struct {
        bool (*fits)(const struct operation *operation);
        const char *words;
    } rows[] = {{takes_body, "a body"},
                {takes_versions, "`If-Match`"},
                {takes_key, "`Idempotency-Key`"},
                {is_about_a_thing, "a `location`, or an id in the path"},
                {comes_in_pages, "`pages`"},
                {speaks, "`languages`"},
                {is_of_the_desk, "`roles`, not `[public]`"}};
    static const struct {
        unsigned bit;
        const char *words;
    } derivations[] = {{DERIVE_SLUG, "`derive: [slug]`"},
                       {DERIVE_CONTENT, "`derive: [content]`"},
                       {DERIVE_PASSWORD, "`derive: [password]`"},
                       {DERIVE_API_KEY, "`derive: [api_key]`"},
                       {DERIVE_FORM_TOKEN, "`derive: [form_token]`"},
                       {DERIVE_MAILBOX, "`derive: [mailbox]`"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (symbol->fits && rows[i].fits == symbol->fits)
            return rows[i].words;
    for (size_t i = 0; i < COUNT_OF(derivations); i++)
        if (symbol->derived == derivations[i].bit)
            return derivations[i].words;
    return "";
}

void symbols_print(struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(symbols); i++)
        buf_printf(out, "| `:%s` | %s | %s |\n", symbols[i].name, needed(&symbols[i]), symbols[i].about);
}
