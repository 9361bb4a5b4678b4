// Front matter: YAML before a text of Markdown, by libyaml's events, into a small tree that knows its lines; and back
// from JSON. What it may be is little: maps, lists and scalars of the core schema, bounded in bytes, depth and number.
#include "content_internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FRONT_BYTES_MAX = 64 * 1024, FRONT_DEPTH_MAX = 8, FRONT_VALUES_MAX = 2000 };

struct front_reader {
    struct arena *arena;
    yaml_parser_t parser;
    struct str pointer;
    struct faults faults;
    size_t values;
};

static struct text_place place_of(yaml_mark_t mark)
{
    return (struct text_place){mark.line + 2, mark.column + 1}; // the line `---` stands before it
}

static struct content_front *front_fail(struct front_reader *reader, yaml_mark_t mark, const char *what)
{
    struct text_place place = place_of(mark);
    if (reader->faults.count == 0)
        fault_add_at_line(&reader->faults, reader->pointer, place, "%s", what);
    return NULL;
}

static bool front_next(struct front_reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    const char *problem = reader->parser.problem ? reader->parser.problem : "it cannot be read";
    front_fail(reader, reader->parser.problem_mark,
               arena_printf(reader->arena, "the front matter is no YAML: %s.", problem).ptr);
    return false;
}

static bool event_is_named(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    default:
        return event->type == YAML_ALIAS_EVENT;
    }
}

static struct content_front *read_value(struct front_reader *reader, yaml_event_t *event, size_t depth);

static struct content_front *read_next(struct front_reader *reader, size_t depth, yaml_event_type_t end, bool *ended)
{
    yaml_event_t event;
    *ended = false;
    if (!front_next(reader, &event))
        return NULL;
    *ended = event.type == end;
    struct content_front *value = *ended ? NULL : read_value(reader, &event, depth);
    yaml_event_delete(&event);
    return value;
}

static bool has_key(const struct content_front *map, struct str key)
{
    for (const struct content_front *member = map->first; member; member = member->next)
        if (str_eq(member->key, key))
            return true;
    return false;
}

// The value of a key, whose place is the key's.
static struct content_front *read_member(struct front_reader *reader, const struct content_front *map,
                                         const struct content_front *key, size_t depth)
{
    bool ended;
    yaml_mark_t mark = {.line = key->place.line - 2, .column = key->place.column - 1};
    if (key->kind != CONTENT_FRONT_SCALAR || key->text.len == 0 || memchr(key->text.ptr, 0, key->text.len))
        return front_fail(reader, mark, "a key is a text.");
    if (has_key(map, key->text))
        return front_fail(reader, mark,
                          arena_printf(reader->arena, "the key %.*s comes twice.", STR_FMT(key->text)).ptr);
    struct content_front *value = read_next(reader, depth, YAML_NO_EVENT, &ended);
    if (!value)
        return NULL;
    value->key = key->text;
    value->place = key->place;
    return value;
}

// What a list or a map holds; false when something of it cannot be read.
static bool read_inside(struct front_reader *reader, struct content_front *whole, size_t depth)
{
    bool is_map = whole->kind == CONTENT_FRONT_MAP, ended = false;
    struct content_front **end = &whole->first;
    for (;;) {
        struct content_front *value =
            read_next(reader, depth, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, &ended);
        if (value && is_map)
            value = read_member(reader, whole, value, depth);
        if (!value)
            return ended;
        *end = value;
        end = &value->next;
    }
}

static struct content_front *read_value(struct front_reader *reader, yaml_event_t *event, size_t depth)
{
    struct content_front *value = ARENA_NEW(reader->arena, struct content_front);
    value->place = place_of(event->start_mark);
    if (event_is_named(event))
        return front_fail(reader, event->start_mark, "anchors (&), aliases (*) and tags (!) of YAML are not taken.");
    if (depth > FRONT_DEPTH_MAX || ++reader->values > FRONT_VALUES_MAX)
        return front_fail(reader, event->start_mark,
                          "front matter has at most 2,000 values, and eight levels within each other.");
    if (event->type == YAML_SCALAR_EVENT) {
        struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
        value->text = arena_copy(reader->arena, text);
        value->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return value;
    }
    value->kind = event->type == YAML_MAPPING_START_EVENT ? CONTENT_FRONT_MAP : CONTENT_FRONT_LIST;
    return read_inside(reader, value, depth + 1) ? value : NULL;
}

// The one document of the stream; NULL where it is empty, or has a fault.
static struct content_front *read_document(struct front_reader *reader)
{
    struct content_front *document = NULL;
    bool done = false;
    while (!done && reader->faults.count == 0) {
        yaml_event_t event;
        if (!front_next(reader, &event))
            return NULL;
        done = event.type == YAML_STREAM_END_EVENT;
        bool begins = event.type == YAML_DOCUMENT_START_EVENT;
        if (begins && (document || !event.data.document_start.implicit))
            front_fail(reader, event.start_mark, "front matter is one document, and has no directives (%).");
        else if (event_is_named(&event) || event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
                 event.type == YAML_MAPPING_START_EVENT)
            document = read_value(reader, &event, 1);
        yaml_event_delete(&event);
    }
    return document;
}

static struct content_front *read_yaml(struct front_reader *reader, struct str yaml)
{
    yaml_parser_initialize(&reader->parser);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)yaml.ptr, yaml.len);
    struct content_front *document = read_document(reader);
    yaml_parser_delete(&reader->parser);
    if (document && document->kind != CONTENT_FRONT_MAP && !(document->plain && document->text.len == 0))
        front_fail(reader, (yaml_mark_t){0},
                   "what stands between two lines --- at the beginning is front matter, keys with their values; a rule "
                   "there is written ***.");
    return document && document->kind == CONTENT_FRONT_MAP ? document : ARENA_NEW(reader->arena, struct content_front);
}

static struct str line_of(struct str *rest)
{
    struct str line = str_cut(*rest, '\n', rest);
    if (str_ends(line, STR("\r")))
        line.len--;
    return line;
}

// The YAML and what stands behind it, and how many lines stand before that. False where nothing ends it.
static bool front_split(struct str text, struct str *yaml, struct str *body, size_t *lines)
{
    struct str rest;
    line_of(&text);
    *yaml = (struct str){text.ptr, 0};
    *lines = 1;
    for (rest = text; rest.ptr;) {
        const char *begin = rest.ptr;
        struct str line = str_trim(line_of(&rest));
        ++*lines;
        if (!str_eq(line, STR("---")) && !str_eq(line, STR("...")))
            continue;
        yaml->len = (size_t)(begin - text.ptr);
        *body = rest.ptr ? rest : STR("");
        return true;
    }
    return false;
}

static struct str with_lines_before(struct arena *arena, struct str body, size_t lines)
{
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < lines; i++)
        buf_put_char(&out, '\n');
    buf_put(&out, body);
    return buf_str(&out);
}

struct fault *content_front_read(struct arena *arena, struct str text, struct str pointer, struct content_front **front,
                                 struct str *body)
{
    struct front_reader reader = {.arena = arena, .faults = faults_in(arena), .pointer = pointer};
    struct str rest = text, yaml, behind;
    size_t lines;
    *front = NULL;
    *body = text;
    if (!str_eq(str_trim(line_of(&rest)), STR("---")) || !str_starts(text, STR("---")))
        return NULL;
    if (!rest.ptr || !front_split(text, &yaml, &behind, &lines)) {
        front_fail(&reader, (yaml_mark_t){.line = (size_t)-1},
                   "front matter begins here, and no line --- ends it; a rule at the beginning is written ***.");
        return reader.faults.first;
    }
    if (yaml.len > FRONT_BYTES_MAX) {
        front_fail(&reader, (yaml_mark_t){.line = (size_t)-1}, "front matter has at most 64 KiB.");
        return reader.faults.first;
    }
    *front = read_yaml(&reader, yaml);
    (*front)->kind = CONTENT_FRONT_MAP;
    *body = with_lines_before(arena, behind, lines);
    return reader.faults.first;
}

// ------------------------------------------------------------------------------------------------- the core schema

static bool is_one_of(struct str text, const char *const *words)
{
    for (; *words; words++)
        if (str_eq(text, str_of(*words)))
            return true;
    return false;
}

static size_t digits_in(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

// `[-+]?[0-9]+`, or with a fraction, or an exponent (YAML 1.2 §10.3.2); the hexadecimal and octal ones are no JSON.
static bool is_number(struct str text, bool *whole)
{
    size_t at = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'), before = digits_in(text, at), behind = 0;
    at += before;
    *whole = at == text.len;
    if (at < text.len && text.ptr[at] == '.')
        at += 1 + (behind = digits_in(text, at + 1));
    if (before + behind > 0 && at < text.len && (text.ptr[at] | ' ') == 'e') {
        at++;
        at += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+');
        size_t digits = digits_in(text, at);
        at += digits ? digits : text.len; // past the end: none
    }
    return before + behind > 0 && at == text.len;
}

static json_t *scalar_json(struct arena *arena, const struct content_front *value, bool as_text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL}, *const no[] = {"false", "False", "FALSE", NULL};
    enum { DIGITS_MAX = 15 }; // that a number of JSON keeps
    bool whole = false, plain = value->plain;
    if (plain && is_one_of(value->text, nulls))
        return json_null();
    if (plain && !as_text && (is_one_of(value->text, yes) || is_one_of(value->text, no)))
        return json_boolean(is_one_of(value->text, yes));
    if (plain && !as_text && value->text.len <= DIGITS_MAX && is_number(value->text, &whole)) {
        const char *text = arena_cstr(arena, value->text);
        return whole ? json_integer(strtoll(text, NULL, 10)) : json_real(strtod(text, NULL));
    }
    return json_stringn(value->text.ptr, value->text.len);
}

json_t *content_front_json(struct arena *arena, const struct content_front *value, bool as_text)
{
    json_t *whole = value->kind == CONTENT_FRONT_MAP    ? json_object()
                    : value->kind == CONTENT_FRONT_LIST ? json_array()
                                                        : scalar_json(arena, value, as_text);
    for (const struct content_front *inside = value->first; inside; inside = inside->next) {
        json_t *json = content_front_json(arena, inside, as_text);
        if (value->kind == CONTENT_FRONT_MAP)
            json_object_setn_new(whole, inside->key.ptr, inside->key.len, json);
        else
            json_array_append_new(whole, json);
    }
    return whole;
}

// ----------------------------------------------------------------------------------------------------------- writing

// Small letters, digits and hyphens behind a letter, which no version of YAML takes for anything but a text.
static bool stands_plain(struct str text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", NULL};
    if (text.len == 0 || text.ptr[0] < 'a' || text.ptr[0] > 'z' || is_one_of(text, words))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

// In JSON's spelling, which is YAML's in double quotation marks; DEL, C1, U+FEFF and what ends a line of YAML by
// number.
static void put_text(struct buf *out, struct str text)
{
    struct buf json = buf_in(out->arena);
    if (stands_plain(text)) {
        buf_put(out, text);
        return;
    }
    buf_put_json(&json, text);
    for (size_t i = 0; i < json.len; i++) {
        const unsigned char *at = (const unsigned char *)json.ptr + i;
        size_t left = json.len - i;
        bool three =
            left >= 3 && ((at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9)) ||
                          (at[0] == 0xEF && ((at[1] == 0xBB && at[2] == 0xBF) || (at[1] == 0xBF && at[2] >= 0xBE))));
        if (at[0] == 0x7F || (left >= 2 && at[0] == 0xC2 && at[1] < 0xA0)) {
            buf_printf(out, "\\u00%02X", at[0] == 0x7F ? at[0] : at[1]);
            i += at[0] != 0x7F;
        } else if (three) {
            buf_printf(out, "\\u%04X", (unsigned)((at[0] & 0x0F) << 12 | (at[1] & 0x3F) << 6 | (at[2] & 0x3F)));
            i += 2;
        } else {
            buf_put_char(out, (char)at[0]);
        }
    }
}

// On one line, as YAML's flow style has it.
static void put_flow(struct buf *out, const json_t *value)
{
    const char *name, *before = "";
    json_t *inside;
    size_t i;
    if (json_is_string(value)) {
        put_text(out, json_text(value));
    } else if (json_is_array(value)) {
        buf_put_char(out, '[');
        json_array_foreach ((json_t *)value, i, inside) {
            buf_put(out, i ? STR(", ") : STR(""));
            put_flow(out, inside);
        }
        buf_put_char(out, ']');
    } else if (json_is_object(value)) {
        buf_put_char(out, '{');
        json_object_foreach ((json_t *)value, name, inside) {
            buf_printf(out, "%s%s: ", before, name);
            put_flow(out, inside);
            before = ", ";
        }
        buf_put_char(out, '}');
    } else {
        buf_put(out, json_write(out->arena, value));
    }
}

void content_front_write(struct buf *out, const json_t *object)
{
    const char *name, *member;
    json_t *value, *inside;
    buf_put_lit(out, "---\n");
    json_object_foreach ((json_t *)object, name, value) {
        buf_printf(out, "%s:", name);
        if (json_is_object(value) && json_object_size(value)) {
            json_object_foreach (value, member, inside) {
                buf_printf(out, "\n  %s: ", member);
                put_flow(out, inside);
            }
        } else {
            buf_put_char(out, ' ');
            put_flow(out, value);
        }
        buf_put_char(out, '\n');
    }
    buf_put_lit(out, "---\n");
}
