// Inside content: Markdown in, in passes that are each linear in the length of the text. Lines become blocks (scan.c,
// by what a line is: lines.c, rows.c), blocks become JSON whose texts are still to come (build.c, directives.c), and
// all texts are read at once by md4c (inlines.c), from whose pieces come spans, images and footnotes (pieces.c). md4c
// sees paragraphs alone, so what each may cost it is known before it is asked.
#pragma once

#include "content_internal.h"

enum { TABLE_COLUMNS_MAX = 128, CONTAINERS_MAX = 24 };

// ------------------------------------------------------------------------------------------------------------- lines

// A stretch of a line of the body as it was written.
struct line {
    struct str text;
    const char *begin; // of the whole line; NULL where the text is not as it was written
    size_t number;
};

struct lines {
    struct line *all;
    size_t count, capacity;
};

void lines_add(struct arena *arena, struct lines *lines, struct line line);

// Where in a line a reader is. A tab goes on to the next column that four divides (CommonMark §2.2).
struct cursor {
    const char *at, *end;
    unsigned column;
    unsigned spare; // columns of a tab that was begun
};

unsigned cursor_indent(const struct cursor *cursor); // columns of white space ahead
void cursor_skip(struct cursor *cursor, unsigned columns);
void cursor_skip_blank(struct cursor *cursor);
bool cursor_is_blank(const struct cursor *cursor);
struct str cursor_rest(const struct cursor *cursor); // to the end of the line

enum { CODE_INDENT = 4, HTML_NONE = 0, HTML_COMMENT = 2, HTML_TO_BLANK = 6 };

struct fence {
    char character; // 0 outside
    size_t length;
    unsigned indent;
};

// `-`, `+`, `*`, or a number with `.` or `)`.
struct marker {
    char character; // what tells lists apart
    bool numbered;
    unsigned number, width;
};

// What a line is, without the white space before it.
bool line_is_rule(struct str line);
unsigned line_heading(struct str line, struct str *text); // its level; 0 for none
bool line_is_underline(struct str line, unsigned *level);
bool line_fence(struct str line, struct fence *fence, struct str *info);
bool line_ends_fence(struct str line, const struct fence *fence);
unsigned line_html(struct str line); // the start condition of CommonMark §4.6 that it meets, 1 to 6
bool line_ends_html(struct str line, unsigned condition);
bool line_marker(struct str line, struct marker *marker);
bool line_note(struct str line, struct str *id, struct str *rest); // `[^id]:`

// The cells of a row, with `\|` still in them. `cells` has room for `max`; returns how many there are.
size_t row_cells(struct str line, struct str *cells, size_t max);
bool row_is_delimiter(struct str line, size_t *columns);
void row_aligns(struct str line, unsigned *aligns, size_t columns);

// How many lines at a paragraph's beginning define what links refer to (CommonMark §4.7).
size_t definitions_in(const struct lines *paragraph);

// ------------------------------------------------------------------------------------------------------------ blocks

// What a paragraph begins with when md4c reads it: a character that no text has.
#define LEAF_BEGINS "\x02 "

// A text whose marks are still to be read, and the block that it goes to.
struct leaf {
    json_t *block, *list; // that it stands in
    bool alone;           // it may be an image, which stands by itself
    bool joined;          // to what the block has: another paragraph of an item
    bool in_note;
    struct text_place place;
};

// Where a line of what md4c reads was written.
struct origin {
    size_t offset;
    struct line line;
};

struct heading {
    struct heading *next;
    json_t *block;
    unsigned level;
    struct text_place place;
};

struct note {
    struct note *next;
    struct str id;
    struct text_place place;
    json_t *content;
    bool used;
};

// An image that stood among text, for behind its block.
struct behind {
    struct behind *next;
    json_t *list, *block, *image;
    size_t line;
};

struct list_state {
    bool numbered, begun, nested; // the item has its block; another list came in it
    unsigned start, count;
    json_t *block; // of the item
};

// Where blocks go to, and what is open around them.
struct build {
    struct markdown *markdown;
    json_t *list;
    struct build *outer;           // of a footnote
    struct note *note;             // that this is the text of
    unsigned quotes, depth, level; // quotations and lists that are open; the level of the item before
    bool quote_begins;
    struct list_state items[CONTAINERS_MAX + 1];
};

void build_quote(struct build *build, const struct line *line);
void build_quote_end(struct build *build);
void build_list(struct build *build, const struct marker *marker, const struct line *line);
void build_list_end(struct build *build);
void build_item(struct build *build);
void build_item_end(struct build *build, const struct line *line);
void build_note(struct build *build, struct str id, const struct line *line); // the build goes on in `building`
void build_note_end(struct build *build);
void build_paragraph(struct build *build, const struct lines *lines, size_t first);
void build_heading(struct build *build, unsigned level, const struct lines *lines);
void build_code(struct build *build, struct str text, struct str info, const struct line *line);
void build_rule(struct build *build, const struct line *line);
void build_html(struct build *build, unsigned condition, const struct line *line);
void build_table(struct build *build, const struct lines *rows); // the head, the row under it, the others
void build_definitions(struct markdown *markdown, const struct lines *lines, size_t count);
void body_definitions_put(struct markdown *markdown); // behind all texts

// Reads a text, whose first line has the number `line`, into a list of blocks.
void body_scan(struct markdown *markdown, struct str text, size_t line, json_t *list);

// A line that begins a directive: so many colons, a name, attributes as they were written.
struct opening {
    size_t colons;
    struct str name, attributes;
};

bool directive_is(struct str line, struct opening *opening);
// Reads the one that begins with `text`, on line `line`; returns how many lines it has, and in `length` how many bytes.
size_t directive_read(struct markdown *markdown, const struct opening *opening, struct str text, size_t line,
                      json_t *list, size_t *length);

// --------------------------------------------------------------------------------------------------------- what is
// told

// A loss where the reading is lenient, else a fault.
void body_markdown_tell(struct markdown *markdown, struct text_place place, const char *kind, const char *format, ...)
    PRINTF_LIKE(4, 5);
// The beginning of what somebody wrote, for a sentence.
const char *body_markdown_said(struct markdown *markdown, struct str text);
// Puts an image (which is taken) behind the block of a leaf.
void body_markdown_put_behind(struct markdown *markdown, const struct leaf *leaf, json_t *image);

enum address_use { ADDRESS_LINK, ADDRESS_IMAGE, ADDRESS_IMAGE_LINK };

// The address as a body has it; STR_NONE when it cannot have it, which is told.
struct str body_markdown_address(struct markdown *markdown, struct str address, struct text_place place,
                                 enum address_use use);

// ------------------------------------------------------------------------------------------------------------- texts

// What md4c finds in a text, in order.
enum piece_kind {
    PIECE_TEXT,  // as it is
    PIECE_PLAIN, // in which directives, `~~` and footnotes are still to be found
    PIECE_MARK,
    PIECE_MARK_END,
    PIECE_LINK,
    PIECE_LINK_END,
    PIECE_IMAGE,
    PIECE_IMAGE_END,
};

struct piece {
    enum piece_kind kind;
    unsigned decorator;
    struct str text;  // of an image or a link: where it leads
    struct str title; // of these
    const char *at;   // in what md4c reads; NULL where it is not known
};

struct pieces {
    struct piece *all;
    size_t count, capacity;
};

void body_inlines_read(struct markdown *markdown);
struct text_place body_markdown_place(const struct markdown *markdown, const char *at); // of what md4c reads
void body_entity_put(struct buf *out, struct str entity); // `&eacute;`, `&#233;`, `&#xE9;`
void body_pieces_place(struct markdown *markdown, const struct leaf *leaf, const struct pieces *pieces);

// ------------------------------------------------------------------------------------------------------------- spans

// What a text is made of once its plain parts are looked through.
enum token_kind {
    TOKEN_TEXT,
    TOKEN_MARK,
    TOKEN_MARK_END,
    TOKEN_LINK,
    TOKEN_LINK_END,
    TOKEN_TILDES, // two; in the end marks or text
    TOKEN_NOTE,
};

struct token {
    enum token_kind kind;
    unsigned decorator; // or NOTE_REGION
    bool opens, closes; // tildes
    bool region;        // a footnote about what `:note[…]` holds
    struct str text, title;
    const char *at;
};

enum { OPEN_MAX = 16, NOTES_MAX = 8, NOTE_REGION = DECORATORS };

// A stretch of text whose marks are the same. Definitions are told by their number, from 1.
struct stretch {
    size_t begin, end;
    unsigned decorators;
    size_t link; // 0 for none
    size_t notes[NOTES_MAX];
    unsigned note_count;
};

struct weave {
    struct markdown *markdown;
    const struct leaf *leaf;
    struct token *tokens;
    size_t token_count, token_capacity;
    unsigned open[OPEN_MAX], open_count; // directives that wait for their `]`
    const char *opened_at;
    struct stretch *stretches;
    size_t stretch_count, stretch_capacity;
    bool apart; // what follows is a stretch of its own
    struct buf text;
    unsigned marks[DECORATORS]; // how often each is open
    size_t link, linked_at;     // the open link, and where its text begins
    size_t region, region_end;  // of `:note[…]`, in stretches
    json_t *definitions;
};

void weave_tokens(struct weave *weave, const struct pieces *pieces);
struct text_place weave_place(const struct weave *weave, const char *at);
void weave_image_behind(struct weave *weave, const struct pieces *pieces, size_t i);
