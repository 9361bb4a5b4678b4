// The body of a request: taken only in a form that the contract names, parsed, cleaned, checked by its schema, and what
// statements need derived from it.
#include "api_internal.h"

#include <math.h>
#include <string.h>

static bool has_body(const struct http_request *request)
{
    return request->chunked || (request->has_length && request->length > 0);
}

bool body_acceptable(struct api_call *call)
{
    const struct http_request *request = &call->exchange->request;
    if (!has_body(request)) {
        bool promised = http_header_value(request, STR("Content-Type")).ptr && !request->has_length;
        if (promised && call->operation->body_required)
            api_problem(call, 411, "The body's length is missing: send Content-Length or Transfer-Encoding: chunked.");
        return !(promised && call->operation->body_required);
    }
    if (!call->operation->body_types) {
        if (call->operation->method != HTTP_GET && call->operation->method != HTTP_DELETE)
            api_problem(call, 415, "This operation takes no body.");
        return call->operation->method == HTTP_GET || call->operation->method == HTTP_DELETE;
    }
    struct str rest, type = str_trim(str_cut(http_header_value(request, STR("Content-Type")), ';', &rest));
    call->body_schema = operation_body_schema(call->operation, type.ptr ? type : STR(""));
    call->is_form = type.ptr && form_is(type);
    if (call->body_schema)
        return true;
    struct buf names = buf_in(call->arena);
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)call->operation->body_types, name, media) {
        buf_printf(&names, "%s%s", names.len ? " or " : "", name);
    }
    struct str given = type.len == 0 ? STR("missing") : text_is_utf8(type) ? type : STR("no readable text");
    api_problem(call, 415, "The body's Content-Type is %.*s; this operation takes %.*s.", STR_FMT(given),
                STR_FMT(buf_str(&names)));
    return false;
}

static void clean_text(struct api_call *call, json_t *value, const struct path *at)
{
    struct str text = json_text(value);
    if (memchr(text.ptr, '\0', text.len)) {
        fault_add_at(&call->faults, at, "There is a NUL character in this text.");
        return;
    }
    struct str cleaned = text_clean(call->arena, text);
    if (!str_eq(cleaned, text))
        json_string_setn(value, cleaned.ptr, cleaned.len);
}

// 1.0 and 1e3 are whole numbers (JSON Schema), and go on as PostgreSQL takes them. A real holds them exactly up to
// 2^53.
static json_t *whole_number(const json_t *value)
{
    const double exact = 9007199254740992.0;
    if (!json_is_real(value))
        return NULL;
    double real = json_real_value(value);
    return real >= -exact && real <= exact && floor(real) >= real ? json_integer((json_int_t)real) : NULL;
}

// Every text becomes NFC without control characters, in place. A NUL is refused: it would end texts early elsewhere.
static void clean(struct api_call *call, json_t *value, const struct path *at)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        clean_text(call, value, at);
    json_object_foreach (value, name, member) {
        clean(call, member, &(struct path){at, name, 0});
        json_t *whole = whole_number(member);
        if (whole)
            json_object_set_new(value, name, whole);
    }
    json_array_foreach (value, i, member) {
        clean(call, member, &(struct path){at, NULL, i});
        json_t *whole = whole_number(member);
        if (whole)
            json_array_set_new(value, i, whole);
    }
}

static bool is_read_only(const struct api_call *call, const char *member)
{
    const json_t *spec = call->contract->spec;
    const json_t *properties = json_object_get(contract_resolve(spec, call->body_schema), "properties");
    const json_t *schema = json_object_get(properties, member), *target = contract_resolve(spec, schema);
    return json_is_true(json_object_get(schema, "readOnly")) || json_is_true(json_object_get(target, "readOnly"));
}

// Members that only the server writes: statements compare them with what is stored. Of the others the names are noted,
// for the audit.
static void tell_members_apart(struct api_call *call)
{
    json_t *apart = NULL, *value;
    const char *name;
    struct buf fields = buf_in(call->arena);
    json_object_foreach (call->body, name, value) {
        if (is_read_only(call, name)) {
            apart = apart ? apart : json_object();
            json_object_set(apart, name, value);
        } else {
            buf_printf(&fields, "%c%s", fields.len ? ',' : '{', name); // a name of the contract: a plain word
        }
    }
    buf_put(&fields, fields.len ? STR("}") : STR("{}"));
    call->body_fields = buf_str(&fields);
    if (apart)
        call->read_only = json_write(call->arena, apart);
    json_decref(apart);
}

static void derive_slug(struct api_call *call)
{
    struct str from = api_body_text(call, "title"), lang = api_body_text(call, "lang");
    if (!from.ptr)
        from = api_body_text(call, "name");
    enum { SLUG_MAX = 120 };
    call->slug = text_slug(call->arena, from, lang.ptr ? lang : call->contract->sources.config->lang, SLUG_MAX);
}

static bool has_markdown(const struct api_call *call)
{
    return (call->operation->derive & DERIVE_CONTENT) && json_is_string(json_object_get(call->body, "body_markdown"));
}

static void derive_content(struct api_call *call)
{
    struct str lang = api_body_text(call, "lang");
    struct content_site site = {call->contract->site_url, lang.ptr ? lang : call->contract->sources.config->lang};
    const struct fault *fault =
        has_markdown(call)
            ? content_markdown_read(call->arena, api_body_text(call, "body_markdown"), STR("/body_markdown"), &site,
                                    NULL, &call->content)
            : content_body_read(call->arena, json_object_get(call->body, "body"), STR("/body"), &site, &call->content);
    for (; fault; fault = fault->next)
        fault_add(&call->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
    call->has_content = true;
}

static bool has_blocks(const struct api_call *call)
{
    return (call->operation->derive & DERIVE_CONTENT) && json_is_array(json_object_get(call->body, "body"));
}

static bool is_told(const struct faults *faults, struct str pointer)
{
    for (const struct fault *fault = faults->first; fault; fault = fault->next)
        if (str_eq(fault->pointer, pointer))
            return true;
    return false;
}

static bool is_of_body(struct str pointer)
{
    return str_eq(pointer, STR("/body")) || str_starts(pointer, STR("/body/"));
}

// What is wrong with a value is told once: a NUL says all, and the content room looks closer at a block than the
// schema.
static void check_schema(struct api_call *call)
{
    const struct faults told = call->faults;
    struct faults found = faults_beside(&call->faults);
    schema_check(&found, call->contract->spec, call->body_schema, call->body, &(struct path){0});
    for (const struct fault *fault = found.first; fault; fault = fault->next)
        if ((!has_blocks(call) || !is_of_body(fault->pointer)) && !is_told(&told, fault->pointer))
            fault_add(&call->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
}

// The body as statements see it. They get what was made of an article's content, and would read through it once for
// each other member.
static struct str text_for_statements(struct api_call *call)
{
    if (!call->has_content)
        return json_write(call->arena, call->body);
    json_t *others = json_copy(call->body);
    json_object_del(others, "body");
    json_object_del(others, "body_markdown");
    struct str text = json_write(call->arena, others);
    json_decref(others);
    return text;
}

void body_take(struct api_call *call, json_t *body)
{
    call->body = body;
    clean(call, body, &(struct path){0});
    language_of_body(call);
    check_schema(call);
    if (call->operation->derive & DERIVE_FORM_TOKEN)
        form_token_open(call);
    if (has_blocks(call) && has_markdown(call))
        fault_add(&call->faults, STR("/body_markdown"), "A body is sent as body or as body_markdown, not as both.");
    else if (has_blocks(call) || has_markdown(call))
        derive_content(call);
    if (call->faults.count)
        return;
    call->body_text = text_for_statements(call);
    tell_members_apart(call);
    if (call->operation->derive & DERIVE_SLUG)
        derive_slug(call);
    if (call->operation->derive & DERIVE_MAILBOX)
        mailbox_read(call);
}

// No body at all is an empty object, where that is enough.
static bool may_be_missing(struct api_call *call)
{
    const json_t *schema = contract_resolve(call->contract->spec, call->body_schema), *name;
    const json_t *required = json_object_get(schema, "required");
    struct buf names = buf_in(call->arena);
    size_t i;
    json_array_foreach ((json_t *)required, i, name)
        buf_printf(&names, "%s%s", names.len ? ", " : "", json_string_value(name));
    if (names.len)
        api_problem(call, 400, "The body is missing: this takes a JSON object with %.*s.", STR_FMT(buf_str(&names)));
    return names.len == 0;
}

void body_read(struct api_call *call)
{
    struct str text = call->exchange->body;
    struct json_fault fault = {0};
    if (!call->body_schema)
        call->body_schema = operation_body_schema(call->operation, STR_NONE);
    if (text.len == 0 && !may_be_missing(call))
        return;
    if (text.len == 0)
        text = STR("{}");
    bool readable = text_is_utf8(text);
    json_t *body = !readable       ? NULL
                   : call->is_form ? form_read(call, text)
                                   : json_read_to_depth(call->arena, text, call->operation->body_depth, &fault);
    if (body)
        body_take(call, body);
    else if (!readable)
        api_problem(call, 400, "The body is not UTF-8.");
    else if (call->is_form)
        api_problem(call, 400, "The body is no form: a field is not percent-encoded UTF-8.");
    else
        api_problem(call, 400, "The body is not JSON: line %d, column %d: %s.", fault.line, fault.column, fault.detail);
}
