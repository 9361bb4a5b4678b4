// Blocks of Markdown as JSON of a body, whose texts are noted to be read later. What a body has no place for is told
// with its line: refused, or where the reading is lenient put into the nearest thing that there is.
#include "markdown.h"

#include <ctype.h>
#include <string.h>

static struct text_place place_of(const struct line *line)
{
    return (struct text_place){line->number, 0};
}

// ------------------------------------------------------------------------------------------------------------- texts

// What a text may cost to read: md4c goes back and forth in a paragraph, for each mark through all of it at the worst.
static size_t work_of(const struct lines *lines, size_t first)
{
    size_t bytes = 0, marks = 0;
    for (size_t i = first; i < lines->count; i++) {
        struct str text = lines->all[i].text;
        bytes += text.len;
        marks++;
        for (size_t at = 0; at < text.len; at++)
            marks += strchr("*_`[]!<>&\\~:", text.ptr[at]) != NULL;
    }
    return bytes * marks;
}

static bool work_fits(struct markdown *markdown, const struct lines *lines, size_t first)
{
    static const size_t most = (size_t)1 << 30;
    markdown->work += work_of(lines, first);
    if (markdown->work <= most)
        return true;
    if (!markdown->given_up)
        body_markdown_fault(markdown, place_of(&lines->all[first]),
                            "up to this paragraph there are more marks (* _ ` ~ [ ] < & \\) and lines than are read "
                            "shorter paragraph with so many is fine");
    markdown->given_up = true;
    return false;
}

// What follows in the text of md4c was written at a line, and the lines behind that.
static void origin_add(struct markdown *markdown, const struct line *line)
{
    struct origin origin = {.offset = markdown->text.len, .line = *line};
    ARENA_ROOM(markdown->arena, markdown->origins, markdown->origin_count, markdown->origin_capacity);
    markdown->origins[markdown->origin_count++] = origin;
}

// md4c 0.4.8 begins code with a fence however far it is indented.
static bool looks_fenced(struct str text)
{
    return str_starts(text, STR("```")) || str_starts(text, STR("~~~"));
}

// A paragraph for md4c. It begins with a character that no text has, so that nothing but a paragraph can begin there;
// further lines are indented, which is white space in a paragraph and keeps them in it.
static void text_add(struct build *build, struct leaf leaf, const struct lines *lines, size_t first)
{
    struct markdown *markdown = build->markdown;
    if (!work_fits(markdown, lines, first))
        return;
    ARENA_ROOM(markdown->arena, markdown->leaves, markdown->leaf_count, markdown->leaf_capacity);
    leaf.in_note = build->note != NULL;
    leaf.place = place_of(&lines->all[first]);
    markdown->leaves[markdown->leaf_count++] = leaf;
    for (size_t i = first; i < lines->count; i++) {
        buf_put(&markdown->text, i == first ? STR("") : STR("\n    "));
        if (i == first || looks_fenced(lines->all[i].text))
            buf_put_lit(&markdown->text, LEAF_BEGINS);
        if (i == first)
            origin_add(markdown, &lines->all[i]);
        buf_put(&markdown->text, i + 1 < lines->count ? lines->all[i].text : str_trim(lines->all[i].text));
    }
    buf_put_lit(&markdown->text, "\n\n");
}

void build_definitions(struct markdown *markdown, const struct lines *lines, size_t count)
{
    enum { DEFINITIONS_MAX = 20000 };
    for (size_t i = 0; i < count && !markdown->given_up; i++) {
        lines_add(markdown->arena, markdown->definitions, lines->all[i]);
        if (markdown->definitions->count <= DEFINITIONS_MAX)
            continue;
        body_markdown_fault(markdown, place_of(&lines->all[i]), "a body has at most %d lines that define links",
                            DEFINITIONS_MAX);
        markdown->given_up = true;
    }
}

void body_definitions_put(struct markdown *markdown)
{
    for (size_t i = 0; i < markdown->definitions->count; i++) {
        const struct line *line = &markdown->definitions->all[i];
        buf_put(&markdown->text, line->text.ptr[0] == '[' ? STR("\n") : STR("\n    "));
        origin_add(markdown, line);
        buf_put(&markdown->text, line->text);
    }
    buf_put_char(&markdown->text, '\n');
}

// ------------------------------------------------------------------------------------------------------------ blocks

// What is as it is when left out is left out: there are thousands of cells. NULL is a paragraph's style.
static json_t *block_new(const struct markdown *markdown, const char *style)
{
    json_t *block = json_pack("{s:O, s:[]}", "_type", markdown->type_block, "children");
    if (style)
        json_object_set_new(block, "style", json_string(style));
    return block;
}

static void add(struct build *build, json_t *block, const struct line *line)
{
    body_markdown_add(build->markdown, build->list, block, line->number);
}

// The members of a list item; a list that was interrupted goes on with the number that comes next.
static void item_members(struct build *build, json_t *block)
{
    unsigned depth = build->depth;
    if (depth == 0) {
        build->level = 0;
        return;
    }
    struct list_state *state = &build->items[depth];
    unsigned level = depth < LEVEL_MAX ? depth : LEVEL_MAX;
    level = level <= build->level + 1 ? level : build->level + 1;
    json_object_set_new(block, "listItem", json_string(state->numbered ? "number" : "bullet"));
    json_object_set_new(block, "level", json_integer(level));
    if (state->numbered && (state->count == 1 || build->level == 0))
        json_object_set_new(block, "start", json_integer(state->start + state->count - 1));
    build->level = level;
    state->begun = true;
    state->block = block;
}

static void block_add(struct build *build, json_t *block, const struct line *line)
{
    item_members(build, block);
    if (build->quotes && build->quote_begins && build->depth == 0)
        json_object_set_new(block, "starts_quote", json_true());
    build->quote_begins = false;
    add(build, block, line);
}

static void empty_item(struct build *build, const struct line *line)
{
    if (build->depth > 0 && !build->items[build->depth].begun)
        block_add(build, block_new(build->markdown, NULL), line);
}

// What stands by itself: in a list it interrupts that.
static void add_alone(struct build *build, json_t *block, const struct line *line, const char *what)
{
    empty_item(build, line);
    if (build->depth || build->quotes || build->note)
        body_markdown_tell(build->markdown, place_of(line), "nesting",
                           "%s stands by itself: in a list, a quotation or a footnote are only paragraphs", what);
    build->level = 0;
    add(build, block, line);
}

// Another paragraph of an item goes on with its text, an empty line between them.
static void item_goes_on(struct build *build, const struct lines *lines, size_t first)
{
    struct list_state *state = &build->items[build->depth];
    bool quoted = str_eq(json_member_text(state->block, "style"), STR("blockquote"));
    bool headed = !quoted && json_object_get(state->block, "style");
    if (state->nested || headed || quoted != (build->quotes > 0))
        body_markdown_tell(build->markdown, place_of(&lines->all[first]), "nesting",
                           "an item of a list is one text: this paragraph comes after %s in it",
                           state->nested ? "another list"
                           : headed      ? "a heading"
                                         : "a text of another kind");
    text_add(build, (struct leaf){.block = state->block, .joined = true}, lines, first);
}

void build_paragraph(struct build *build, const struct lines *lines, size_t first)
{
    const struct line *line = &lines->all[first];
    if (build->depth && build->items[build->depth].begun) {
        item_goes_on(build, lines, first);
        return;
    }
    json_t *block = block_new(build->markdown, build->quotes ? "blockquote" : NULL);
    bool alone = !build->quotes && !build->depth && !build->note;
    block_add(build, block, line);
    text_add(build, (struct leaf){.block = block, .list = build->list, .alone = alone}, lines, first);
}

static void heading_keep(struct markdown *markdown, json_t *block, unsigned level, const struct line *line)
{
    struct heading *heading = ARENA_NEW(markdown->arena, struct heading);
    *heading = (struct heading){.next = NULL, .block = block, .level = level, .place = place_of(line)};
    if (markdown->last_heading)
        markdown->last_heading->next = heading;
    else
        markdown->headings = heading;
    markdown->last_heading = heading;
}

void build_heading(struct build *build, unsigned level, const struct lines *lines)
{
    const struct line *line = &lines->all[0];
    bool begun = build->depth && build->items[build->depth].begun;
    if (build->quotes || build->note || begun) {
        body_markdown_tell(build->markdown, place_of(line), "nesting", "%s",
                           begun           ? "a heading in an item of a list is all that is in it"
                           : build->quotes ? "a quotation has no headings in it"
                                           : "a footnote has no headings in it");
        build_paragraph(build, lines, 0);
        return;
    }
    json_t *block = block_new(build->markdown, "h2");
    block_add(build, block, line);
    heading_keep(build->markdown, block, level, line);
    if (line->text.len)
        text_add(build, (struct leaf){.block = block, .list = build->list}, lines, 0);
}

static bool is_language(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!isalnum((unsigned char)word.ptr[i]) && !strchr("+#._-", word.ptr[i]))
            return false;
    return word.len <= 40;
}

void build_code(struct build *build, struct str text, struct str info, const struct line *line)
{
    struct str rest, language = str_cut(info, ' ', &rest);
    if (text.len)
        text.len--; // the last line's end
    if (text_is_blank(text)) {
        body_markdown_tell(build->markdown, place_of(line), "code", "a code block has a text, and this one is empty");
        return;
    }
    if (rest.ptr || !is_language(language)) {
        body_markdown_tell(build->markdown, place_of(line), "code",
                           "a code block is named by one word, its language, of A-Z a-z 0-9 + # . _ -, not \"%s\"",
                           body_markdown_said(build->markdown, info));
        language = is_language(language) ? language : STR("");
    }
    json_t *code = json_pack("{s:s, s:s%}", "_type", "code", "text", text.ptr, text.len);
    if (language.len)
        json_object_set_new(code, "language", json_stringn(language.ptr, language.len));
    add_alone(build, code, line, "code");
}

void build_rule(struct build *build, const struct line *line)
{
    add_alone(build, json_pack("{s:s}", "_type", "divider"), line, "a rule");
}

void build_html(struct build *build, unsigned condition, const struct line *line)
{
    if (condition == HTML_COMMENT)
        body_markdown_tell(build->markdown, place_of(line), "comment",
                           "a comment is not taken: no reader would see it");
    else
        body_markdown_tell(build->markdown, place_of(line), "html", "raw HTML is not taken: %s",
                           body_markdown_said(build->markdown, line->text));
}

// -------------------------------------------------------------------------------------------------------- containers

void build_quote(struct build *build, const struct line *line)
{
    if (build->quotes > 0)
        body_markdown_tell(build->markdown, place_of(line), "nesting",
                           "a quotation in a quotation is not kept: give it a paragraph of its own");
    else
        build->quote_begins = true;
    build->quotes++;
}

void build_quote_end(struct build *build)
{
    build->quotes--;
}

void build_list(struct build *build, const struct marker *marker, const struct line *line)
{
    empty_item(build, line);
    if (build->quotes)
        body_markdown_tell(build->markdown, place_of(line), "nesting", "a quotation has no lists in it");
    else if (build->depth == LEVEL_MAX)
        body_markdown_tell(build->markdown, place_of(line), "nesting", "a list goes %d levels deep at most", LEVEL_MAX);
    if (build->depth > 0)
        build->items[build->depth].nested = true;
    build->items[++build->depth] = (struct list_state){.numbered = marker->numbered, .start = marker->number};
}

void build_list_end(struct build *build)
{
    build->depth--;
}

void build_item(struct build *build)
{
    struct list_state *state = &build->items[build->depth];
    state->begun = state->nested = false;
    state->count++;
}

void build_item_end(struct build *build, const struct line *line)
{
    empty_item(build, line);
}

void build_note(struct build *build, struct str id, const struct line *line)
{
    struct markdown *markdown = build->markdown;
    struct build *inside = ARENA_NEW(markdown->arena, struct build);
    struct note *note = ARENA_NEW(markdown->arena, struct note);
    *note = (struct note){.id = id, .place = place_of(line), .content = json_array(), .next = markdown->notes};
    *inside = (struct build){.markdown = markdown, .outer = build, .list = note->content, .note = note};
    json_array_append_new(markdown->kept, note->content);
    struct name *known = body_names_add(&markdown->note_names, id);
    if (known->thing)
        body_markdown_tell(markdown, note->place, "footnote", "the footnote [^%s] is defined a second time",
                           body_markdown_said(markdown, id));
    else
        known->thing = note;
    note->used = known->thing != note;
    markdown->notes = note;
    markdown->building = inside;
}

void build_note_end(struct build *build)
{
    build->markdown->building = build;
}

// ------------------------------------------------------------------------------------------------------------ tables

// `\|` is `|`, in code too.
static struct str cell_text(struct markdown *markdown, struct str cell)
{
    if (!memmem(cell.ptr, cell.len, "\\|", 2))
        return cell;
    struct buf text = buf_in(markdown->arena);
    for (size_t i = 0; i < cell.len; i++)
        if (cell.ptr[i] != '\\' || i + 1 == cell.len || cell.ptr[i + 1] != '|')
            buf_put_char(&text, cell.ptr[i]);
    return buf_str(&text);
}

static json_t *cell_build(struct build *build, struct str cell, const struct line *line)
{
    json_t *block = block_new(build->markdown, NULL), *content = json_array();
    body_markdown_add(build->markdown, content, block, line->number);
    struct line text = {cell_text(build->markdown, cell), line->begin, line->number};
    if (text.text.ptr != cell.ptr)
        text.begin = NULL;
    struct lines one = {&text, 1, 1};
    if (cell.len && !build->markdown->given_up)
        text_add(build, (struct leaf){.block = block, .list = content}, &one, 0);
    return json_pack("{s:o}", "content", content);
}

static json_t *row_build(struct build *build, const struct line *line, size_t columns)
{
    struct str cells[TABLE_COLUMNS_MAX];
    size_t count = row_cells(line->text, cells, columns);
    json_t *row = json_array();
    if (count > columns) {
        struct str text = str_trim(line->text);
        text.len -= str_ends(text, STR("|"));
        body_markdown_tell(build->markdown, place_of(line), "table",
                           "this row has %zu cells, and the head of the table has %zu", count, columns);
        cells[columns - 1].len = (size_t)(text.ptr + text.len - cells[columns - 1].ptr);
    }
    for (size_t x = 0; x < columns && !build->markdown->given_up; x++)
        json_array_append_new(row, cell_build(build, x < count ? cells[x] : STR(""), line));
    return json_pack("{s:o}", "cells", row);
}

static void columns_build(json_t *table, struct str delimiters, size_t columns)
{
    unsigned aligns[TABLE_COLUMNS_MAX];
    bool any = false;
    json_t *list = json_array();
    row_aligns(delimiters, aligns, columns);
    for (size_t x = 0; x < columns; x++) {
        json_t *column = json_object();
        if (aligns[x])
            json_object_set_new(column, "align", json_string(body_aligns[aligns[x] - 1]));
        json_array_append_new(list, column);
        any |= aligns[x] != ALIGN_NONE;
    }
    if (any)
        json_object_set(table, "columns", list);
    json_decref(list);
}

void build_table(struct build *build, const struct lines *lines)
{
    size_t columns = row_cells(lines->all[0].text, NULL, 0);
    if (columns > TABLE_COLUMNS_MAX) {
        body_markdown_fault(build->markdown, place_of(&lines->all[0]), "a table has at most %d columns, not %zu",
                            TABLE_COLUMNS_MAX, columns);
        return;
    }
    json_t *rows = json_array(),
           *table = json_pack("{s:s, s:i, s:o}", "_type", "table", "header_rows", 1, "rows", rows);
    columns_build(table, lines->all[1].text, columns);
    add_alone(build, table, &lines->all[0], "a table");
    for (size_t i = 0; i < lines->count && !build->markdown->given_up; i++)
        if (i != 1)
            json_array_append_new(rows, row_build(build, &lines->all[i], columns));
}
