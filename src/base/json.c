// JSON in by jansson, with the strictness that it leaves to its caller; JSON strings out.
#include "marbre/base.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// A scan before jansson starts, for what it leaves to its caller: it recurses once a level, so the depth must be known
// (brackets inside strings do not count), and it takes a NUL byte behind a number for the end of the text.
enum unfit { FIT, HAS_NUL, TOO_DEEP, TOO_MANY };

static enum unfit unfit(struct str text, size_t deepest, size_t *at)
{
    size_t depth = 0, containers = 0;
    bool in_string = false;
    for (*at = 0; *at < text.len; ++*at) {
        char c = text.ptr[*at];
        if (c == '\0')
            return HAS_NUL;
        if (in_string) {
            if (c == '\\')
                ++*at;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest)
                return TOO_DEEP;
            if (++containers > JSON_CONTAINERS_MAX)
                return TOO_MANY;
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    return FIT;
}

static struct json_fault fault_at(struct str text, size_t at)
{
    struct json_fault fault = {.line = 1, .column = 1};
    for (size_t i = 0; i < at; i++) {
        fault.column = text.ptr[i] == '\n' ? 1 : fault.column + 1;
        fault.line += text.ptr[i] == '\n';
    }
    return fault;
}

static void finish_json(void *value)
{
    json_decref(value);
}

json_t *json_own(struct arena *arena, json_t *value)
{
    if (!value)
        fatal("out of memory for a JSON value");
    arena_defer(arena, finish_json, value);
    return value;
}

json_t *json_read(struct arena *arena, struct str text, struct json_fault *fault)
{
    return json_read_to_depth(arena, text, JSON_DEPTH_MAX, fault);
}

json_t *json_read_to_depth(struct arena *arena, struct str text, size_t depth, struct json_fault *fault)
{
    assert(depth >= 1 && depth <= JSON_DEPTH_MAX && fault);
    size_t at;
    enum unfit why = unfit(text, depth, &at);
    if (why != FIT) {
        *fault = fault_at(text, at);
        if (why == TOO_DEEP)
            snprintf(fault->detail, sizeof fault->detail, "arrays and objects nest deeper than %zu", depth);
        else
            snprintf(fault->detail, sizeof fault->detail, "%s",
                     why == HAS_NUL ? "a NUL byte" : "more objects and arrays than are read at once");
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(text.len ? text.ptr : "", text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!value) {
        *fault = (struct json_fault){.line = error.line, .column = error.column};
        snprintf(fault->detail, sizeof fault->detail, "%.*s", (int)sizeof fault->detail - 1, error.text);
        return NULL;
    }
    return json_own(arena, value);
}

static int append(const char *bytes, size_t n, void *buf)
{
    buf_put(buf, (struct str){bytes, n});
    return 0;
}

struct str json_write(struct arena *arena, const json_t *value)
{
    struct buf buf = buf_in(arena);
    if (json_dump_callback(value, append, &buf, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        fatal("a JSON value that cannot be written");
    return buf_str(&buf);
}

struct str json_text(const json_t *string)
{
    return json_is_string(string) ? (struct str){json_string_value(string), json_string_length(string)} : STR_NONE;
}

struct str json_member_text(const json_t *object, const char *key)
{
    return json_text(json_object_get(object, key));
}

void buf_put_json(struct buf *buf, struct str text)
{
    buf_put_char(buf, '"');
    size_t plain = 0; // where the run of bytes that need no escape began
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(buf, (struct str){text.ptr + plain, i - plain});
        plain = i + 1;
        if (c == '"' || c == '\\')
            buf_put(buf, (struct str){(char[]){'\\', (char)c}, 2});
        else if (c == '\n')
            buf_put_lit(buf, "\\n");
        else
            buf_printf(buf, "\\u%04x", c);
    }
    if (plain < text.len)
        buf_put(buf, (struct str){text.ptr + plain, text.len - plain});
    buf_put_char(buf, '"');
}

struct faults faults_in(struct arena *arena)
{
    return (struct faults){.arena = arena};
}

struct faults faults_beside(const struct faults *faults)
{
    return (struct faults){.arena = faults->arena, .words = faults->words};
}

const char *fault_words(const struct faults *faults, const char *words)
{
    return faults->words ? faults->words(words) : words;
}

enum { FAULTS_MAX = 1000, NAME_MAX_IN_POINTER = 256 };

bool faults_enough(const struct faults *faults)
{
    return faults->count >= FAULTS_MAX;
}

void buf_put_path(struct buf *buf, const struct path *path)
{
    if (!path->up) {
        buf_put(buf, str_of(path->name));
        return;
    }
    buf_put_path(buf, path->up);
    buf_put_char(buf, '/');
    if (!path->name) {
        buf_put_u64(buf, path->index);
        return;
    }
    struct str name = str_of(path->name);
    if (name.len > NAME_MAX_IN_POINTER)
        name = text_cut(name, NAME_MAX_IN_POINTER);
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '~' || name.ptr[i] == '/')
            buf_put(buf, name.ptr[i] == '~' ? STR("~0") : STR("~1"));
        else
            buf_put_char(buf, name.ptr[i]);
    }
}

static void fault_put(struct faults *faults, struct str pointer, const char *format, va_list arguments)
{
    assert(faults->arena);
    struct buf detail = buf_in(faults->arena);
    buf_vprintf(&detail, fault_words(faults, format), arguments);
    struct fault *fault = ARENA_NEW(faults->arena, struct fault);
    *fault = (struct fault){.pointer = pointer, .detail = buf_str(&detail)};
    if (faults->last)
        faults->last->next = fault;
    else
        faults->first = fault;
    faults->last = fault;
}

void fault_add_at(struct faults *faults, const struct path *path, const char *format, ...)
{
    if (faults->count++ >= FAULTS_MAX)
        return;
    struct buf pointer = buf_in(faults->arena);
    buf_put_path(&pointer, path);
    va_list arguments;
    va_start(arguments, format);
    fault_put(faults, buf_str(&pointer), format, arguments);
    va_end(arguments);
}

void fault_add(struct faults *faults, struct str pointer, const char *format, ...)
{
    if (faults->count++ >= FAULTS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    fault_put(faults, arena_copy(faults->arena, pointer), format, arguments);
    va_end(arguments);
}

void fault_add_at_line(struct faults *faults, struct str pointer, struct text_place place, const char *format, ...)
{
    if (faults->count++ >= FAULTS_MAX)
        return;
    struct buf why = buf_in(faults->arena);
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&why, fault_words(faults, format), arguments);
    va_end(arguments);
    struct fault *fault = ARENA_NEW(faults->arena, struct fault);
    struct str detail = buf_str(&why);
    if (place.line)
        detail = arena_printf(faults->arena, "line %zu: %.*s", place.line, STR_FMT(detail));
    *fault = (struct fault){.pointer = arena_copy(faults->arena, pointer), .detail = detail, .place = place};
    *(faults->last ? &faults->last->next : &faults->first) = fault;
    faults->last = fault;
}
