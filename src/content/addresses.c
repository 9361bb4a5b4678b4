// Addresses of Markdown: whether a body can have them, and what a relative one means (RFC 3986 §5.2) where the reader
// is lenient and told what it is relative to.
#include "markdown.h"

#include <ctype.h>
#include <string.h>

static bool has_scheme(struct str address)
{
    size_t at = 0;
    while (at < address.len && (isalnum((unsigned char)address.ptr[at]) || strchr("+.-", address.ptr[at])))
        at++;
    return at > 0 && at < address.len && address.ptr[at] == ':';
}

// The path of a base up to its last slash, and where its path begins.
static struct str folder_of(struct str base, size_t *path)
{
    const char *host = memmem(base.ptr, base.len, "://", 3);
    size_t at = host ? (size_t)(host - base.ptr) + 3 : 0;
    while (at < base.len && !strchr("/?#", base.ptr[at]))
        at++;
    *path = at;
    size_t end = at;
    while (end < base.len && !strchr("?#", base.ptr[end]))
        end++;
    while (end > at && base.ptr[end - 1] != '/')
        end--;
    return (struct str){base.ptr, end};
}

// Without `.` and `..` (§5.2.4); `path` is where the path begins, which has a slash there.
static struct str without_dots(struct arena *arena, struct str address, size_t path)
{
    struct buf out = buf_in(arena);
    size_t end = path;
    buf_put(&out, (struct str){address.ptr, path});
    while (end < address.len && !strchr("?#", address.ptr[end]))
        end++;
    for (size_t at = path; at < end;) {
        size_t next = at + 1;
        while (next < end && address.ptr[next] != '/')
            next++;
        struct str segment = {address.ptr + at, next - at};
        bool up = str_eq(segment, STR("/..")), stays = str_eq(segment, STR("/."));
        while (up && out.len > path && out.ptr[--out.len] != '/') {
        }
        buf_put(&out, !up && !stays ? segment : next == end ? STR("/") : STR(""));
        at = next;
    }
    buf_put(&out, (struct str){address.ptr + end, address.len - end});
    return buf_str(&out);
}

static struct str resolved(struct arena *arena, struct str base, struct str address)
{
    size_t path;
    struct str folder = folder_of(base, &path), rest;
    if (str_starts(address, STR("//")))
        return arena_printf(arena, "%.*s:%.*s", STR_FMT(str_cut(base, ':', &rest)), STR_FMT(address));
    bool rooted = str_starts(address, STR("/"));
    struct str whole = arena_printf(arena, "%.*s%s%.*s", (int)(rooted ? path : folder.len), base.ptr,
                                    !rooted && folder.len == path ? "/" : "", STR_FMT(address));
    return without_dots(arena, whole, path);
}

static const char *const *beginnings_of(enum address_use use)
{
    return use == ADDRESS_IMAGE ? body_web : body_link_beginnings;
}

struct str body_markdown_address(struct markdown *markdown, struct str address, struct text_place place,
                                 enum address_use use)
{
    struct str base = markdown->lenience ? markdown->lenience->base_url : STR_NONE;
    bool article = use == ADDRESS_LINK && str_starts(address, STR("article:"));
    if (article && uuid_is((struct str){address.ptr + 8, address.len - 8}))
        return address;
    if (base.len && address.len && !has_scheme(address) && address.ptr[0] != '#')
        address = resolved(markdown->leaf_arena, base, address);
    if (!article && body_address(markdown->leaf_arena, address, beginnings_of(use)).ptr)
        return address;
    body_markdown_tell(markdown, place, "address", "%s %s, not \"%s\"",
                       use == ADDRESS_IMAGE ? "an image has a whole address," : "a link leads to",
                       use == ADDRESS_IMAGE  ? "http:// or https://"
                       : use == ADDRESS_LINK ? "http://, https://, mailto:, tel:, /path, #id, or article: and an id"
                                             : "http://, https://, mailto:, tel:, /path or #id",
                       body_markdown_said(markdown, address));
    return STR_NONE;
}
