// YAML to values, by the core schema. Where an error is, file and line say.
#include "typeset.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static const char *reading;

static _Noreturn void fail(const yaml_mark_t *at, const char *what)
{
    char where[1000];
    snprintf(where, sizeof where, "%s:%zu", reading, at ? at->line + 1 : 0);
    complain(where, "%s", what);
}

static bool matches(const char *text, const char *const *any)
{
    for (; *any; any++)
        if (strcmp(text, *any) == 0)
            return true;
    return false;
}

// YAML 1.2 §10.3.2: only these plain words are anything but text, so `lang: no` stays text. NULL: text.
static json_t *plain(const char *text)
{
    if (matches(text, (const char *const[]){"", "~", "null", "Null", "NULL", NULL}))
        return json_null();
    if (matches(text, (const char *const[]){"true", "True", "TRUE", NULL}))
        return json_true();
    if (matches(text, (const char *const[]){"false", "False", "FALSE", NULL}))
        return json_false();
    size_t digits = strspn(text + (*text == '-' || *text == '+'), "0123456789");
    const char *after = text + (*text == '-' || *text == '+') + digits;
    if (digits && *after == '\0')
        return json_integer(strtoll(text, NULL, 10));
    if (digits && strspn(after, "0123456789.eE+-") == strlen(after)) {
        char *end;
        double number = strtod(text, &end);
        if (*end == '\0' && isfinite(number))
            return json_real(number);
    }
    return NULL;
}

static json_t *scalar(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    json_t *value = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain(text) : NULL;
    return value ? value : json_stringn(text, node->data.scalar.length);
}

static json_t *convert(yaml_document_t *document, int index)
{
    const yaml_node_t *node = yaml_document_get_node(document, index);
    if (node->type == YAML_SCALAR_NODE)
        return scalar(node);
    if (node->type == YAML_SEQUENCE_NODE) {
        json_t *array = json_array();
        for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
            json_array_append_new(array, convert(document, *item));
        return array;
    }
    json_t *object = json_object();
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(document, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            fail(&key->start_mark, "a key must be a word");
        const char *name = (const char *)key->data.scalar.value;
        if (json_object_get(object, name))
            fail(&key->start_mark, "this key came before in the same mapping");
        json_object_set_new(object, name, convert(document, pair->value));
    }
    return object;
}

json_t *read_yaml(const char *path)
{
    reading = path;
    FILE *in = fopen(path, "rb");
    if (!in)
        fail(NULL, strerror(errno));
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        fail(NULL, "libyaml did not start");
    yaml_parser_set_input_file(&parser, in);
    if (!yaml_parser_load(&parser, &document))
        fail(&parser.problem_mark, parser.problem ? parser.problem : "not YAML");
    if (!yaml_document_get_root_node(&document))
        fail(NULL, "an empty file");
    json_t *value = convert(&document, 1);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    fclose(in);
    return value;
}
