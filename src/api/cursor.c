// Cursors: where a page ended, signed so that SQL sees only values that SQL wrote, and bound to the operation, the
// path and the filters that made them.
#include "steps.h"

#include <assert.h>

enum { MAC_KEPT = 16 };

// MAC over the operation, what its path and its filters say, and the values.
static void cursor_mac(const struct api_call *call, struct str values, unsigned char mac[HASH_BYTES])
{
    struct buf bytes = buf_in(call->arena);
    buf_put(&bytes, call->operation->id);
    for (size_t i = 0; i < call->operation->parameter_count; i++) {
        const struct parameter *parameter = &call->operation->parameters[i];
        if (parameter->place == IN_HEADER || parameter->meaning == MEANS_CURSOR || parameter->meaning == MEANS_LIMIT)
            continue;
        buf_printf(&bytes, "\n%.*s=%.*s", STR_FMT(parameter->name), STR_FMT(call->values[i]));
    }
    buf_put_char(&bytes, '\n');
    buf_put(&bytes, values);
    struct str key = {(const char *)call->contract->cursor_key, HASH_BYTES};
    secret_mac(buf_str(&bytes), key, mac);
}

struct str cursor_sign(const struct api_call *call, const struct str *values, size_t count)
{
    assert(count > 0 && count <= CURSOR_MAX && values[0].ptr);
    struct buf array = buf_in(call->arena);
    for (size_t i = 0; i < count; i++) {
        buf_put_char(&array, i ? ',' : '[');
        buf_put_json(&array, values[i]);
    }
    buf_put_char(&array, ']');
    unsigned char mac[HASH_BYTES];
    cursor_mac(call, buf_str(&array), mac);
    struct buf whole = buf_in(call->arena);
    buf_put(&whole, (struct str){(const char *)mac, MAC_KEPT});
    buf_put(&whole, buf_str(&array));
    return secret_base64(call->arena, whole.ptr, whole.len);
}

bool cursor_open(struct api_call *call, struct str cursor)
{
    assert(call->operation->cursor > 0 && cursor.ptr);
    struct str whole;
    struct json_fault fault;
    unsigned char mac[HASH_BYTES];
    if (!secret_unbase64(call->arena, cursor, &whole) || whole.len <= MAC_KEPT)
        return false;
    struct str array = {whole.ptr + MAC_KEPT, whole.len - MAC_KEPT};
    cursor_mac(call, array, mac);
    if (!secret_equal(mac, whole.ptr, MAC_KEPT))
        return false;
    const json_t *values = json_read(call->arena, array, &fault);
    for (size_t i = 0; i < CURSOR_MAX; i++)
        call->cursor[i] = json_text(json_array_get(values, i));
    return values != NULL;
}
