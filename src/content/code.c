// `code`: lines of a program or of data, shown as they are.
#include "content_internal.h"

struct code {
    struct node node;
    struct str text, language;
};

static const struct member members[] = {
    BODY_KEY,
    MEMBER("text", text, code, text, .required = true, .check = body_not_blank),
    MEMBER("language", word, code, language),
    {0},
};

static void html(struct page *page, const struct node *node)
{
    const struct code *code = (const struct code *)node;
    buf_put_lit(&page->html, "<pre><code");
    if (code->language.len)
        buf_printf(&page->html, " class=\"language-%.*s\"", STR_FMT(code->language));
    buf_put_char(&page->html, '>');
    body_html_attribute(page, code->text); // a line end stays one
    buf_put_lit(&page->html, "</code></pre>");
}

static void text(struct page *page, const struct node *node)
{
    body_text_line(page, ((const struct code *)node)->text);
}

const struct shape body_code = {
    .type = "code",
    .a = "a code block",
    .size = sizeof(struct code),
    .members = members,
    .html = html,
    .text = text,
};
