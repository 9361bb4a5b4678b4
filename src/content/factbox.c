// `factbox`: what stands beside the story, under a title of its own.
#include "content_internal.h"

struct factbox {
    struct node node;
    struct str title;
    struct list content; // of struct block
};

static const struct member members[] = {
    BODY_KEY,
    MEMBER("title", text, factbox, title),
    MEMBER("content", blocks, factbox, content, .required = true, .shapes = body_block_only),
    {0},
};

static void html(struct page *page, const struct node *node)
{
    const struct factbox *box = (const struct factbox *)node;
    buf_put_lit(&page->html, "<aside class=\"factbox\">");
    if (box->title.len) {
        buf_put_lit(&page->html, "<p class=\"factbox-title\"><strong>");
        body_html_escaped(page, box->title);
        buf_put_lit(&page->html, "</strong></p>");
    }
    body_html_blocks(page, &box->content);
    buf_put_lit(&page->html, "</aside>");
}

static void text(struct page *page, const struct node *node)
{
    const struct factbox *box = (const struct factbox *)node;
    body_text_line(page, box->title);
    size_t title = page->text.len;
    if (box->title.len)
        buf_put(&page->text, STR("\n\n"));
    size_t content = page->text.len;
    body_text_blocks(page, &box->content, STR("\n\n"));
    if (page->text.len == content)
        page->text.len = title;
}

const struct shape body_factbox = {
    .type = "factbox",
    .a = "a factbox",
    .size = sizeof(struct factbox),
    .members = members,
    .html = html,
    .text = text,
};
