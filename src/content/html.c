// HTML5 of what all types of block share: escaped text, spans with their marks, runs of blocks with lists in them.
#include "content_internal.h"

#include <string.h>

// ------------------------------------------------------------------------------------------------------------- texts

// The character reference (entity) of a character in HTML; NULL where it is itself. A line end is kept inside an
// attribute.
static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void put_escaped(struct buf *html, struct str text, const char *newline)
{
    size_t plain = 0; // where the run of characters that stay themselves began
    for (size_t i = 0; i < text.len; i++) {
        const char *instead = text.ptr[i] == '\n' ? newline : entity(text.ptr[i]);
        if (!instead)
            continue;
        buf_put(html, (struct str){text.ptr + plain, i - plain});
        buf_put(html, str_of(instead));
        plain = i + 1;
    }
    if (plain < text.len)
        buf_put(html, (struct str){text.ptr + plain, text.len - plain});
}

void body_html_escaped(struct page *page, struct str text)
{
    put_escaped(&page->html, text, "<br>");
}

void body_html_attribute(struct page *page, struct str text)
{
    put_escaped(&page->html, text, NULL);
}

void body_html_caption(struct page *page, struct str caption, struct str credit)
{
    if (!caption.len && !credit.len)
        return;
    buf_put_lit(&page->html, "<figcaption>");
    body_html_escaped(page, caption);
    if (caption.len && credit.len)
        buf_put_char(&page->html, ' ');
    if (credit.len) {
        buf_put_lit(&page->html, "<small>");
        body_html_escaped(page, credit);
        buf_put_lit(&page->html, "</small>");
    }
    buf_put_lit(&page->html, "</figcaption>");
}

// ------------------------------------------------------------------------------------------------------------- marks

// The elements that are open at a place in a run of spans: an <a> outside, in it decorators in their order.
static void open_link(struct page *page, const struct link *link)
{
    buf_put_lit(&page->html, "<a href=\"");
    if (link->article.len) {
        body_html_attribute(page, page->site->url);
        buf_printf(&page->html, "/a/%.*s\">", STR_FMT(link->article));
        return;
    }
    body_html_attribute(page, link->href);
    buf_put_lit(&page->html, "\" rel=\"noopener\"");
    if (link->title.len) {
        buf_put_lit(&page->html, " title=\"");
        body_html_attribute(page, link->title);
        buf_put_char(&page->html, '"');
    }
    buf_put_char(&page->html, '>');
}

static void open_decorators(struct page *page, unsigned decorators)
{
    for (unsigned i = 0; i < DECORATORS; i++)
        if (decorators >> i & 1)
            buf_printf(&page->html, "<%s>", body_decorators[i].tag);
}

static void close_decorators(struct page *page, unsigned decorators)
{
    for (unsigned i = DECORATORS; i-- > 0;)
        if (decorators >> i & 1)
            buf_printf(&page->html, "</%s>", body_decorators[i].tag);
}

// Closes what `to` does not have and opens what it has more, as few elements as nesting lets it.
static void decorators_change(struct page *page, struct opened *from, struct opened to)
{
    unsigned kept = body_decorators_kept(*from, to);
    close_decorators(page, from->decorators & ~kept);
    if (from->link && from->link != to.link)
        buf_put_lit(&page->html, "</a>");
    if (to.link && from->link != to.link)
        open_link(page, to.link);
    open_decorators(page, to.decorators & ~kept);
    *from = to;
}

static void note_keep(struct page *page, struct link *note)
{
    page->notes = arena_room(page->arena, page->notes, page->note_count, &page->note_capacity, sizeof(struct link *));
    page->notes[page->note_count++] = note;
    note->number = page->note_count;
}

// The number of a footnote, a link to its text (DPUB-ARIA 1.1). No heading has an id with `_` in it.
static void note_number(struct page *page, struct link *note)
{
    bool first = note->number == 0;
    if (first)
        note_keep(page, note);
    buf_printf(&page->html, "<sup><a href=\"#fn_%zu\"", note->number);
    if (first)
        buf_printf(&page->html, " id=\"fnref_%zu\"", note->number);
    buf_printf(&page->html, " role=\"doc-noteref\">%zu</a></sup>", note->number);
}

// The text of each in the order of their numbers, and behind it the way back.
void body_html_notes(struct page *page)
{
    if (page->note_count == 0)
        return;
    buf_put_lit(&page->html, "<section class=\"footnotes\" role=\"doc-endnotes\"><ol>");
    for (size_t i = 0; i < page->note_count; i++) {
        buf_printf(&page->html, "<li id=\"fn_%zu\">", i + 1);
        body_html_blocks(page, &page->notes[i]->content);
        bool paragraph = str_ends(buf_str(&page->html), STR("</p>"));
        if (paragraph)
            page->html.len -= strlen("</p>");
        buf_printf(&page->html, " <a href=\"#fnref_%zu\" role=\"doc-backlink\">↩</a>%s</li>", i + 1,
                   paragraph ? "</p>" : "");
    }
    buf_put_lit(&page->html, "</ol></section>");
}

void body_html_spans(struct page *page, const struct block *block)
{
    const struct list *spans = &block->children;
    struct opened opened = {0};
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if (span->text.len == 0)
            continue;
        decorators_change(page, &opened, (struct opened){body_span_link(span), span->marks.decorators});
        body_html_escaped(page, span->text);
        if (span->note_count && opened.link)
            decorators_change(page, &opened, (struct opened){NULL, span->marks.decorators});
        for (size_t j = 0; j < span->note_count; j++)
            note_number(page, span->notes[j]);
    }
    decorators_change(page, &opened, (struct opened){0});
}

// ------------------------------------------------------------------------------------------------------------- lists

// The lists that are open, from the outermost; the last item of each is open too.
struct lists {
    unsigned items[LEVEL_MAX]; // enum list_item
    unsigned depth;
};

static void open_list(struct page *page, struct lists *lists, const struct block *block)
{
    buf_put(&page->html, block->list_item == ITEM_BULLET ? STR("<ul>") : STR("<ol"));
    if (block->list_item == ITEM_NUMBER && block->start && block->start - 1 != 1)
        buf_printf(&page->html, " start=\"%u\"", block->start - 1);
    if (block->list_item == ITEM_NUMBER)
        buf_put_char(&page->html, '>');
    lists->items[lists->depth++] = block->list_item;
}

static void close_lists(struct page *page, struct lists *lists, unsigned depth)
{
    while (lists->depth > depth)
        buf_put(&page->html, lists->items[--lists->depth] == ITEM_BULLET ? STR("</li></ul>") : STR("</li></ol>"));
}

static void html_item(struct page *page, struct lists *lists, const struct block *block)
{
    close_lists(page, lists, block->level);
    if (lists->depth == block->level && (lists->items[block->level - 1] != block->list_item || block->start))
        close_lists(page, lists, block->level - 1);
    if (lists->depth == block->level)
        buf_put_lit(&page->html, "</li>");
    else
        open_list(page, lists, block);
    buf_put_lit(&page->html, "<li>");
    bool quoted = block->style == STYLE_BLOCKQUOTE;
    if (quoted)
        buf_put_lit(&page->html, "<blockquote>");
    if (block->style == STYLE_NORMAL)
        body_html_spans(page, block);
    else
        block->node.shape->html(page, &block->node);
    if (quoted)
        buf_put_lit(&page->html, "</blockquote>");
}

// Paragraphs of a quotation in a row are one, unless a block says that it begins another.
static void turn_quote(struct page *page, bool *quoted, const struct block *block)
{
    bool quotes = block && block->style == STYLE_BLOCKQUOTE && !block->list_item;
    if (*quoted && (!quotes || block->starts_quote)) {
        buf_put_lit(&page->html, "</blockquote>");
        *quoted = false;
    }
    if (quotes && !*quoted)
        buf_put_lit(&page->html, "<blockquote>");
    *quoted = quotes;
}

void body_html_blocks(struct page *page, const struct list *blocks)
{
    struct lists lists = {0};
    bool quoted = false;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct node *node = blocks->nodes[i];
        const struct block *block = node->shape == &body_block ? (const struct block *)node : NULL;
        bool item = block && block->list_item;
        if (!item)
            close_lists(page, &lists, 0);
        turn_quote(page, &quoted, block);
        if (item)
            html_item(page, &lists, block);
        else
            node->shape->html(page, node);
    }
    close_lists(page, &lists, 0);
    turn_quote(page, &quoted, NULL);
}
