// JSON Schema 2020-12, the part of it that openapi/README.md lists.
#pragma once

#include "marbre/base.h"

// Every fault is added; true when there was none.
bool schema_check(struct faults *faults, const json_t *spec, const json_t *schema, const json_t *value,
                  const struct path *at);
// The first keyword under `schema` that is not enforced, or NULL. It does not follow a $ref: a contract's are looked at
// where they stand.
const char *schema_unknown_keyword(const json_t *spec, const json_t *schema);

struct format {
    const char *name;
    bool (*holds)(struct str text);
    const char *complaint; // what follows the value in a sentence
    struct str (*normal)(struct arena *arena,
                         struct str text); // the one spelling that is kept, also of what fails; or NULL
};
const struct format *format_find(struct str name); // NULL: there is none
// A value as it is kept: texts in the one spelling of their format, blanks around one line gone, and a text that is
// only blanks null where it may be.
void schema_normalise(struct arena *arena, const json_t *spec, const json_t *schema, json_t *value);
struct str schema_normal_text(struct arena *arena, const json_t *spec, const json_t *schema, struct str text);
bool slug_is_reserved(struct str text); // a word that stands in addresses where slugs do
