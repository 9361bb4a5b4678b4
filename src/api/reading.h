// Reading the contract, once, before the first request: what it promises and nothing serves stops the start, and the
// build before it.
#pragma once

#include "symbols.h"

// One operation being read.
struct reading {
    struct api_contract *contract;
    struct operation *operation;
    const json_t *spec; // the operation's
    const json_t *ours; // its x-marbre
    struct error *error;
};

MUST_CHECK bool operation_read(struct reading *reading);
MUST_CHECK bool operation_parameters(struct reading *reading);
MUST_CHECK bool operation_words(struct reading *reading); // x-marbre's
MUST_CHECK bool operation_location(struct reading *reading);
MUST_CHECK bool operation_is_sound(struct reading *reading); // its words fit each other and what it is
// Its lists: its own statements, and those that every operation of its kind has.
MUST_CHECK bool operation_statements(struct reading *reading);
// Bindings of its statements' parameters; once all operations have been read.
MUST_CHECK bool operation_bindings(const struct api_contract *contract, struct operation *operation,
                                   struct error *error);

void files_read(struct api_contract *contract);
void words_print(struct buf *out); // x-marbre's words, one a line
