// Derivations from the body, which statements need and nobody sends: a slug, an article's content in all its forms, a
// mailbox; the body itself as they see it, and which of its members are the server's own.
#include "reference.h"
#include "schema.h"
#include "steps.h"

#include <assert.h>

static void derive_slug(struct api_call *call)
{
    struct str from = api_body_text(call, "title"), lang = api_body_text(call, "lang");
    if (!from.ptr)
        from = api_body_text(call, "name");
    enum { SLUG_MAX = 120 };
    call->slug = text_slug(call->arena, from, lang.ptr ? lang : call->contract->sources.config->lang, SLUG_MAX);
    if (slug_is_reserved(call->slug))
        call->slug = arena_printf(call->arena, "%.*s-2", STR_FMT(call->slug));
}

static bool has_markdown(const struct api_call *call)
{
    return (call->operation->derive & DERIVE_CONTENT) && json_is_string(json_object_get(call->body, "body_markdown"));
}

bool derive_has_blocks(const struct api_call *call)
{
    return (call->operation->derive & DERIVE_CONTENT) && json_is_array(json_object_get(call->body, "body"));
}

// A NUL in a text of a block was told when texts were cleaned. In Markdown all faults have one pointer.
static bool nul_is_told(const struct api_call *call, struct str pointer)
{
    for (const struct fault *fault = call->faults.first; fault && derive_has_blocks(call); fault = fault->next)
        if (str_eq(fault->pointer, pointer) && fault->place.line == 0)
            return true;
    return false;
}

static void render_content(struct api_call *call)
{
    struct str lang = api_body_text(call, "lang");
    struct content_site site = {call->contract->site_url, lang.len ? lang : call->contract->sources.config->lang};
    struct content_lenience lenience = {.arena = call->arena,
                                        .base_url = call_parameter(call, call->operation->base_url)};
    const struct fault *fault =
        has_markdown(call)
            ? content_markdown_read(call->arena, api_body_text(call, "body_markdown"), STR("/body_markdown"), &site,
                                    call->lenient ? &lenience : NULL, &call->content)
            : content_body_read(call->arena, json_object_get(call->body, "body"), STR("/body"), &site, &call->content);
    for (; fault; fault = fault->next) {
        if (nul_is_told(call, fault->pointer))
            continue;
        bool kept = !faults_enough(&call->faults);
        fault_add(&call->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
        if (kept)
            call->faults.last->place = fault->place;
    }
    for (const struct content_loss *loss = lenience.losses; loss; loss = loss->next)
        loss_add(call, loss->line, loss->kind, loss->detail);
    call->has_content = true;
    call->preference_applied |= call->lenient && has_markdown(call);
}

void derive_content(struct api_call *call)
{
    assert(call->body);
    if (derive_has_blocks(call) && has_markdown(call))
        fault_add(&call->faults, STR("/body_markdown"), "A body is sent as body or as body_markdown, not as both.");
    else if (derive_has_blocks(call) || has_markdown(call))
        render_content(call);
}

// The body as statements see it. They get what was made of an article's content, and would read through it once for
// each other member.
static struct str text_for_statements(struct api_call *call)
{
    if (!call->has_content && !call->is_markdown)
        return json_write(call->arena, call->body);
    json_t *others = json_own(call->arena, json_copy(call->body));
    if (call->is_markdown)
        markdown_name_references(others);
    json_object_del(others, "body");
    json_object_del(others, "body_markdown");
    return json_write(call->arena, others);
}

static bool is_read_only(const struct api_call *call, const char *member)
{
    const json_t *spec = call->contract->spec;
    const json_t *properties = json_object_get(reference_resolve(spec, call->body_schema), "properties");
    const json_t *schema = json_object_get(properties, member), *target = reference_resolve(spec, schema);
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
            apart = apart ? apart : json_own(call->arena, json_object());
            json_object_set(apart, name, value);
        } else {
            buf_printf(&fields, "%c%s", fields.len ? ',' : '{', name); // a name of the contract: a plain word
        }
    }
    buf_put(&fields, fields.len ? STR("}") : STR("{}"));
    call->body_fields = buf_str(&fields);
    if (apart)
        call->read_only = json_write(call->arena, apart);
}

void derive_from_body(struct api_call *call)
{
    assert(call->body && call->faults.count == 0);
    call->body_text = text_for_statements(call);
    tell_members_apart(call);
    if (call->operation->derive & DERIVE_SLUG)
        derive_slug(call);
    if (call->operation->derive & DERIVE_MAILBOX)
        mailbox_read(call);
}

void derive_again(struct api_call *call)
{
    assert(call->body);
    call->body_text = text_for_statements(call);
}

// The trees of JSON are large, and freed by the thread that made them.
void derive_finish(struct api_call *call)
{
    if (!call->has_content)
        return;
    json_object_del(call->body, "body");
    json_object_del(call->body, "body_markdown");
}
