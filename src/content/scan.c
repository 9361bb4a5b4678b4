// Lines to blocks: CommonMark's containers (quotations, lists, footnotes) and leaves, by the algorithm of its appendix.
// Each line is looked at once; a line costs as much as it is long and containers are open, of which there are few.
#include "markdown.h"

#include <string.h>

enum { PARAGRAPH_LINES_MAX = 20000 };

struct container {
    enum { QUOTE, LIST, ITEM, NOTE } kind;
    unsigned indent;      // of what stands in an item
    struct marker marker; // of a list
    bool filled;          // an item with something in it
};

struct scan {
    struct markdown *markdown;
    struct build *build;
    struct container open[CONTAINERS_MAX];
    unsigned depth;
    enum { NO_LEAF, PARAGRAPH, FENCED, INDENTED, HTML, TABLE } leaf;
    struct lines lines; // of the paragraph, or the rows of the table
    struct buf code;
    size_t blanks;     // lines of indented code that are blank so far
    struct line begun; // where the code or HTML begins
    struct fence fence;
    struct str info;
    unsigned html;
    struct line line; // at hand
};

// -------------------------------------------------------------------------------------------------------- ends

static void paragraph_end(struct scan *scan)
{
    size_t definitions = definitions_in(&scan->lines);
    build_definitions(scan->markdown, &scan->lines, definitions);
    if (definitions < scan->lines.count)
        build_paragraph(scan->build, &scan->lines, definitions);
    scan->lines.count = 0;
}

static void leaf_end(struct scan *scan)
{
    switch (scan->leaf) {
    case PARAGRAPH:
        paragraph_end(scan);
        break;
    case FENCED:
    case INDENTED:
        build_code(scan->build, buf_str(&scan->code), scan->info, &scan->begun);
        scan->code.len = 0;
        break;
    case HTML:
        build_html(scan->build, scan->html, &scan->begun);
        break;
    case TABLE:
        build_table(scan->build, &scan->lines);
        scan->lines.count = 0;
        break;
    case NO_LEAF:
        break;
    }
    scan->leaf = NO_LEAF;
}

static void container_end(struct scan *scan)
{
    switch (scan->open[--scan->depth].kind) {
    case QUOTE:
        build_quote_end(scan->build);
        break;
    case LIST:
        build_list_end(scan->build);
        break;
    case ITEM:
        build_item_end(scan->build, &scan->line);
        break;
    case NOTE:
        scan->build = scan->build->outer;
        build_note_end(scan->build);
        break;
    }
}

static void close_to(struct scan *scan, unsigned depth)
{
    leaf_end(scan);
    while (scan->depth > depth)
        container_end(scan);
}

// For what begins inside the first `depth` containers. A list has nothing but items in it.
static void make_room(struct scan *scan, unsigned depth)
{
    close_to(scan, depth > 0 && scan->open[depth - 1].kind == LIST ? depth - 1 : depth);
    if (scan->depth > 0)
        scan->open[scan->depth - 1].filled = true;
}

static bool container_begin(struct scan *scan, struct container container)
{
    if (scan->depth == CONTAINERS_MAX) {
        body_markdown_fault(scan->markdown, (struct text_place){scan->line.number, 0},
                            "lists and quotations stand too deep in each other");
        scan->markdown->given_up = true;
        return false;
    }
    scan->open[scan->depth++] = container;
    return true;
}

// ------------------------------------------------------------------------------------------------------- what goes on

static bool quote_goes_on(struct cursor *cursor)
{
    struct cursor ahead = *cursor;
    if (cursor_is_blank(cursor) || cursor_indent(cursor) >= CODE_INDENT)
        return false;
    cursor_skip_blank(&ahead);
    if (*ahead.at != '>')
        return false;
    cursor_skip(&ahead, 1);
    cursor_skip(&ahead, cursor_indent(&ahead) > 0);
    *cursor = ahead;
    return true;
}

static bool goes_on(const struct container *container, struct cursor *cursor)
{
    unsigned indent = cursor_indent(cursor);
    bool blank = cursor_is_blank(cursor);
    switch (container->kind) {
    case QUOTE:
        return quote_goes_on(cursor);
    case ITEM:
        if (blank)
            return container->filled;
        if (indent >= container->indent)
            cursor_skip(cursor, container->indent);
        return indent >= container->indent;
    case NOTE:
        if (!blank && indent >= CODE_INDENT)
            cursor_skip(cursor, CODE_INDENT);
        return blank || indent >= CODE_INDENT;
    case LIST:
        break;
    }
    return true;
}

static void code_put(struct scan *scan, struct cursor cursor)
{
    for (; scan->blanks > 0; scan->blanks--)
        buf_put_char(&scan->code, '\n');
    for (; cursor.spare > 0; cursor.spare--)
        buf_put_char(&scan->code, ' ');
    buf_put(&scan->code, cursor_rest(&cursor));
    buf_put_char(&scan->code, '\n');
}

static void fenced_line(struct scan *scan, struct cursor *cursor)
{
    struct cursor ahead = *cursor;
    cursor_skip_blank(&ahead);
    if (cursor_indent(cursor) < CODE_INDENT && line_ends_fence(cursor_rest(&ahead), &scan->fence)) {
        leaf_end(scan);
        return;
    }
    unsigned indent = cursor_indent(cursor);
    cursor_skip(cursor, indent < scan->fence.indent ? indent : scan->fence.indent);
    code_put(scan, *cursor);
}

static bool indented_line(struct scan *scan, struct cursor *cursor)
{
    bool blank = cursor_is_blank(cursor), inside = cursor_indent(cursor) >= CODE_INDENT;
    if (!blank && !inside) {
        scan->blanks = 0;
        leaf_end(scan);
        return false;
    }
    if (blank)
        scan->blanks++;
    else
        cursor_skip(cursor, CODE_INDENT);
    if (!blank)
        code_put(scan, *cursor);
    return true;
}

// Whether the line belongs to a leaf that takes lines as they are.
static bool goes_on_raw(struct scan *scan, struct cursor *cursor)
{
    switch (scan->leaf) {
    case FENCED:
        fenced_line(scan, cursor);
        return true;
    case INDENTED:
        return indented_line(scan, cursor);
    case HTML:
        if (scan->html == HTML_TO_BLANK ? cursor_is_blank(cursor) : line_ends_html(cursor_rest(cursor), scan->html))
            leaf_end(scan);
        return true;
    default:
        return false;
    }
}

// ------------------------------------------------------------------------------------------------------ what begins

static struct line line_from(const struct scan *scan, struct str text)
{
    return (struct line){text, scan->line.begin, scan->line.number};
}

static bool begins_fence(struct scan *scan, unsigned depth, struct str rest, unsigned indent)
{
    struct fence fence;
    struct str info;
    if (!line_fence(rest, &fence, &info))
        return false;
    make_room(scan, depth);
    scan->leaf = FENCED;
    scan->fence = fence;
    scan->fence.indent = indent;
    scan->info = info;
    scan->begun = line_from(scan, rest);
    return true;
}

static bool begins_html(struct scan *scan, unsigned depth, struct str rest)
{
    unsigned condition = line_html(rest);
    if (condition == HTML_NONE)
        return false;
    make_room(scan, depth);
    scan->leaf = HTML;
    scan->html = condition;
    scan->begun = line_from(scan, rest);
    if (line_ends_html(rest, condition))
        leaf_end(scan);
    return true;
}

static void heading(struct scan *scan, unsigned level, struct str text)
{
    struct lines one = {0};
    lines_add(scan->markdown->arena, &one, line_from(scan, text));
    build_heading(scan->build, level, &one);
}

// A line under a paragraph that makes it a heading.
static bool is_underlined(struct scan *scan, struct str rest)
{
    unsigned level;
    if (!line_is_underline(rest, &level))
        return false;
    size_t definitions = definitions_in(&scan->lines);
    if (definitions == scan->lines.count) { // no text is left to be one
        leaf_end(scan);
        return false;
    }
    build_definitions(scan->markdown, &scan->lines, definitions);
    struct lines left = {scan->lines.all + definitions, scan->lines.count - definitions, 0};
    build_heading(scan->build, level, &left);
    scan->lines.count = 0;
    scan->leaf = NO_LEAF;
    return true;
}

// A row of hyphens under the last line of a paragraph, with as many cells as that has.
static bool is_table(struct scan *scan, struct str rest)
{
    size_t columns;
    if (!row_is_delimiter(rest, &columns))
        return false;
    struct line head = scan->lines.all[scan->lines.count - 1];
    if (row_cells(head.text, NULL, 0) != columns)
        return false;
    scan->lines.count--;
    if (scan->lines.count)
        paragraph_end(scan);
    scan->leaf = TABLE;
    lines_add(scan->markdown->arena, &scan->lines, head);
    lines_add(scan->markdown->arena, &scan->lines, line_from(scan, rest));
    return true;
}

static bool begins_note(struct scan *scan, unsigned depth, struct cursor *cursor)
{
    struct str id, rest;
    if (!line_note(cursor_rest(cursor), &id, &rest))
        return false;
    make_room(scan, depth);
    if (scan->depth > 0) { // goes on as a paragraph
        body_markdown_fault(scan->markdown, (struct text_place){scan->line.number, 0},
                            "the text of a footnote stands outside of lists, quotations and other footnotes");
        return false;
    }
    container_begin(scan, (struct container){.kind = NOTE});
    build_note(scan->build, id, &scan->line);
    scan->build = scan->markdown->building;
    cursor_skip(cursor, (unsigned)(rest.ptr - cursor->at));
    cursor_skip_blank(cursor);
    return true;
}

static bool begins_quote(struct scan *scan, unsigned depth, struct cursor *cursor)
{
    if (*cursor->at != '>')
        return false;
    make_room(scan, depth);
    if (!container_begin(scan, (struct container){.kind = QUOTE}))
        return true;
    build_quote(scan->build, &scan->line);
    cursor_skip(cursor, 1);
    cursor_skip(cursor, cursor_indent(cursor) > 0);
    return true;
}

static bool begins_item(struct scan *scan, unsigned depth, struct cursor *cursor, bool interrupts, unsigned indent)
{
    struct marker marker;
    if (!line_marker(cursor_rest(cursor), &marker))
        return false;
    struct cursor behind = *cursor;
    cursor_skip(&behind, marker.width);
    bool empty = cursor_is_blank(&behind);
    if (interrupts && (empty || (marker.numbered && marker.number != 1)))
        return false;
    unsigned spaces = cursor_indent(&behind);
    bool wide = empty || spaces > CODE_INDENT;
    cursor_skip(&behind, wide ? spaces > 0 : spaces);
    *cursor = behind;
    const struct container *list = depth > 0 ? &scan->open[depth - 1] : NULL;
    if (list && list->kind == LIST && list->marker.character == marker.character) {
        close_to(scan, depth);
    } else {
        make_room(scan, depth);
        if (!container_begin(scan, (struct container){.kind = LIST, .marker = marker}))
            return true;
        build_list(scan->build, &marker, &scan->line);
    }
    unsigned inside = indent + marker.width + (wide ? 1 : spaces);
    if (container_begin(scan, (struct container){.kind = ITEM, .indent = inside}))
        build_item(scan->build);
    return true;
}

// A leaf that is one line, or the first line of one that takes lines as they are.
static bool begins_leaf(struct scan *scan, unsigned depth, struct str rest, bool in_paragraph, unsigned indent)
{
    struct str text;
    unsigned level = line_heading(rest, &text);
    if (level) {
        make_room(scan, depth);
        heading(scan, level, text);
        return true;
    }
    if (begins_fence(scan, depth, rest, indent) || begins_html(scan, depth, rest))
        return true;
    if (in_paragraph && is_underlined(scan, rest))
        return true;
    if (line_is_rule(rest)) {
        make_room(scan, depth);
        build_rule(scan->build, &scan->line);
        return true;
    }
    return false;
}

static void indented_begin(struct scan *scan, unsigned depth, struct cursor *cursor)
{
    make_room(scan, depth);
    scan->leaf = INDENTED;
    scan->info = STR("");
    scan->begun = scan->line;
    cursor_skip(cursor, CODE_INDENT);
    code_put(scan, *cursor);
}

// What begins in the line behind the containers that go on: any number of containers, then at most one leaf. True when
// nothing is left of the line.
static bool begin(struct scan *scan, unsigned *depth, struct cursor *cursor)
{
    while (!scan->markdown->given_up && !cursor_is_blank(cursor)) {
        unsigned indent = cursor_indent(cursor);
        bool in_paragraph = *depth == scan->depth && scan->leaf == PARAGRAPH;
        if (indent >= CODE_INDENT) {
            if (scan->leaf == PARAGRAPH || scan->leaf == TABLE)
                return false;
            indented_begin(scan, *depth, cursor);
            return true;
        }
        struct cursor ahead = *cursor;
        cursor_skip_blank(&ahead);
        struct str rest = cursor_rest(&ahead);
        bool container = begins_quote(scan, *depth, &ahead);
        if (!container && begins_leaf(scan, *depth, rest, in_paragraph, indent))
            return true;
        in_paragraph &= scan->leaf == PARAGRAPH;
        container =
            container || begins_note(scan, *depth, &ahead) || begins_item(scan, *depth, &ahead, in_paragraph, indent);
        if (!container)
            return in_paragraph && is_table(scan, rest);
        *cursor = ahead;
        *depth = scan->depth;
    }
    return true;
}

// -------------------------------------------------------------------------------------------------------------- lines

static void blank_line(struct scan *scan, unsigned depth)
{
    if (depth < scan->depth)
        close_to(scan, depth);
    else
        leaf_end(scan);
}

static void text_line(struct scan *scan, unsigned depth, struct str rest)
{
    bool row = scan->leaf == TABLE && depth == scan->depth;
    if (scan->leaf != PARAGRAPH && !row) {
        make_room(scan, depth);
        scan->leaf = PARAGRAPH;
    }
    lines_add(scan->markdown->arena, &scan->lines, line_from(scan, rest));
    if (scan->lines.count <= PARAGRAPH_LINES_MAX)
        return;
    body_markdown_fault(scan->markdown, (struct text_place){scan->lines.all[0].number, 0},
                        "a paragraph or a table has at most %d lines", PARAGRAPH_LINES_MAX);
    scan->markdown->given_up = true;
}

static void scan_line(struct scan *scan, struct str text)
{
    struct cursor cursor = {.at = text.ptr, .end = text.ptr + text.len};
    unsigned depth = 0;
    while (depth < scan->depth && goes_on(&scan->open[depth], &cursor))
        depth++;
    if (depth == scan->depth && goes_on_raw(scan, &cursor))
        return;
    if (depth < scan->depth && scan->leaf != PARAGRAPH && scan->leaf != NO_LEAF)
        leaf_end(scan);
    if (cursor_is_blank(&cursor)) {
        blank_line(scan, depth);
        return;
    }
    if (begin(scan, &depth, &cursor))
        return;
    cursor_skip_blank(&cursor);
    text_line(scan, depth, cursor_rest(&cursor));
}

static size_t line_end(struct str text, size_t at, size_t *next)
{
    const char *end = memchr(text.ptr + at, '\n', text.len - at);
    *next = end ? (size_t)(end - text.ptr) + 1 : text.len;
    return end ? (size_t)(end - text.ptr) : text.len;
}

static bool is_raw(const struct scan *scan)
{
    return scan->leaf == FENCED || scan->leaf == HTML;
}

void body_scan(struct markdown *markdown, struct str text, size_t line, json_t *list)
{
    struct build build = {.markdown = markdown, .list = list};
    struct scan scan = {.markdown = markdown, .build = &build, .code = buf_in(markdown->arena)};
    for (size_t at = 0, next; at < text.len && !markdown->given_up; at = next, line++) {
        struct str here = {text.ptr + at, line_end(text, at, &next) - at};
        struct opening opening;
        scan.line = (struct line){here, here.ptr, line};
        if (is_raw(&scan) || !directive_is(here, &opening)) {
            scan_line(&scan, here);
            continue;
        }
        close_to(&scan, 0);
        size_t length,
            lines = directive_read(markdown, &opening, (struct str){here.ptr, text.len - at}, line, list, &length);
        line += lines - 1;
        next = at + length;
    }
    if (!markdown->given_up)
        close_to(&scan, 0);
}
