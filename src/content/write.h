// Inside content: Markdown out. Texts with their marks (write_spans.c), blocks (write_blocks.c), and what makes sure of
// it: each block is read back before it is given out (write_check.c).
#pragma once

#include "content_internal.h"

// Forms of Markdown: how much a block has to be spelled out.
enum form { FORM_PLAIN, FORM_DIRECTIVES };

struct writer {
    struct arena *arena;
    struct buf out;
    struct buf notes; // the texts of the footnotes that were referred to
    size_t note_count;
    enum form form;
    size_t line;          // where in `out` the line at hand begins, after its indentation
    struct str newline;   // what a line end inside a block becomes; one that has only one line has `&#10;`
    struct str paragraph; // what an empty line in an item becomes; absent elsewhere
    bool in_cell, in_heading;
    bool unsaid; // something has no words in Markdown
};

enum { WRITE_COLUMNS_MAX = 128 }; // of a table that reads back

// What the shape of a node says of it: the list in a member, and whether a directive has anything to say.
const struct list *write_list_of(const struct node *node, const char *name);
bool write_has_attributes(const struct node *node, const char *content);

// A run: one block, or all the items of a list, or the paragraphs of neighbouring quotations.
void write_run(struct writer *writer, const struct list *run);
void write_blocks(struct writer *writer, const struct list *blocks);
struct list write_run_at(const struct list *blocks, size_t at);
void write_spans(struct writer *writer, const struct block *block);
void write_text(struct writer *writer, struct str text, bool last); // `last`: the block ends with it
void write_destination(struct writer *writer, struct str address, struct str title);
void write_note(struct writer *writer, const struct link *note, size_t number);
void write_times(struct writer *writer, char c, size_t count);
size_t write_longest_run(struct str text, char c);
