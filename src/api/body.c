// The body of a request: taken only in a form that the contract names, parsed, cleaned, and checked by its schema.
#include "reference.h"
#include "schema.h"
#include "steps.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static bool has_body(const struct http_request *request)
{
    return request->chunked || (request->has_length && request->length > 0);
}

static struct refusal check_absence(const struct api_call *call)
{
    const struct http_request *request = &call->exchange->request;
    bool promised = http_header_value(request, STR("Content-Type")).ptr && !request->has_length;
    if (!promised || !call->operation->body_required)
        return REFUSAL_NONE;
    return refusal_of(call, 411, "The body's length is missing: send Content-Length or Transfer-Encoding: chunked.");
}

struct refusal body_check(struct api_call *call)
{
    const struct http_request *request = &call->exchange->request;
    if (!has_body(request))
        return check_absence(call);
    if (!call->operation->body_types) { // of GET and DELETE a body means nothing (RFC 9110 §9.3)
        bool ignored = call->operation->method == HTTP_GET || call->operation->method == HTTP_DELETE;
        return ignored ? REFUSAL_NONE : refusal_of(call, 415, "This operation takes no body.");
    }
    struct str rest, type = str_trim(str_cut(http_header_value(request, STR("Content-Type")), ';', &rest));
    call->body_schema = operation_body_schema(call->operation, type.ptr ? type : STR(""));
    call->is_form = type.ptr && form_is(type);
    call->is_markdown = call->body_schema && type.ptr && markdown_is(type);
    if (call->is_markdown) // of the object that it becomes
        call->body_schema = operation_body_schema(call->operation, STR_NONE);
    if (call->body_schema)
        return REFUSAL_NONE;
    struct str given = type.len == 0 ? STR("missing") : text_is_utf8(type) ? type : STR("no readable text");
    return refusal_of(call, 415, "The body's Content-Type is %.*s; this operation takes %.*s.", STR_FMT(given),
                      STR_FMT(operation_body_types(call->arena, call->operation, " or ")));
}

// The schema of a member or an item, references followed; NULL where the contract says nothing of it.
static const json_t *schema_inside(const struct api_call *call, const json_t *schema, const char *name)
{
    const json_t *spec = call->contract->spec, *inside;
    if (!schema)
        return NULL;
    inside = name ? json_object_get(json_object_get(schema, "properties"), name) : json_object_get(schema, "items");
    return inside ? reference_resolve(spec, inside) : NULL;
}

// Passwords have a profile of their own (RFC 8265): nothing is taken out of them unseen.
static bool is_password(const struct path *at)
{
    return at->name && str_ends(str_of(at->name), STR("password"));
}

// A line end in a text of one line is a space where it is spelled in another way than CR and LF. Markdown is cleaned
// where it is read.
static struct str clean_text(struct arena *arena, struct str text, const struct path *at, const json_t *schema)
{
    if (is_password(at))
        return text_opaque(arena, text);
    if (at->name && strcmp(at->name, "body_markdown") == 0)
        return text;
    bool line = str_eq(json_member_text(schema, "format"), STR("line"));
    return text_clean_with(arena, text, line ? ' ' : '\n');
}

static void body_clean_text(struct api_call *call, json_t *value, const struct path *at, const json_t *schema)
{
    struct str text = json_text(value);
    if (memchr(text.ptr, '\0', text.len)) {
        fault_add_at(&call->faults, at, "There is a NUL character in this text.");
        return;
    }
    struct str cleaned = clean_text(call->arena, text, at, schema);
    if (text.len && !cleaned.ptr) {
        fault_add_at(&call->faults, at, "A password has no control characters.");
        return;
    }
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
static void body_clean(struct api_call *call, json_t *value, const struct path *at, const json_t *schema)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        body_clean_text(call, value, at, schema);
    json_object_foreach (value, name, member) {
        body_clean(call, member, &(struct path){at, name, 0}, schema_inside(call, schema, name));
        json_t *whole = whole_number(member);
        if (whole)
            json_object_set_new(value, name, whole);
    }
    json_array_foreach (value, i, member) {
        body_clean(call, member, &(struct path){at, NULL, i}, schema_inside(call, schema, NULL));
        json_t *whole = whole_number(member);
        if (whole)
            json_array_set_new(value, i, whole);
    }
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

// Validation by the schema. What is wrong with a value is told once: a NUL says all, and the content room looks closer
// at a block than the schema.
static void body_validate(struct api_call *call)
{
    const struct faults told = call->faults;
    struct faults found = faults_beside(&call->faults);
    schema_check(&found, call->contract->spec, call->body_schema, call->body, &(struct path){0});
    for (const struct fault *fault = found.first; fault; fault = fault->next)
        if ((!derive_has_blocks(call) || !is_of_body(fault->pointer)) && !is_told(&told, fault->pointer))
            fault_add(&call->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
}

// All but an article's body, which the content room looks at.
static void body_normalise(struct api_call *call)
{
    json_t *blocks = derive_has_blocks(call) ? json_incref(json_object_get(call->body, "body")) : NULL;
    if (blocks)
        json_object_set_new(call->body, "body", json_null());
    schema_normalise(call->arena, call->contract->spec, call->body_schema, call->body);
    if (blocks)
        json_object_set_new(call->body, "body", blocks);
}

void body_take(struct api_call *call, json_t *body)
{
    assert(body && call->body_schema);
    call->body = body;
    body_clean(call, body, &(struct path){0}, reference_resolve(call->contract->spec, call->body_schema));
    body_normalise(call);
    language_of_body(call);
    body_validate(call);
    if (call->is_markdown)
        markdown_place_faults(call);
    if (call->operation->derive & DERIVE_FORM_TOKEN)
        form_token_open(call);
    derive_content(call);
    if (call->faults.count == 0)
        derive_from_body(call);
}

// No body at all is an empty object, where that is enough.
static struct refusal check_missing(const struct api_call *call)
{
    const json_t *schema = reference_resolve(call->contract->spec, call->body_schema), *name;
    struct buf names = buf_in(call->arena);
    size_t i;
    json_array_foreach (json_object_get(schema, "required"), i, name)
        buf_printf(&names, "%s%s", names.len ? ", " : "", json_string_value(name));
    if (names.len == 0)
        return REFUSAL_NONE;
    return refusal_of(call, 400, "The body is missing: this takes a JSON object with %.*s.", STR_FMT(buf_str(&names)));
}

// Parses the body's text into `body`.
static struct refusal body_parse(struct api_call *call, struct str text, json_t **body)
{
    struct json_fault fault = {0};
    if (!call->is_form && str_starts(text, STR("\xEF\xBB\xBF"))) // a byte order mark (RFC 8259 §8.1)
        text = (struct str){text.ptr + 3, text.len - 3};
    if (!text_is_utf8(text))
        return refusal_of(call, 400, "The body is not UTF-8.");
    *body = call->is_markdown ? markdown_read(call, text)
            : call->is_form   ? form_read(call, text)
                              : json_read_to_depth(call->arena, text, call->operation->body_depth, &fault);
    if (*body)
        return REFUSAL_NONE;
    if (call->is_markdown)
        return refusal_of_faults(call, 422);
    if (call->is_form)
        return refusal_of(call, 400, "The body is no form: a field is not percent-encoded UTF-8.");
    return refusal_of(call, 400, "The body is not JSON: line %d, column %d: %s.", fault.line, fault.column,
                      fault.detail);
}

struct refusal body_read(struct api_call *call)
{
    assert(call->operation->body_types && call->exchange);
    struct str text = call->exchange->body;
    struct refusal refusal = REFUSAL_NONE;
    json_t *body = NULL;
    if (!call->body_schema)
        call->body_schema = operation_body_schema(call->operation, STR_NONE);
    if (text.len == 0 && !call->is_markdown)
        refusal = check_missing(call);
    if (refusal.status == 0)
        refusal = body_parse(call, text.len || call->is_markdown ? text : STR("{}"), &body);
    if (refusal.status)
        return refusal;
    body_take(call, body);
    return call->faults.count ? refusal_of_faults(call, 422) : REFUSAL_NONE;
}
