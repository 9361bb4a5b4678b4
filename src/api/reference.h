// `$ref` and JSON Pointers (RFC 6901) in a contract.
#pragma once

#include "marbre/base.h"

// What `#/a/b/c` points at (RFC 6901 §6), or NULL.
const json_t *reference_follow(const json_t *spec, const char *reference);
// What a `$ref` points at, or the value itself. NULL when it points nowhere.
const json_t *reference_resolve(const json_t *spec, const json_t *value);
// The first `$ref` anywhere in it that points nowhere, or NULL.
const char *reference_dangling(const json_t *spec);
