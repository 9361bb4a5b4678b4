// Content negotiation: the media ranges of Accept (RFC 9110 §12.5.1) against the types that an operation answers with.
#include "negotiation.h"
#include "steps.h"

// A quality is 0 to 1 with three digits at the most; only nothing at all matters here.
static bool is_zero(struct str parameters)
{
    struct str quality = negotiation_quality(parameters);
    bool zero = quality.len > 0;
    for (size_t i = 0; i < quality.len; i++)
        zero &= quality.ptr[i] == '0' || quality.ptr[i] == '.';
    return zero;
}

// Specificity of a media range for a type (RFC 9110 §12.5.1): 3 itself, 2 its family, 1 anything, 0 not at all.
static int closeness(struct str range, struct str type)
{
    struct str subtype, family = str_cut(type, '/', &subtype);
    if (str_eq_nocase(range, type))
        return 3;
    if (str_eq(range, STR("*/*")))
        return 1;
    return range.len == family.len + 2 && str_ends(range, STR("/*")) &&
                   str_eq_nocase((struct str){range.ptr, family.len}, family)
               ? 2
               : 0;
}

// The range that names a type most exactly decides.
static bool accept_takes(struct str accept, struct str type)
{
    int closest = 0;
    bool taken = false;
    while (accept.ptr) {
        struct str parameters, range = str_trim(str_cut(str_cut(accept, ',', &accept), ';', &parameters));
        int close = closeness(range, type);
        if (close > closest) {
            closest = close;
            taken = !is_zero(parameters);
        }
    }
    return taken;
}

struct refusal accept_check(struct api_call *call)
{
    struct str accept = str_trim(http_header_list(call->arena, &call->exchange->request, STR("Accept")));
    const json_t *types = call->operation->answer_types;
    if (accept.len == 0 || str_eq(accept, STR("*/*")) || !types)
        return REFUSAL_NONE;
    struct buf names = buf_in(call->arena);
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)types, name, media) {
        if (accept_takes(accept, str_of(name)))
            return REFUSAL_NONE;
        buf_printf(&names, "%s%s", names.len ? " or " : "", name);
    }
    return refusal_of(call, 406, "This answers with %.*s, which Accept does not take.", STR_FMT(buf_str(&names)));
}
