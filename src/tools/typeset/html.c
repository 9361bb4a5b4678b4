// Texts of a contract as HTML: escaped, with the little Markdown that descriptions use; and types in words.
#include "typeset.h"

#include <stdlib.h>
#include <string.h>

static void put_character(FILE *out, char c)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (entities[i].c == c) {
            fputs(entities[i].entity, out);
            return;
        }
    }
    fputc(c, out);
}

void html_text(FILE *out, const char *text)
{
    for (; text && *text; text++)
        put_character(out, *text);
}

// `code`, **strong**, and an empty line between paragraphs.
void html_prose(FILE *out, const char *text)
{
    bool code = false, strong = false;
    if (!text)
        return;
    fputs("<p>", out);
    for (; *text; text++) {
        if (*text == '`') {
            code = !code;
            fputs(code ? "<code>" : "</code>", out);
        } else if (!code && strncmp(text, "**", 2) == 0) {
            strong = !strong;
            fputs(strong ? "<strong>" : "</strong>", out);
            text++;
        } else if (strncmp(text, "\n\n", 2) == 0) {
            fputs("</p>\n<p>", out);
            text++;
        } else if (text[0] != '\n' || text[1] != '\0') {
            put_character(out, *text);
        }
    }
    fputs("</p>\n", out);
}

void html_json(FILE *out, const json_t *value)
{
    enum { SPACES = 2 };
    char *text = json_dumps(value, JSON_INDENT(SPACES) | JSON_ENCODE_ANY);
    fputs("<pre><code>", out);
    html_text(out, json_is_string(value) ? json_string_value(value) : text);
    fputs("</code></pre>\n", out);
    free(text);
}

static void put_words(FILE *out, const json_t *words, const char *between)
{
    size_t i;
    json_t *word;
    json_array_foreach ((json_t *)words, i, word) {
        fputs(i ? between : "", out);
        html_text(out, json_is_string(word) ? json_string_value(word) : "null");
    }
}

static void put_forms(FILE *out, const json_t *forms)
{
    size_t i;
    json_t *form;
    json_array_foreach ((json_t *)forms, i, form) {
        fputs(i ? " or " : "", out);
        html_type(out, form);
    }
}

// Bounds of a value, keywords that are numbers: how long, how many, how large.
static void put_bounds(FILE *out, const json_t *schema)
{
    static const struct {
        const char *keyword, *words;
    } bounds[] = {{"minLength", "at least %g characters"},
                  {"maxLength", "at most %g characters"},
                  {"minimum", "at least %g"},
                  {"maximum", "at most %g"},
                  {"minItems", "at least %g items"},
                  {"maxItems", "at most %g items"}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const json_t *bound = json_object_get(schema, bounds[i].keyword);
        if (!bound)
            continue;
        fputs(", ", out);
        fprintf(out, bounds[i].words, json_number_value(bound));
    }
}

static void put_plain_type(FILE *out, const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type"), *words = json_object_get(schema, "enum");
    const char *format = json_string_value(json_object_get(schema, "format"));
    if (json_is_array(type))
        put_words(out, type, " or ");
    else
        html_text(out, json_is_string(type) ? json_string_value(type) : "any value");
    if (format)
        fprintf(out, " (%s)", format);
    if (words) {
        fputs(": ", out);
        put_words(out, words, ", ");
    }
    put_bounds(out, schema);
}

void html_type(FILE *out, const json_t *schema)
{
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    const json_t *items = json_object_get(schema, "items"), *forms = json_object_get(schema, "oneOf");
    const json_t *constant = json_object_get(schema, "const");
    if (reference) {
        const char *name = strrchr(reference, '/') + 1;
        fprintf(out, "<a href=\"#schema-%s\">%s</a>", name, name);
    } else if (forms) {
        put_forms(out, forms);
    } else if (items) {
        fputs("list of ", out);
        html_type(out, items);
        put_bounds(out, schema);
    } else if (constant) {
        html_text(out, json_string_value(constant));
    } else {
        put_plain_type(out, schema);
    }
}
