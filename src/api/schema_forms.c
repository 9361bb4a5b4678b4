// JSON Schema: what is said of a value by other schemas: a reference, one of several forms, all of them, none.
#include "schema_internal.h"

#include <string.h>

bool schema_check_in_place(const struct validation *context, struct faults *faults, const json_t *schema)
{
    return schema_check(faults, context->spec, schema, context->value, context->at);
}

static void tell(const struct validation *context, const struct faults *found)
{
    for (const struct fault *fault = found->first; fault; fault = fault->next)
        fault_add(context->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
}

void schema_ref(const struct validation *context, const json_t *reference)
{
    schema_check_in_place(context, context->faults, reference_follow(context->spec, json_string_value(reference)));
}

// The form whose own rule for the discriminating member the value keeps; NULL when it keeps none.
static const json_t *named_branch(const struct validation *context, const json_t *branches, const char *member)
{
    const json_t *value = json_object_get(context->value, member), *branch;
    size_t i;
    json_array_foreach ((json_t *)branches, i, branch) {
        struct faults unheard = faults_beside(context->faults);
        const json_t *schema = reference_resolve(context->spec, branch);
        const json_t *rule = json_object_get(json_object_get(schema, "properties"), member);
        if (value && rule && schema_check(&unheard, context->spec, rule, value, context->at))
            return schema;
    }
    return NULL;
}

// With a discriminator only the form that was meant is looked at; an object that names none is told which there are.
static void by_discriminator(const struct validation *context, const json_t *branches, const char *member)
{
    const json_t *meant = named_branch(context, branches, member), *branch;
    if (meant) {
        schema_check_in_place(context, context->faults, meant);
        return;
    }
    struct buf words = buf_in(context->faults->arena);
    size_t i;
    json_array_foreach ((json_t *)branches, i, branch) {
        const json_t *properties = json_object_get(reference_resolve(context->spec, branch), "properties");
        struct str word = json_member_text(json_object_get(properties, member), "const");
        buf_printf(&words, "%s%.*s", i ? ", " : "", STR_FMT(word));
    }
    fault_add_at(context->faults, &(struct path){context->at, member, 0}, "This says which form is meant: one of %.*s.",
                 STR_FMT(buf_str(&words)));
}

// Counts the branches that hold. When none does, `meant` has the faults of the branch for this kind of value.
static size_t count_holding(const struct validation *context, const json_t *branches, struct faults *meant)
{
    size_t holding = 0, i;
    const json_t *branch;
    *meant = faults_beside(context->faults);
    json_array_foreach ((json_t *)branches, i, branch) {
        struct faults here = faults_beside(context->faults);
        holding += schema_check_in_place(context, &here, branch);
        const json_t *type = json_object_get(reference_resolve(context->spec, branch), "type");
        if (!meant->first || (json_is_string(type) && schema_has_type(context->value, json_text(type))))
            *meant = here;
    }
    return holding;
}

void schema_one_of(const struct validation *context, const json_t *branches)
{
    const char *member =
        json_string_value(json_object_get(json_object_get(context->schema, "discriminator"), "propertyName"));
    struct faults meant;
    if (member && json_is_object(context->value)) {
        by_discriminator(context, branches, member);
        return;
    }
    size_t holding = count_holding(context, branches, &meant);
    if (holding > 1)
        fault_add_at(context->faults, context->at, "This fits more than one of the forms it may have.");
    if (holding == 0)
        tell(context, &meant);
}

void schema_any_of(const struct validation *context, const json_t *branches)
{
    struct faults meant;
    if (count_holding(context, branches, &meant) == 0)
        tell(context, &meant);
}

void schema_all_of(const struct validation *context, const json_t *schemas)
{
    size_t i;
    const json_t *schema;
    json_array_foreach ((json_t *)schemas, i, schema)
        schema_check_in_place(context, context->faults, schema);
}

void schema_not(const struct validation *context, const json_t *schema)
{
    struct faults unheard = faults_beside(context->faults);
    if (schema_check_in_place(context, &unheard, schema))
        fault_add_at(context->faults, context->at, "This has a form that is not taken here.");
}

void schema_if(const struct validation *context, const json_t *condition)
{
    struct faults unheard = faults_beside(context->faults);
    bool holds = schema_check_in_place(context, &unheard, condition);
    const json_t *consequence = json_object_get(context->schema, holds ? "then" : "else");
    if (consequence)
        schema_check_in_place(context, context->faults, consequence);
}
