// One operation of the contract, read into the struct that requests are served from.
#include "reading.h"

#include "reference.h"
#include "schema.h"
#include "steps.h"

#include <assert.h>
#include <string.h>

enum { BODY_MAX_DEFAULT = 64 * 1024 };

static bool check_body_type(struct reading *reading, const char *type, const json_t *media)
{
    const json_t *schema = json_object_get(media, "schema");
    const char *unknown = schema ? schema_unknown_keyword(reading->contract->spec, schema) : "nothing (no schema)";
    if (unknown)
        return error_set(reading->error, "%.*s: its body's schema has the keyword %s, which is not enforced",
                         STR_FMT(reading->operation->id), unknown);
    bool is_markdown = markdown_is(str_of(type)) && (reading->operation->derive & DERIVE_CONTENT);
    return str_ends(str_of(type), STR("json")) || form_is(str_of(type)) || is_markdown ||
           error_set(reading->error, "%.*s takes %s, which nothing here reads", STR_FMT(reading->operation->id), type);
}

static bool read_body(struct reading *reading)
{
    struct operation *operation = reading->operation;
    const json_t *body = reference_resolve(reading->contract->spec, json_object_get(reading->spec, "requestBody"));
    if (!body)
        return true;
    const char *type;
    json_t *media;
    operation->body_required = json_is_true(json_object_get(body, "required"));
    operation->body_types = json_object_get(body, "content");
    json_object_foreach ((json_t *)operation->body_types, type, media)
        if (!check_body_type(reading, type, media))
            return false;
    return json_object_size(operation->body_types) > 0 ||
           error_set(reading->error, "%.*s: its body has no content", STR_FMT(operation->id));
}

// The first of its answers that is a success.
static void read_success(struct reading *reading)
{
    struct operation *operation = reading->operation;
    const char *status;
    json_t *response;
    json_object_foreach (json_object_get(reading->spec, "responses"), status, response) {
        if (status[0] != '2' || strlen(status) != 3 || operation->success)
            continue;
        operation->success = 200 + (status[1] - '0') * 10 + (status[2] - '0');
        operation->answer_types = json_object_get(reference_resolve(reading->contract->spec, response), "content");
    }
}

// A header that is promised and never sent would be a lie.
static bool check_promises(struct reading *reading)
{
    const char *status, *header;
    json_t *response, *promise;
    json_object_foreach (json_object_get(reading->spec, "responses"), status, response) {
        const json_t *whole = reference_resolve(reading->contract->spec, response);
        json_object_foreach (json_object_get(whole, "headers"), header, promise)
            if (!reply_promises(str_of(header)))
                return error_set(reading->error, "%.*s promises the header %s, which nothing sends",
                                 STR_FMT(reading->operation->id), header);
    }
    return true;
}

bool operation_read(struct reading *reading)
{
    struct operation *operation = reading->operation;
    assert(operation->path.ptr && reading->spec);
    operation->id = json_member_text(reading->spec, "operationId");
    if (!operation->id.ptr)
        return error_set(reading->error, "%.*s has an operation without an operationId", STR_FMT(operation->path));
    operation->thing = operation->idempotency_key = operation->versions = NO_PARAMETER;
    operation->body_form = operation->base_url = NO_PARAMETER;
    operation->class = operation->method == HTTP_GET ? DB_READ : DB_WRITE;
    operation->body_max = BODY_MAX_DEFAULT;
    operation->body_depth = JSON_DEPTH_MAX;
    read_success(reading);
    return operation_words(reading) && operation_parameters(reading) && read_body(reading) &&
           operation_location(reading) && operation_is_sound(reading) && operation_statements(reading) &&
           check_promises(reading);
}

struct str operation_body_types(struct arena *arena, const struct operation *operation, const char *between)
{
    struct buf names = buf_in(arena);
    const char *name;
    json_t *media;
    json_object_foreach ((json_t *)operation->body_types, name, media)
        buf_printf(&names, "%s%s", names.len ? between : "", name);
    return buf_str(&names);
}
