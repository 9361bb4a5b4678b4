// Prefer (RFC 7240): `handling=lenient` takes of a body what can be kept, and tells what was lost.
#include "steps.h"

#include <string.h>

static bool is_lenient(struct str preference)
{
    struct str value, rest, name = str_trim(str_cut(str_cut(preference, ';', &rest), '=', &value));
    value = str_trim(value);
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = (struct str){value.ptr + 1, value.len - 2};
    return str_eq_nocase(name, STR("handling")) && str_eq_nocase(value, STR("lenient"));
}

// Of a preference that comes twice the first counts.
static bool is_handling(struct str preference)
{
    struct str rest, name = str_trim(str_cut(str_cut(preference, ';', &rest), '=', &rest));
    return str_eq_nocase(name, STR("handling"));
}

struct refusal preference_check(struct api_call *call)
{
    if (call->in_markdown && call->operation->body_form != NO_PARAMETER)
        call->values[call->operation->body_form] = STR("markdown");
    struct str rest = http_header_list(call->arena, &call->exchange->request, STR("Prefer"));
    if (!(call->operation->derive & DERIVE_CONTENT))
        return REFUSAL_NONE;
    while (rest.ptr) {
        struct str preference = str_cut(rest, ',', &rest);
        if (!is_handling(preference))
            continue;
        call->lenient = is_lenient(preference);
        break;
    }
    return REFUSAL_NONE;
}

void loss_add(struct api_call *call, size_t line, const char *kind, struct str detail)
{
    bool behind = call->last_loss && call->last_loss->line <= line;
    struct content_loss **end = behind ? &call->last_loss->next : &call->losses;
    while (*end && (*end)->line <= line)
        end = &(*end)->next;
    struct content_loss *loss = ARENA_NEW(call->arena, struct content_loss);
    *loss = (struct content_loss){.next = *end, .line = line, .kind = kind, .detail = arena_copy(call->arena, detail)};
    *end = loss;
    if (!loss->next)
        call->last_loss = loss;
}

// The losses as a last member of the object that is answered.
struct str losses_put(const struct api_call *call, struct str json)
{
    struct buf out = buf_in(call->arena);
    buf_put(&out, (struct str){json.ptr, json.len - 1});
    buf_put_lit(&out, ", \"losses\": [");
    for (const struct content_loss *loss = call->losses; loss; loss = loss->next) {
        buf_printf(&out, "%s{\"line\": %zu, \"kind\": \"%s\", \"detail\": ", loss == call->losses ? "" : ", ",
                   loss->line, loss->kind);
        buf_put_json(&out, loss->detail);
        buf_put_char(&out, '}');
    }
    buf_put_lit(&out, "]}");
    return buf_str(&out);
}
