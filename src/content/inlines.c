// The texts of Markdown by md4c: marks, links, code, images, entities. It is given paragraphs and nothing else, and
// says in pieces what is in each.
#include "markdown.h"

#include <ctype.h>
#include <md4c.h>
#include <string.h>

struct inlines {
    struct markdown *markdown;
    struct str text;
    size_t leaf; // at hand, from 1
    struct pieces pieces;
    bool in_leaf, begun, tagged;
    const char *at, *escaped; // the last text seen, the last character that had a backslash before it
    size_t addresses;         // bytes of links' parts so far
};

// ------------------------------------------------------------------------------------------------------------ places

// The last origin that begins at or before an offset.
static const struct origin *origin_of(const struct markdown *markdown, size_t offset)
{
    size_t low = 0, high = markdown->origin_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (markdown->origins[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return high ? &markdown->origins[low] : NULL;
}

static size_t column_of(const char *begin, const char *at)
{
    return text_length((struct str){begin, (size_t)(at - begin)}) + 1;
}

// So many lines below the first of a text: each is as long from there to its end as the one that was written.
static struct text_place place_below(const struct markdown *markdown, const struct line *first, size_t lines,
                                     const char *at)
{
    const char *end = memchr(at, '\n', (size_t)(markdown->text.ptr + markdown->text.len - at));
    const char *begin = first->begin, *whole = markdown->whole.ptr + markdown->whole.len;
    for (size_t i = 0; i < lines && begin; i++)
        begin = (begin = memchr(begin, '\n', (size_t)(whole - begin))) ? begin + 1 : NULL;
    const char *stop = begin ? memchr(begin, '\n', (size_t)(whole - begin)) : NULL;
    const char *there = (stop ? stop : whole) - (end ? end - at : 0);
    return (struct text_place){first->number + lines, begin && there >= begin ? column_of(begin, there) : 0};
}

struct text_place body_markdown_place(const struct markdown *markdown, const char *at)
{
    if (!at)
        return (struct text_place){0, 0};
    size_t offset = (size_t)(at - markdown->text.ptr);
    const struct origin *origin = origin_of(markdown, offset);
    if (!origin)
        return (struct text_place){0, 0};
    size_t within = offset > origin->offset ? offset - origin->offset : 0;
    const char *begin = markdown->text.ptr + origin->offset;
    size_t lines = 0;
    for (const char *end = begin; (end = memchr(end, '\n', (size_t)(at - end))); end++)
        lines++;
    if (lines)
        return place_below(markdown, &origin->line, lines, at);
    struct str first = origin->line.text;
    const char *last = first.ptr + (within < first.len ? within : first.len);
    if (!origin->line.begin)
        return (struct text_place){origin->line.number, 0};
    return (struct text_place){origin->line.number, column_of(origin->line.begin, last)};
}

// ------------------------------------------------------------------------------------------------------------ pieces

static struct piece *piece_add(struct inlines *inlines, enum piece_kind kind)
{
    struct pieces *pieces = &inlines->pieces;
    ARENA_ROOM(inlines->markdown->leaf_arena, pieces->all, pieces->count, pieces->capacity);
    pieces->all[pieces->count] = (struct piece){.kind = kind, .at = inlines->at};
    return &pieces->all[pieces->count++];
}

static struct str attribute(struct inlines *inlines, const MD_ATTRIBUTE *attribute)
{
    struct buf out = buf_in(inlines->markdown->leaf_arena);
    inlines->addresses += attribute->size;
    for (size_t i = 0; attribute->text && attribute->substr_offsets[i] < attribute->size; i++) {
        MD_OFFSET begin = attribute->substr_offsets[i], end = attribute->substr_offsets[i + 1];
        struct str part = {attribute->text + begin, end - begin};
        if (attribute->substr_types[i] == MD_TEXT_ENTITY)
            body_entity_put(&out, part);
        else if (attribute->substr_types[i] == MD_TEXT_NORMAL)
            buf_put(&out, part);
    }
    return text_clean(inlines->markdown->leaf_arena, buf_str(&out));
}

// A definition is written once and may be used often: what comes of it is bounded as a body is.
static void addresses_check(struct inlines *inlines)
{
    if (inlines->addresses <= CONTENT_BYTES_MAX)
        return;
    body_markdown_fault(inlines->markdown, body_markdown_place(inlines->markdown, inlines->at),
                        "with the addresses and titles of its links a body has at most %d bytes", CONTENT_BYTES_MAX);
    inlines->markdown->given_up = true;
}

// --------------------------------------------------------------------------------------------------------- callbacks

// What a callback answers: only below zero does md4c 0.4.8 end at once.
static int go_on(const struct markdown *markdown)
{
    return markdown->given_up ? -1 : 0;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    (void)detail;
    struct inlines *inlines = user;
    if (type == MD_BLOCK_P) {
        inlines->in_leaf = true;
        inlines->begun = inlines->tagged = false;
        inlines->pieces = (struct pieces){0};
        arena_free(inlines->markdown->leaf_arena);
        inlines->markdown->leaf_arena = arena_new();
        inlines->at = NULL;
    } else if (type != MD_BLOCK_DOC) { // it was given paragraphs only
        struct markdown *markdown = inlines->markdown;
        struct text_place place = inlines->leaf ? markdown->leaves[inlines->leaf - 1].place : (struct text_place){0, 0};
        body_markdown_fault(markdown, place, "the text here or behind it cannot be read: put it differently");
        markdown->given_up = true;
    }
    return go_on(inlines->markdown);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    (void)detail;
    struct inlines *inlines = user;
    struct markdown *markdown = inlines->markdown;
    if (type == MD_BLOCK_P && inlines->begun)
        body_pieces_place(markdown, &markdown->leaves[inlines->leaf - 1], &inlines->pieces);
    else if (type == MD_BLOCK_P && inlines->at)
        body_markdown_fault(markdown, body_markdown_place(markdown, inlines->at),
                            "what looks like the definition of a link is none: put it on one line");
    inlines->in_leaf = false;
    return go_on(markdown);
}

static bool is_inside(const struct inlines *inlines, const char *at)
{
    return at >= inlines->text.ptr && at < inlines->text.ptr + inlines->text.len;
}

// A link is where its address stands; that of one by reference stands elsewhere, and is where the text before it is.
static int enter_link(struct inlines *inlines, enum piece_kind kind, const MD_ATTRIBUTE *address,
                      const MD_ATTRIBUTE *title)
{
    struct piece *piece = piece_add(inlines, kind);
    bool here = is_inside(inlines, address->text) && address->text > inlines->at &&
                address->text < inlines->text.ptr + inlines->markdown->definitions_at;
    piece->at = here ? address->text : inlines->at;
    piece->text = attribute(inlines, address);
    piece->title = attribute(inlines, title);
    addresses_check(inlines);
    return go_on(inlines->markdown);
}

// -1 for what is no decorator.
static int decorator_of(MD_SPANTYPE type)
{
    switch (type) {
    case MD_SPAN_STRONG:
        return 0;
    case MD_SPAN_EM:
        return 1;
    case MD_SPAN_CODE:
        return DECORATOR_CODE;
    default:
        return -1;
    }
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct inlines *inlines = user;
    int decorator = decorator_of(type);
    if (decorator >= 0)
        piece_add(inlines, PIECE_MARK)->decorator = (unsigned)decorator;
    else if (type == MD_SPAN_A)
        return enter_link(inlines, PIECE_LINK, &((MD_SPAN_A_DETAIL *)detail)->href,
                          &((MD_SPAN_A_DETAIL *)detail)->title);
    else if (type == MD_SPAN_IMG)
        return enter_link(inlines, PIECE_IMAGE, &((MD_SPAN_IMG_DETAIL *)detail)->src,
                          &((MD_SPAN_IMG_DETAIL *)detail)->title);
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    (void)detail;
    struct inlines *inlines = user;
    int decorator = decorator_of(type);
    if (decorator >= 0)
        piece_add(inlines, PIECE_MARK_END)->decorator = (unsigned)decorator;
    else
        piece_add(inlines, type == MD_SPAN_A ? PIECE_LINK_END : PIECE_IMAGE_END);
    return 0;
}

// A single mark of punctuation after a backslash that is no such mark itself.
static bool is_escaped(struct inlines *inlines, struct str text)
{
    if (!is_inside(inlines, text.ptr) || text.ptr == inlines->text.ptr || text.len != 1 || text.ptr[-1] != '\\' ||
        text.ptr - 1 == inlines->escaped || !ispunct((unsigned char)*text.ptr))
        return false;
    inlines->escaped = text.ptr;
    return true;
}

// The first text of a paragraph begins with what was put before it, and says so that it is the next.
static struct str begun_of(struct inlines *inlines, struct str text)
{
    static const struct str begins = {LEAF_BEGINS, sizeof LEAF_BEGINS - 1};
    if (!str_starts(text, begins))
        return text;
    inlines->leaf += !inlines->begun;
    inlines->begun = true;
    inlines->at = text.ptr + begins.len;
    return (struct str){text.ptr + begins.len, text.len - begins.len};
}

static void put_entity(struct inlines *inlines, struct str entity)
{
    struct buf out = buf_in(inlines->markdown->leaf_arena);
    body_entity_put(&out, entity);
    piece_add(inlines, PIECE_TEXT)->text = buf_str(&out);
}

// A tag that ends is told where none that begins was.
static void put_html(struct inlines *inlines, struct str text)
{
    bool ends = str_starts(text, STR("</")), tag = str_starts(text, STR("<"));
    bool told = inlines->tagged;
    inlines->tagged |= tag;
    if (str_starts(text, STR("<!--")))
        body_markdown_tell(inlines->markdown, body_markdown_place(inlines->markdown, text.ptr), "comment",
                           "a comment is not taken: no reader would see it");
    else if (tag && (!ends || !told))
        body_markdown_tell(inlines->markdown, body_markdown_place(inlines->markdown, text.ptr), "html",
                           "raw HTML is not taken: write it as Markdown, or a < that is text as \\<");
}

static int put(MD_TEXTTYPE type, const MD_CHAR *chars, MD_SIZE size, void *user)
{
    struct inlines *inlines = user;
    struct str text = {chars, size};
    if (is_inside(inlines, chars))
        inlines->at = chars;
    if (!inlines->in_leaf)
        return 0;
    text = begun_of(inlines, text);
    if (type == MD_TEXT_HTML)
        put_html(inlines, text);
    else if (type == MD_TEXT_BR)
        piece_add(inlines, PIECE_TEXT)->text = STR("\n");
    else if (type == MD_TEXT_SOFTBR)
        piece_add(inlines, PIECE_TEXT)->text = STR(" ");
    else if (type == MD_TEXT_ENTITY)
        put_entity(inlines, text);
    else if (text.len)
        piece_add(inlines, type == MD_TEXT_NORMAL && !is_escaped(inlines, text) ? PIECE_PLAIN : PIECE_TEXT)->text =
            text;
    return go_on(inlines->markdown);
}

void body_inlines_read(struct markdown *markdown)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_NOHTMLBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = put,
    };
    markdown->definitions_at = markdown->text.len;
    body_definitions_put(markdown);
    struct inlines inlines = {.markdown = markdown, .text = buf_str(&markdown->text)};
    if (markdown->given_up || !markdown->leaf_count)
        return;
    int ended = md_parse(inlines.text.ptr, (MD_SIZE)inlines.text.len, &parser, &inlines);
    arena_free(markdown->leaf_arena);
    markdown->leaf_arena = NULL;
    if (ended < 0 && !markdown->given_up)
        fatal("md4c could not parse a text of %zu bytes", inlines.text.len);
    if (!markdown->given_up && inlines.leaf != markdown->leaf_count)
        body_markdown_fault(markdown, (struct text_place){0, 0}, "this text has a paragraph that cannot be read");
}
