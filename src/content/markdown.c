// A body as CommonMark with tables and directives. What is written is read back before it is given out; a block that
// would come back as another is written with more directives, and at last as JSON. So no rule of Markdown that was
// forgotten here can change a text: it only looks less well.
#include "content_internal.h"

#include <ctype.h>
#include <string.h>

// Forms of Markdown: how much a block has to be spelled out.
enum form { FORM_PLAIN, FORM_DIRECTIVES };

struct writer {
    struct arena *arena;
    struct buf out;
    enum form form;
    size_t line;        // where in `out` the line at hand begins, after its indentation
    struct str newline; // what a line end inside a block becomes; one that has only one line has `&#10;`
    bool in_cell, in_heading;
    bool unsaid; // something has no words in Markdown
};

// ------------------------------------------------------------------------------------------------------------- texts

static bool is_entity(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && (isalnum((unsigned char)text.ptr[end]) || (text.ptr[end] == '#' && end == at + 1)))
        end++;
    return end > at + 1 && end < text.len && text.ptr[end] == ';';
}

static bool only_digits_before(const struct writer *writer)
{
    for (size_t i = writer->line; i < writer->out.len; i++)
        if (!isdigit((unsigned char)writer->out.ptr[i]))
            return false;
    return writer->out.len > writer->line;
}

static bool needs_backslash(const struct writer *writer, struct str text, size_t at)
{
    char c = text.ptr[at];
    bool begins = writer->out.len == writer->line;
    switch (c) {
    case '\\':
    case '`':
    case '*':
    case '_':
    case '[':
    case ']':
    case '<':
    case '~':
        return true;
    case '&':
        return is_entity(text, at);
    case '|':
        return writer->in_cell || begins;
    case '#':
        return writer->in_heading || begins;
    case '>':
    case '-':
    case '+':
    case '=':
    case ':':
        return begins;
    case '.':
    case ')':
        return only_digits_before(writer);
    case '(':
        return writer->out.len && writer->out.ptr[writer->out.len - 1] == ']';
    default:
        return false;
    }
}

static void put_newline(struct writer *writer, bool edge)
{
    bool spelled = edge || !writer->newline.ptr;
    buf_put(&writer->out, spelled ? STR("&#10;") : writer->newline);
    if (!spelled)
        writer->line = writer->out.len;
}

// `last`: the block ends with this text. White space at an end of a line would be lost, so there it is spelled out.
static void put_text(struct writer *writer, struct str text, bool last)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool begins = writer->out.len == writer->line, ends = i + 1 == text.len ? last : text.ptr[i + 1] == '\n';
        if (c == '\n')
            put_newline(writer, begins || ends);
        else if ((c == ' ' || c == '\t') && (begins || ends))
            buf_put(&writer->out, c == ' ' ? STR("&#32;") : STR("&#9;"));
        else if (needs_backslash(writer, text, i))
            buf_printf(&writer->out, "\\%c", c);
        else
            buf_put_char(&writer->out, c);
    }
}

// Writes a link's destination or title, in `<…>` or `"…"`, escaped.
static void put_quoted(struct writer *writer, struct str text, const char *escaped)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool entity = c == '&' && is_entity(text, i);
        if (c == '\n')
            buf_put_lit(&writer->out, "&#10;");
        else if (entity || strchr(escaped, c) || (c == '|' && writer->in_cell))
            buf_printf(&writer->out, "\\%c", c);
        else
            buf_put_char(&writer->out, c);
    }
}

static void put_destination(struct writer *writer, struct str address, struct str title)
{
    bool angled = memchr(address.ptr, '(', address.len) || memchr(address.ptr, ')', address.len);
    buf_put(&writer->out, angled ? STR("](<") : STR("]("));
    put_quoted(writer, address, "\\<>`[]*_");
    if (angled)
        buf_put_char(&writer->out, '>');
    if (title.len) {
        buf_put_lit(&writer->out, " \"");
        put_quoted(writer, title, "\\\"`<[]*_");
        buf_put_char(&writer->out, '"');
    }
    buf_put_char(&writer->out, ')');
}

// ------------------------------------------------------------------------------------------------------------- spans

static const char *const natural[DECORATORS] = {"**", "*", NULL, "~~", "", NULL, NULL};
enum { CODE = 4 };

static void open_decorators(struct writer *writer, unsigned decorators)
{
    for (unsigned i = 0; i < DECORATORS; i++) {
        if (!(decorators >> i & 1))
            continue;
        if (writer->form == FORM_PLAIN && natural[i])
            buf_put(&writer->out, str_of(natural[i]));
        else
            buf_printf(&writer->out, ":%s[", body_decorators[i].tag);
    }
}

static void close_decorators(struct writer *writer, unsigned decorators)
{
    for (unsigned i = DECORATORS; i-- > 0;) {
        if (!(decorators >> i & 1))
            continue;
        buf_put(&writer->out, writer->form == FORM_PLAIN && natural[i] ? str_of(natural[i]) : STR("]"));
    }
}

static size_t longest_run(struct str text, char c)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == c ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_times(struct writer *writer, char c, size_t count)
{
    while (count-- > 0)
        buf_put_char(&writer->out, c);
}

static void put_code(struct writer *writer, struct str text)
{
    size_t ticks = longest_run(text, '`') + 1;
    bool padded = text.len && (text.ptr[0] == '`' || text.ptr[text.len - 1] == '`' || text.ptr[0] == ' ');
    put_times(writer, '`', ticks);
    buf_put(&writer->out, padded ? STR(" ") : STR(""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|' && writer->in_cell)
            buf_put_char(&writer->out, '\\');
        buf_put_char(&writer->out, text.ptr[i]);
    }
    buf_put(&writer->out, padded ? STR(" ") : STR(""));
    put_times(writer, '`', ticks);
}

static void close_link(struct writer *writer, const struct link *link)
{
    if (link->article.len)
        put_destination(writer, arena_printf(writer->arena, "article:%.*s", STR_FMT(link->article)), STR(""));
    else
        put_destination(writer, link->href, link->title);
}

// Changes decorators between spans as HTML does: closes what the next one does not have, opens what it has more.
struct opened {
    const struct link *link;
    unsigned decorators;
};

static void decorators_change(struct writer *writer, struct opened *from, struct opened to)
{
    unsigned differ = from->decorators ^ to.decorators;
    unsigned kept = differ ? from->decorators & ((differ & -differ) - 1) : from->decorators;
    if (from->link != to.link)
        kept = 0;
    close_decorators(writer, from->decorators & ~kept);
    if (from->link && from->link != to.link)
        close_link(writer, from->link);
    if (to.link && from->link != to.link)
        buf_put_char(&writer->out, '[');
    open_decorators(writer, to.decorators & ~kept);
    *from = to;
}

static void put_spans(struct writer *writer, const struct list *spans)
{
    struct opened opened = {0};
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if (span->text.len == 0)
            continue;
        writer->unsaid |= span->marks.count > 1;
        decorators_change(writer, &opened,
                          (struct opened){span->marks.count ? span->marks.links[0] : NULL, span->marks.decorators});
        if (span->marks.decorators >> CODE & 1 && writer->form == FORM_PLAIN)
            put_code(writer, span->text);
        else
            put_text(writer, span->text, i + 1 == spans->count);
    }
    decorators_change(writer, &opened, (struct opened){0});
}

// ------------------------------------------------------------------------------------------------------------ blocks

static void put_lines(struct writer *writer, const struct list *spans, struct str newline)
{
    writer->newline = newline;
    writer->line = writer->out.len;
    put_spans(writer, spans);
    writer->newline = STR_NONE;
}

// `indentation`: what the further lines of a list item begin with.
static void put_block(struct writer *writer, const struct block *block, struct str indentation)
{
    if (block->style == STYLE_NORMAL) {
        put_lines(writer, &block->children, arena_printf(writer->arena, "\\\n%.*s", STR_FMT(indentation)));
        return;
    }
    if (block->style == STYLE_BLOCKQUOTE) {
        buf_put_lit(&writer->out, "> ");
        put_lines(writer, &block->children, arena_printf(writer->arena, "\\\n%.*s> ", STR_FMT(indentation)));
        return;
    }
    buf_put(&writer->out, block->style == STYLE_H2   ? STR("## ")
                          : block->style == STYLE_H3 ? STR("### ")
                                                     : STR("#### "));
    writer->in_heading = true;
    put_lines(writer, &block->children, STR_NONE);
    writer->in_heading = false;
}

// Indentation of a nested list: where the texts of each level begin, and how many items it has had.
struct levels {
    unsigned column[LEVEL_MAX + 2], count[LEVEL_MAX + 1], item[LEVEL_MAX + 1];
};

static void put_item(struct writer *writer, const struct block *block, struct levels *levels)
{
    unsigned level = block->level;
    for (unsigned deeper = level + 1; deeper <= LEVEL_MAX; deeper++)
        levels->count[deeper] = levels->item[deeper] = 0;
    if (levels->item[level] != block->list_item)
        levels->count[level] = 0;
    levels->item[level] = block->list_item;
    levels->count[level]++;
    buf_printf(&writer->out, "%*s", (int)levels->column[level], "");
    size_t marker = writer->out.len;
    if (block->list_item == ITEM_NUMBER)
        buf_printf(&writer->out, "%u. ", levels->count[level]);
    else
        buf_put_lit(&writer->out, "- ");
    levels->column[level + 1] = levels->column[level] + (unsigned)(writer->out.len - marker);
    put_block(writer, block, arena_printf(writer->arena, "%*s", (int)levels->column[level + 1], ""));
}

static bool is_item(const struct node *node)
{
    return node->shape == &body_block && ((const struct block *)node)->list_item != ITEM_NONE;
}

// A paragraph with nothing in it, which Markdown passes over.
static bool is_empty(const struct node *node)
{
    const struct block *block = (const struct block *)node;
    return node->shape == &body_block && block->style == STYLE_NORMAL && block->list_item == ITEM_NONE &&
           block->children.count == 1 && ((const struct span *)block->children.nodes[0])->text.len == 0;
}

static void put_list(struct writer *writer, const struct list *items)
{
    struct levels levels = {0};
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            buf_put_char(&writer->out, '\n');
        put_item(writer, (const struct block *)items->nodes[i], &levels);
    }
}

// ------------------------------------------------------------------------------------------------------ all the rest

static const void *field_of(const struct node *node, const struct member *member)
{
    return (const char *)node + member->offset;
}

static const struct member *member_of(const struct node *node, const char *name)
{
    const struct member *member = node->shape->members;
    while (member->name && strcmp(member->name, name) != 0)
        member++;
    return member->name ? member : NULL;
}

static struct str text_of(const struct node *node, const char *name)
{
    const struct member *member = member_of(node, name);
    return member ? *(const struct str *)field_of(node, member) : STR("");
}

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_')
            return false;
    return text.len > 0;
}

static void attribute_put(struct writer *writer, struct str text)
{
    if (is_word(text)) {
        buf_put(&writer->out, text);
        return;
    }
    buf_put_char(&writer->out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            buf_put_lit(&writer->out, "\\n");
        else if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_printf(&writer->out, "\\%c", text.ptr[i]);
        else
            buf_put_char(&writer->out, text.ptr[i]);
    }
    buf_put_char(&writer->out, '"');
}

static bool attribute_is_told(const struct node *node, const struct member *member, const char *content)
{
    const void *field = field_of(node, member);
    bool is_default = member->kind == &body_kind_choice && *(const unsigned *)field == member->default_choice;
    bool zero = member->kind == &body_kind_count && *(const unsigned *)field == 0;
    bool one_row = node->shape == &body_table && strcmp(member->name, "header_rows") == 0;
    if (one_row)
        return *(const unsigned *)field != 1; // what Markdown's own tables have
    if (member->kind == &body_kind_key || member->shapes || is_default || zero || strcmp(member->name, content) == 0)
        return false;
    return !member->kind->absent || !member->kind->absent(member, field);
}

static void put_attributes(struct writer *writer, const struct node *node, const char *content)
{
    char before = '{';
    for (const struct member *member = node->shape->members; member->name; member++) {
        if (!attribute_is_told(node, member, content))
            continue;
        const void *field = field_of(node, member);
        buf_printf(&writer->out, "%c%s=", before, member->name);
        if (member->kind == &body_kind_choice)
            buf_put(&writer->out, str_of(member->choices[*(const unsigned *)field - 1]));
        else if (member->kind == &body_kind_count || member->kind == &body_kind_flag)
            member->kind->write(&writer->out, field, member);
        else
            attribute_put(writer, *(const struct str *)field);
        before = ' ';
    }
    if (before == ' ')
        buf_put_char(&writer->out, '}');
}

static bool has_attributes(const struct node *node, const char *content)
{
    for (const struct member *member = node->shape->members; member->name; member++)
        if (attribute_is_told(node, member, content))
            return true;
    return false;
}

static void put_directive(struct writer *writer, size_t colons, const struct node *node, const char *content)
{
    put_times(writer, ':', colons);
    buf_put(&writer->out, str_of(node->shape->type));
    put_attributes(writer, node, content);
}

static void put_leaf(struct writer *writer, const struct node *node)
{
    enum { LEAF = 2 };
    put_directive(writer, LEAF, node, "");
}

enum { CONTAINER = 3 };

static void put_pullquote(struct writer *writer, const struct node *node)
{
    struct str text = text_of(node, "text");
    size_t colons = longest_run(text, ':') + 1;
    colons = colons < CONTAINER ? CONTAINER : colons;
    put_directive(writer, colons, node, "text");
    buf_printf(&writer->out, "\n%.*s\n", STR_FMT(text));
    put_times(writer, ':', colons);
}

static void put_blocks(struct writer *writer, const struct list *blocks);

static void put_container(struct writer *writer, const struct node *node, const struct list *content)
{
    put_directive(writer, CONTAINER, node, "");
    buf_put_char(&writer->out, '\n');
    put_blocks(writer, content);
    buf_put(&writer->out, content->count ? STR("\n:::") : STR(":::"));
}

static void put_image(struct writer *writer, const struct node *node)
{
    static const char *const more[] = {"credit", "width", "height", "layout", "decorative"};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        if (attribute_is_told(node, member_of(node, more[i]), "")) {
            put_leaf(writer, node);
            return;
        }
    }
    buf_put_lit(&writer->out, "![");
    writer->line = SIZE_MAX;
    put_text(writer, text_of(node, "alt"), true);
    put_destination(writer, text_of(node, "url"), text_of(node, "caption"));
}

static void put_code_block(struct writer *writer, const struct node *node)
{
    struct str text = text_of(node, "text");
    size_t ticks = longest_run(text, '`') + 1;
    ticks = ticks < CONTAINER ? CONTAINER : ticks;
    put_times(writer, '`', ticks);
    buf_printf(&writer->out, "%.*s\n%.*s\n", STR_FMT(text_of(node, "language")), STR_FMT(text));
    put_times(writer, '`', ticks);
}

// ------------------------------------------------------------------------------------------------------------ tables

static const struct list *list_of(const struct node *node, const char *name)
{
    return field_of(node, member_of(node, name));
}

static void put_cell(struct writer *writer, const struct node *cell)
{
    const struct list *content = list_of(cell, "content");
    const struct block *only = content->count == 1 ? (const struct block *)content->nodes[0] : NULL;
    if (!only || only->style != STYLE_NORMAL || only->list_item != ITEM_NONE) {
        writer->unsaid = true;
        return;
    }
    buf_put_lit(&writer->out, " ");
    put_lines(writer, &only->children, STR_NONE);
    buf_put_lit(&writer->out, " |");
}

static void table_put_row(struct writer *writer, const struct list *cells)
{
    buf_put_char(&writer->out, '|');
    for (size_t i = 0; i < cells->count; i++)
        put_cell(writer, cells->nodes[i]);
}

static void put_table(struct writer *writer, const struct node *node)
{
    const struct list *rows = list_of(node, "rows");
    bool directive = has_attributes(node, "");
    if (directive) {
        put_directive(writer, CONTAINER, node, "");
        buf_put_char(&writer->out, '\n');
    }
    writer->in_cell = true;
    for (size_t i = 0; i < rows->count; i++) {
        const struct list *cells = list_of(rows->nodes[i], "cells");
        if (i > 0)
            buf_put_char(&writer->out, '\n');
        table_put_row(writer, cells);
        if (i == 0)
            buf_put_lit(&writer->out, "\n|");
        for (size_t x = 0; i == 0 && x < cells->count; x++)
            buf_put_lit(&writer->out, " --- |");
    }
    writer->in_cell = false;
    if (directive)
        buf_put_lit(&writer->out, "\n:::");
}

// -------------------------------------------------------------------------------------------------------------- runs

// One block, or all the items of a list.
static void put_run(struct writer *writer, const struct list *run)
{
    const struct node *node = run->nodes[0];
    if (is_item(node))
        put_list(writer, run);
    else if (is_empty(node))
        buf_put_lit(&writer->out, "::empty");
    else if (node->shape == &body_block)
        put_block(writer, (const struct block *)node, STR(""));
    else if (node->shape == &body_pullquote)
        put_pullquote(writer, node);
    else if (node->shape == &body_table)
        put_table(writer, node);
    else if (node->shape == &body_image)
        put_image(writer, node);
    else if (node->shape == &body_code)
        put_code_block(writer, node);
    else if (node->shape == &body_divider)
        buf_put_lit(&writer->out, "---");
    else if (node->shape == &body_factbox)
        put_container(writer, node, list_of(node, "content"));
    else if (node->shape == &body_gallery)
        put_container(writer, node, list_of(node, "images"));
    else
        put_leaf(writer, node);
}

static struct list run_at(const struct list *blocks, size_t at)
{
    struct list run = {blocks->nodes + at, 1};
    while (is_item(blocks->nodes[at]) && at + run.count < blocks->count && is_item(blocks->nodes[at + run.count]))
        run.count++;
    return run;
}

static void put_blocks(struct writer *writer, const struct list *blocks)
{
    struct list run;
    for (size_t i = 0; i < blocks->count; i += run.count) {
        run = run_at(blocks, i);
        if (i > 0)
            buf_put_lit(&writer->out, "\n\n");
        put_run(writer, &run);
    }
}

// ------------------------------------------------------------------------------------------------------ reading back

static struct str json_of(struct arena *arena, const struct list *blocks)
{
    struct buf json = buf_in(arena);
    body_json_list(&json, blocks);
    return buf_str(&json);
}

static bool reads_back(struct arena *arena, struct str text, const struct list *blocks)
{
    static const struct member top = {.name = "body", .shapes = body_block_types};
    struct markdown markdown;
    body_markdown_read(arena, text, &markdown);
    struct reader reader = {.arena = arena, .work = arena};
    reader.next_fault = &reader.faults;
    reader.keys = (struct names){.arena = arena};
    struct list list = {0};
    if (!markdown.faults.count)
        body_kind_blocks.read(&reader, &(struct path){0}, markdown.blocks, &top, &list);
    if (markdown.faults.count || reader.faults)
        return false;
    body_normalise(arena, &list);
    return body_keys_copy(blocks, &list) && str_eq(json_of(arena, &list), json_of(arena, blocks));
}

// Letters, digits, spaces and marks that Markdown does not know.
static bool is_harmless_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x80 && !isalnum(c) && !strchr(" ,;.?!'", c))
            return false;
    }
    return text.len > 0 && !memchr(text.ptr, '\0', text.len);
}

static bool is_harmless_address(struct str address)
{
    for (size_t i = 0; i < address.len; i++)
        if (!isalnum((unsigned char)address.ptr[i]) && !strchr(":/.?=-", address.ptr[i]))
            return false;
    return true;
}

static char first_of(const struct span *span)
{
    return span->text.ptr[0];
}

static char last_of(const struct span *span)
{
    return span->text.ptr[span->text.len - 1];
}

// A marked word or some, with a space before it and a space or a comma after it: no rule about what stands beside an
// asterisk matters there. `links`: those of the block that were met before.
static bool is_harmless_mark(const struct block *block, size_t at, size_t *links)
{
    enum { STRONG = 1, EM = 2 };
    const struct list *spans = &block->children;
    const struct span *span = (const struct span *)spans->nodes[at];
    const struct span *before = at > 0 ? (const struct span *)spans->nodes[at - 1] : NULL;
    const struct span *after = at + 1 < spans->count ? (const struct span *)spans->nodes[at + 1] : NULL;
    bool apart = (!before || last_of(before) == ' ') && (!after || strchr(" ,.", first_of(after)));
    bool whole = isalnum((unsigned char)first_of(span)) && isalnum((unsigned char)last_of(span));
    if (!apart || !whole || span->marks.decorators > EM || (span->marks.decorators & (span->marks.decorators - 1)))
        return false;
    if (span->marks.count == 0)
        return true;
    const struct link *link = span->marks.links[0];
    return span->marks.count == 1 && *links < block->definitions.count &&
           block->definitions.nodes[(*links)++] == &link->node && link->title.len == 0 &&
           is_harmless_address(link->href);
}

// Most paragraphs and headings are plain enough to need no reading back.
static bool is_harmless(const struct list *run)
{
    const struct block *block = (const struct block *)run->nodes[0];
    if (run->count != 1 || block->node.shape != &body_block || block->list_item != ITEM_NONE)
        return false;
    const struct list *spans = &block->children;
    size_t links = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if (!is_harmless_text(span->text))
            return false;
    }
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        if ((span->marks.decorators || span->marks.count) && !is_harmless_mark(block, i, &links))
            return false;
    }
    char first = first_of((const struct span *)spans->nodes[0]);
    char last = last_of((const struct span *)spans->nodes[spans->count - 1]);
    return (isalpha((unsigned char)first) || (unsigned char)first >= 0x80) && last != ' ' &&
           links == block->definitions.count;
}

static bool put_run_as(struct writer *writer, const struct list *run, enum form form)
{
    size_t start = writer->out.len;
    writer->form = form;
    writer->unsaid = false;
    put_run(writer, run);
    if (form == FORM_PLAIN && is_harmless(run))
        return true;
    struct arena *scratch = arena_new();
    struct str text = {writer->out.ptr + start, writer->out.len - start};
    bool same = !writer->unsaid && reads_back(scratch, text, run);
    arena_free(scratch);
    if (!same)
        writer->out.len = start;
    return same;
}

struct str body_markdown_write(struct arena *arena, const struct list *blocks)
{
    struct writer writer = {.arena = arena, .out = buf_in(arena)};
    struct list run;
    for (size_t i = 0; i < blocks->count; i += run.count) {
        run = run_at(blocks, i);
        if (i > 0)
            buf_put_char(&writer.out, '\n');
        if (!put_run_as(&writer, &run, FORM_PLAIN) && !put_run_as(&writer, &run, FORM_DIRECTIVES)) {
            buf_put_lit(&writer.out, ":::blocks\n");
            body_json_list(&writer.out, &run);
            buf_put_lit(&writer.out, "\n:::");
        }
        buf_put_char(&writer.out, '\n');
    }
    return buf_str(&writer.out);
}
