// What a line of Markdown is by itself: CommonMark's rules for rules, headings, fences, HTML, markers of lists, and the
// definitions that a paragraph may begin with.
#include "markdown.h"

#include <ctype.h>
#include <string.h>

void lines_add(struct arena *arena, struct lines *lines, struct line line)
{
    ARENA_ROOM(arena, lines->all, lines->count, lines->capacity);
    lines->all[lines->count++] = line;
}

// ------------------------------------------------------------------------------------------------------------ cursor

enum { TAB = 4 };

unsigned cursor_indent(const struct cursor *cursor)
{
    unsigned column = cursor->column + cursor->spare;
    for (const char *at = cursor->at; at < cursor->end && (*at == ' ' || *at == '\t'); at++)
        column += *at == ' ' ? 1 : TAB - column % TAB;
    return column - cursor->column;
}

void cursor_skip(struct cursor *cursor, unsigned columns)
{
    while (columns > 0) {
        if (cursor->spare) {
            cursor->spare--;
        } else if (cursor->at < cursor->end && *cursor->at == '\t') {
            cursor->spare = TAB - cursor->column % TAB - 1;
            cursor->at++;
        } else if (cursor->at < cursor->end) {
            cursor->at++;
        } else {
            return;
        }
        cursor->column++;
        columns--;
    }
}

void cursor_skip_blank(struct cursor *cursor)
{
    cursor_skip(cursor, cursor_indent(cursor));
}

bool cursor_is_blank(const struct cursor *cursor)
{
    return str_trim(cursor_rest(cursor)).len == 0;
}

struct str cursor_rest(const struct cursor *cursor)
{
    return (struct str){cursor->at, (size_t)(cursor->end - cursor->at)};
}

// ----------------------------------------------------------------------------------------------------- kinds of line

static struct str from(struct str line, size_t at)
{
    return (struct str){line.ptr + at, line.len - at};
}

static size_t run_of(struct str line, size_t at, char c)
{
    size_t end = at;
    while (end < line.len && line.ptr[end] == c)
        end++;
    return end - at;
}

bool line_is_rule(struct str line)
{
    size_t count = 0;
    if (line.len == 0 || !strchr("*-_", line.ptr[0]))
        return false;
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == line.ptr[0])
            count++;
        else if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
            return false;
    }
    return count >= 3;
}

unsigned line_heading(struct str line, struct str *text)
{
    size_t level = run_of(line, 0, '#');
    if (level < 1 || level > 6 || (level < line.len && line.ptr[level] != ' ' && line.ptr[level] != '\t'))
        return 0;
    struct str rest = str_trim(from(line, level));
    size_t end = rest.len;
    while (end > 0 && rest.ptr[end - 1] == '#')
        end--;
    if (end == 0 || rest.ptr[end - 1] == ' ' || rest.ptr[end - 1] == '\t')
        rest.len = end;
    *text = str_trim(rest);
    return (unsigned)level;
}

bool line_is_underline(struct str line, unsigned *level)
{
    line = str_trim(line);
    if (line.len == 0 || (line.ptr[0] != '=' && line.ptr[0] != '-'))
        return false;
    *level = line.ptr[0] == '=' ? 1 : 2;
    return run_of(line, 0, line.ptr[0]) == line.len;
}

bool line_fence(struct str line, struct fence *fence, struct str *info)
{
    if (line.len == 0 || (line.ptr[0] != '`' && line.ptr[0] != '~'))
        return false;
    size_t length = run_of(line, 0, line.ptr[0]);
    *info = str_trim(from(line, length));
    if (length < 3 || (line.ptr[0] == '`' && memchr(info->ptr, '`', info->len)))
        return false;
    *fence = (struct fence){.character = line.ptr[0], .length = length};
    return true;
}

bool line_ends_fence(struct str line, const struct fence *fence)
{
    size_t length = run_of(line, 0, fence->character);
    return length >= fence->length && str_trim(from(line, length)).len == 0;
}

// -------------------------------------------------------------------------------------------------------------- HTML

static const char *const raw_tags[] = {"pre", "script", "style", "textarea", NULL};
static const char *const block_tags[] = {
    "address",  "article",    "aside",  "base",    "basefont", "blockquote", "body",     "caption",  "center",
    "col",      "colgroup",   "dd",     "details", "dialog",   "dir",        "div",      "dl",       "dt",
    "fieldset", "figcaption", "figure", "footer",  "form",     "frame",      "frameset", "h1",       "h2",
    "h3",       "h4",         "h5",     "h6",      "head",     "header",     "hr",       "html",     "iframe",
    "legend",   "li",         "link",   "main",    "menu",     "menuitem",   "nav",      "noframes", "ol",
    "optgroup", "option",     "p",      "param",   "search",   "section",    "summary",  "table",    "tbody",
    "td",       "tfoot",      "th",     "thead",   "title",    "tr",         "track",    "ul",       NULL,
};

static bool begins_tag(struct str line, size_t at, const char *const *tags, const char *after)
{
    size_t end = at;
    while (end < line.len && isalnum((unsigned char)line.ptr[end]))
        end++;
    if (end < line.len && !strchr(after, line.ptr[end]))
        return false;
    for (; *tags; tags++)
        if (str_eq_nocase((struct str){line.ptr + at, end - at}, str_of(*tags)))
            return true;
    return false;
}

unsigned line_html(struct str line)
{
    if (line.len < 2 || line.ptr[0] != '<')
        return HTML_NONE;
    if (begins_tag(line, 1, raw_tags, " \t>"))
        return 1;
    if (str_starts(line, STR("<!--")))
        return HTML_COMMENT;
    if (line.ptr[1] == '?')
        return 3;
    if (str_starts(line, STR("<![CDATA[")))
        return 5;
    if (line.ptr[1] == '!' && line.len > 2 && isalpha((unsigned char)line.ptr[2]))
        return 4;
    return begins_tag(line, line.ptr[1] == '/' ? 2 : 1, block_tags, " \t>/") ? HTML_TO_BLANK : HTML_NONE;
}

static bool has(struct str line, const char *part)
{
    return memmem(line.ptr, line.len, part, strlen(part)) != NULL;
}

bool line_ends_html(struct str line, unsigned condition)
{
    switch (condition) {
    case 1:
        for (const char *at = line.ptr; (at = memmem(at, (size_t)(line.ptr + line.len - at), "</", 2)); at += 2)
            if (begins_tag(line, (size_t)(at + 2 - line.ptr), raw_tags, ">"))
                return true;
        return false;
    case HTML_COMMENT:
        return has(line, "-->");
    case 3:
        return has(line, "?>");
    case 4:
        return has(line, ">");
    case 5:
        return has(line, "]]>");
    default:
        return false; // a blank line ends it
    }
}

// ---------------------------------------------------------------------------------------------------- lists and notes

bool line_marker(struct str line, struct marker *marker)
{
    enum { DIGITS_MAX = 9 };
    size_t at = 0;
    *marker = (struct marker){0};
    while (at < line.len && at < DIGITS_MAX && isdigit((unsigned char)line.ptr[at]))
        marker->number = marker->number * 10 + (unsigned)(line.ptr[at++] - '0');
    if (at == line.len || !strchr(at ? ".)" : "-+*", line.ptr[at]))
        return false;
    marker->numbered = at > 0;
    marker->character = line.ptr[at++];
    marker->width = (unsigned)at;
    return at == line.len || line.ptr[at] == ' ' || line.ptr[at] == '\t';
}

bool line_note(struct str line, struct str *id, struct str *rest)
{
    if (!str_starts(line, STR("[^")))
        return false;
    size_t at = 2;
    while (at < line.len && !strchr(" \t[]^", line.ptr[at]))
        at++;
    if (at == 2 || at + 1 >= line.len || line.ptr[at] != ']' || line.ptr[at + 1] != ':')
        return false;
    *id = (struct str){line.ptr + 2, at - 2};
    *rest = from(line, at + 2);
    return true;
}

// ------------------------------------------------------------------------------------------------------- definitions

// A paragraph as one text, of which a reader never goes back to what another has passed.
struct spot {
    const struct lines *lines;
    size_t line, at;
};

static struct str here(const struct spot *spot)
{
    return from(spot->lines->all[spot->line].text, spot->at);
}

// Over white space, and a line end at the most; false where the paragraph ends.
static bool skip_space(struct spot *spot)
{
    for (int line_ends = 0;; line_ends++) {
        struct str rest = here(spot);
        size_t blank = 0;
        while (blank < rest.len && (rest.ptr[blank] == ' ' || rest.ptr[blank] == '\t'))
            blank++;
        spot->at += blank;
        if (blank < rest.len)
            return true;
        if (line_ends || spot->line + 1 == spot->lines->count)
            return false;
        *spot = (struct spot){spot->lines, spot->line + 1, 0};
    }
}

// To behind the character that ends it; false where there is none, or where `other` comes before it.
static bool skip_to(struct spot *spot, char end, char other, size_t max)
{
    for (size_t count = 0; spot->line < spot->lines->count; spot->line++, spot->at = 0) {
        for (struct str rest = here(spot); rest.len; rest = here(spot)) {
            char c = rest.ptr[0];
            spot->at += c == '\\' && rest.len > 1 ? 2 : 1;
            if (c == end)
                return true;
            if (c == other || ++count > max)
                return false;
        }
        count++;
    }
    return false;
}

static bool skip_label(struct spot *spot)
{
    enum { LABEL_MAX = 999 };
    struct str rest = here(spot);
    if (rest.len == 0 || rest.ptr[0] != '[' || str_starts(rest, STR("[^"))) // that is a footnote's
        return false;
    spot->at++;
    struct spot begin = *spot;
    if (!skip_to(spot, ']', '[', LABEL_MAX))
        return false;
    bool blank = true; // a label has more in it than white space
    for (size_t line = begin.line; line <= spot->line && blank; line++) {
        struct str text = spot->lines->all[line].text;
        size_t first = line == begin.line ? begin.at : 0, end = line == spot->line ? spot->at - 1 : text.len;
        blank = str_trim((struct str){text.ptr + first, end - first}).len == 0;
    }
    rest = here(spot);
    if (blank || rest.len == 0 || rest.ptr[0] != ':')
        return false;
    spot->at++;
    return true;
}

static bool skip_destination(struct spot *spot)
{
    struct str rest = here(spot);
    size_t at = 0, open = 0;
    bool angled = rest.ptr[0] == '<';
    for (at = angled; at < rest.len; at++) {
        char c = rest.ptr[at];
        if (angled ? c == '>' || c == '<' : (unsigned char)c <= ' ')
            break;
        if (c == '\\' && at + 1 < rest.len && ispunct((unsigned char)rest.ptr[at + 1]))
            at++;
        else if (!angled && c == '(')
            open++;
        else if (!angled && c == ')' && open-- == 0)
            return false;
    }
    if (angled && (at == rest.len || rest.ptr[at] != '>'))
        return false;
    spot->at += at + angled;
    return at > 0 && open == 0;
}

static bool skip_title(struct spot *spot)
{
    char begin = here(spot).ptr[0];
    if (begin != '"' && begin != '\'' && begin != '(')
        return false;
    spot->at++;
    return begin == '(' ? skip_to(spot, ')', '(', SIZE_MAX) : skip_to(spot, begin, begin, SIZE_MAX);
}

static bool line_is_over(const struct spot *spot)
{
    return str_trim(here(spot)).len == 0;
}

// Moves behind one definition; false when there is none.
static bool skip_definition(struct spot *spot)
{
    struct spot at = *spot;
    if (!skip_label(&at) || !skip_space(&at) || !skip_destination(&at))
        return false;
    bool over = line_is_over(&at);
    struct spot behind = at, title = at;
    bool apart = title.at == title.lines->all[title.line].text.len || strchr(" \t", here(&title).ptr[0]);
    if (apart && skip_space(&title) && skip_title(&title) && line_is_over(&title))
        behind = title;
    else if (!over)
        return false;
    *spot = (struct spot){spot->lines, behind.line + 1, 0};
    return true;
}

size_t definitions_in(const struct lines *paragraph)
{
    struct spot spot = {paragraph, 0, 0};
    while (spot.line < paragraph->count && skip_definition(&spot)) {
    }
    return spot.line;
}
