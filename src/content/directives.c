// Directives: what Markdown has no words for, on lines of their own: `::embed{provider=x url="…"}`, and around content
// `:::pullquote{role=excerpt}` … `:::`. Their names and attributes are those of the shapes, so a new type of block has
// a directive without a line here. What stands between them is CommonMark.
#include "content_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NESTED_MAX = 3, LEAF = 2, CONTAINER = 3, CODE_INDENT = 4 };

void body_markdown_fault(struct markdown *markdown, size_t line, const char *format, ...)
{
    char why[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fault_add(&markdown->faults, STR(""), "line %zu: %s", line, why);
}

static void line_keep(struct markdown *markdown, size_t line)
{
    if (markdown->line_count == markdown->line_capacity) {
        size_t capacity = markdown->line_capacity ? markdown->line_capacity * 2 : 64;
        size_t *lines = ARENA_ARRAY(markdown->arena, size_t, capacity);
        if (markdown->line_count)
            memcpy(lines, markdown->lines, markdown->line_count * sizeof *lines);
        markdown->lines = lines;
        markdown->line_capacity = capacity;
    }
    markdown->lines[markdown->line_count++] = line;
}

bool body_markdown_add(struct markdown *markdown, json_t *list, json_t *block, size_t line)
{
    json_array_append_new(list, block);
    if (list == markdown->blocks)
        line_keep(markdown, line);
    return ++markdown->blocks_made <= CONTENT_BLOCKS_MAX + 1;
}

// ------------------------------------------------------------------------------------------------------------- lines

// A line that begins a directive: so many colons, a name, attributes as they were written.
struct opening {
    size_t colons;
    struct str name, attributes;
};

static size_t colons_of(struct str line)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] == ':')
        n++;
    return n;
}

static bool is_opening(struct str line, struct opening *opening)
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

// A fence of code, in which nothing is a directive.
struct fence {
    char character; // 0 outside
    size_t length;
};

static void fence_toggle(struct fence *fence, struct str line)
{
    size_t at = 0;
    while (at < line.len && line.ptr[at] == ' ')
        at++;
    if (at >= CODE_INDENT || at == line.len || (line.ptr[at] != '`' && line.ptr[at] != '~'))
        return;
    size_t begin = at;
    while (at < line.len && line.ptr[at] == line.ptr[begin])
        at++;
    struct str rest = str_trim((struct str){line.ptr + at, line.len - at});
    bool info = line.ptr[begin] == '`' && memchr(rest.ptr, '`', rest.len);
    if (!fence->character && at - begin >= CONTAINER && !info)
        *fence = (struct fence){line.ptr[begin], at - begin};
    else if (fence->character == line.ptr[begin] && at - begin >= fence->length && rest.len == 0)
        *fence = (struct fence){0};
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
            body_markdown_fault(markdown, line, "attributes are {name=word other=\"some text\"}, each once");
            return;
        }
    }
}

// -------------------------------------------------------------------------------------------------------- directives

static void document_read(struct markdown *markdown, struct str text, size_t line, json_t *list);

static const struct shape *shape_of(struct str name)
{
    for (const struct shape *const *shape = body_block_types; *shape; shape++)
        if (*shape != &body_block && str_eq(str_of((*shape)->type), name))
            return *shape;
    return NULL;
}

// A table's content is the table itself, to which the attributes add.
static void table_read(struct markdown *markdown, json_t *block, struct str content, size_t line)
{
    json_t *inside = json_array();
    document_read(markdown, content, line, inside);
    json_t *table = json_array_get(inside, 0);
    if (json_array_size(inside) == 1 && str_eq(json_member_text(table, "_type"), STR("table")))
        json_object_update_missing(block, table);
    else
        body_markdown_fault(markdown, line, "in a :::table stands one table, with | between its cells");
    json_decref(inside);
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
        document_read(markdown, content, line, inside);
        json_object_set_new(block, member->name, inside);
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
        body_markdown_fault(markdown, line, "in :::blocks stands a JSON list of blocks%s%s", blocks ? "" : ": ",
                            blocks ? "" : fault.detail);
        return;
    }
    size_t i;
    json_t *block;
    json_array_foreach (blocks, i, block)
        if (!body_markdown_add(markdown, list, json_incref(block), line))
            return;
}

static void directive_read(struct markdown *markdown, const struct opening *opening, struct str content, size_t line,
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
        body_markdown_fault(markdown, line, "there is no directive \"%.*s\"", (int)(opening->name.len % 64),
                            opening->name.ptr);
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

static void plain_read(struct markdown *markdown, struct str text, size_t line, json_t *list)
{
    if (text.len == 0)
        return;
    markdown->line = line;
    body_commonmark_read(markdown, text, list);
}

static void document_walk(struct markdown *markdown, struct str text, size_t line, json_t *list)
{
    struct fence fence = {0};
    size_t plain = 0, plain_line = line, next;
    for (size_t at = 0; at < text.len; at = next, line++) {
        struct opening opening;
        struct str here = line_at(text, at, &next);
        if (fence.character || !is_opening(here, &opening)) {
            fence_toggle(&fence, here);
            continue;
        }
        plain_read(markdown, (struct str){text.ptr + plain, at - plain}, plain_line, list);
        struct str content = STR("");
        size_t lines = 0;
        if (opening.colons >= CONTAINER && !content_find(text, opening.colons, &next, &lines, &content)) {
            body_markdown_fault(markdown, line, "this directive has no line of %zu colons at its end", opening.colons);
            return;
        }
        directive_read(markdown, &opening, content, line, list);
        line += lines;
        plain = next;
        plain_line = line + 1;
        if (markdown->blocks_made > CONTENT_BLOCKS_MAX)
            return;
    }
    plain_read(markdown, (struct str){text.ptr + plain, text.len - plain}, plain_line, list);
}

static void document_read(struct markdown *markdown, struct str text, size_t line, json_t *list)
{
    if (++markdown->depth > NESTED_MAX)
        body_markdown_fault(markdown, line, "directives stand in each other once");
    else
        document_walk(markdown, text, line, list);
    markdown->depth--;
}

void body_markdown_read(struct arena *arena, struct str text, struct markdown *markdown)
{
    *markdown = (struct markdown){.arena = arena, .faults = faults_in(arena), .blocks = json_own(arena, json_array())};
    document_read(markdown, text, 1, markdown->blocks);
}
