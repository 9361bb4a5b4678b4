// `image`: a picture by its address. It has words for those who do not see it, or says that it is only decoration.
#include "content_internal.h"

enum { PIXELS_MAX = 100000 };

struct image {
    struct node node;
    struct str url, alt;
    bool decorative;
    struct str caption, credit, link;
    unsigned width, height; // in pixels, 0 where they are not known
    unsigned layout;
};

static const char *const layouts[] = {"normal", "wide", "full", "left", "right", NULL};

static const struct member members[] = {
    BODY_KEY,
    MEMBER("url", address, image, url, .required = true, .choices = body_web),
    MEMBER("alt", text, image, alt),
    MEMBER("decorative", flag, image, decorative),
    MEMBER("caption", text, image, caption),
    MEMBER("credit", text, image, credit),
    MEMBER("link", address, image, link, .choices = body_link_beginnings),
    MEMBER("width", count, image, width, .least = 1, .most = PIXELS_MAX),
    MEMBER("height", count, image, height, .least = 1, .most = PIXELS_MAX),
    MEMBER("layout", choice, image, layout, .choices = layouts, .default_choice = 1),
    {0},
};

static void end(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    const struct image *image = (const struct image *)node;
    const struct path alt = {at, "alt", 0};
    const json_t *given = json_object_get(object, "alt");
    if (given && !json_is_string(given))
        return;
    if (image->decorative && image->alt.len)
        body_fault(reader, &alt, "a decorative image is not described: leave out \"alt\", or \"decorative\"");
    else if (!image->decorative && !given)
        body_fault(reader, &alt, "\"alt\" is missing: an image needs it, or \"decorative\": true");
    else if (!image->decorative && text_is_blank(image->alt))
        body_fault(reader, &alt,
                   "\"alt\" says what is to be seen; an image that only decorates has \"decorative\": true");
}

static void html(struct page *page, const struct node *node)
{
    const struct image *image = (const struct image *)node;
    buf_printf(&page->html, "<figure class=\"image image-%s\">", layouts[image->layout - 1]);
    if (image->link.len) {
        buf_put_lit(&page->html, "<a href=\"");
        body_html_attribute(page, image->link);
        buf_put_lit(&page->html, "\" rel=\"noopener\">");
    }
    buf_put_lit(&page->html, "<img src=\"");
    body_html_attribute(page, image->url);
    buf_put_lit(&page->html, "\" alt=\"");
    body_html_attribute(page, image->alt);
    buf_put_char(&page->html, '"');
    if (image->width)
        buf_printf(&page->html, " width=\"%u\"", image->width);
    if (image->height)
        buf_printf(&page->html, " height=\"%u\"", image->height);
    buf_put(&page->html, image->link.len ? STR(" loading=\"lazy\"></a>") : STR(" loading=\"lazy\">"));
    body_html_caption(page, image->caption, image->credit);
    buf_put_lit(&page->html, "</figure>");
}

static void text(struct page *page, const struct node *node)
{
    const struct image *image = (const struct image *)node;
    body_text_line(page, image->caption);
    body_text_line(page, image->credit);
}

const struct shape body_image = {
    .type = "image",
    .a = "an image",
    .size = sizeof(struct image),
    .members = members,
    .end = end,
    .html = html,
    .text = text,
};
