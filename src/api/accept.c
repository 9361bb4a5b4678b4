// Content negotiation: the media ranges of Accept (RFC 9110 §12.5.1) against the types that an operation answers with.
#include "negotiation.h"
#include "steps.h"

// A quality in thousandths: 0 to 1 with three digits at the most. One that cannot be read is as none.
static unsigned weight_read(struct str parameters)
{
    struct str digits, quality = negotiation_quality(parameters);
    uint64_t whole = 1, thousandths = 0;
    if (!quality.ptr)
        return 1000;
    if (!str_to_u64(str_cut(quality, '.', &digits), 1, &whole))
        return 1000;
    for (size_t i = 0; i < 3; i++) {
        bool digit = i < digits.len && digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
        thousandths = thousandths * 10 + (digit ? (unsigned)(digits.ptr[i] - '0') : 0);
    }
    return whole ? 1000 : (unsigned)thousandths;
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
static unsigned accept_weight(struct str accept, struct str type)
{
    int closest = 0;
    unsigned weight = 0;
    while (accept.ptr) {
        struct str parameters, range = str_trim(str_cut(str_cut(accept, ',', &accept), ';', &parameters));
        int close = closeness(range, type);
        if (close > closest) {
            closest = close;
            weight = weight_read(parameters);
        }
    }
    return weight;
}

// Of several types the one that is wanted most; where that is none, the first in the contract.
struct refusal accept_check(struct api_call *call)
{
    struct str accept = str_trim(http_header_list(call->arena, &call->exchange->request, STR("Accept")));
    const json_t *types = call->operation->answer_types;
    if (accept.len == 0 || str_eq(accept, STR("*/*")) || !types)
        return REFUSAL_NONE;
    struct buf names = buf_in(call->arena);
    unsigned best = 0;
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)types, name, media) {
        unsigned weight = accept_weight(accept, str_of(name));
        if (weight > best)
            call->in_markdown = markdown_is(str_of(name));
        best = weight > best ? weight : best;
        buf_printf(&names, "%s%s", names.len ? " or " : "", name);
    }
    if (best)
        return REFUSAL_NONE;
    return refusal_of(call, 406, "This answers with %.*s, which Accept does not take.", STR_FMT(buf_str(&names)));
}

void accept_put(const struct api_call *call, struct reply *reply)
{
    if (call->operation && json_object_size(call->operation->answer_types) > 1)
        reply_header(reply, STR("Vary"), STR("Accept"));
}
