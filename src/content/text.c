// Plain text of runs of blocks, for search, excerpts and feeds; and beside it the authored words alone, to be counted.
#include "content_internal.h"

#include <string.h>

void body_text_authored(struct page *page, struct str text)
{
    buf_put(&page->words, text);
    struct str rest;
    for (struct str line = str_cut(text, '\n', &rest);; line = str_cut(rest, '\n', &rest)) {
        buf_put(&page->text, line);
        if (!rest.ptr)
            return;
        buf_put(&page->text, page->newline);
    }
}

void body_text_break(struct page *page)
{
    buf_put_char(&page->words, '\n');
}

void body_text_line(struct page *page, struct str text)
{
    if (!text.len)
        return;
    if (page->text.len > page->line)
        buf_put(&page->text, page->newline);
    body_text_authored(page, text);
    body_text_break(page);
}

bool body_list_goes_on(const struct numbering *numbering, const struct block *block)
{
    return numbering->item[block->level] == block->list_item;
}

unsigned body_number_next(struct numbering *numbering, const struct block *block)
{
    unsigned level = block->level, before = body_list_goes_on(numbering, block) ? numbering->count[level] : 0;
    for (unsigned deeper = level + 1; deeper <= LEVEL_MAX; deeper++)
        numbering->item[deeper] = ITEM_NONE;
    numbering->item[level] = block->list_item;
    return numbering->count[level] = block->start ? block->start - 1 : before + 1;
}

static void text_item(struct page *page, struct numbering *numbering, const struct block *block)
{
    enum { INDENTATION = 2 };
    int indentation = INDENTATION * (int)(block->level - 1);
    unsigned number = body_number_next(numbering, block);
    buf_printf(&page->text, "%*s", indentation, "");
    if (block->list_item == ITEM_NUMBER)
        buf_printf(&page->text, "%u. ", number);
    else
        buf_put_lit(&page->text, "- ");
    struct str newline = page->newline;
    if (str_eq(newline, STR("\n")))
        page->newline = arena_printf(page->arena, "\n%*s", indentation + INDENTATION, "");
    block->node.shape->text(page, &block->node);
    page->newline = newline;
}

static bool is_item(const struct node *node)
{
    return node->shape == &body_block && ((const struct block *)node)->list_item != ITEM_NONE;
}

void body_text_blocks(struct page *page, const struct list *blocks, struct str separator)
{
    struct numbering numbering = {0};
    bool in_list = false;
    size_t start = page->text.len;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct node *node = blocks->nodes[i];
        bool item = is_item(node);
        size_t end = page->text.len;
        if (end > start)
            buf_put(&page->text, item && in_list ? page->newline : separator);
        size_t here = page->line = page->text.len;
        if (item) {
            text_item(page, &numbering, (const struct block *)node);
        } else {
            numbering = (struct numbering){0};
            node->shape->text(page, node);
        }
        if (page->text.len == here)
            page->text.len = end; // an empty block leaves no gap
        in_list = item;
    }
}

void body_text_notes(struct page *page)
{
    for (size_t i = 0; i < page->note_count; i++) {
        buf_printf(&page->text, "%s[%zu] ", page->text.len ? "\n\n" : "", i + 1);
        body_text_blocks(page, &page->notes[i]->content, STR("\n"));
    }
}
