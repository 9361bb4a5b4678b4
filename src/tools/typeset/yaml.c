// Values to YAML, for people. Both those who read by YAML 1.2's core schema and those who still read by 1.1 have to
// find the same values, so a text stands plain only when neither could take it for anything else.
#include "typeset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

enum { WIDTH = 120 };

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
    if (!yaml_emitter_emit(emitter, event))
        complain("typeset", "the document cannot be written as YAML: %s", emitter->problem);
}

// Words that are no text, in 1.2 or in 1.1.
static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i], text) == 0)
            return true;
    return false;
}

// Numbers and times of either version begin with a digit, a sign or a dot.
static bool reads_as_text(const char *text)
{
    unsigned char first = (unsigned char)*text;
    bool letter = (first | 0x20) >= 'a' && (first | 0x20) <= 'z';
    return (letter || first == '/' || first == '$' || first == '_' || first >= 0x80) && !is_word_of_yaml(text);
}

static yaml_scalar_style_t style_of(const char *text)
{
    if (strchr(text, '\n'))
        return YAML_LITERAL_SCALAR_STYLE;
    return reads_as_text(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
}

static void put_scalar(yaml_emitter_t *emitter, const char *text, size_t length, yaml_scalar_style_t style)
{
    yaml_event_t event;
    yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)text, (int)length, 1, 1, style);
    emit(emitter, &event);
}

static void put_text(yaml_emitter_t *emitter, const char *text, size_t length)
{
    put_scalar(emitter, text, length, style_of(text));
}

// The shortest that reads back as the same, with the dot and the sign that YAML 1.1 wants.
static void put_real(yaml_emitter_t *emitter, double number)
{
    enum { ENOUGH = 40, DIGITS_MAX = 17 };
    char text[ENOUGH] = "";
    for (int digits = 1; digits <= DIGITS_MAX && (digits == 1 || strtod(text, NULL) != number); digits++)
        snprintf(text, sizeof text, "%#.*g", digits, number);
    put_scalar(emitter, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

static void put_word(yaml_emitter_t *emitter, const json_t *value)
{
    char *word = json_dumps(value, JSON_ENCODE_ANY);
    put_scalar(emitter, word, strlen(word), YAML_PLAIN_SCALAR_STYLE);
    free(word);
}

static void put(yaml_emitter_t *emitter, const json_t *value);

static void put_array(yaml_emitter_t *emitter, const json_t *array)
{
    yaml_event_t event;
    size_t i;
    json_t *item;
    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
    emit(emitter, &event);
    json_array_foreach ((json_t *)array, i, item)
        put(emitter, item);
    yaml_sequence_end_event_initialize(&event);
    emit(emitter, &event);
}

static void put_object(yaml_emitter_t *emitter, const json_t *object)
{
    yaml_event_t event;
    const char *key;
    json_t *value;
    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
    emit(emitter, &event);
    json_object_foreach ((json_t *)object, key, value) {
        put_text(emitter, key, strlen(key));
        put(emitter, value);
    }
    yaml_mapping_end_event_initialize(&event);
    emit(emitter, &event);
}

static void put(yaml_emitter_t *emitter, const json_t *value)
{
    if (json_is_object(value))
        put_object(emitter, value);
    else if (json_is_array(value))
        put_array(emitter, value);
    else if (json_is_string(value))
        put_text(emitter, json_string_value(value), json_string_length(value));
    else if (json_is_real(value))
        put_real(emitter, json_real_value(value));
    else
        put_word(emitter, value);
}

void write_yaml(FILE *out, const json_t *document)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    yaml_emitter_initialize(&emitter);
    yaml_emitter_set_output_file(&emitter, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, WIDTH);
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(&emitter, &event);
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
    emit(&emitter, &event);
    put(&emitter, document);
    yaml_document_end_event_initialize(&event, 1);
    emit(&emitter, &event);
    yaml_stream_end_event_initialize(&event);
    emit(&emitter, &event);
    yaml_emitter_delete(&emitter);
}
