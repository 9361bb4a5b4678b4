// Answers and security follow from an operation's shape: one with a body can refuse the body, one with roles its
// caller. So no YAML writes them; of the answers, what a YAML does write goes before what is derived.
#include "typeset.h"

#include <stdlib.h>
#include <string.h>

struct shape {
    const json_t *contract, *operation;
    const char *path;
};

json_t *resolve(const json_t *contract, json_t *value)
{
    const char *reference = json_string_value(json_object_get(value, "$ref"));
    char kind[64], name[200];
    if (!reference)
        return value;
    if (sscanf(reference, "#/components/%63[^/]/%199[^/]", kind, name) != 2)
        complain(reference, "is not of the form #/components/KIND/NAME");
    json_t *found = json_object_get(json_object_get(json_object_get(contract, "components"), kind), name);
    if (!found)
        complain(reference, "is not in the contract");
    return resolve(contract, found);
}

// ------------------------------------------------------------------------------------------------------- shapes

static bool always(const struct shape *shape)
{
    (void)shape;
    return true;
}

static bool asks_who_calls(const struct shape *shape)
{
    const json_t *roles = json_object_get(json_object_get(shape->operation, "x-marbre"), "roles");
    const char *first = json_string_value(json_array_get(roles, 0));
    return first && strcmp(first, "public") != 0;
}

static bool has_parameter_in_path(const struct shape *shape)
{
    return strchr(shape->path, '{') != NULL;
}

static bool takes_header(const struct shape *shape, const char *header)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(shape->operation, "parameters"), i, item) {
        const char *name = json_string_value(json_object_get(resolve(shape->contract, item), "name"));
        if (name && strcmp(name, header) == 0)
            return true;
    }
    return false;
}

static bool takes_version(const struct shape *shape)
{
    return takes_header(shape, "If-Match");
}

static bool takes_key(const struct shape *shape)
{
    return takes_header(shape, "Idempotency-Key");
}

static bool takes_body(const struct shape *shape)
{
    return json_object_get(shape->operation, "requestBody") != NULL;
}

static bool answers_content(const struct shape *shape)
{
    const char *status;
    json_t *response;
    json_object_foreach (json_object_get(shape->operation, "responses"), status, response)
        if (status[0] == '2' && json_object_get(resolve(shape->contract, response), "content"))
            return true;
    return false;
}

static const struct rule {
    const char *status, *response;
    bool (*holds)(const struct shape *shape);
} rules[] = {
    {"400", "BadRequest", always},
    {"401", "Unauthorized", asks_who_calls},
    {"403", "Forbidden", asks_who_calls},
    {"404", "NotFound", has_parameter_in_path},
    {"406", "NotAcceptable", answers_content},
    {"409", "Conflict", takes_key},
    {"411", "LengthRequired", takes_body},
    {"412", "VersionConflict", takes_version},
    {"413", "TooLarge", takes_body},
    {"415", "UnsupportedMediaType", takes_body},
    {"422", "Invalid", takes_body},
    {"422", "Invalid", takes_key},
    {"428", "VersionRequired", takes_version},
    {"429", "TooManyRequests", always},
    {"500", "Internal", always},
    {"503", "Unavailable", always},
    {"default", "Problem", always}, // what is wrong with a request's frame: 408, 414, 417, 431, 501, 505
};

// Header fields of a success, whatever it answers.
static const struct head {
    const char *name, *component;
    bool (*holds)(const struct shape *shape);
} heads[] = {
    {"RateLimit-Policy", "RateLimitPolicy", always},
    {"RateLimit", "RateLimit", asks_who_calls},
    {"Idempotency-Replayed", "IdempotencyReplayed", takes_key},
};

// ------------------------------------------------------------------------------------------------------ answers

static void add(json_t *responses, const json_t *contract, const struct rule *rule)
{
    if (json_object_get(responses, rule->status))
        return;
    json_t *response = json_pack("{s:s+}", "$ref", "#/components/responses/", rule->response);
    resolve(contract, response);
    json_object_set_new(responses, rule->status, response);
}

// A response that several operations share is written out in each that says more in its head than the others.
static json_t *own_response(const struct shape *shape, json_t *responses, const char *status)
{
    json_t *own = json_deep_copy(resolve(shape->contract, json_object_get(responses, status)));
    json_object_set_new(responses, status, own);
    if (!json_object_get(own, "headers"))
        json_object_set_new(own, "headers", json_object());
    return own;
}

static void add_heads(const struct shape *shape, json_t *responses)
{
    const char *status;
    json_t *response;
    void *next;
    json_object_foreach_safe(responses, next, status, response)
    {
        if (status[0] != '2')
            continue;
        json_t *headers = json_object_get(own_response(shape, responses, status), "headers");
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            if (heads[i].holds(shape))
                json_object_set_new(headers, heads[i].name,
                                    json_pack("{s:s+}", "$ref", "#/components/headers/", heads[i].component));
    }
}

static int by_status(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Statuses in their order, and `default`, whose first letter comes after digits, at the end.
static json_t *sorted(json_t *responses)
{
    enum { ENOUGH = 64 };
    const char *statuses[ENOUGH], *status;
    size_t count = 0;
    json_t *response, *ordered = json_object();
    json_object_foreach (responses, status, response) {
        if (count == ENOUGH)
            complain(status, "an operation with more than %d answers", ENOUGH);
        statuses[count++] = status;
    }
    qsort(statuses, count, sizeof *statuses, by_status);
    for (size_t i = 0; i < count; i++)
        json_object_set(ordered, statuses[i], json_object_get(responses, statuses[i]));
    return ordered;
}

static void derive(const json_t *contract, const char *path, json_t *operation)
{
    const struct shape shape = {contract, operation, path};
    json_t *responses = json_object_get(operation, "responses");
    if (!responses)
        complain(path, "has an operation without responses");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].holds(&shape))
            add(responses, contract, &rules[i]);
    add_heads(&shape, responses);
    json_object_set_new(operation, "responses", sorted(responses));
    if (json_object_get(operation, "security"))
        complain(path, "has an operation that writes `security`: its `roles` say it");
    json_object_set_new(operation, "security",
                        asks_who_calls(&shape) ? json_pack("[{s:[]}]", "access_token") : json_array());
}

// ------------------------------------------------------------------------------------------- what nothing uses

static bool refers(const json_t *value, const char *reference)
{
    const char *key, *here = json_string_value(json_object_get(value, "$ref"));
    size_t i, length = strlen(reference);
    json_t *member;
    if (here && strncmp(here, reference, length) == 0 && (here[length] == '\0' || here[length] == '/'))
        return true;
    json_object_foreach ((json_t *)value, key, member)
        if (refers(member, reference))
            return true;
    json_array_foreach ((json_t *)value, i, member)
        if (refers(member, reference))
            return true;
    return false;
}

// A success that is written out in all that share it is no component any more.
static void drop_written_out(json_t *responses, const json_t *used_before, const json_t *contract)
{
    const char *name;
    json_t *ignored;
    char reference[300];
    json_object_foreach ((json_t *)used_before, name, ignored) {
        snprintf(reference, sizeof reference, "#/components/responses/%s", name);
        if (!refers(contract, reference))
            json_object_del(responses, name);
    }
}

static void refuse_unused(const json_t *contract)
{
    const char *kind, *name;
    json_t *components, *component;
    char reference[300];
    json_object_foreach (json_object_get(contract, "components"), kind, components) {
        if (strcmp(kind, "securitySchemes") == 0)
            continue; // named without a $ref
        json_object_foreach (components, name, component) {
            snprintf(reference, sizeof reference, "#/components/%s/%s", kind, name);
            if (!refers(contract, reference))
                complain(reference, "is used by nothing");
        }
    }
}

// Those of the responses among the components that something refers to.
static json_t *used_responses(const json_t *contract, const json_t *responses)
{
    json_t *used = json_object(), *response;
    const char *name;
    char reference[300];
    json_object_foreach ((json_t *)responses, name, response) {
        snprintf(reference, sizeof reference, "#/components/responses/%s", name);
        if (refers(contract, reference))
            json_object_set_new(used, name, json_true());
    }
    return used;
}

void derive_answers(json_t *contract)
{
    const char *path, *method;
    json_t *item, *operation, *responses = json_object_get(json_object_get(contract, "components"), "responses");
    json_t *used = used_responses(contract, responses);
    json_object_foreach (json_object_get(contract, "paths"), path, item)
        json_object_foreach (item, method, operation)
            if (json_is_object(operation))
                derive(contract, path, operation);
    drop_written_out(responses, used, contract);
    json_decref(used);
    refuse_unused(contract);
}
