// `block`: a paragraph, a heading, a quotation or a list item, made of spans, with the definitions of its links.
#include "content_internal.h"

#include <string.h>

// -------------------------------------------------------------------------------------------------------- definitions

static bool is_decorator(struct str key)
{
    for (unsigned i = 0; i < DECORATORS; i++)
        if (str_eq(str_of(body_decorators[i].mark), key))
            return true;
    return false;
}

static void check_definition_key(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)owner;
    struct name *known = body_names_add(reader->links, node->key);
    if (is_decorator(node->key))
        body_fault(reader, at, "%s is a mark of its own: a definition has another key", body_quoted(reader, node->key));
    else if (known->thing)
        body_fault(reader, at, "this key is already taken in markDefs: %s", body_quoted(reader, node->key));
    known->thing = node;
}

#define DEFINITION_KEY MEMBER("_key", key, node, key, .required = true, .check = check_definition_key)

static const struct member link_members[] = {
    DEFINITION_KEY,
    MEMBER("href", address, link, href, .required = true, .choices = body_link_beginnings),
    MEMBER("title", text, link, title),
    {0},
};

static const struct member internal_link_members[] = {
    DEFINITION_KEY,
    MEMBER("article", article, link, article, .required = true),
    {0},
};

static const struct shape link = {.type = "link", .a = "a link", .size = sizeof(struct link), .members = link_members};
static const struct shape internal_link = {
    .type = "internal_link", .a = "an internal link", .size = sizeof(struct link), .members = internal_link_members};

// A footnote's blocks have definitions of their own, while those of the block that has it are still being read.
static void begin_note(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)object;
    struct link *note = (struct link *)node;
    if (reader->in_note)
        body_fault(reader, at, "a footnote has no other footnotes in it");
    note->links_around = reader->links;
    note->level_around = reader->level;
    note->level_before_around = reader->level_before;
    note->nested = reader->in_note;
    reader->in_note = true;
}

static bool is_heading(const struct node *node)
{
    unsigned style = ((const struct block *)node)->style;
    return style == STYLE_H2 || style == STYLE_H3 || style == STYLE_H4;
}

static void end_note(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)object;
    struct link *note = (struct link *)node;
    reader->in_note = note->nested;
    for (size_t i = 0; i < note->content.count; i++)
        if (is_heading(note->content.nodes[i]))
            body_fault(reader, &(struct path){&(struct path){at, "content", 0}, NULL, i},
                       "a footnote has no headings in it");
}

static void check_note(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    const struct link *note = (const struct link *)node;
    reader->links = note->links_around;
    reader->level = note->level_around;
    reader->level_before = note->level_before_around;
    if (json_array_size(json_object_get(owner, "content")) == 0)
        body_fault(reader, at, "a footnote has at least one block");
}

static const struct member footnote_members[] = {
    DEFINITION_KEY,
    MEMBER("content", blocks, link, content, .required = true, .shapes = body_block_only, .check = check_note),
    {0},
};

static const struct shape footnote = {.type = "footnote",
                                      .a = "a footnote",
                                      .size = sizeof(struct link),
                                      .members = footnote_members,
                                      .begin = begin_note,
                                      .end = end_note};
static const struct shape *const definition_types[] = {&link, &internal_link, &footnote, NULL};

bool body_is_note(const struct link *definition)
{
    return definition->node.shape == &footnote;
}

// ------------------------------------------------------------------------------------------------------------- spans

static void begin_span(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)object;
    (void)node;
    if (++reader->span_count == CONTENT_SPANS_MAX + 1)
        body_fault(reader, at, "a body has at most %d spans: this is one too many", CONTENT_SPANS_MAX);
}

static const struct member span_members[] = {
    BODY_KEY,
    MEMBER("text", text, span, text, .required = true),
    MEMBER("marks", marks, span, marks),
    {0},
};

const struct shape body_span = {
    .type = "span", .a = "a span", .size = sizeof(struct span), .members = span_members, .begin = begin_span};
static const struct shape *const span_only[] = {&body_span, NULL};

// ------------------------------------------------------------------------------------------------------------ blocks

static void check_level(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    unsigned level = ((struct block *)node)->level;
    if (!json_object_get(owner, "listItem"))
        body_fault(reader, at, "\"level\" belongs to a list item, and this block has no \"listItem\"");
    else if (reader->level_before == 0 && level > 1)
        body_fault(reader, at, "a list begins at level 1, not %u", level);
    else if (level > reader->level_before + 1)
        body_fault(reader, at, "a list goes deeper by one level at a time: after %u comes %u at most, not %u",
                   reader->level_before, reader->level_before + 1, level);
}

static void check_start(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)node;
    if (!str_eq(json_member_text(owner, "listItem"), STR("number")))
        body_fault(reader, at, "\"start\" belongs to an item of a numbered list");
}

static void check_starts_quote(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)node;
    if (!str_eq(json_member_text(owner, "style"), STR("blockquote")) || json_object_get(owner, "listItem"))
        body_fault(reader, at, "\"starts_quote\" belongs to a block of the style blockquote that is no list item");
}

// The level that this block leaves to the next. After one that cannot be read any level is right: one fault is enough.
static unsigned level_left(const json_t *object)
{
    if (!json_object_get(object, "listItem"))
        return 0;
    const json_t *level = json_object_get(object, "level");
    json_int_t value = level ? json_integer_value(level) : 1;
    return value >= 1 && value <= LEVEL_MAX ? (unsigned)value : LEVEL_MAX;
}

// Spans name definitions that may follow them in the text, so the keys of these are gathered first.
static void begin_block(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)at;
    struct block *block = (struct block *)node;
    block->level = json_object_get(object, "listItem") ? 1 : 0;
    reader->level = level_left(object);
    reader->links = block->links = ARENA_NEW(reader->work, struct names);
    *block->links = (struct names){.arena = reader->work, .seed = reader->keys.seed};
    const json_t *definitions = json_object_get(object, "markDefs");
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        struct str key = body_text_of(reader, json_object_get(json_array_get(definitions, i), "_key"));
        if (key.ptr)
            body_names_add(block->links, key);
    }
}

enum { START_MAX = 999999999 }; // CommonMark §5.2

static const char *const styles[] = {"normal", "h2", "h3", "h4", "blockquote", NULL};
static const char *const list_items[] = {"bullet", "number", NULL};

static const struct member block_members[] = {
    BODY_KEY,
    MEMBER("style", choice, block, style, .choices = styles, .default_choice = STYLE_NORMAL),
    MEMBER("listItem", choice, block, list_item, .choices = list_items),
    MEMBER("level", count, block, level, .least = 1, .most = LEVEL_MAX, .check = check_level),
    MEMBER("start", number, block, start, .most = START_MAX, .check = check_start),
    MEMBER("starts_quote", flag, block, starts_quote, .check = check_starts_quote),
    MEMBER("children", list, block, children, .required = true, .shapes = span_only),
    MEMBER("markDefs", list, block, definitions, .shapes = definition_types),
    {0},
};

// --------------------------------------------------------------------------------------------------------- rendering

static struct str plain_text(struct arena *arena, const struct list *spans)
{
    if (spans->count == 1)
        return ((const struct span *)spans->nodes[0])->text;
    struct buf text = buf_in(arena);
    for (size_t i = 0; i < spans->count; i++)
        buf_put(&text, ((const struct span *)spans->nodes[i])->text);
    return buf_str(&text);
}

// A heading's id is made of its words, and a number where the body has the same heading twice. Words in other scripts
// take their time to be spelled in Latin, so past the headings that any article has only numbers are given.
static struct str heading_id(struct page *page, struct str text)
{
    enum { ID_MAX = 80, SPELLED_MAX = 250 };
    bool spelled = page->headings++ < SPELLED_MAX;
    struct str slug = spelled ? text_slug(page->arena, text, page->site->lang, ID_MAX) : STR("heading");
    struct name *known = body_names_add(&page->ids, slug);
    if (known->number == 0) {
        known->number = 1;
        return slug;
    }
    size_t number = known->number;
    struct str id;
    do
        id = arena_printf(page->arena, "%.*s-%zu", STR_FMT(slug), ++number);
    while (body_names_find(&page->ids, id));
    known->number = number;
    body_names_add(&page->ids, id)->number = 1;
    return id;
}

static void outline_add(struct page *page, struct str id, int rank, struct str text)
{
    if (text_is_blank(text))
        return;
    buf_printf(&page->outline, "%s{\"id\":\"%.*s\",\"level\":%d,\"text\":", page->outline.len > 1 ? "," : "",
               STR_FMT(id), rank);
    char *line = arena_cstr(page->arena, text);
    for (char *c = line; (c = strchr(c, '\n'));)
        *c = ' ';
    buf_put_json(&page->outline, (struct str){line, text.len});
    buf_put_char(&page->outline, '}');
}

static void html_heading(struct page *page, const struct block *block, int rank)
{
    struct str text = plain_text(page->arena, &block->children), id = heading_id(page, text);
    outline_add(page, id, rank, text);
    buf_printf(&page->html, "<h%d id=\"%.*s\">", rank, STR_FMT(id));
    body_html_spans(page, block);
    buf_printf(&page->html, "</h%d>", rank);
}

static void html_block(struct page *page, const struct node *node)
{
    const struct block *block = (const struct block *)node;
    switch ((enum block_style)block->style) {
    case STYLE_H2:
        html_heading(page, block, 2);
        break;
    case STYLE_H3:
        html_heading(page, block, 3);
        break;
    case STYLE_H4:
        html_heading(page, block, 4);
        break;
    case STYLE_BLOCKQUOTE: // around those in a row stands one element
    case STYLE_NORMAL:
        buf_put_lit(&page->html, "<p>");
        body_html_spans(page, block);
        buf_put_lit(&page->html, "</p>");
        break;
    }
}

static void text_block(struct page *page, const struct node *node)
{
    const struct block *block = (const struct block *)node;
    for (size_t i = 0; i < block->children.count; i++) {
        const struct span *span = (const struct span *)block->children.nodes[i];
        body_text_authored(page, span->text);
        for (size_t j = 0; j < span->note_count; j++)
            buf_printf(&page->text, "[%zu]", span->notes[j]->number);
    }
    body_text_break(page);
}

const struct shape body_block = {
    .type = "block",
    .a = "a block",
    .size = sizeof(struct block),
    .members = block_members,
    .begin = begin_block,
    .normalise = body_spans_normalise,
    .html = html_block,
    .text = text_block,
};
