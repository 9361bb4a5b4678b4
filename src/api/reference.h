// `$ref` and JSON Pointers (RFC 6901) in a contract.
#pragma once

#include "marbre/base.h"

// Evaluates a JSON Pointer in a fragment (RFC 6901 §6), `#/a/b/c`; NULL when it points nowhere.
const json_t *reference_follow(const json_t *spec, const char *reference);
// Resolves a value that is a `$ref`; another is itself. NULL when it points nowhere.
const json_t *reference_resolve(const json_t *spec, const json_t *value);
// The first `$ref` anywhere in it that points nowhere, or NULL.
const char *reference_dangling(const json_t *spec);
