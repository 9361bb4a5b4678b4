// Symbols: what statements may name, `:path_id` or `:caller_account`, and where each gets its value.
#pragma once

#include "call.h"

// Binds a symbol of an operation's statements; false when it has no such thing. What a handler sets goes before all.
MUST_CHECK bool symbol_bind(const struct api_contract *contract, const struct operation *operation, struct str symbol,
                            struct binding *binding);
bool symbol_is_of_request(struct str symbol); // `:path_x`, `:query_x`: an operation has it or not
struct binding symbol_null(void);             // of what another operation has, in a statement that they share

// The symbols as openapi/README.md lists them: rows of a table in Markdown.
void symbols_print(struct buf *out);
