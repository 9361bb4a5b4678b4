// `divider`: a break between two parts of a story.
#include "content_internal.h"

static const struct member members[] = {BODY_KEY, {0}};

static void html(struct page *page, const struct node *node)
{
    (void)node;
    buf_put_lit(&page->html, "<hr>");
}

static void text(struct page *page, const struct node *node)
{
    (void)page;
    (void)node;
}

const struct shape body_divider = {
    .type = "divider",
    .a = "a divider",
    .size = sizeof(struct node),
    .members = members,
    .html = html,
    .text = text,
};
