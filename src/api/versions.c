// Preconditions: If-Match names the versions that a change may be made to (RFC 9110 §13.1.1).
#include "steps.h"

#include <string.h>

// An entity tag (RFC 9110 §8.8.3): quoted, perhaps weak.
static bool is_entity_tag(struct str tag)
{
    if (str_starts(tag, STR("W/")))
        tag = (struct str){tag.ptr + 2, tag.len - 2};
    return tag.len >= 2 && str_starts(tag, STR("\"")) && str_ends(tag, STR("\"")) &&
           !memchr(tag.ptr + 1, '"', tag.len - 2);
}

// If-Match names versions: `"v3"`, a list of them, or `*`. A tag that is none of ours matches nothing (RFC 9110
// §13.1.1).
void versions_read(struct api_call *call, struct str header)
{
    if (str_eq(str_trim(header), STR("*")))
        return;
    struct buf array = buf_in(call->arena);
    struct str rest = header;
    while (rest.ptr) {
        struct str tag = str_trim(str_cut(rest, ',', &rest));
        uint64_t version = 0;
        bool ours = str_starts(tag, STR("\"v")) && str_ends(tag, STR("\"")) && tag.len > 3 && tag.ptr[2] != '0' &&
                    str_to_u64((struct str){tag.ptr + 2, tag.len - 3}, INT32_MAX, &version);
        if (!is_entity_tag(tag))
            fault_add(&call->faults, STR("If-Match"),
                      "This takes the ETag that was read, quotes included, such as \"v1\".");
        buf_printf(&array, "%s%llu", array.len ? "," : "{", ours ? (unsigned long long)version : 0ULL);
    }
    buf_put_char(&array, '}');
    call->if_match = buf_str(&array);
}

struct refusal versions_check(struct api_call *call)
{
    if (call->operation->versions == NO_PARAMETER || call_parameter(call, call->operation->versions).ptr)
        return REFUSAL_NONE;
    return refusal_of(call, 428, "Send If-Match with the ETag of the version that you read, or *.");
}
