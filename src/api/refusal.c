// Refusals: a status and a sentence, and where a request has faults, each with its place.
#include "refusal.h"

#include <assert.h>

struct refusal refusal_of(const struct api_call *call, int status, const char *format, ...)
{
    assert(status >= 400);
    struct buf detail = buf_in(call->arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&detail, fault_words(&call->faults, format), arguments);
    va_end(arguments);
    return (struct refusal){.status = status, .detail = buf_str(&detail)};
}

static struct str errors_member(const struct api_call *call)
{
    struct buf more = buf_in(call->arena);
    buf_put_lit(&more, "\"errors\":[");
    for (const struct fault *fault = call->faults.first; fault; fault = fault->next) {
        buf_put(&more, fault == call->faults.first ? STR("{\"pointer\":") : STR(",{\"pointer\":"));
        buf_put_json(&more, fault->pointer);
        buf_put_lit(&more, ",\"detail\":");
        buf_put_json(&more, fault->detail);
        if (fault->place.line)
            buf_printf(&more, ",\"line\":%zu", fault->place.line);
        if (fault->place.column)
            buf_printf(&more, ",\"column\":%zu", fault->place.column);
        buf_put_char(&more, '}');
    }
    buf_put_char(&more, ']');
    return buf_str(&more);
}

struct refusal refusal_of_faults(const struct api_call *call, int status)
{
    size_t count = call->faults.count;
    assert(count > 0);
    const char *words = fault_words(&call->faults, count == 1 ? "1 fault was found." : "%zu faults were found.");
    struct str detail = count == 1 ? str_of(words) : arena_printf(call->arena, words, count);
    return (struct refusal){.status = status, .detail = detail, .more = errors_member(call)};
}

struct refusal refusal_of_fault(struct api_call *call, struct str pointer, struct str detail)
{
    assert(detail.len);
    fault_add(&call->faults, pointer, "%.*s", STR_FMT(detail));
    return (struct refusal){.status = 422, .detail = detail, .more = errors_member(call)};
}
