// Lookups in the contract once it has been read.
#include "contract.h"

const json_t *operation_body_schema(const struct operation *operation, struct str type)
{
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)operation->body_types, name, media)
        if (!type.ptr || str_eq_nocase(type, str_of(name)))
            return json_object_get(media, "schema");
    return NULL;
}

bool operation_makes(const struct operation *operation)
{
    return operation->location_count > 0;
}

const struct operation *contract_operation(const struct api_contract *contract, struct str id)
{
    for (size_t i = 0; i < contract->operation_count; i++)
        if (str_eq(contract->operations[i].id, id))
            return &contract->operations[i];
    return NULL;
}
