// Internals of the validator: a validation context, and the keywords by family.
#pragma once

#include "reference.h"
#include "schema.h"

// A validation context: a value, where it is, and the schema that is applied to it.
struct validation {
    struct faults *faults;
    const json_t *spec, *schema, *value;
    const struct path *at;
};

bool schema_has_type(const json_t *value, struct str type); // 1.0 is an integer
// Equality as JSON Schema means it (§4.2.2): numbers by their value, so that 1 is 1.0, also deep inside.
bool schema_equal(const json_t *a, const json_t *b);
struct str schema_value_words(const struct validation *context); // what a sentence calls the value
// Applies another schema to the same value in the same place; faults go to `faults`.
bool schema_check_in_place(const struct validation *context, struct faults *faults, const json_t *schema);

#define SCHEMA_CHECK(keyword) void schema_##keyword(const struct validation *context, const json_t *argument)
// Keywords of a value by itself.
SCHEMA_CHECK(type);
SCHEMA_CHECK(enum);
SCHEMA_CHECK(const);
SCHEMA_CHECK(min_length);
SCHEMA_CHECK(max_length);
SCHEMA_CHECK(pattern);
SCHEMA_CHECK(format);
SCHEMA_CHECK(minimum);
SCHEMA_CHECK(maximum);
SCHEMA_CHECK(exclusive_minimum);
SCHEMA_CHECK(exclusive_maximum);
SCHEMA_CHECK(multiple_of);
// Keywords of what is inside of an object or a list.
SCHEMA_CHECK(required);
SCHEMA_CHECK(properties);
SCHEMA_CHECK(additional_properties);
SCHEMA_CHECK(property_names);
SCHEMA_CHECK(min_properties);
SCHEMA_CHECK(max_properties);
SCHEMA_CHECK(dependent_required);
SCHEMA_CHECK(min_items);
SCHEMA_CHECK(max_items);
SCHEMA_CHECK(items);
SCHEMA_CHECK(prefix_items);
SCHEMA_CHECK(contains);
SCHEMA_CHECK(unique_items);
// Applicators: of the value by other schemas.
SCHEMA_CHECK(ref);
SCHEMA_CHECK(one_of);
SCHEMA_CHECK(any_of);
SCHEMA_CHECK(all_of);
SCHEMA_CHECK(not );
SCHEMA_CHECK(if);
