// Inside content. A body is a tree of nodes; a shape says what the nodes of one kind are called, which members they
// have and what stands there. Reading, filling in keys and writing JSON walk the shapes and know nothing of any type,
// so a new type of block is one file with one shape, and one row in `content_block_types` (body.c).
#pragma once

#include "marbre/content.h"

struct content_reader;
struct content_page;
struct content_node;

// Where in the JSON the reader stands. Lives on the stack; becomes a JSON Pointer only when there is a fault.
struct content_path {
    const struct content_path *up; // NULL at the top
    const char *name;              // a member's name, or NULL for an entry of a list
    size_t index;
};

// ------------------------------------------------------------------------------------------------------------ shapes

// What a member's value may be: which JSON type, how it is read into its field and written from it.
struct content_kind {
    json_type type;
    const char *takes; // `"level" takes a whole number`
    struct content_member const *unused;
};

struct content_member;
