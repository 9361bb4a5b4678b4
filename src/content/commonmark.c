// CommonMark with tables to blocks, by md4c: a part of a text in which no directive stands. What a body has no block
// for, raw HTML before all, is a fault with its line.
#include "content_internal.h"

#include <ctype.h>
#include <md4c.h>
#include <string.h>

enum { NESTED_MAX = 16, OPEN_MAX = 16 };

// State of the parse: where md4c is in the text, and the block that is being made.
struct parse {
    struct markdown *markdown;
    struct str text;
    json_t *top;         // the list that blocks go to
    const char *at;      // the last text that was seen, for lines
    const char *counted; // up to here they are counted,
    size_t line;         // and this is the number of that one
    unsigned quotes;     // open quotations
    unsigned depth;      // open lists
    unsigned items[NESTED_MAX + 1];
    bool begun[NESTED_MAX + 1]; // whether the item of that depth has its block yet
    json_t *table, *row, *cell; // NULL outside

    bool in_block, is_code;
    const char *style;
    json_t *children, *definitions;
    size_t block_line, table_line; // 0 as long as no text of it was seen
    unsigned marks[DECORATORS];    // how often each decorator is open
    bool linked;
    json_t *image; // that this paragraph is; NULL for none
    unsigned in_image;
    struct buf run; // text whose marks are all the same
    json_t *run_marks;
    unsigned open[OPEN_MAX], open_count; // directives in the text that wait for their `]`
    const char *escaped;                 // the last character that had a backslash before it
    bool given_up;
};

// Texts come in their order, but for some; lines are counted from the last one on.
static size_t line_of(struct parse *parse)
{
    if (parse->at < parse->counted) {
        parse->counted = parse->text.ptr;
        parse->line = parse->markdown->line;
    }
    for (; parse->counted < parse->at; parse->counted++)
        parse->line += *parse->counted == '\n';
    return parse->line;
}

// Texts of md4c's own making are no part of the text; they tell no line.
static void see(struct parse *parse, const char *text)
{
    if (text >= parse->text.ptr && text < parse->text.ptr + parse->text.len)
        parse->at = text;
}

// -------------------------------------------------------------------------------------------------------- characters

static const struct {
    const char *name;
    unsigned character;
} entities[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", 0xA0},     {"iexcl", 0xA1},    {"cent", 0xA2},    {"pound", 0xA3},   {"yen", 0xA5},
    {"sect", 0xA7},     {"copy", 0xA9},     {"laquo", 0xAB},   {"shy", 0xAD},     {"reg", 0xAE},
    {"deg", 0xB0},      {"plusmn", 0xB1},   {"sup2", 0xB2},    {"sup3", 0xB3},    {"micro", 0xB5},
    {"para", 0xB6},     {"middot", 0xB7},   {"raquo", 0xBB},   {"frac12", 0xBD},  {"iquest", 0xBF},
    {"Agrave", 0xC0},   {"Acirc", 0xC2},    {"Auml", 0xC4},    {"AElig", 0xC6},   {"Ccedil", 0xC7},
    {"Egrave", 0xC8},   {"Eacute", 0xC9},   {"Ecirc", 0xCA},   {"Icirc", 0xCE},   {"Ocirc", 0xD4},
    {"Ouml", 0xD6},     {"times", 0xD7},    {"Uuml", 0xDC},    {"szlig", 0xDF},   {"agrave", 0xE0},
    {"aacute", 0xE1},   {"acirc", 0xE2},    {"auml", 0xE4},    {"aring", 0xE5},   {"aelig", 0xE6},
    {"ccedil", 0xE7},   {"egrave", 0xE8},   {"eacute", 0xE9},  {"ecirc", 0xEA},   {"euml", 0xEB},
    {"iacute", 0xED},   {"icirc", 0xEE},    {"iuml", 0xEF},    {"ntilde", 0xF1},  {"oacute", 0xF3},
    {"ocirc", 0xF4},    {"ouml", 0xF6},     {"oslash", 0xF8},  {"ugrave", 0xF9},  {"uacute", 0xFA},
    {"ucirc", 0xFB},    {"uuml", 0xFC},     {"OElig", 0x152},  {"oelig", 0x153},  {"ensp", 0x2002},
    {"emsp", 0x2003},   {"thinsp", 0x2009}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018},
    {"rsquo", 0x2019},  {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"bull", 0x2022},  {"hellip", 0x2026},
    {"lsaquo", 0x2039}, {"rsaquo", 0x203A}, {"euro", 0x20AC},  {"trade", 0x2122}, {"larr", 0x2190},
    {"rarr", 0x2192},   {"minus", 0x2212},  {"ne", 0x2260},    {"le", 0x2264},    {"ge", 0x2265},
};

static void put_character(struct buf *out, unsigned c)
{
    enum { LAST = 0x10FFFF, SURROGATE = 0xD800, AFTER_SURROGATES = 0xE000, REPLACEMENT = 0xFFFD };
    if (c == 0 || c > LAST || (c >= SURROGATE && c < AFTER_SURROGATES))
        c = REPLACEMENT;
    if (c < 0x80) {
        buf_put_char(out, (char)c);
    } else if (c < 0x800) {
        buf_put_char(out, (char)(0xC0 | c >> 6));
        buf_put_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        if (c < 0x10000) {
            buf_put_char(out, (char)(0xE0 | c >> 12));
        } else {
            buf_put_char(out, (char)(0xF0 | c >> 18));
            buf_put_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        buf_put_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_put_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

// `&#233;`, `&#xE9;`, `&eacute;`: a name that is not in the table stays as it was written.
static void put_entity(struct buf *out, struct str entity)
{
    struct str name = {entity.ptr + 1, entity.len - 2};
    if (name.ptr[0] == '#') {
        bool hexadecimal = name.ptr[1] == 'x' || name.ptr[1] == 'X';
        unsigned c = 0;
        for (size_t i = hexadecimal ? 2 : 1; i < name.len; i++) {
            unsigned char digit = (unsigned char)name.ptr[i];
            unsigned value = isdigit(digit) ? digit - (unsigned)'0' : (unsigned)tolower(digit) - 'a' + 10;
            c = c * (hexadecimal ? 16 : 10) + value;
        }
        put_character(out, c);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(entities); i++) {
        if (str_eq(str_of(entities[i].name), name)) {
            put_character(out, entities[i].character);
            return;
        }
    }
    buf_put(out, entity);
}

static json_t *attribute(struct parse *parse, const MD_ATTRIBUTE *attribute)
{
    struct buf out = buf_in(parse->markdown->arena);
    for (size_t i = 0; attribute->text && attribute->substr_offsets[i] < attribute->size; i++) {
        MD_OFFSET begin = attribute->substr_offsets[i], end = attribute->substr_offsets[i + 1];
        struct str part = {attribute->text + begin, end - begin};
        if (attribute->substr_types[i] == MD_TEXT_ENTITY)
            put_entity(&out, part);
        else if (attribute->substr_types[i] == MD_TEXT_NORMAL)
            buf_put(&out, part);
    }
    return json_stringn(out.len ? out.ptr : "", out.len);
}

// ------------------------------------------------------------------------------------------------------------- spans

static void run_end(struct parse *parse)
{
    if (parse->run.len) {
        json_t *span = json_pack("{s:s, s:o, s:o}", "_type", "span", "text",
                                 json_stringn(parse->run.ptr, parse->run.len), "marks", parse->run_marks);
        json_array_append_new(parse->children, span);
    } else {
        json_decref(parse->run_marks);
    }
    parse->run.len = 0;
    parse->run_marks = NULL;
}

static json_t *marks_now(const struct parse *parse)
{
    json_t *marks = json_array();
    for (unsigned i = 0; i < DECORATORS; i++)
        if (parse->marks[i])
            json_array_append_new(marks, json_string(body_decorators[i].mark));
    if (parse->linked)
        json_array_append_new(marks, json_sprintf("l%zu", json_array_size(parse->definitions)));
    return marks;
}

static void marks_change(struct parse *parse)
{
    if (parse->in_block && parse->run_marks)
        run_end(parse);
}

static void decorate(struct parse *parse, const char *tag, int by)
{
    marks_change(parse);
    for (unsigned i = 0; i < DECORATORS; i++)
        if (strcmp(body_decorators[i].tag, tag) == 0)
            parse->marks[i] = (unsigned)((int)parse->marks[i] + by);
}

static void put_text(struct parse *parse, struct str text)
{
    if (!parse->run_marks)
        parse->run_marks = marks_now(parse);
    buf_put(&parse->run, text);
}

// The decorator that `:u[` names where it begins at `text`; -1 for none.
static int directive_at(struct str text)
{
    for (unsigned i = 0; i < DECORATORS; i++) {
        size_t n = strlen(body_decorators[i].tag);
        if (text.len > n + 1 && memcmp(text.ptr + 1, body_decorators[i].tag, n) == 0 && text.ptr[n + 1] == '[')
            return (int)i;
    }
    return -1;
}

// `:u[…]` and its like: md4c takes them for text.
static void put_with_directives(struct parse *parse, struct str text)
{
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        int decorator = text.ptr[i] == ':' ? directive_at((struct str){text.ptr + i, text.len - i}) : -1;
        bool opens = decorator >= 0 && parse->open_count < OPEN_MAX;
        bool closes = text.ptr[i] == ']' && parse->open_count > 0;
        if (!opens && !closes)
            continue;
        if (i > plain)
            put_text(parse, (struct str){text.ptr + plain, i - plain});
        if (opens) {
            const char *tag = body_decorators[decorator].tag;
            parse->open[parse->open_count++] = (unsigned)decorator;
            decorate(parse, tag, 1);
            i += strlen(tag) + 1;
        } else {
            decorate(parse, body_decorators[parse->open[--parse->open_count]].tag, -1);
        }
        plain = i + 1;
    }
    if (plain < text.len)
        put_text(parse, (struct str){text.ptr + plain, text.len - plain});
}

// ------------------------------------------------------------------------------------------------------------ blocks

static void parse_refuse(struct parse *parse, const char *why)
{
    body_markdown_fault(parse->markdown, line_of(parse), "%s", why);
}

static void block_put(struct parse *parse, json_t *list, json_t *block)
{
    if (!body_markdown_add(parse->markdown, list, block, parse->block_line))
        parse->given_up = true;
}

static void block_begin(struct parse *parse, const char *style)
{
    parse->in_block = true;
    parse->style = style;
    parse->children = json_array();
    parse->definitions = json_array();
    parse->block_line = 0;
}

static void item_members(struct parse *parse, json_t *block)
{
    if (parse->depth == 0 || parse->cell)
        return;
    json_object_set_new(block, "listItem",
                        json_string(parse->items[parse->depth] == ITEM_BULLET ? "bullet" : "number"));
    json_object_set_new(block, "level", json_integer(parse->depth));
    if (parse->begun[parse->depth])
        parse_refuse(parse, "an item of a list is one paragraph, and this is another");
    parse->begun[parse->depth] = true;
}

static void image_end(struct parse *parse)
{
    bool alone = json_array_size(parse->children) == 0 && !parse->cell && !parse->depth && !parse->quotes;
    if (alone) {
        block_put(parse, parse->top, parse->image);
    } else {
        parse_refuse(parse, "an image stands alone, with an empty line before it and after it");
        json_decref(parse->image);
    }
    json_decref(parse->children);
    json_decref(parse->definitions);
    parse->image = NULL;
}

static void block_end(struct parse *parse)
{
    if (!parse->in_block)
        return;
    if (parse->run_marks)
        run_end(parse);
    parse->in_block = false;
    if (parse->block_line == 0)
        parse->block_line = line_of(parse);
    if (parse->open_count)
        parse_refuse(parse, "a directive that begins with :…[ in this paragraph has no ] at its end");
    parse->open_count = 0;
    memset(parse->marks, 0, sizeof parse->marks);
    if (parse->image) {
        image_end(parse);
        return;
    }
    if (!parse->style)
        parse_refuse(parse, "a heading of a body is ##, ### or ####: the title above them is the article's own");
    json_t *block = json_pack("{s:s, s:s, s:o, s:o}", "_type", "block", "style", parse->style ? parse->style : "h2",
                              "children", parse->children, "markDefs", parse->definitions);
    item_members(parse, block);
    block_put(parse, parse->cell ? parse->cell : parse->top, block);
}

// In a tight list a text stands in its item without a paragraph.
static void block_needed(struct parse *parse)
{
    if (!parse->in_block)
        block_begin(parse, parse->quotes ? "blockquote" : "normal");
}

static void line_note(struct parse *parse)
{
    if (!parse->block_line)
        parse->block_line = line_of(parse);
    if (parse->table && !parse->table_line)
        parse->table_line = parse->block_line;
}

static void add_alone(struct parse *parse, json_t *block)
{
    if (parse->depth || parse->quotes)
        parse_refuse(parse, "a list or a quotation has only paragraphs and headings in it");
    block_put(parse, parse->top, block);
}

static void heading_begin(struct parse *parse, unsigned level)
{
    static const char *const styles[] = {"h2", "h3", "h4"};
    block_begin(parse, level >= 2 && level <= 4 ? styles[level - 2] : NULL);
}

static void code_begin(struct parse *parse, const MD_BLOCK_CODE_DETAIL *detail)
{
    parse->is_code = true;
    parse->run.len = 0;
    parse->block_line = 0;
    parse->image = json_pack("{s:s}", "_type", "code");
    json_t *language = attribute(parse, &detail->lang);
    if (json_string_length(language))
        json_object_set(parse->image, "language", language);
    json_decref(language);
}

static void code_end(struct parse *parse)
{
    json_t *code = parse->image;
    parse->image = NULL;
    parse->is_code = false;
    size_t length = parse->run.len; // md4c ends the last line, too
    json_object_set_new(code, "text", json_stringn(length ? parse->run.ptr : "", length ? length - 1 : 0));
    parse->run.len = 0;
    if (!parse->block_line)
        parse->block_line = line_of(parse);
    add_alone(parse, code);
}

static void list_begin(struct parse *parse, unsigned item)
{
    block_end(parse);
    if (parse->depth && !parse->begun[parse->depth]) { // an item that begins with a list has no text of its own
        block_begin(parse, "normal");
        block_end(parse);
    }
    if (parse->depth == NESTED_MAX || parse->quotes) {
        parse_refuse(parse,
                     parse->quotes ? "a quotation has only paragraphs in it" : "a list goes four levels deep at most");
        parse->given_up = true;
        return;
    }
    parse->items[++parse->depth] = item;
}

static void item_end(struct parse *parse)
{
    block_end(parse);
    if (!parse->begun[parse->depth]) {
        block_begin(parse, "normal");
        block_end(parse);
    }
}

static void table_begin(struct parse *parse)
{
    parse->table_line = 0;
    parse->table = json_pack("{s:s, s:i, s:[]}", "_type", "table", "header_rows", 1, "rows");
}

static void table_end(struct parse *parse)
{
    json_t *table = parse->table;
    parse->table = NULL;
    parse->block_line = parse->table_line ? parse->table_line : line_of(parse);
    add_alone(parse, table);
}

static void row_begin(struct parse *parse)
{
    parse->row = json_array();
    json_array_append_new(json_object_get(parse->table, "rows"), json_pack("{s:o}", "cells", parse->row));
}

static void cell_begin(struct parse *parse)
{
    parse->cell = json_array();
    json_array_append_new(parse->row, json_pack("{s:o}", "content", parse->cell));
    block_begin(parse, "normal");
}

// --------------------------------------------------------------------------------------------------------- callbacks

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct parse *parse = user;
    if (type != MD_BLOCK_DOC && parse->in_block)
        block_end(parse);
    switch (type) {
    case MD_BLOCK_QUOTE:
        parse->quotes++;
        break;
    case MD_BLOCK_UL:
        list_begin(parse, ITEM_BULLET);
        break;
    case MD_BLOCK_OL:
        list_begin(parse, ITEM_NUMBER);
        break;
    case MD_BLOCK_LI:
        parse->begun[parse->depth] = false;
        break;
    case MD_BLOCK_HR:
        parse->block_line = line_of(parse);
        add_alone(parse, json_pack("{s:s}", "_type", "divider"));
        break;
    case MD_BLOCK_H:
        heading_begin(parse, ((const MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
        code_begin(parse, detail);
        break;
    case MD_BLOCK_P:
        block_begin(parse, parse->quotes ? "blockquote" : "normal");
        break;
    case MD_BLOCK_TABLE:
        table_begin(parse);
        break;
    case MD_BLOCK_TR:
        row_begin(parse);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        cell_begin(parse);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
        break;
    }
    return parse->given_up;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct parse *parse = user;
    (void)detail;
    switch (type) {
    case MD_BLOCK_QUOTE:
        block_end(parse);
        parse->quotes--;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        parse->depth--;
        break;
    case MD_BLOCK_LI:
        item_end(parse);
        break;
    case MD_BLOCK_CODE:
        code_end(parse);
        break;
    case MD_BLOCK_TABLE:
        table_end(parse);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        block_end(parse);
        parse->cell = NULL;
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_H:
        block_end(parse);
        break;
    default:
        break;
    }
    return parse->given_up;
}

// `article:` and an id is a link to an article of ours.
static json_t *link_of(struct parse *parse, const MD_SPAN_A_DETAIL *detail)
{
    json_t *href = attribute(parse, &detail->href), *title = attribute(parse, &detail->title);
    struct str address = json_text(href);
    json_t *link;
    if (str_starts(address, STR("article:")))
        link = json_pack("{s:s, s:s}", "_type", "internal_link", "article", address.ptr + strlen("article:"));
    else
        link = json_pack("{s:s, s:O}", "_type", "link", "href", href);
    if (json_string_length(title))
        json_object_set(link, "title", title);
    json_object_set_new(link, "_key", json_sprintf("l%zu", json_array_size(parse->definitions) + 1));
    json_decref(href);
    json_decref(title);
    return link;
}

static void image_begin(struct parse *parse, const MD_SPAN_IMG_DETAIL *detail)
{
    marks_change(parse);
    if (parse->image || parse->in_image++)
        return;
    see(parse, detail->src.text); // an image without words has no other text
    line_note(parse);
    parse->image = json_pack("{s:s, s:o}", "_type", "image", "url", attribute(parse, &detail->src));
    json_t *caption = attribute(parse, &detail->title);
    if (json_string_length(caption))
        json_object_set(parse->image, "caption", caption);
    json_decref(caption);
}

// Ends an image: the text gathered since it began is its alternative text.
static void image_span_end(struct parse *parse)
{
    if (parse->in_image == 0 || --parse->in_image)
        return;
    if (json_object_get(parse->image, "alt"))
        return;
    struct buf alt = buf_in(parse->markdown->arena);
    size_t i;
    json_t *span;
    json_array_foreach (parse->children, i, span)
        buf_put(&alt, json_member_text(span, "text"));
    buf_put(&alt, buf_str(&parse->run));
    json_object_set_new(parse->image, "alt", json_stringn(alt.len ? alt.ptr : "", alt.len));
    parse->run.len = 0;
    json_decref(parse->run_marks);
    parse->run_marks = NULL;
    json_array_clear(parse->children);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct parse *parse = user;
    block_needed(parse);
    switch (type) {
    case MD_SPAN_EM:
        decorate(parse, "em", 1);
        break;
    case MD_SPAN_STRONG:
        decorate(parse, "strong", 1);
        break;
    case MD_SPAN_CODE:
        decorate(parse, "code", 1);
        break;
    case MD_SPAN_DEL:
        decorate(parse, "s", 1);
        break;
    case MD_SPAN_A:
        marks_change(parse);
        json_array_append_new(parse->definitions, link_of(parse, detail));
        parse->linked = true;
        break;
    case MD_SPAN_IMG:
        if (json_array_size(parse->children) || parse->run.len || parse->image) {
            parse_refuse(parse, "an image stands alone, with an empty line before it and after it");
            parse->given_up = true;
            break;
        }
        image_begin(parse, detail);
        break;
    default:
        break;
    }
    return parse->given_up;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct parse *parse = user;
    (void)detail;
    switch (type) {
    case MD_SPAN_EM:
        decorate(parse, "em", -1);
        break;
    case MD_SPAN_STRONG:
        decorate(parse, "strong", -1);
        break;
    case MD_SPAN_CODE:
        decorate(parse, "code", -1);
        break;
    case MD_SPAN_DEL:
        decorate(parse, "s", -1);
        break;
    case MD_SPAN_A:
        marks_change(parse);
        parse->linked = false;
        break;
    case MD_SPAN_IMG:
        image_span_end(parse);
        break;
    default:
        break;
    }
    return parse->given_up;
}

// A single mark of punctuation after a backslash that is no such mark itself.
static bool is_escaped(struct parse *parse, const char *text, MD_SIZE size)
{
    bool inside = text > parse->text.ptr && text < parse->text.ptr + parse->text.len;
    if (!inside || size != 1 || text[-1] != '\\' || text - 1 == parse->escaped || !ispunct((unsigned char)*text))
        return false;
    parse->escaped = text;
    return true;
}

static int text_put(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *user)
{
    struct parse *parse = user;
    see(parse, text);
    if (type == MD_TEXT_HTML) {
        parse_refuse(parse, "raw HTML is not taken: write it as Markdown, or a < that is text as \\<");
        parse->given_up = true;
        return 1;
    }
    if (parse->is_code) {
        line_note(parse);
        buf_put(&parse->run, (struct str){text, size});
        return 0;
    }
    block_needed(parse);
    line_note(parse);
    if (type == MD_TEXT_BR)
        put_text(parse, STR("\n"));
    else if (type == MD_TEXT_SOFTBR)
        put_text(parse, STR(" "));
    else if (type == MD_TEXT_ENTITY) {
        if (!parse->run_marks)
            parse->run_marks = marks_now(parse);
        put_entity(&parse->run, (struct str){text, size});
    } else if (type != MD_TEXT_NORMAL || is_escaped(parse, text, size))
        put_text(parse, (struct str){text, size});
    else
        put_with_directives(parse, (struct str){text, size});
    return 0;
}

static void parse_finish(struct parse *parse)
{
    if (parse->in_block || parse->is_code) {
        json_decref(parse->in_block ? parse->children : NULL);
        json_decref(parse->in_block ? parse->definitions : NULL);
        json_decref(parse->image);
    }
    json_decref(parse->run_marks);
    json_decref(parse->table);
}

void body_commonmark_read(struct markdown *markdown, struct str text, json_t *list)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = text_put,
    };
    struct parse parse = {.markdown = markdown,
                          .text = text,
                          .top = list,
                          .at = text.ptr,
                          .counted = text.ptr,
                          .line = markdown->line,
                          .run = buf_in(markdown->arena)};
    int ended = md_parse(text.ptr, (MD_SIZE)text.len, &parser, &parse);
    if (ended != 0)
        parse_finish(&parse);
    if (ended < 0)
        fatal("md4c could not parse a text of %zu bytes", text.len);
}
