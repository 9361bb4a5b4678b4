// What units about bodies of articles stand on: bodies written short, and what is asked of them. JSON is written with '
// for ", so that it can be read; a real apostrophe is \u0027.
#pragma once

#include "marbre/content.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SPAN(text)                 "{'_type':'span','text':'" text "'}"
#define MARKED(text, marks)        "{'_type':'span','text':'" text "','marks':[" marks "]}"
#define BLOCK(members)             "{'_type':'block'," members "}"
#define P(spans)                   BLOCK("'children':[" spans "]")
#define ITEM(kind, level, text)    BLOCK("'listItem':'" kind "','level':" level ",'children':[" SPAN(text) "]")
#define LINKED(spans, definitions) BLOCK("'children':[" spans "],'markDefs':[" definitions "]")
#define LINK(key, href)            "{'_key':'" key "','_type':'link','href':'" href "'}"
#define TO_ARTICLE(key, id)        "{'_key':'" key "','_type':'internal_link','article':'" id "'}"
#define CELL(blocks)               "{'content':[" blocks "]}"
#define ROW(cells)                 "{'cells':[" cells "]}"
#define TABLE(members)             "{'_type':'table'," members "}"
#define QUOTE(members)             "{'_type':'pullquote'," members "}"
#define HEADING(style, text)       BLOCK("'style':'" style "','children':[" SPAN(text) "]")
#define AN_ID                      "01890a5d-ac96-774b-bcce-b302099a8057"

// Up to eight texts with commas between them.
#define JOIN(...) JOIN_OF(__VA_ARGS__, JOIN8, JOIN7, JOIN6, JOIN5, JOIN4, JOIN3, JOIN2, JOIN1, )(__VA_ARGS__)

#define JOIN_OF(a, b, c, d, e, f, g, h, joined, ...) joined
#define JOIN1(a)                                     a
#define JOIN2(a, b)                                  a "," b
#define JOIN3(a, b, c)                               JOIN2(a, b) "," c
#define JOIN4(a, b, c, d)                            JOIN3(a, b, c) "," d
#define JOIN5(a, b, c, d, e)                         JOIN4(a, b, c, d) "," e
#define JOIN6(a, b, c, d, e, f)                      JOIN5(a, b, c, d, e) "," f
#define JOIN7(a, b, c, d, e, f, g)                   JOIN6(a, b, c, d, e, f) "," g
#define JOIN8(a, b, c, d, e, f, g, h)                JOIN7(a, b, c, d, e, f, g) "," h
#define BODY(...)                                    "[" JOIN(__VA_ARGS__) "]"

static struct arena *arena;

static inline int arena_begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static inline int arena_end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

// ---------------------------------------------------------------------------------------------------------- helpers

static inline json_t *json_of(const char *quoted)
{
    char *text = arena_cstr(arena, str_of(quoted));
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    struct json_fault fault;
    json_t *json = json_read(arena, str_of(text), &fault);
    if (!json)
        fail_msg("%s at %d:%d of %s", fault.detail, fault.line, fault.column, text);
    return json;
}

static inline struct fault *read_json(const json_t *json, struct content_body *body)
{
    struct content_site site = {STR("https://gazette.example"), STR("fr")};
    return content_body_read(arena, json, STR("/body"), &site, body);
}

static inline struct fault *faults_of(const char *blocks)
{
    struct content_body body;
    return read_json(json_of(blocks), &body);
}

static inline struct content_body body_of(const char *blocks)
{
    struct content_body body = {0};
    struct fault *fault = read_json(json_of(blocks), &body);
    if (fault)
        fail_msg("%.*s: %.*s", STR_FMT(fault->pointer), STR_FMT(fault->detail));
    return body;
}

static inline void assert_str(struct str actual, const char *expected)
{
    assert_string_equal(arena_cstr(arena, actual), expected);
}

// The body has this one fault, and its sentence says this.
static inline void assert_fault(const char *blocks, const char *pointer, const char *part)
{
    struct fault *fault = faults_of(blocks);
    if (!fault)
        fail_msg("nobody minds %s", blocks);
    if (fault->next)
        fail_msg("also %.*s: %.*s", STR_FMT(fault->next->pointer), STR_FMT(fault->next->detail));
    assert_str(fault->pointer, pointer);
    char *detail = arena_cstr(arena, fault->detail);
    if (!strstr(detail, part))
        fail_msg("\"%s\" does not say \"%s\"", detail, part);
}

static inline void assert_html(const char *blocks, const char *html)
{
    assert_str(body_of(blocks).html, html);
}

static inline void assert_text(const char *blocks, const char *text)
{
    assert_str(body_of(blocks).text, text);
}

static inline json_t *blocks_of(const char *blocks)
{
    struct json_fault fault;
    json_t *json = json_read(arena, body_of(blocks).blocks, &fault);
    assert_non_null(json);
    return json;
}

// What stands at `path` (`/0/children/0/text`) of the normalised body, as JSON with ' for ".
static inline void assert_at(const char *blocks, const char *path, const char *expected)
{
    const json_t *at = blocks_of(blocks);
    struct str rest = str_of(path + 1);
    while (rest.ptr) {
        char *step = arena_cstr(arena, str_cut(rest, '/', &rest));
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(step)) : json_object_get(at, step);
    }
    struct str expected_json = json_write(arena, json_of(expected));
    assert_str(at ? json_write(arena, at) : STR("absent"), arena_cstr(arena, expected_json));
}

static inline struct str normalised_again(struct str blocks)
{
    struct json_fault fault;
    json_t *json = json_read(arena, blocks, &fault);
    assert_non_null(json);
    struct content_body body;
    assert_null(read_json(json, &body));
    return body.blocks;
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, arena_begin, arena_end)
