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

// The version of a tag of ours, `"v3"`; 0 for another.
static uint64_t version_of(struct str tag)
{
    uint64_t version = 0;
    bool ours = str_starts(tag, STR("\"v")) && str_ends(tag, STR("\"")) && tag.len > 3 && tag.ptr[2] != '0' &&
                str_to_u64((struct str){tag.ptr + 2, tag.len - 3}, INT32_MAX, &version);
    return ours ? version : 0;
}

// One of ours as proxies write it when they compress: weak (`W/"v3"`), or named for the coding (`"v3-gzip"`,
// `"v3;gzip"`).
static bool is_altered(struct arena *arena, struct str tag)
{
    if (str_starts(tag, STR("W/")))
        return is_altered(arena, (struct str){tag.ptr + 2, tag.len - 2}) ||
               version_of((struct str){tag.ptr + 2, tag.len - 2});
    static const struct str ends[] = {{"gzip\"", 5}, {"br\"", 3}, {"zstd\"", 5}, {"deflate\"", 8}};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        size_t cut = ends[i].len + 1;
        if (tag.len > cut && str_ends(tag, ends[i]) && strchr("-;:", tag.ptr[tag.len - cut]))
            return version_of(arena_printf(arena, "%.*s\"", (int)(tag.len - cut), tag.ptr)) > 0;
    }
    return false;
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
        if (is_altered(call->arena, tag))
            call->altered_tag = tag;
        if (!is_entity_tag(tag))
            fault_add(&call->faults, STR("If-Match"),
                      "This takes the ETag that was read, quotes included, such as \"v1\".");
        buf_printf(&array, "%s%llu", array.len ? "," : "{", (unsigned long long)version_of(tag));
    }
    buf_put_char(&array, '}');
    call->if_match = buf_str(&array);
}

struct str versions_altered(const struct api_call *call)
{
    return arena_printf(
        call->arena,
        "A proxy on the way altered the ETag: it made it %.*s, which matches no version. Set it to leave "
        "ETags alone (nginx: `gzip off` for the API; Apache: `DeflateAlterETag NoChange`); until then, "
        "send the ETag as the server gave it, such as \"v1\".",
        STR_FMT(call->altered_tag));
}

struct refusal versions_check(struct api_call *call)
{
    if (call->operation->versions == NO_PARAMETER || call_parameter(call, call->operation->versions).ptr)
        return REFUSAL_NONE;
    return refusal_of(call, 428, "Send If-Match with the ETag of the version that you read, or *.");
}
