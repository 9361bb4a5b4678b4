// Directives, for what Markdown has no words for, on lines of their own: `::embed{provider=x url="…"}`, and around
// content `:::pullquote{role=excerpt}` … `:::`. Their names and attributes are those of the shapes, so a new type of
// block has a directive without a line here. What stands between them is CommonMark.
#include "markdown.h"

#include <ctype.h>
#include <string.h>

enum { NESTED_MAX = 3, LEAF = 2, CONTAINER = 3, NAME_SAID_MAX = 60 };

#define fault(markdown, line, ...) body_markdown_fault((markdown), (struct text_place){(line), 0}, __VA_ARGS__)

// ------------------------------------------------------------------------------------------------------------- lines

static size_t colons_of(struct str line)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] == ':')
        n++;
    return n;
}

bool directive_is(struct str line, struct opening *opening)
{
    size_t at = opening->colons = colons_of(line), name = at;
    while (at < line.len && islower((unsigned char)line.ptr[at]))
        at++;
    opening->name = (struct str){line.ptr + name, at - name};
    opening->attributes = str_trim((struct str){line.ptr + at, line.len - at});
    struct str rest = opening->attributes;
    return opening->colons >= LEAF && opening->name.len > 0 &&
           (rest.len == 0 || (rest.ptr[0] == '{' && rest.ptr[rest.len - 1] == '}'));
}

// -------------------------------------------------------------------------------------------------------- attributes

static const struct member *member_of(const struct shape *shape, const char *name)
{
    for (const struct member *member = shape->members; member->name; member++)
        if (strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

// An attribute's value as the type that the member takes, where the text is one; the reader of blocks finds the rest.
static json_t *attribute_value(const struct member *member, struct str text)
{
    uint64_t number;
    if (member && member->kind == &body_kind_count && str_to_u64(text, UINT32_MAX, &number))
        return json_integer((json_int_t)number);
    if (member && member->kind == &body_kind_flag && (str_eq(text, STR("true")) || str_eq(text, STR("false"))))
        return json_boolean(text.len == strlen("true"));
    return json_stringn(text.len ? text.ptr : "", text.len);
}

// `"…"` with \" \\ and \n in it, or a word. Returns where it ends, 0 when it does not.
static size_t value_read(struct buf *value, struct str text, size_t at)
{
    if (at < text.len && text.ptr[at] == '"') {
        for (at++; at < text.len && text.ptr[at] != '"'; at++) {
            bool escapes = text.ptr[at] == '\\' && at + 1 < text.len;
            at += escapes;
            buf_put(value, escapes && text.ptr[at] == 'n' ? STR("\n") : (struct str){text.ptr + at, 1});
        }
        return at < text.len ? at + 1 : 0;
    }
    size_t begin = at;
    while (at < text.len && text.ptr[at] != ' ' && text.ptr[at] != '"')
        at++;
    buf_put(value, (struct str){text.ptr + begin, at - begin});
    return at > begin ? at : 0;
}

static bool attribute_read(struct markdown *markdown, struct str text, size_t *at, const struct shape *shape,
                           json_t *block)
{
    size_t name = *at;
    while (*at < text.len && (islower((unsigned char)text.ptr[*at]) || text.ptr[*at] == '_'))
        ++*at;
    struct str called = {text.ptr + name, *at - name};
    struct buf value = buf_in(markdown->arena);
    size_t end = *at < text.len && text.ptr[*at] == '=' ? value_read(&value, text, *at + 1) : 0;
    if (!called.len || !end || (end < text.len && text.ptr[end] != ' '))
        return false;
    *at = end;
    const char *member = arena_cstr(markdown->arena, called);
    if (json_object_get(block, member))
        return false;
    json_object_set_new(block, member, attribute_value(member_of(shape, member), buf_str(&value)));
    return true;
}

static void attributes_read(struct markdown *markdown, const struct opening *opening, const struct shape *shape,
                            json_t *block, size_t line)
{
    if (opening->attributes.len == 0)
        return;
    struct str text = {opening->attributes.ptr + 1, opening->attributes.len - 2};
    for (size_t at = 0; at < text.len;) {
        if (text.ptr[at] == ' ') {
            at++;
        } else if (!attribute_read(markdown, text, &at, shape, block)) {
            fault(markdown, line, "attributes are {name=word other=\"some text\"}, each once");
            return;
        }
    }
}

// -------------------------------------------------------------------------------------------------------- directives

static const struct shape *shape_of(struct str name)
{
    for (const struct shape *const *shape = body_block_types; *shape; shape++)
        if (*shape != &body_block && str_eq(str_of((*shape)->type), name))
            return *shape;
    return NULL;
}

static void document_read(struct markdown *markdown, struct str text, size_t line, json_t *list)
{
    if (++markdown->depth > NESTED_MAX)
        fault(markdown, line, "directives stand in each other once");
    else
        body_scan(markdown, text, line, list);
    markdown->depth--;
}

// A table's content is the table itself, to which the attributes add.
static void table_read(struct markdown *markdown, json_t *block, struct str content, size_t line)
{
    json_t *inside = json_array();
    json_array_append_new(markdown->kept, inside);
    document_read(markdown, content, line, inside);
    json_t *table = json_array_get(inside, 0);
    if (json_array_size(inside) == 1 && str_eq(json_member_text(table, "_type"), STR("table")))
        json_object_update_missing(block, table);
    else
        fault(markdown, line, "in a :::table stands one table, with | between its cells");
}

static void content_read(struct markdown *markdown, const struct shape *shape, json_t *block, struct str content,
                         size_t line)
{
    if (shape == &body_table) {
        table_read(markdown, block, content, line);
        return;
    }
    for (const struct member *member = shape->members; member->name; member++) {
        if (!member->shapes)
            continue;
        json_t *inside = json_array();
        json_array_append_new(markdown->kept, inside);
        document_read(markdown, content, line, inside);
        json_object_set(block, member->name, inside);
        return;
    }
    if (content.len && content.ptr[content.len - 1] == '\n')
        content.len--;
    json_object_set_new(block, "text", json_stringn(content.len ? content.ptr : "", content.len));
}

// `:::blocks`: JSON of Portable Text, for what has no other form.
static void blocks_read(struct markdown *markdown, struct str content, size_t line, json_t *list)
{
    struct json_fault fault = {0};
    json_t *blocks = json_read(markdown->arena, content, &fault);
    if (!json_is_array(blocks)) {
        fault(markdown, line, "in :::blocks stands a JSON list of blocks%s%s", blocks ? "" : ": ",
              blocks ? "" : fault.detail);
        return;
    }
    size_t i;
    json_t *block;
    json_array_foreach (blocks, i, block)
        body_markdown_add(markdown, list, json_incref(block), line);
}

static void content_place(struct markdown *markdown, const struct opening *opening, struct str content, size_t line,
                          json_t *list)
{
    bool empty = opening->colons == LEAF && str_eq(opening->name, STR("empty")); // a paragraph
    const struct shape *shape = empty ? &body_block : shape_of(opening->name);
    bool holds = opening->colons >= CONTAINER;
    if (holds && str_eq(opening->name, STR("keys")) && list == markdown->blocks) {
        markdown->keys = content;
        return;
    }
    if (holds && str_eq(opening->name, STR("blocks"))) {
        blocks_read(markdown, content, line, list);
        return;
    }
    if (!shape) {
        body_markdown_tell(markdown, (struct text_place){line, 0}, "directive", "there is no directive \"%.*s\"",
                           STR_FMT(text_cut(opening->name, NAME_SAID_MAX)));
        if (holds && markdown->lenience)
            document_read(markdown, content, line + 1, list);
        return;
    }
    json_t *block = json_pack("{s:s}", "_type", shape->type);
    if (empty)
        json_object_set_new(block, "children", json_array());
    attributes_read(markdown, opening, shape, block, line);
    if (holds)
        content_read(markdown, shape, block, content, line + 1);
    body_markdown_add(markdown, list, block, line);
}

static struct str line_at(struct str text, size_t at, size_t *next)
{
    const char *end = memchr(text.ptr + at, '\n', text.len - at);
    size_t stop = end ? (size_t)(end - text.ptr) : text.len;
    *next = end ? stop + 1 : stop;
    return (struct str){text.ptr + at, stop - at};
}

// The content of a directive, up to the line that has as many colons and nothing else; `*at` moves behind that. False
// when there is none.
static bool content_find(struct str text, size_t colons, size_t *at, size_t *lines, struct str *content)
{
    size_t begin = *at, next;
    for (size_t here = begin; here < text.len; here = next) {
        struct str line = line_at(text, here, &next);
        ++*lines;
        if (line.len == colons && colons_of(line) == colons) {
            *content = (struct str){text.ptr + begin, here - begin};
            *at = next;
            return true;
        }
    }
    return false;
}

size_t directive_read(struct markdown *markdown, const struct opening *opening, struct str text, size_t line,
                      json_t *list, size_t *length)
{
    struct str content = STR("");
    size_t lines = 1;
    line_at(text, 0, length);
    if (opening->colons >= CONTAINER && !content_find(text, opening->colons, length, &lines, &content)) {
        fault(markdown, line, "this directive has no line of %zu colons at its end", opening->colons);
        markdown->given_up = true;
        return lines;
    }
    content_place(markdown, opening, content, line, list);
    return lines;
}
