// Texts with their marks as Markdown: what would be more than text has a backslash before it.
#include "write.h"

#include <ctype.h>
#include <string.h>

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
        return true;
    case '~': // two strike
        return at == 0 || at + 1 == text.len || text.ptr[at - 1] == '~' || text.ptr[at + 1] == '~';
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

// An empty line between two texts of an item, which are paragraphs of it.
static bool breaks_at(const struct writer *writer, struct str text, size_t at)
{
    return writer->paragraph.ptr && at > 0 && at + 2 < text.len && text.ptr[at - 1] != '\n' &&
           text.ptr[at + 1] == '\n' && text.ptr[at + 2] != '\n';
}

// White space at an end of a line would be lost, so there it is spelled out.
void write_text(struct writer *writer, struct str text, bool last)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool begins = writer->out.len == writer->line, ends = i + 1 == text.len ? last : text.ptr[i + 1] == '\n';
        if (c == '\n' && breaks_at(writer, text, i)) {
            buf_put(&writer->out, writer->paragraph);
            writer->line = writer->out.len;
            i++;
        } else if (c == '\n')
            put_newline(writer, begins || ends);
        else if ((c == ' ' || c == '\t') && (begins || ends))
            buf_put(&writer->out, c == ' ' ? STR("&#32;") : STR("&#9;"));
        else if (needs_backslash(writer, text, i) || (c == '!' && i + 1 == text.len && !last)) // a link may follow
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

void write_destination(struct writer *writer, struct str address, struct str title)
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

size_t write_longest_run(struct str text, char c)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == c ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

void write_times(struct writer *writer, char c, size_t count)
{
    while (count-- > 0)
        buf_put_char(&writer->out, c);
}

static void put_code(struct writer *writer, struct str text)
{
    size_t ticks = write_longest_run(text, '`') + 1;
    bool padded = text.len && (text.ptr[0] == '`' || text.ptr[text.len - 1] == '`' || text.ptr[0] == ' ');
    write_times(writer, '`', ticks);
    buf_put(&writer->out, padded ? STR(" ") : STR(""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|' && writer->in_cell)
            buf_put_char(&writer->out, '\\');
        buf_put_char(&writer->out, text.ptr[i]);
    }
    buf_put(&writer->out, padded ? STR(" ") : STR(""));
    write_times(writer, '`', ticks);
}

static void close_link(struct writer *writer, const struct link *link)
{
    if (link->article.len)
        write_destination(writer, arena_printf(writer->arena, "article:%.*s", STR_FMT(link->article)), STR(""));
    else
        write_destination(writer, link->href, link->title);
}

// Changes decorators between spans as HTML does: closes what the next one does not have, opens what it has more.
static void decorators_change(struct writer *writer, struct opened *from, struct opened to)
{
    unsigned kept = body_decorators_kept(*from, to);
    close_decorators(writer, from->decorators & ~kept);
    if (from->link && from->link != to.link)
        close_link(writer, from->link);
    if (to.link && from->link != to.link)
        buf_put_char(&writer->out, '[');
    open_decorators(writer, to.decorators & ~kept);
    *from = to;
}

// ---------------------------------------------------------------------------------------------------------- footnotes

static bool is_about(const struct span *span, const struct link *note)
{
    for (size_t i = 0; span && i < span->marks.count; i++)
        if (span->marks.links[i] == note)
            return true;
    return false;
}

// The last of the spans from `at` on that its first new footnote is about; `at` where there is none.
static size_t region_of(const struct list *spans, size_t at)
{
    const struct span *span = (const struct span *)spans->nodes[at];
    const struct span *before = at > 0 ? (const struct span *)spans->nodes[at - 1] : NULL;
    for (size_t i = 0; i < span->marks.count; i++) {
        const struct link *mark = span->marks.links[i];
        if (!body_is_note(mark) || is_about(before, mark))
            continue;
        size_t end = at + 1;
        while (end < spans->count && is_about((const struct span *)spans->nodes[end], mark))
            end++;
        return end;
    }
    return at;
}

// One word, or white space: what `[^1]` alone is about.
static bool is_word_alone(struct str text)
{
    bool blank = text.len && strchr(" \t\n", text.ptr[0]);
    for (size_t i = 0; i < text.len; i++)
        if ((strchr(" \t\n", text.ptr[i]) != NULL) != blank)
            return false;
    return text.len > 0;
}

static void put_references(struct writer *writer, const struct span *span)
{
    for (size_t i = 0; i < span->note_count; i++) {
        buf_printf(&writer->out, "[^%zu]", ++writer->note_count);
        write_note(writer, span->notes[i], writer->note_count);
    }
}

// ------------------------------------------------------------------------------------------------------------- texts

static void put_span(struct writer *writer, const struct span *span, bool last)
{
    size_t links = 0;
    struct str paragraph = writer->paragraph;
    for (size_t i = 0; i < span->marks.count; i++)
        links += !body_is_note(span->marks.links[i]);
    writer->unsaid |= links > 1;
    if (span->marks.decorators || span->marks.count)
        writer->paragraph = STR_NONE; // marks end with a paragraph
    if (span->marks.decorators >> DECORATOR_CODE & 1 && writer->form == FORM_PLAIN)
        put_code(writer, span->text);
    else
        write_text(writer, span->text, last);
    writer->paragraph = paragraph;
}

void write_spans(struct writer *writer, const struct block *block)
{
    const struct list *spans = &block->children;
    struct opened opened = {0};
    size_t region = SIZE_MAX; // the end of `:note[…]`
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = (const struct span *)spans->nodes[i];
        size_t end = span->text.len ? region_of(spans, i) : i;
        if (span->text.len == 0)
            continue;
        bool alone = end == i + 1 && is_word_alone(span->text) && writer->form == FORM_PLAIN;
        if (end > i && !alone) {
            decorators_change(writer, &opened, (struct opened){0});
            writer->unsaid |= region != SIZE_MAX;
            region = end;
            buf_put_lit(&writer->out, ":note[");
        }
        decorators_change(writer, &opened, (struct opened){body_span_link(span), span->marks.decorators});
        put_span(writer, span, i + 1 == spans->count && span->note_count == 0);
        if (i + 1 == region) {
            decorators_change(writer, &opened, (struct opened){0});
            buf_put_char(&writer->out, ']');
            region = SIZE_MAX;
        }
        put_references(writer, span);
    }
    decorators_change(writer, &opened, (struct opened){0});
}
