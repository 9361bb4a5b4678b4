// Inside content. A body is a tree of nodes. A shape says what the nodes of one sort are called, which members they
// have, what may stand in each, and how they look as HTML and text. Reading, filling in keys and writing JSON walk the
// shapes and know no type by name: a new type of block is one file with its shape, and one row in `body_block_types`.
//
// The way of a body: read (read.c, kinds.c) → normalise (normalise.c, spans.c) → write (json.c, html.c, text.c,
// markdown.c). One that comes as Markdown is first made JSON (directives.c, commonmark.c), its keys are given back
// (keys.c), and the rest of the way is the same.
#pragma once

#include "marbre/content.h"

struct member;
struct node;
struct page;
struct reader;
struct shape;

// ------------------------------------------------------------------------------------------------------------ names

// A set of names, each with a thing and a number that belong to it. Hashed with a seed that nobody outside knows.
struct name {
    struct str text; // STR_NONE in an empty slot
    void *thing;
    size_t number;
};

struct names {
    struct arena *arena;
    uint64_t seed;
    struct name *slots;
    size_t count, capacity;
    unsigned char *drawn; // random bytes for fresh names
    size_t drawn_left;
};

uint64_t body_names_seed(void);
// The entry of `text`, good until the next call of body_names_add; NULL when there is none.
struct name *body_names_find(const struct names *names, struct str text);
// Finds a name or adds it where it was not there yet: then its thing is NULL and its number 0.
struct name *body_names_add(struct names *names, struct str text);
struct str body_names_fresh(struct names *names); // 12 random hexadecimal digits, new to the set and now in it

// ------------------------------------------------------------------------------------------------------------ nodes

struct node {
    const struct shape *shape;
    struct str key;
};

struct list {
    struct node **nodes;
    size_t count;
};

// A definition in markDefs: a `link` has href and title, an `internal_link` an article, a `footnote` blocks.
struct link {
    struct node node;
    struct str href, title, article;
    struct list content; // of a footnote
    bool used;
    size_t order;  // among the definitions of its block
    size_t number; // of a footnote, once it is rendered
    // While a footnote is read: what the reader knew of the block that has it.
    struct names *links_around;
    unsigned level_around, level_before_around;
    bool nested;
};

// The marks of a span: decorators as bits (`1 << position` in body_decorators), links by key as they were read, and
// once normalised by what the keys stand for: in the order of the keys, each once.
struct marks {
    unsigned decorators;
    struct str *keys;
    struct link **links;
    size_t count;
};

struct span {
    struct node node;
    struct str text;
    struct marks marks;
    struct link **notes; // the footnotes that end here, in the order of their definitions
    size_t note_count;
};

enum block_style { STYLE_NORMAL = 1, STYLE_H2, STYLE_H3, STYLE_H4, STYLE_BLOCKQUOTE };
enum list_item { ITEM_NONE, ITEM_BULLET, ITEM_NUMBER };
enum { LEVEL_MAX = 4 };

struct block {
    struct node node;
    unsigned style, list_item; // enum block_style, enum list_item
    unsigned level;            // 1 to LEVEL_MAX in a list item, else 0
    unsigned start;            // a numbered list begins here, with the number before this one; 0: with 1, or it goes on
    bool starts_quote;         // what stands before it is another quotation
    struct list children;      // of struct span
    struct list definitions;   // of struct link
    struct names *links;       // the definitions by their keys
};

// ----------------------------------------------------------------------------------------------------------- shapes

// A kind of member: its type in JSON, how it gets from there into its field, and back.
struct kind {
    json_type type;
    const char *takes; // `"text" takes a text, not 3`
    // False when there was a fault, and then the field is left alone.
    bool (*read)(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                 void *field);
    bool (*absent)(const struct member *member, const void *field); // it is not written; NULL: it always is
    void (*write)(struct buf *json, const void *field, const struct member *member);
};

extern const struct kind body_kind_key;     // struct str: 1 to 64 of A-Z a-z 0-9 _ -
extern const struct kind body_kind_text;    // struct str: clean, in NFC
extern const struct kind body_kind_choice;  // unsigned: the word's position in `choices`, from 1; 0 is absent
extern const struct kind body_kind_count;   // unsigned: from `least` to `most`; less than `least` is absent
extern const struct kind body_kind_address; // struct str: a URL that begins with one of `choices`
extern const struct kind body_kind_article; // struct str: an article's id, in lower case
extern const struct kind body_kind_list;    // struct list: objects, each of one of `shapes`
extern const struct kind body_kind_blocks;  // struct list: the same for blocks, which are counted and make up lists
extern const struct kind body_kind_marks;   // struct marks
extern const struct kind body_kind_number;  // unsigned: one more than a number from 0 to `most`; 0 is absent
extern const struct kind body_kind_columns; // struct columns
extern const struct kind body_kind_flag;    // bool: false is absent
extern const struct kind body_kind_word;    // struct str: the name of a language, 1 to 40 of A-Z a-z 0-9 + # . _ -

struct member {
    const char *name;
    const struct kind *kind;
    size_t offset; // of its field in the node
    bool required;
    unsigned default_choice;           // what a choice is when it is left out
    const char *const *choices;        // ends with NULL
    unsigned least, most;              // of a count; no upper limit where `most` is 0
    const struct shape *const *shapes; // ends with NULL
    // A further check, once the value itself is fine. `owner` is the object that has the member.
    void (*check)(struct reader *reader, const struct path *at, const json_t *owner, struct node *node);
};

struct shape {
    const char *type;             // its `_type`; NULL where the place alone says what an object is
    const char *a;                // "a pullquote"
    size_t size;                  // of its node
    const struct member *members; // in the order in which they are written, ends with a row without a name
    // Before the members are read: what they have to know of each other.
    void (*begin)(struct reader *reader, const struct path *at, const json_t *object, struct node *node);
    // After the last of them: what they have to agree on.
    void (*end)(struct reader *reader, const struct path *at, const json_t *object, struct node *node);
    void (*normalise)(struct arena *arena, struct node *node);
    void (*html)(struct page *page, const struct node *node); // types of block have these two
    void (*text)(struct page *page, const struct node *node);
};

extern const struct shape body_block, body_span, body_pullquote, body_table, body_image, body_gallery, body_embed,
    body_factbox, body_code, body_divider;
extern const struct shape *const body_block_types[]; // what may stand in a body
extern const struct shape *const body_block_only[];  // what may stand inside another block

enum align { ALIGN_NONE, ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT };
extern const char *const body_aligns[]; // from ALIGN_LEFT

// How a table's columns stand, from the left.
struct columns {
    unsigned *aligns; // enum align
    size_t count;     // 0 where none is aligned
};

// ---------------------------------------------------------------------------------------------------------- reading

struct reader {
    struct arena *arena; // the caller's, for faults
    struct arena *work;  // ends with the reading
    struct str prefix;
    bool copies; // texts: the JSON ends before the nodes do
    struct fault *faults, **next_fault;
    size_t fault_count;
    struct names keys; // of all that has a `_key` in the body, but for definitions: those belong to their block
    size_t block_count;
    unsigned level, level_before; // of the block at hand and of the one before it; 0 outside a list
    struct names *links;          // the keys that the block at hand defines
    size_t row_width;             // cells in the first row of the table at hand; 0 when that is not known
    bool in_note;
    size_t span_count;
};

bool body_fault_enough(const struct reader *reader); // so many that reading on is of no use
void body_fault(struct reader *reader, const struct path *at, const char *format, ...) PRINTF_LIKE(3, 4);
// `"style" takes normal, h2 or h3, not "h1"`
void body_fault_choice(struct reader *reader, const struct path *at, const char *const *choices, const json_t *value);
const char *body_said(struct reader *reader, const json_t *value); // a value in a sentence: `"h1"`, `3`, `a list`
const char *body_quoted(struct reader *reader, struct str text);   // shortened, in quotation marks
const char *body_either(struct reader *reader, const char *const *words); // `a, b or c`
// NULL when there is no telling what it is; else a node, whatever faults were found in it.
struct node *body_node_read(struct reader *reader, const struct path *at, const json_t *json,
                            const struct shape *const *shapes);
struct str body_text_of(struct reader *reader, const json_t *value); // for as long as the nodes live
bool body_is_key(struct str text);
// How an address on the web begins, and one that a link may have.
extern const char *const body_web[], *const body_link_beginnings[];
// The address as it is kept: of the web a URI, others as they stand. STR_NONE where it begins otherwise, misleads or is
// broken.
struct str body_address(struct arena *arena, struct str address, const char *const *beginnings);
// A check: the member has more in it than white space.
void body_not_blank(struct reader *reader, const struct path *at, const json_t *owner, struct node *node);
void body_key_is_new(struct reader *reader, const struct path *at, const json_t *owner, struct node *node);
// A row of a shape: the member's name, its kind, its field in the struct, and what else is to be said of it.
#define MEMBER(member, kind_of, type, field, ...)                                                                      \
    {                                                                                                                  \
        .name = member, .kind = &body_kind_##kind_of, .offset = offsetof(struct type, field), __VA_ARGS__              \
    }
#define BODY_KEY MEMBER("_key", key, node, key, .check = body_key_is_new)

// ------------------------------------------------------------------------------------------------------ normalising

void body_normalise(struct arena *arena, const struct list *list);
void body_runs_normalise(const struct list *blocks);              // what a block says of those before it
void body_keys_fill(struct names *keys, const struct list *list); // where there is none yet
void body_spans_normalise(struct arena *arena, struct node *block);

// ---------------------------------------------------------------------------------------------------------- writing

// A decorator of content.md, in its order, which is the order of marks in a span and of tags in each other.
struct decorator {
    const char *mark, *tag;
};

enum { DECORATORS = 7, DECORATOR_CODE = 4 };
extern const struct decorator body_decorators[DECORATORS];

// What is open between two spans, as HTML and Markdown nest it: a link outermost, in it decorators in their order.
struct opened {
    const struct link *link;
    unsigned decorators;
};
// The decorators that may stay open from one span to the next; the others have to be closed, innermost first.
unsigned body_decorators_kept(struct opened from, struct opened to);

// State of rendering: what is rendered, and what has to be remembered meanwhile.
struct page {
    struct arena *arena;
    const struct content_site *site;
    struct buf html, text;
    struct buf words;   // what was authored and nothing else, to be counted
    size_t line;        // where in `text` the block at hand begins
    struct str newline; // what a line end of an author becomes in `text`
    struct names ids;   // of headings
    size_t headings;    // so far
    struct link **notes;
    size_t note_count, note_capacity;
    bool in_notes;      // they are being written
    struct buf outline; // of the headings, JSON
};

void body_json_list(struct buf *json, const struct list *list);

void body_html_escaped(struct page *page, struct str text); // line ends become <br>
void body_html_attribute(struct page *page, struct str text);
void body_html_blocks(struct page *page, const struct list *blocks);
void body_html_notes(struct page *page); // those that were referred to so far
void body_html_spans(struct page *page, const struct block *block);
// `<figcaption>` with a caption and a credit; nothing where there is neither.
void body_html_caption(struct page *page, struct str caption, struct str credit);

void body_text_authored(struct page *page, struct str text);
void body_text_line(struct page *page, struct str text); // on a line of its own, where there is any
void body_text_break(struct page *page);                 // what follows is another text: no word goes on across it
void body_text_blocks(struct page *page, const struct list *blocks, struct str separator);
void body_text_notes(struct page *page);
// The link of a span: no <a> stands in another (HTML §4.5.1), so of several the first one is it; NULL for none.
const struct link *body_span_link(const struct span *span);
bool body_is_note(const struct link *definition);

// Numbering of nested lists in a run of blocks: the number of the last item of each level, and of which sort it is.
struct numbering {
    unsigned count[LEVEL_MAX + 1], item[LEVEL_MAX + 1];
};

bool body_list_goes_on(const struct numbering *numbering, const struct block *block); // with this item
unsigned body_number_next(struct numbering *numbering, const struct block *block);

// --------------------------------------------------------------------------------------------------------- Markdown

// What comes out of Markdown: blocks as JSON, each with the line on which it begins, and the keys that stood at the
// end. The rest is of the reading (markdown.h).
struct markdown {
    struct arena *arena, *leaf_arena;  // the second ends with the text at hand
    struct content_lenience *lenience; // NULL: what cannot be kept is a fault
    struct faults faults;
    json_t *blocks;
    size_t *lines, line_count, line_capacity;
    struct str keys; // the lines of `:::keys`; STR_NONE where there are none

    struct str whole; // as it was written
    bool given_up;
    unsigned depth; // of directives in each other
    size_t blocks_made, spans, work;
    json_t *kept; // what lives as long as the reading
    json_t *type_block, *type_span;
    struct buf text; // what md4c reads
    struct origin *origins;
    size_t origin_count, origin_capacity;
    struct leaf *leaves;
    size_t leaf_count, leaf_capacity;
    struct lines *definitions;
    size_t definitions_at; // in `text`
    struct heading *headings, *last_heading;
    struct note *notes;
    struct names note_names;
    struct build *building;
    struct behind *behind, *last_behind;
};

// The body that a text says, for as long as its arena lives.
void body_markdown_read(struct arena *arena, struct str text, struct content_lenience *lenience,
                        struct markdown *markdown);
void body_markdown_fault(struct markdown *markdown, struct text_place place, const char *format, ...) PRINTF_LIKE(3, 4);
// Puts a block (which is taken) at the end of a list.
void body_markdown_add(struct markdown *markdown, json_t *list, json_t *block, size_t line);

struct str body_markdown_write(struct arena *arena, const struct list *blocks);

// A line for each block: a sum of its texts, then the keys of all that is in it.
struct str body_keys_write(struct arena *arena, const struct list *blocks);
void body_keys_give(struct arena *arena, struct names *keys, struct str lines, const struct list *blocks);
// The keys of one list for another that was made of the same blocks; false when it was not.
bool body_keys_copy(const struct list *from, const struct list *to);
