// Internals of `typeset`, a build tool: whatever is wrong is said with its place, and ends it.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

_Noreturn void complain(const char *where, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The value of a YAML file, by the core schema (YAML 1.2 §10.3): `no` is text.
json_t *read_yaml(const char *path);

// Puts a part into the document, where the part's folder says.
void merge_part(json_t *root, const char *path);

// Gives schemas the members of the groups that they name.
void include_members(json_t *contract);

// Adds to every operation of a contract the answers that follow from its shape, and refuses components that nothing
// uses.
void derive_answers(json_t *contract);

// The document, as OUT's ending says.
void write_json(FILE *out, const json_t *document);
void write_yaml(FILE *out, const json_t *document);
void write_page(FILE *out, const json_t *contract); // HTML

// Pieces of the page.
void html_text(FILE *out, const char *text);               // escaped
void html_prose(FILE *out, const char *text);              // a description: paragraphs, `code`, **strong**
void html_json(FILE *out, const json_t *value);            // indented
void html_type(FILE *out, const json_t *schema);           // what a schema takes, in a few words
json_t *example_of(const json_t *contract, json_t *media); // a new value; null when none can be made
json_t *example_of_schema(const json_t *contract, json_t *schema);

// Resolves a value that refers to `#/components/KIND/NAME`; another is itself.
json_t *resolve(const json_t *contract, json_t *value);
