// `pullquote`: a sentence set apart. A statement is somebody's own words, with the speaker under it; an excerpt comes
// out of a text, with its place and year.
#include "content_internal.h"

enum role { ROLE_STATEMENT = 1, ROLE_EXCERPT };

struct pullquote {
    struct node node;
    struct str text, attribution;
    unsigned role; // enum role
    struct str source, source_url;
};

static const char *const roles[] = {"statement", "excerpt", NULL};

static const struct member members[] = {
    BODY_KEY,
    MEMBER("text", text, pullquote, text, .required = true, .check = body_not_blank),
    MEMBER("attribution", text, pullquote, attribution),
    MEMBER("role", choice, pullquote, role, .choices = roles, .default_choice = ROLE_STATEMENT),
    MEMBER("source", text, pullquote, source),
    MEMBER("source_url", address, pullquote, source_url, .choices = body_web),
    {0},
};

// The source's name: an address without a name is its own.
static struct str source_name(const struct pullquote *quote)
{
    return quote->source.len ? quote->source : quote->source_url;
}

static void html_cite(struct page *page, const struct pullquote *quote)
{
    buf_put_lit(&page->html, "<cite>");
    if (quote->source_url.len) {
        buf_put_lit(&page->html, "<a href=\"");
        body_html_attribute(page, quote->source_url);
        buf_put_lit(&page->html, "\" rel=\"noopener\">");
    }
    body_html_escaped(page, source_name(quote));
    buf_put(&page->html, quote->source_url.len ? STR("</a></cite>") : STR("</cite>"));
}

static void html(struct page *page, const struct node *node)
{
    const struct pullquote *quote = (const struct pullquote *)node;
    bool attributed = quote->attribution.len > 0, sourced = source_name(quote).len > 0;
    buf_printf(&page->html, "<figure class=\"pullquote pullquote-%s\"><blockquote><p>", roles[quote->role - 1]);
    body_html_escaped(page, quote->text);
    buf_put_lit(&page->html, "</p></blockquote>");
    if (attributed || sourced)
        buf_put_lit(&page->html, "<figcaption>");
    body_html_escaped(page, quote->attribution);
    if (attributed && sourced)
        buf_put_lit(&page->html, ", ");
    if (sourced)
        html_cite(page, quote);
    buf_put(&page->html, attributed || sourced ? STR("</figcaption></figure>") : STR("</figure>"));
}

static void text(struct page *page, const struct node *node)
{
    const struct pullquote *quote = (const struct pullquote *)node;
    body_text_authored(page, quote->text);
    body_text_break(page);
    if (quote->attribution.len || quote->source.len)
        buf_put_lit(&page->text, "\n— ");
    body_text_authored(page, quote->attribution);
    body_text_break(page);
    if (quote->attribution.len && quote->source.len)
        buf_put_lit(&page->text, ", ");
    body_text_authored(page, quote->source);
    body_text_break(page);
}

const struct shape body_pullquote = {
    .type = "pullquote",
    .a = "a pullquote",
    .size = sizeof(struct pullquote),
    .members = members,
    .html = html,
    .text = text,
};
