// The body that an HTML form sends (the URL Standard's application/x-www-form-urlencoded), as the JSON object that a
// script would have sent, so that one schema judges both. A field that was left empty was not filled in.
#include "reference.h"
#include "steps.h"

#include <assert.h>

bool form_is(struct str media_type)
{
    return str_eq_nocase(media_type, STR("application/x-www-form-urlencoded"));
}

// A form has texts only: what the schema wants as a number or a yes is made one, where it is written as one.
static json_t *form_typed(const struct api_call *call, const char *name, struct str text)
{
    const json_t *spec = call->contract->spec;
    const json_t *properties = json_object_get(reference_resolve(spec, call->body_schema), "properties");
    struct str type = json_member_text(reference_resolve(spec, json_object_get(properties, name)), "type");
    uint64_t whole;
    if (str_eq(type, STR("boolean"))) { // a checkbox without a value says `on`
        if (str_eq(text, STR("true")) || str_eq(text, STR("on")) || str_eq(text, STR("1")))
            return json_true();
        if (str_eq(text, STR("false")) || str_eq(text, STR("off")) || str_eq(text, STR("0")))
            return json_false();
    }
    if (str_eq(type, STR("integer")) && str_to_u64(text, INT32_MAX, &whole))
        return json_integer((json_int_t)whole);
    return json_stringn(text.ptr, text.len);
}

static bool read_field(struct api_call *call, json_t *form, struct str pair)
{
    struct str raw_value, raw_name = str_cut(pair, '=', &raw_value), name, value = STR("");
    if (!http_decode(call->arena, raw_name, true, &name) ||
        (raw_value.len && !http_decode(call->arena, raw_value, true, &value)))
        return false;
    const char *member = arena_cstr(call->arena, name);
    const json_t *there = json_object_get(form, member);
    if (value.len == 0)
        return true;
    if (there)
        fault_add_at(&call->faults, &(struct path){&(struct path){0}, member, 0}, "This comes twice.");
    else
        json_object_set_new_nocheck(form, member, form_typed(call, member, value));
    return true;
}

json_t *form_read(struct api_call *call, struct str text)
{
    assert(call->body_schema && text_is_utf8(text));
    json_t *form = json_own(call->arena, json_object());
    struct str rest = text;
    while (rest.ptr) {
        struct str pair = str_cut(rest, '&', &rest);
        if (pair.len && !read_field(call, form, pair))
            return NULL;
    }
    return form;
}
