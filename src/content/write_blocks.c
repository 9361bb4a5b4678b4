// Blocks as Markdown, a run of them at a time. Types that are no CommonMark are directives, by their shapes.
#include "write.h"

#include <ctype.h>
#include <string.h>

// ------------------------------------------------------------------------------------------------------------ blocks

static void put_lines(struct writer *writer, const struct block *block, struct str newline)
{
    writer->newline = newline;
    writer->line = writer->out.len;
    write_spans(writer, block);
    writer->newline = STR_NONE;
}

// `indentation`: what the further lines of a list item begin with.
static void put_block(struct writer *writer, const struct block *block, struct str indentation)
{
    if (block->style == STYLE_NORMAL) {
        put_lines(writer, block, arena_printf(writer->arena, "\\\n%.*s", STR_FMT(indentation)));
        return;
    }
    if (block->style == STYLE_BLOCKQUOTE) {
        buf_put_lit(&writer->out, "> ");
        put_lines(writer, block, arena_printf(writer->arena, "\\\n%.*s> ", STR_FMT(indentation)));
        return;
    }
    buf_put(&writer->out, block->style == STYLE_H2   ? STR("## ")
                          : block->style == STYLE_H3 ? STR("### ")
                                                     : STR("#### "));
    writer->in_heading = true;
    put_lines(writer, block, STR_NONE);
    writer->in_heading = false;
}

// Indentation of a nested list: where the texts of each level begin, the numbers of its items, and what stands behind
// those: it changes where another list begins.
struct levels {
    struct numbering numbering;
    unsigned column[LEVEL_MAX + 2];
    char delimiter[LEVEL_MAX + 1];
};

static void put_item(struct writer *writer, const struct block *block, struct levels *levels)
{
    unsigned level = block->level;
    if (!body_list_goes_on(&levels->numbering, block))
        levels->delimiter[level] = '.';
    else if (block->start)
        levels->delimiter[level] = levels->delimiter[level] == '.' ? ')' : '.';
    unsigned number = body_number_next(&levels->numbering, block);
    buf_printf(&writer->out, "%*s", (int)levels->column[level], "");
    size_t marker = writer->out.len;
    if (block->list_item == ITEM_NUMBER)
        buf_printf(&writer->out, "%u%c ", number, levels->delimiter[level]);
    else
        buf_put_lit(&writer->out, "- ");
    levels->column[level + 1] = levels->column[level] + (unsigned)(writer->out.len - marker);
    struct str indentation = arena_printf(writer->arena, "%*s", (int)levels->column[level + 1], "");
    if (writer->form == FORM_PLAIN && block->style == STYLE_NORMAL)
        writer->paragraph = arena_printf(writer->arena, "\n\n%.*s", STR_FMT(indentation));
    put_block(writer, block, indentation);
    writer->paragraph = STR_NONE;
}

static bool is_item(const struct node *node)
{
    return node->shape == &body_block && ((const struct block *)node)->list_item != ITEM_NONE;
}

// A paragraph with nothing in it, which Markdown passes over.
static bool is_empty(const struct node *node)
{
    const struct block *block = (const struct block *)node;
    return node->shape == &body_block && block->style == STYLE_NORMAL && block->list_item == ITEM_NONE &&
           block->children.count == 1 && ((const struct span *)block->children.nodes[0])->text.len == 0;
}

static void put_list(struct writer *writer, const struct list *items)
{
    struct levels levels = {0};
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            buf_put_char(&writer->out, '\n');
        put_item(writer, (const struct block *)items->nodes[i], &levels);
    }
}

static bool is_quote(const struct node *node)
{
    const struct block *block = (const struct block *)node;
    return node->shape == &body_block && block->style == STYLE_BLOCKQUOTE && block->list_item == ITEM_NONE;
}

static void put_quotes(struct writer *writer, const struct list *quotes)
{
    for (size_t i = 0; i < quotes->count; i++) {
        const struct block *block = (const struct block *)quotes->nodes[i];
        if (i > 0)
            buf_put(&writer->out, block->starts_quote ? STR("\n\n") : STR("\n>\n"));
        put_block(writer, block, STR(""));
    }
}

// A footnote's text behind what refers to it: its lines are indented, but the first.
void write_note(struct writer *writer, const struct link *note, size_t number)
{
    struct writer inside = {.arena = writer->arena, .out = buf_in(writer->arena), .form = writer->form};
    inside.notes = buf_in(writer->arena);
    write_blocks(&inside, &note->content);
    writer->unsaid |= inside.unsaid;
    if (!writer->notes.arena)
        writer->notes = buf_in(writer->arena);
    buf_printf(&writer->notes, "\n\n[^%zu]: ", number);
    struct str rest = buf_str(&inside.out);
    for (bool first = true; rest.ptr; first = false) {
        struct str line = str_cut(rest, '\n', &rest);
        buf_printf(&writer->notes, "%s%.*s", first ? "" : line.len ? "\n    " : "\n", STR_FMT(line));
    }
}

// ------------------------------------------------------------------------------------------------------ all the rest

static const void *field_of(const struct node *node, const struct member *member)
{
    return (const char *)node + member->offset;
}

static const struct member *member_of(const struct node *node, const char *name)
{
    const struct member *member = node->shape->members;
    while (member->name && strcmp(member->name, name) != 0)
        member++;
    return member->name ? member : NULL;
}

static struct str text_of(const struct node *node, const char *name)
{
    const struct member *member = member_of(node, name);
    return member ? *(const struct str *)field_of(node, member) : STR("");
}

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_')
            return false;
    return text.len > 0;
}

static void attribute_put(struct writer *writer, struct str text)
{
    if (is_word(text)) {
        buf_put(&writer->out, text);
        return;
    }
    buf_put_char(&writer->out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            buf_put_lit(&writer->out, "\\n");
        else if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_printf(&writer->out, "\\%c", text.ptr[i]);
        else
            buf_put_char(&writer->out, text.ptr[i]);
    }
    buf_put_char(&writer->out, '"');
}

static bool attribute_is_told(const struct node *node, const struct member *member, const char *content)
{
    const void *field = field_of(node, member);
    bool is_default = member->kind == &body_kind_choice && *(const unsigned *)field == member->default_choice;
    bool zero = member->kind == &body_kind_count && *(const unsigned *)field == 0;
    bool one_row = node->shape == &body_table && strcmp(member->name, "header_rows") == 0;
    if (one_row)
        return *(const unsigned *)field != 1; // what Markdown's own tables have
    if (member->kind == &body_kind_key || member->kind == &body_kind_columns || member->shapes || is_default || zero ||
        strcmp(member->name, content) == 0)
        return false;
    return !member->kind->absent || !member->kind->absent(member, field);
}

static void put_attributes(struct writer *writer, const struct node *node, const char *content)
{
    char before = '{';
    for (const struct member *member = node->shape->members; member->name; member++) {
        if (!attribute_is_told(node, member, content))
            continue;
        const void *field = field_of(node, member);
        buf_printf(&writer->out, "%c%s=", before, member->name);
        if (member->kind == &body_kind_choice)
            buf_put(&writer->out, str_of(member->choices[*(const unsigned *)field - 1]));
        else if (member->kind == &body_kind_count || member->kind == &body_kind_flag)
            member->kind->write(&writer->out, field, member);
        else
            attribute_put(writer, *(const struct str *)field);
        before = ' ';
    }
    if (before == ' ')
        buf_put_char(&writer->out, '}');
}

bool write_has_attributes(const struct node *node, const char *content)
{
    for (const struct member *member = node->shape->members; member->name; member++)
        if (attribute_is_told(node, member, content))
            return true;
    return false;
}

static void put_directive(struct writer *writer, size_t colons, const struct node *node, const char *content)
{
    write_times(writer, ':', colons);
    buf_put(&writer->out, str_of(node->shape->type));
    put_attributes(writer, node, content);
}

static void put_leaf(struct writer *writer, const struct node *node)
{
    enum { LEAF = 2 };
    put_directive(writer, LEAF, node, "");
}

enum { CONTAINER = 3 };

static void put_pullquote(struct writer *writer, const struct node *node)
{
    struct str text = text_of(node, "text");
    size_t colons = write_longest_run(text, ':') + 1;
    colons = colons < CONTAINER ? CONTAINER : colons;
    put_directive(writer, colons, node, "text");
    buf_printf(&writer->out, "\n%.*s\n", STR_FMT(text));
    write_times(writer, ':', colons);
}

static void put_container(struct writer *writer, const struct node *node, const struct list *content)
{
    put_directive(writer, CONTAINER, node, "");
    buf_put_char(&writer->out, '\n');
    write_blocks(writer, content);
    buf_put(&writer->out, content->count ? STR("\n:::") : STR(":::"));
}

static void put_image(struct writer *writer, const struct node *node)
{
    static const char *const more[] = {"credit", "width", "height", "layout", "decorative"};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        if (attribute_is_told(node, member_of(node, more[i]), "")) {
            put_leaf(writer, node);
            return;
        }
    }
    struct str link = text_of(node, "link");
    buf_put(&writer->out, link.len ? STR("[![") : STR("!["));
    writer->line = SIZE_MAX;
    write_text(writer, text_of(node, "alt"), true);
    write_destination(writer, text_of(node, "url"), text_of(node, "caption"));
    if (link.len)
        write_destination(writer, link, STR(""));
}

static void put_code_block(struct writer *writer, const struct node *node)
{
    struct str text = text_of(node, "text");
    size_t ticks = write_longest_run(text, '`') + 1;
    ticks = ticks < CONTAINER ? CONTAINER : ticks;
    write_times(writer, '`', ticks);
    buf_printf(&writer->out, "%.*s\n%.*s\n", STR_FMT(text_of(node, "language")), STR_FMT(text));
    write_times(writer, '`', ticks);
}

// ------------------------------------------------------------------------------------------------------------ tables

const struct list *write_list_of(const struct node *node, const char *name)
{
    return field_of(node, member_of(node, name));
}

static void put_cell(struct writer *writer, const struct node *cell)
{
    const struct list *content = write_list_of(cell, "content");
    const struct block *only = content->count == 1 ? (const struct block *)content->nodes[0] : NULL;
    if (!only || only->style != STYLE_NORMAL || only->list_item != ITEM_NONE) {
        writer->unsaid = true;
        return;
    }
    buf_put_lit(&writer->out, " ");
    put_lines(writer, only, STR_NONE);
    buf_put_lit(&writer->out, " |");
}

static void table_put_row(struct writer *writer, const struct list *cells)
{
    buf_put_char(&writer->out, '|');
    for (size_t i = 0; i < cells->count; i++)
        put_cell(writer, cells->nodes[i]);
}

static void put_table(struct writer *writer, const struct node *node)
{
    static const char *const delimiters[] = {"---", ":---", ":---:", "---:"};
    const struct list *rows = write_list_of(node, "rows");
    const struct columns *columns = field_of(node, member_of(node, "columns"));
    bool directive = write_has_attributes(node, "");
    if (directive) {
        put_directive(writer, CONTAINER, node, "");
        buf_put_char(&writer->out, '\n');
    }
    writer->in_cell = true;
    for (size_t i = 0; i < rows->count; i++) {
        const struct list *cells = write_list_of(rows->nodes[i], "cells");
        if (i > 0)
            buf_put_char(&writer->out, '\n');
        table_put_row(writer, cells);
        if (i == 0)
            buf_put_lit(&writer->out, "\n|");
        for (size_t x = 0; i == 0 && x < cells->count; x++)
            buf_printf(&writer->out, " %s |", delimiters[x < columns->count ? columns->aligns[x] : ALIGN_NONE]);
    }
    writer->in_cell = false;
    if (directive)
        buf_put_lit(&writer->out, "\n:::");
}

// -------------------------------------------------------------------------------------------------------------- runs

void write_run(struct writer *writer, const struct list *run)
{
    const struct node *node = run->nodes[0];
    if (is_item(node))
        put_list(writer, run);
    else if (is_quote(node))
        put_quotes(writer, run);
    else if (is_empty(node))
        buf_put_lit(&writer->out, "::empty");
    else if (node->shape == &body_block)
        put_block(writer, (const struct block *)node, STR(""));
    else if (node->shape == &body_pullquote)
        put_pullquote(writer, node);
    else if (node->shape == &body_table)
        put_table(writer, node);
    else if (node->shape == &body_image)
        put_image(writer, node);
    else if (node->shape == &body_code)
        put_code_block(writer, node);
    else if (node->shape == &body_divider)
        buf_put_lit(&writer->out, "---");
    else if (node->shape == &body_factbox)
        put_container(writer, node, write_list_of(node, "content"));
    else if (node->shape == &body_gallery)
        put_container(writer, node, write_list_of(node, "images"));
    else
        put_leaf(writer, node);
}

struct list write_run_at(const struct list *blocks, size_t at)
{
    struct list run = {blocks->nodes + at, 1};
    bool (*is_more)(const struct node *) = is_item(blocks->nodes[at]) ? is_item : is_quote;
    while (is_more(blocks->nodes[at]) && at + run.count < blocks->count && is_more(blocks->nodes[at + run.count]))
        run.count++;
    return run;
}

void write_blocks(struct writer *writer, const struct list *blocks)
{
    struct list run;
    for (size_t i = 0; i < blocks->count; i += run.count) {
        run = write_run_at(blocks, i);
        if (i > 0)
            buf_put_lit(&writer->out, "\n\n");
        write_run(writer, &run);
    }
}
