// A body as Markdown. What is written is read back before it is given out; a block that would come back as another is
// written with more directives, and at last as JSON. So no rule of Markdown that was forgotten here can change a text:
// it only looks less well.
#include "write.h"

#include <ctype.h>
#include <string.h>

// ------------------------------------------------------------------------------------------------------ reading back

static struct str json_of(struct arena *arena, const struct list *blocks)
{
    struct buf json = buf_in(arena);
    body_json_list(&json, blocks);
    return buf_str(&json);
}

static bool reads_back(struct arena *arena, struct str text, const struct list *blocks)
{
    static const struct member top = {.name = "body", .shapes = body_block_types};
    struct markdown markdown;
    body_markdown_read(arena, text, NULL, &markdown);
    struct reader reader = {.arena = arena, .work = arena};
    reader.next_fault = &reader.faults;
    reader.keys = (struct names){.arena = arena};
    struct list list = {0};
    if (!markdown.faults.count)
        body_kind_blocks.read(&reader, &(struct path){0}, markdown.blocks, &top, &list);
    if (markdown.faults.count || reader.faults)
        return false;
    body_normalise(arena, &list);
    return body_keys_copy(blocks, &list) && str_eq(json_of(arena, &list), json_of(arena, blocks));
}

// Letters, digits, spaces and marks that Markdown does not know.
static bool is_harmless_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x80 && !isalnum(c) && !strchr(" ,;.?!'", c))
            return false;
    }
    return text.len > 0 && !memchr(text.ptr, '\0', text.len);
}

static bool is_harmless_address(struct str address)
{
    for (size_t i = 0; i < address.len; i++)
        if (!isalnum((unsigned char)address.ptr[i]) && !strchr(":/.?=-", address.ptr[i]))
            return false;
    return true;
}

static char first_of(const struct span *span)
{
    return span->text.ptr[0];
}

static char last_of(const struct span *span)
{
    return span->text.ptr[span->text.len - 1];
}

// A marked word or some, with a space before it and a space or a comma after it: no rule about what stands beside an
// asterisk matters there. `links`: those of the block that were met before.
static bool is_harmless_mark(const struct block *block, size_t at, size_t *links)
{
    enum { STRONG = 1, EM = 2 };
    const struct list *spans = &block->children;
    const struct span *span = (const struct span *)spans->nodes[at];
    const struct span *before = at > 0 ? (const struct span *)spans->nodes[at - 1] : NULL;
    const struct span *after = at + 1 < spans->count ? (const struct span *)spans->nodes[at + 1] : NULL;
    bool apart = (!before || last_of(before) == ' ') && (!after || strchr(" ,.", first_of(after)));
    bool whole = isalnum((unsigned char)first_of(span)) && isalnum((unsigned char)last_of(span));
    if (!apart || !whole || span->marks.decorators > EM || (span->marks.decorators & (span->marks.decorators - 1)))
        return false;
    if (span->marks.count == 0)
        return true;
    const struct link *link = span->marks.links[0];
    return span->marks.count == 1 && !body_is_note(link) && *links < block->definitions.count &&
           block->definitions.nodes[(*links)++] == &link->node && link->title.len == 0 &&
           is_harmless_address(link->href);
}

static bool is_harmless_block(const struct block *block)
{
    const struct list *spans = &block->children;
    size_t links = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if (!is_harmless_text(span->text))
            return false;
    }
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if ((span->marks.decorators || span->marks.count) && !is_harmless_mark(block, i, &links))
            return false;
    }
    char first = first_of((const struct span *)spans->nodes[0]);
    char last = last_of((const struct span *)spans->nodes[spans->count - 1]);
    return (isalpha((unsigned char)first) || (unsigned char)first >= 0x80) && last != ' ' &&
           links == block->definitions.count;
}

static bool is_harmless_cell(const struct list *content)
{
    const struct block *block = content->count == 1 ? (const struct block *)content->nodes[0] : NULL;
    if (!block || block->style != STYLE_NORMAL || block->list_item != ITEM_NONE)
        return false;
    const struct span *first = (const struct span *)block->children.nodes[0];
    bool empty = first->text.len == 0, plain = !first->marks.decorators && !first->marks.count;
    return empty ? plain && block->definitions.count == 0 : is_harmless_block(block);
}

// One that needs no directive around it.
static bool is_harmless_table(const struct node *table)
{
    const struct list *rows = write_list_of(table, "rows");
    for (size_t y = 0; y < rows->count; y++) {
        const struct list *cells = write_list_of(rows->nodes[y], "cells");
        if (cells->count > WRITE_COLUMNS_MAX)
            return false;
        for (size_t x = 0; x < cells->count; x++)
            if (!is_harmless_cell(write_list_of(cells->nodes[x], "content")))
                return false;
    }
    return !write_has_attributes(table, "");
}

// Most paragraphs, headings and tables are plain enough to need no reading back.
static bool is_harmless(const struct list *run)
{
    const struct block *block = (const struct block *)run->nodes[0];
    if (run->count != 1)
        return false;
    if (block->node.shape == &body_table)
        return is_harmless_table(&block->node);
    return block->node.shape == &body_block && block->list_item == ITEM_NONE && !block->starts_quote &&
           is_harmless_block(block);
}

static bool run_write_as(struct writer *writer, const struct list *run, enum form form)
{
    size_t start = writer->out.len, notes = writer->note_count;
    writer->form = form;
    writer->unsaid = false;
    writer->notes.len = 0;
    write_run(writer, run);
    buf_put(&writer->out, buf_str(&writer->notes));
    if (form == FORM_PLAIN && is_harmless(run))
        return true;
    struct arena *scratch = arena_new();
    struct str text = {writer->out.ptr + start, writer->out.len - start};
    bool same = !writer->unsaid && reads_back(scratch, text, run);
    arena_free(scratch);
    if (!same) {
        writer->out.len = start;
        writer->note_count = notes;
    }
    return same;
}

struct str body_markdown_write(struct arena *arena, const struct list *blocks)
{
    struct writer writer = {.arena = arena, .out = buf_in(arena), .notes = buf_in(arena)};
    struct list run;
    for (size_t i = 0; i < blocks->count; i += run.count) {
        run = write_run_at(blocks, i);
        if (i > 0)
            buf_put_char(&writer.out, '\n');
        if (!run_write_as(&writer, &run, FORM_PLAIN) && !run_write_as(&writer, &run, FORM_DIRECTIVES)) {
            buf_put_lit(&writer.out, ":::blocks\n");
            body_json_list(&writer.out, &run);
            buf_put_lit(&writer.out, "\n:::");
        }
        buf_put_char(&writer.out, '\n');
    }
    return buf_str(&writer.out);
}
