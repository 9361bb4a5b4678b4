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
struct opened {
    const struct link *link;
    unsigned decorators;
};

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
    unsigned differ = from->decorators ^ to.decorators;
    unsigned kept = differ ? from->decorators & ((differ & -differ) - 1) : from->decorators;
    if (from->link != to.link)
        kept = 0;
    close_decorators(page, from->decorators & ~kept);
    if (from->link && from->link != to.link)
        buf_put_lit(&page->html, "</a>");
    if (to.link && from->link != to.link)
        open_link(page, to.link);
    open_decorators(page, to.decorators & ~kept);
    *from = to;
}

void body_html_spans(struct page *page, const struct list *spans)
{
    struct opened opened = {0};
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if (span->text.len == 0)
            continue;
        // No <a> stands in another (HTML §4.5.1), so of several links the first one is it.
        const struct link *link = span->marks.count ? span->marks.links[0] : NULL;
        decorators_change(page, &opened, (struct opened){link, span->marks.decorators});
        body_html_escaped(page, span->text);
    }
    decorators_change(page, &opened, (struct opened){0});
}

// ------------------------------------------------------------------------------------------------------------- lists

// The lists that are open, from the outermost; the last item of each is open too.
struct lists {
    unsigned items[LEVEL_MAX]; // enum list_item
    unsigned depth;
};

static void open_list(struct page *page, struct lists *lists, unsigned item)
{
    buf_put(&page->html, item == ITEM_BULLET ? STR("<ul>") : STR("<ol>"));
    lists->items[lists->depth++] = item;
}

static void close_lists(struct page *page, struct lists *lists, unsigned depth)
{
    while (lists->depth > depth)
        buf_put(&page->html, lists->items[--lists->depth] == ITEM_BULLET ? STR("</li></ul>") : STR("</li></ol>"));
}

static void html_item(struct page *page, struct lists *lists, const struct block *block)
{
    close_lists(page, lists, block->level);
    if (lists->depth == block->level && lists->items[block->level - 1] != block->list_item)
        close_lists(page, lists, block->level - 1);
    if (lists->depth == block->level)
        buf_put_lit(&page->html, "</li>");
    else
        open_list(page, lists, block->list_item);
    buf_put_lit(&page->html, "<li>");
    if (block->style == STYLE_NORMAL)
        body_html_spans(page, &block->children);
    else
        block->node.shape->html(page, &block->node);
}

void body_html_blocks(struct page *page, const struct list *blocks)
{
    struct lists lists = {0};
    for (size_t i = 0; i < blocks->count; i++) {
        const struct node *node = blocks->nodes[i];
        const struct block *block = node->shape == &body_block ? (const struct block *)node : NULL;
        if (block && block->list_item) {
            html_item(page, &lists, block);
            continue;
        }
        close_lists(page, &lists, 0);
        node->shape->html(page, node);
    }
    close_lists(page, &lists, 0);
}
