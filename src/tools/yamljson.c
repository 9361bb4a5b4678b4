// Build tool: YAML (core schema) to JSON, and several files to one.
//
//     yamljson OUT.json ROOT.yaml FOLDER/NAME.yaml…
//
// ROOT is the document. Each further file is merged into its member that is named like the file's folder:
// `paths/x.yaml` goes into `paths`, `schemas/x.yaml` and the others into `components`. Mappings are merged key by key,
// and a key that comes twice is an error; where the member is a list (`articles`), the file becomes its next item.
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static const char *reading;

static _Noreturn void fail(const yaml_mark_t *at, const char *what)
{
    fprintf(stderr, "%s:%zu: %s\n", reading, at ? at->line + 1 : 0, what);
    exit(1);
}

static bool matches(const char *text, const char *const *any)
{
    for (; *any; any++)
        if (strcmp(text, *any) == 0)
            return true;
    return false;
}

// YAML 1.2 §10.3.2: only these plain words are anything but text, so `lang: no` stays text.
static json_t *scalar(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_stringn(text, node->data.scalar.length);
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
    return json_stringn(text, node->data.scalar.length);
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

static json_t *read_yaml(const char *path)
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

// The name of the folder that holds a file: `openapi/paths/articles.yaml` gives `paths`.
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *end = strrchr(path, '/'), *start = end;
    while (start && start > path && start[-1] != '/')
        start--;
    snprintf(folder, size, "%.*s", end ? (int)(end - start) : 0, end ? start : "");
}

static json_t *member_made(json_t *object, const char *name, json_t *(*make)(void))
{
    if (!json_object_get(object, name))
        json_object_set_new(object, name, make());
    return json_object_get(object, name);
}

static void merge(json_t *into, json_t *from, const char *prefix)
{
    const char *key;
    json_t *value;
    json_object_foreach (from, key, value) {
        json_t *there = json_object_get(into, key);
        if (there && json_is_object(there) && json_is_object(value)) {
            merge(there, value, key);
        } else if (there) {
            fprintf(stderr, "%s: %s/%s is defined twice\n", reading, prefix, key);
            exit(1);
        } else {
            json_object_set(into, key, value);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: yamljson OUT.json ROOT.yaml FOLDER/NAME.yaml...\n");
        return 2;
    }
    json_t *root = read_yaml(argv[2]);
    for (int i = 3; i < argc; i++) {
        char folder[100];
        folder_of(argv[i], folder, sizeof folder);
        json_t *part = read_yaml(argv[i]);
        if (strcmp(folder, "articles") == 0)
            json_array_append(member_made(root, folder, json_array), part);
        else if (strcmp(folder, "paths") == 0)
            merge(member_made(root, folder, json_object), part, folder);
        else if (strcmp(folder, "shared") == 0)
            merge(member_made(root, "components", json_object), part, folder);
        else
            merge(member_made(member_made(root, "components", json_object), folder, json_object), part, folder);
        json_decref(part);
    }
    int failed = json_dump_file(root, argv[1], JSON_COMPACT);
    json_decref(root);
    return failed ? 1 : 0;
}
