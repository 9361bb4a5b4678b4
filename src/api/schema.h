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
};
const struct format *format_find(struct str name); // NULL: there is none
bool slug_is_reserved(struct str text);            // a word that stands in addresses where slugs do
