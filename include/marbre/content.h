// content: the bodies of articles. Blocks in (a strict profile of Portable Text, version 1), or Markdown; the same
// blocks made regular out, and from them HTML, Markdown, plain text and what is told of a body without it. Knows
// nothing of HTTP, SQL or who is asking.
#pragma once

#include "marbre/base.h"

enum {
    CONTENT_BLOCKS_MAX = 5000, // those in cells, factboxes and footnotes counted
    CONTENT_SPANS_MAX = 20000,
    CONTENT_LOSSES_MAX = 1000,
    CONTENT_BYTES_MAX = 2 * 1024 * 1024,
    CONTENT_WORDS_A_MINUTE = 230,
    CONTENT_EXCERPT_MAX = 300, // characters
};

// Everything that is derived from a body when it is saved.
struct content_body {
    struct str blocks;   // JSON text, normalised: keys filled in, neighbouring equal spans merged, text in NFC
    struct str html;     // semantic HTML5, only text of the blocks in it, escaped
    struct str text;     // plain text, paragraphs by a blank line
    struct str markdown; // reads back to the same blocks but for their keys,
    struct str keys;     // and with this behind it to the keys, too
    struct str excerpt;  // the first sentences, on one line
    struct str outline; // JSON: `[{"id":…,"level":2,"text":…}]`, the headings with the ids that they have in `html`
    size_t words;
    size_t reading_minutes; // at least 1 where there is a word
};

// Facts of the site that rendering needs.
struct content_site {
    struct str url;  // MARBRE_SITE_URL, no slash at the end: internal links render as {url}/a/{id}
    struct str lang; // BCP 47: how words break
};

// Reads, checks, normalises and renders a body. Returns NULL when it is fine and `*body` is filled; else every fault
// that was found (after 1,000 of them one more says that there are others), in the order of the text, each pointer
// starting with `prefix` (`/body`). `blocks` is not changed. Normalising what was normalised changes nothing. Keys are
// unique in the body, those of definitions in their block; what was allocated on the way is freed before it returns.
MUST_CHECK struct fault *content_body_read(struct arena *arena, const json_t *blocks, struct str prefix,
                                           const struct content_site *site, struct content_body *body);
// What a lenient reading dropped, or turned into the nearest thing: `comment`, `html`, `heading`, `address`, `image`,
// `nesting`, `table`, `footnote`, `link`, `mark`, `code`, `directive`.
struct content_loss {
    struct content_loss *next;
    size_t line;
    const char *kind;
    struct str detail;
};

struct content_lenience {
    struct arena *arena;         // for what is lost
    struct str base_url;         // what relative addresses are relative to; empty where that is not known
    struct content_loss *losses; // out, by their lines: the first CONTENT_LOSSES_MAX that were found
    size_t count;                // of all of them
};

// The same from Markdown: CommonMark with tables, footnotes, and the directives that src/content/README.md tells of.
// Every fault points at `pointer` and names its place; of more than 100 the last says how many there are. With
// `lenience` (NULL: none) what a body cannot have is no fault but a loss, as far as there is something near it.
MUST_CHECK struct fault *content_markdown_read(struct arena *arena, struct str markdown, struct str pointer,
                                               const struct content_site *site, struct content_lenience *lenience,
                                               struct content_body *body);

// A value of the YAML that stands before a text of Markdown (its front matter), with its place in the whole text.
enum content_front_kind { CONTENT_FRONT_SCALAR, CONTENT_FRONT_LIST, CONTENT_FRONT_MAP };
struct content_front {
    struct content_front *next;  // beside it, in a list or a map
    struct content_front *first; // of what a list or a map holds
    enum content_front_kind kind;
    struct str key;  // in a map
    struct str text; // of a scalar, as it is meant
    bool plain;      // a scalar without quotation marks: it may be a number, a boolean or null
    struct text_place place;
};

// Reads the front matter of a text that begins with a line `---`, up to the next one: YAML 1.2 without anchors, aliases
// and tags. `front` is a map, NULL where there is none; `body` what stands behind it, with as many empty lines before
// it that its lines have the numbers of the whole text. Returns what is wrong with it, which points at `pointer`,
// or NULL.
MUST_CHECK struct fault *content_front_read(struct arena *arena, struct str text, struct str pointer,
                                            struct content_front **front, struct str *body);
// A value by YAML's core schema, as JSON; with `as_text` a scalar that is not null is a text as it is written.
json_t *content_front_json(struct arena *arena, const struct content_front *value, bool as_text);
// Writes an object as front matter, its members in order; it reads back to the same.
void content_front_write(struct buf *out, const json_t *object);
