// `gallery`: images that belong together.
#include "content_internal.h"

struct gallery {
    struct node node;
    struct list images;
    struct str caption;
    unsigned layout;
};

static const char *const layouts[] = {"grid", "slides", NULL};
static const struct shape *const image_only[] = {&body_image, NULL};

static void check_images(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)node;
    if (json_array_size(json_object_get(owner, "images")) == 0)
        body_fault(reader, at, "a gallery has at least one image");
}

static const struct member members[] = {
    BODY_KEY,
    MEMBER("images", blocks, gallery, images, .required = true, .shapes = image_only, .check = check_images),
    MEMBER("caption", text, gallery, caption),
    MEMBER("layout", choice, gallery, layout, .choices = layouts, .default_choice = 1),
    {0},
};

static void html(struct page *page, const struct node *node)
{
    const struct gallery *gallery = (const struct gallery *)node;
    buf_printf(&page->html, "<figure class=\"gallery gallery-%s\">", layouts[gallery->layout - 1]);
    body_html_blocks(page, &gallery->images);
    body_html_caption(page, gallery->caption, STR(""));
    buf_put_lit(&page->html, "</figure>");
}

static void text(struct page *page, const struct node *node)
{
    const struct gallery *gallery = (const struct gallery *)node;
    size_t line = page->line;
    body_text_blocks(page, &gallery->images, page->newline);
    page->line = line;
    body_text_line(page, gallery->caption);
}

const struct shape body_gallery = {
    .type = "gallery",
    .a = "a gallery",
    .size = sizeof(struct gallery),
    .members = members,
    .html = html,
    .text = text,
};
