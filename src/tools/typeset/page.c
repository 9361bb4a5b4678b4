// A contract as one page for people, without a script: every operation by tag, and every schema.
#include "typeset.h"

#include <stdlib.h>
#include <string.h>

struct page {
    FILE *out;
    const json_t *contract;
};

static const char *text_in(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

// ------------------------------------------------------------------------------------------------- what goes in

static void put_cell(const struct page *page, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    fputs("<td>", page->out);
    if (text) {
        fputs("<code>", page->out);
        html_text(page->out, json_is_string(value) ? json_string_value(value) : text);
        fputs("</code>", page->out);
    }
    fputs("</td></tr>\n", page->out);
    free(text);
}

static void put_row(const struct page *page, const char *name, const char *place, const json_t *schema)
{
    fputs("<tr><th scope=\"row\"><code>", page->out);
    html_text(page->out, name);
    fprintf(page->out, "</code></th><td>%s</td><td>", place);
    html_type(page->out, schema);
    fputs("</td><td>", page->out);
}

static void put_parameter(const struct page *page, json_t *item)
{
    json_t *parameter = resolve(page->contract, item), *schema = json_object_get(parameter, "schema");
    char place[64];
    snprintf(place, sizeof place, "%s%s", text_in(parameter, "in"),
             json_is_true(json_object_get(parameter, "required")) ? ", required" : "");
    put_row(page, text_in(parameter, "name"), place, schema);
    html_prose(page->out, text_in(parameter, "description"));
    fputs("</td>", page->out);
    put_cell(page, json_object_get(parameter, "example"));
}

static void put_parameters(const struct page *page, const json_t *operation)
{
    const json_t *parameters = json_object_get(operation, "parameters");
    size_t i;
    json_t *item;
    if (json_array_size(parameters) == 0)
        return;
    fputs("<h4>Parameters</h4>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">"
          "Where</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th><th scope=\"col\">Example</th></tr>"
          "</thead>\n<tbody>\n",
          page->out);
    json_array_foreach ((json_t *)parameters, i, item)
        put_parameter(page, item);
    fputs("</tbody></table></div>\n", page->out);
}

// The media types of a body or an answer, each with an example.
static void put_content(const struct page *page, const json_t *content)
{
    const char *type;
    json_t *media;
    json_object_foreach ((json_t *)content, type, media) {
        json_t *example = example_of(page->contract, media);
        fprintf(page->out, "<p><code>%s</code>: ", type);
        html_type(page->out, json_object_get(media, "schema"));
        fputs("</p>\n", page->out);
        if (!json_is_null(example))
            html_json(page->out, example);
        json_decref(example);
    }
}

static void put_body(const struct page *page, const json_t *operation)
{
    json_t *body = resolve(page->contract, json_object_get(operation, "requestBody"));
    if (!body)
        return;
    fprintf(page->out, "<h4>Body%s</h4>\n",
            json_is_true(json_object_get(body, "required")) ? "" : ", which may be left out");
    put_content(page, json_object_get(body, "content"));
}

// ------------------------------------------------------------------------------------------------ what comes out

static void put_headers(const struct page *page, const json_t *headers)
{
    const char *name;
    json_t *header;
    if (json_object_size(headers) == 0)
        return;
    fputs("<dl>\n", page->out);
    json_object_foreach ((json_t *)headers, name, header) {
        fprintf(page->out, "<dt><code>%s</code></dt><dd>", name);
        html_prose(page->out, text_in(resolve(page->contract, header), "description"));
        fputs("</dd>\n", page->out);
    }
    fputs("</dl>\n", page->out);
}

static void put_answer(const struct page *page, const char *status, const json_t *answer)
{
    bool good = status[0] == '2';
    const char *description = text_in(answer, "description");
    fprintf(page->out, "<details%s><summary><strong>%s</strong> ", good ? " open" : "",
            strcmp(status, "default") == 0 ? "others" : status);
    const char *title = text_in(
        json_object_get(json_object_get(json_object_get(answer, "content"), "application/problem+json"), "example"),
        "title");
    html_text(page->out, strcmp(status, "default") == 0 ? "Not good HTTP" : title ? title : description);
    fputs("</summary>\n", page->out);
    html_prose(page->out, description);
    put_headers(page, json_object_get(answer, "headers"));
    put_content(page, json_object_get(answer, "content"));
    fputs("</details>\n", page->out);
}

static void put_answers(const struct page *page, const json_t *operation)
{
    const char *status;
    json_t *answer;
    fputs("<h4>Answers</h4>\n", page->out);
    json_object_foreach (json_object_get(operation, "responses"), status, answer)
        put_answer(page, status, resolve(page->contract, answer));
}

// ---------------------------------------------------------------------------------------------------- operations

static void put_callers(const struct page *page, const json_t *operation)
{
    const json_t *roles = json_object_get(json_object_get(operation, "x-marbre"), "roles"), *role;
    size_t i;
    fputs("<p>Who may call it: ", page->out);
    json_array_foreach ((json_t *)roles, i, role) {
        const char *word = json_string_value(role);
        fprintf(page->out, "%s%s", i ? ", " : "", strcmp(word, "public") == 0 ? "everybody" : word);
    }
    fputs(".</p>\n", page->out);
}

static void put_method(const struct page *page, const char *method, const char *path)
{
    fputs("<code>", page->out);
    for (; *method; method++)
        fputc(*method & ~0x20, page->out); // in capitals
    fprintf(page->out, " %s</code>", path);
}

static void put_operation(const struct page *page, const char *method, const char *path, const json_t *operation)
{
    fprintf(page->out, "<article id=\"%s\">\n<h3>", text_in(operation, "operationId"));
    html_text(page->out, text_in(operation, "summary"));
    fputs("</h3>\n<p class=\"call\">", page->out);
    put_method(page, method, path);
    fputs("</p>\n", page->out);
    html_prose(page->out, text_in(operation, "description"));
    put_callers(page, operation);
    put_parameters(page, operation);
    put_body(page, operation);
    put_answers(page, operation);
    fputs("</article>\n", page->out);
}

static void put_entry(const struct page *page, const char *method, const char *path, const json_t *operation)
{
    fprintf(page->out, "<li><a href=\"#%s\">", text_in(operation, "operationId"));
    put_method(page, method, path);
    fputs(" ", page->out);
    html_text(page->out, text_in(operation, "summary"));
    fputs("</a></li>\n", page->out);
}

static void each_of_tag(const struct page *page, const char *tag,
                        void (*put)(const struct page *, const char *, const char *, const json_t *))
{
    const char *path, *method;
    json_t *item, *operation;
    json_object_foreach (json_object_get(page->contract, "paths"), path, item) {
        json_object_foreach (item, method, operation) {
            const char *first = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
            if (first && strcmp(first, tag) == 0)
                put(page, method, path, operation);
        }
    }
}

static void put_list(const struct page *page)
{
    size_t i;
    json_t *tag;
    fputs("<nav aria-label=\"Operations\">\n", page->out);
    json_array_foreach (json_object_get(page->contract, "tags"), i, tag) {
        fprintf(page->out, "<p>%s</p>\n<ul>\n", text_in(tag, "name"));
        each_of_tag(page, text_in(tag, "name"), put_entry);
        fputs("</ul>\n", page->out);
    }
    fputs("<p><a href=\"#schemas\">Schemas</a></p>\n</nav>\n", page->out);
}

static void put_tags(const struct page *page)
{
    size_t i;
    json_t *tag;
    json_array_foreach (json_object_get(page->contract, "tags"), i, tag) {
        fprintf(page->out, "<section>\n<h2>%s</h2>\n", text_in(tag, "name"));
        html_prose(page->out, text_in(tag, "description"));
        each_of_tag(page, text_in(tag, "name"), put_operation);
        fputs("</section>\n", page->out);
    }
}

// ------------------------------------------------------------------------------------------------------- schemas

static bool is_required(const json_t *schema, const char *member)
{
    size_t i;
    json_t *name;
    json_array_foreach (json_object_get(schema, "required"), i, name)
        if (strcmp(json_string_value(name), member) == 0)
            return true;
    return false;
}

static void put_members(const struct page *page, const json_t *schema)
{
    const char *name;
    json_t *member;
    fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Required</th>"
          "<th scope=\"col\">Type</th><th scope=\"col\">Meaning</th><th "
          "scope=\"col\">Example</th></tr></thead>\n<tbody>\n",
          page->out);
    json_object_foreach (json_object_get(schema, "properties"), name, member) {
        const json_t *target = resolve(page->contract, member);
        const char *own = text_in(member, "description");
        put_row(page, name, is_required(schema, name) ? "yes" : "", member);
        html_prose(page->out, own ? own : text_in(target, "description"));
        fputs("</td>", page->out);
        put_cell(page, json_object_get(json_object_get(member, "example") ? member : target, "example"));
    }
    fputs("</tbody></table></div>\n", page->out);
}

static void put_schemas(const struct page *page)
{
    const char *name;
    json_t *schema;
    fputs("<section id=\"schemas\">\n<h2>Schemas</h2>\n", page->out);
    json_object_foreach (json_object_get(json_object_get(page->contract, "components"), "schemas"), name, schema) {
        fprintf(page->out, "<article id=\"schema-%s\">\n<h3>%s</h3>\n<p class=\"call\">", name, name);
        html_type(page->out, schema);
        fputs("</p>\n", page->out);
        html_prose(page->out, text_in(schema, "description"));
        if (json_object_get(schema, "properties"))
            put_members(page, schema);
        fputs("</article>\n", page->out);
    }
    fputs("</section>\n", page->out);
}

void write_page(FILE *out, const json_t *contract)
{
    const struct page page = {out, contract};
    const json_t *info = json_object_get(contract, "info");
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\">\n<title>The API of %s</title>\n<link rel=\"stylesheet\" "
            "href=\"/docs/page.css\">\n<link rel=\"icon\" href=\"/docs/icon.svg\">\n</head>\n<body>\n<main>\n"
            "<h1>The API of %s</h1>\n",
            text_in(info, "title"), text_in(info, "title"));
    html_prose(out, text_in(info, "description"));
    fputs("<p>The same as <a href=\"/openapi.json\">JSON</a> or <a href=\"/openapi.yaml\">YAML</a> (OpenAPI 3.1); "
          "<a href=\"/problems\">every kind of problem</a>; <a href=\"/docs\">to try it out</a>.</p>\n",
          out);
    put_list(&page);
    put_tags(&page);
    put_schemas(&page);
    fputs("</main>\n</body>\n</html>\n", out);
}
