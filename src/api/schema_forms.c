// JSON Schema: what is said of a value by other schemas: a reference, one of several forms, all of them, none.
#include "schema_internal.h"

#include <string.h>

bool schema_look(const struct look *look, struct faults *faults, const json_t *schema)
{
    return schema_check(faults, look->spec, schema, look->value, look->at);
}

static void tell(const struct look *look, const struct faults *found)
{
    for (const struct fault *fault = found->first; fault; fault = fault->next)
        fault_add(look->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
}

void schema_ref(const struct look *look, const json_t *reference)
{
    schema_look(look, look->faults, contract_follow(look->spec, json_string_value(reference)));
}

// The form whose own rule for the discriminating member the value keeps; NULL when it keeps none.
static const json_t *named_branch(const struct look *look, const json_t *branches, const char *member)
{
    const json_t *value = json_object_get(look->value, member), *branch;
    size_t i;
    json_array_foreach ((json_t *)branches, i, branch) {
        struct faults unheard = faults_beside(look->faults);
        const json_t *schema = contract_resolve(look->spec, branch);
        const json_t *rule = json_object_get(json_object_get(schema, "properties"), member);
        if (value && rule && schema_check(&unheard, look->spec, rule, value, look->at))
            return schema;
    }
    return NULL;
}

// With a discriminator only the form that was meant is looked at; an object that names none is told which there are.
static void by_discriminator(const struct look *look, const json_t *branches, const char *member)
{
    const json_t *meant = named_branch(look, branches, member), *branch;
    if (meant) {
        schema_look(look, look->faults, meant);
        return;
    }
    struct buf words = buf_in(look->faults->arena);
    size_t i;
    json_array_foreach ((json_t *)branches, i, branch) {
        const json_t *properties = json_object_get(contract_resolve(look->spec, branch), "properties");
        struct str word = json_member_text(json_object_get(properties, member), "const");
        buf_printf(&words, "%s%.*s", i ? ", " : "", STR_FMT(word));
    }
    fault_add_at(look->faults, &(struct path){look->at, member, 0}, "This says which form is meant: one of %.*s.",
                 STR_FMT(buf_str(&words)));
}

// How many branches hold. When none does, `meant` has the faults of the branch for this kind of value.
static size_t count_holding(const struct look *look, const json_t *branches, struct faults *meant)
{
    size_t holding = 0, i;
    const json_t *branch;
    *meant = faults_beside(look->faults);
    json_array_foreach ((json_t *)branches, i, branch) {
        struct faults here = faults_beside(look->faults);
        holding += schema_look(look, &here, branch);
        const json_t *type = json_object_get(contract_resolve(look->spec, branch), "type");
        if (!meant->first || (json_is_string(type) && schema_has_type(look->value, json_text(type))))
            *meant = here;
    }
    return holding;
}

void schema_one_of(const struct look *look, const json_t *branches)
{
    const char *member =
        json_string_value(json_object_get(json_object_get(look->schema, "discriminator"), "propertyName"));
    struct faults meant;
    if (member && json_is_object(look->value)) {
        by_discriminator(look, branches, member);
        return;
    }
    size_t holding = count_holding(look, branches, &meant);
    if (holding > 1)
        fault_add_at(look->faults, look->at, "This fits more than one of the forms it may have.");
    if (holding == 0)
        tell(look, &meant);
}

void schema_any_of(const struct look *look, const json_t *branches)
{
    struct faults meant;
    if (count_holding(look, branches, &meant) == 0)
        tell(look, &meant);
}

void schema_all_of(const struct look *look, const json_t *schemas)
{
    size_t i;
    const json_t *schema;
    json_array_foreach ((json_t *)schemas, i, schema)
        schema_look(look, look->faults, schema);
}

void schema_not(const struct look *look, const json_t *schema)
{
    struct faults unheard = faults_beside(look->faults);
    if (schema_look(look, &unheard, schema))
        fault_add_at(look->faults, look->at, "This has a form that is not taken here.");
}

void schema_if(const struct look *look, const json_t *condition)
{
    struct faults unheard = faults_beside(look->faults);
    bool holds = schema_look(look, &unheard, condition);
    const json_t *consequence = json_object_get(look->schema, holds ? "then" : "else");
    if (consequence)
        schema_look(look, look->faults, consequence);
}
