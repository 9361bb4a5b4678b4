// Schemas mean here what they mean everywhere: every case of JSON-Schema-Test-Suite, draft 2020-12, for the keywords
// that are enforced. A group of cases that needs more than these is passed over, named with what it needs, and counted.
#include "../../src/api/phrases.h"
#include "../../src/api/reference.h"
#include "../../src/api/schema.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef MARBRE_SOURCE_DIR
#define MARBRE_SOURCE_DIR "."
#endif

#define ELSEWHERE "$ref (not to #/...)"

// Why cases are passed over, and how many.
struct reason {
    const char *name;
    size_t cases;
};

// What the suite comes to. None is a keyword that openapi/README.md lists; the formats are time and uri-reference.
static const struct reason left_out[] = {
    {"unevaluatedProperties", 96},
    {"patternProperties", 45},
    {"dependentSchemas", 8},
    {"$id", 2},
    {ELSEWHERE, 34},
    {"format (of an unknown kind)", 75},
};
enum { CASES = 928 };

struct count {
    size_t run, wrong;
    struct reason passed_over[COUNT_OF(left_out)];
};

// Whether a schema points anywhere but into itself.
static bool refers_elsewhere(const json_t *schema)
{
    struct str reference = json_member_text(schema, "$ref");
    const char *name;
    json_t *inner;
    size_t i;
    bool elsewhere = reference.ptr && !str_eq(reference, STR("#")) && !str_starts(reference, STR("#/"));
    json_object_foreach ((json_t *)schema, name, inner)
        elsewhere |= refers_elsewhere(inner);
    json_array_foreach ((json_t *)schema, i, inner)
        elsewhere |= refers_elsewhere(inner);
    return elsewhere;
}

// What a schema needs that is not carried out; NULL when it is all there.
static const char *missing(const json_t *schema)
{
    const char *unknown = schema_unknown_keyword(schema, schema);
    if (!unknown || strcmp(unknown, "$ref (to nothing here)") != 0)
        return unknown;
    assert_true(refers_elsewhere(schema));
    return ELSEWHERE;
}

static void pass_over(struct count *count, const char *name, size_t cases)
{
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        if (strcmp(left_out[i].name, name) != 0)
            continue;
        count->passed_over[i].cases += cases;
        return;
    }
    fail_msg("cases are passed over for %s", name);
}

static void run_case(const char *file, const json_t *group, const json_t *one, struct count *count)
{
    struct arena *arena = arena_new();
    struct faults faults = faults_in(arena);
    const json_t *schema = json_object_get(group, "schema");
    bool holds = schema_check(&faults, schema, schema, json_object_get(one, "data"), &(struct path){0});
    bool expected = json_is_true(json_object_get(one, "valid"));
    count->run++;
    if (holds != expected || holds != (faults.count == 0)) {
        count->wrong++;
        print_error("%s: %s, %s: should be %s\n", file, json_string_value(json_object_get(group, "description")),
                    json_string_value(json_object_get(one, "description")), expected ? "valid" : "refused");
    }
    for (const struct fault *fault = faults.first; fault; fault = fault->next)
        assert_true(fault->detail.len > 10 && (fault->pointer.len == 0 || fault->pointer.ptr[0] == '/'));
    arena_free(arena);
}

static void run_file(const char *folder, const char *file, struct count *count)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    json_t *groups = json_load_file(path, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL), *group, *one;
    assert_non_null(groups);
    size_t i, n;
    json_array_foreach (groups, i, group) {
        json_t *schema = json_object_get(group, "schema"), *tests = json_object_get(group, "tests");
        json_object_del(schema, "$schema"); // who the schema is, which changes nothing of what `#/...` in it means
        json_object_del(schema, "$id");
        const char *reason = missing(schema);
        if (reason) {
            print_message("passed over, %zu cases: %s, %s: %s\n", json_array_size(tests), file,
                          json_string_value(json_object_get(group, "description")), reason);
            pass_over(count, reason, json_array_size(tests));
            continue;
        }
        json_array_foreach (tests, n, one)
            run_case(file, group, one, count);
    }
    json_decref(groups);
}

// Every file of a folder of the suite but one.
static bool run_folder(const char *folder, const char *but, struct count *count)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (str_ends(str_of(entry->d_name), STR(".json")) && strcmp(entry->d_name, but) != 0)
            run_file(folder, entry->d_name, count);
    if (directory)
        closedir(directory);
    return directory;
}

static void test_the_cases_of_others_come_out_as_they_say(void **state)
{
    (void)state;
    const char *corpora = getenv("MARBRE_CORPORA");
    char folder[500], formats[520];
    snprintf(folder, sizeof folder, "%s/json-schema-2020-12",
             corpora ? corpora : MARBRE_SOURCE_DIR "/../shared/corpora");
    snprintf(formats, sizeof formats, "%s/format", folder);
    struct count count = {0};
    // Here a format is a promise (§7.2.2) and no note (§7.2.1): format/ is for the one, format.json for the other.
    if (!run_folder(folder, "format.json", &count) || !run_folder(formats, "", &count)) {
        print_message("%s is not there: passed over\n", folder);
        skip();
        return;
    }
    print_message("%zu cases run\n", count.run);
    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        print_message("%zu cases passed over: %s\n", count.passed_over[i].cases, left_out[i].name);
    assert_int_equal(count.wrong, 0);
    assert_int_equal(count.run, CASES);
    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        assert_int_equal(count.passed_over[i].cases, left_out[i].cases);
}

// A reader of a form is told its faults in French, too: each sentence has its row in phrases.c, but for `null` and
// `%.*s %s`, which may be the same literal in both languages, and for one that was told before and is handed on.
static const char *has_french(const char *english)
{
    if (phrase_in_french(english) == english && strcmp(english, "null") != 0 && strcmp(english, "%.*s %s") != 0 &&
        strcmp(english, "%.*s") != 0)
        fail_msg("there is no French for \"%s\"", english);
    return english;
}

// What a schema says of a value, as `pointer: sentence` lines.
static const char *said(struct arena *arena, const char *schema_text, const char *value_text)
{
    struct json_fault broken;
    json_t *schema = json_read(arena, str_of(schema_text), &broken),
           *value = json_read(arena, str_of(value_text), &broken);
    struct faults faults = faults_in(arena);
    faults.words = has_french;
    struct buf lines = buf_in(arena);
    schema_check(&faults, schema, schema, value, &(struct path){0});
    for (const struct fault *fault = faults.first; fault; fault = fault->next)
        buf_printf(&lines, "%.*s: %.*s\n", STR_FMT(fault->pointer), STR_FMT(fault->detail));
    return arena_cstr(arena, buf_str(&lines));
}

static void test_every_fault_is_told_with_its_pointer_in_words_for_people(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(said(arena,
                             "{\"required\":[\"a/b\"],\"properties\":{\"n\":{\"type\":\"integer\"},\"l\":{\"items\":"
                             "{\"maxLength\":2}}},\"additionalProperties\":false}",
                             "{\"n\":1.5,\"l\":[\"ab\",\"abc\",\"abcd\"],\"x~y\":0}"),
                        "/a~1b: This member is required.\n"
                        "/n: This takes a whole number, not 1.5.\n"
                        "/l/1: This takes at most 2 characters; it has 3.\n"
                        "/l/2: This takes at most 2 characters; it has 4.\n"
                        "/x~0y: This member is unknown; there are n, l.\n");
    arena_free(arena);
}

static void test_of_several_forms_the_faults_of_the_one_that_was_meant_are_told(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *reference =
        "{\"oneOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"object\",\"minProperties\":1,"
        "\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\"}},"
        "\"additionalProperties\":false}]}";
    assert_string_equal(said(arena, reference, "{\"id\":\"7\",\"nom\":1}"),
                        "/id: \"7\" is not an id (a UUID).\n/nom: This member is unknown; there are id.\n");
    assert_string_equal(said(arena, reference, "\"\""), ": This must not be empty.\n");
    assert_string_equal(said(arena, reference, "\"politique\""), "");
    arena_free(arena);
}

static void test_a_discriminator_says_which_form_was_meant(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *shape = "{\"oneOf\":[{\"properties\":{\"_type\":{\"const\":\"image\"},\"url\":{\"format\":\"uri\"}},"
                        "\"required\":[\"_type\",\"url\"]},{\"properties\":{\"_type\":{\"const\":\"quote\"},"
                        "\"text\":{\"minLength\":1}},\"required\":[\"_type\",\"text\"]}],"
                        "\"discriminator\":{\"propertyName\":\"_type\"}}";
    assert_string_equal(said(arena, shape, "{\"_type\":\"image\",\"url\":\"nowhere\"}"),
                        "/url: \"nowhere\" is not an absolute address (RFC 3986, such as https://example.org/a).\n");
    assert_string_equal(said(arena, shape, "{\"_type\":\"quote\"}"), "/text: This member is required.\n");
    assert_string_equal(said(arena, shape, "{\"_type\":\"film\"}"),
                        "/_type: This says which form is meant: one of image, quote.\n");
    assert_string_equal(said(arena, shape, "{\"_type\":\"quote\",\"text\":\"Non.\"}"), "");
    arena_free(arena);
}

static void test_a_pattern_that_would_take_for_ever_is_given_up(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *hostile = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"";
    assert_string_equal(said(arena, "{\"pattern\":\"^(a+)+$\"}", hostile),
                        ": This cannot be compared with the form ^(a+)+$ in time.\n");
    assert_string_equal(said(arena, "{\"pattern\":\"^[A-Z]{2}$\"}", "\"fr\""),
                        ": \"fr\" has not the form ^[A-Z]{2}$.\n");
    arena_free(arena);
}

static void test_equal_items_are_found_in_a_long_list(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf list = buf_in(arena);
    buf_put_lit(&list, "[{\"a\":[1.0,null],\"b\":0}");
    for (int i = 0; i < 20000; i++)
        buf_printf(&list, ",%d,\"%d\"", i, i);
    buf_put_lit(&list, ",{\"b\":0.0,\"a\":[1,null]}]");
    assert_string_equal(said(arena, "{\"uniqueItems\":true}", arena_cstr(arena, buf_str(&list))),
                        "/40001: This comes twice.\n");
    arena_free(arena);
}

// What is written in openapi/README.md of JSON Schema.
static const char *documented(struct arena *arena)
{
    enum { PAGE_BYTES_MAX = 1 << 20 };
    struct str page;
    assert_true(file_read(arena, MARBRE_SOURCE_DIR "/openapi/README.md", PAGE_BYTES_MAX, &page));
    const char *section = strstr(arena_cstr(arena, page), "## JSON Schema");
    assert_non_null(section);
    return section;
}

static void test_every_keyword_that_is_documented_is_enforced(void **state)
{
    (void)state;
    // A schema, a value that it takes, and one that it does not.
    static const char *const rows[][4] = {
        {"type", "{\"type\":[\"integer\",\"null\"]}", "1.0", "1.5"},
        {"enum", "{\"enum\":[1,\"a\",[2]]}", "[2.0]", "\"b\""},
        {"const", "{\"const\":{\"a\":1}}", "{\"a\":1.0}", "{\"a\":2}"},
        {"$ref", "{\"$ref\":\"#/$defs/a~1b\",\"$defs\":{\"a/b\":{\"type\":\"null\"}},\"maxLength\":1}", "null", "0"},
        {"minLength", "{\"minLength\":2}", "\"éé\"", "\"é\""},
        {"maxLength", "{\"maxLength\":1}", "\"é\"", "\"éé\""},
        {"pattern", "{\"pattern\":\"^[a-z]+$\"}", "\"abc\"", "\"aBc\""},
        {"type", "{\"type\":\"object\"}", "{}", "[]"},
        {"type", "{\"type\":[\"string\",\"array\"]}", "[]", "{}"},
        {"type", "{\"type\":[\"boolean\",\"number\"]}", "0.5", "null"},
        {"format", "{\"format\":\"date\"}", "\"2024-02-29\"", "\"2023-02-29\""},
        {"format", "{\"format\":\"date-time\"}", "\"2024-02-29T12:00:00Z\"", "\"2024-02-29\""},
        {"format", "{\"format\":\"email\"}", "\"a@b.example\"", "\"a\""},
        {"format", "{\"format\":\"mailbox\"}", "\"a@b.example\"", "\"a@b\""},
        {"format", "{\"format\":\"uri\"}", "\"tel:1\"", "\"1\""},
        {"format", "{\"format\":\"uuid\"}", "\"01890000-0000-7000-8000-000000000000\"", "\"1\""},
        {"format", "{\"format\":\"slug\"}", "\"a-b\"", "\"a--b\""},
        {"format", "{\"format\":\"lang\"}", "\"en-GB\"", "\"en_GB\""},
        {"format", "{\"format\":\"line\"}", "\"a\"", "\"a\\nb\""},
        {"format", "{\"format\":\"text\"}", "\"a\\nb\"", "\" \""},
        {"format", "{\"format\":\"web\"}", "\"HTTPS://a.example:8080/b?c#d\"", "\"javascript:alert(1)\""},
        {"format", "{\"format\":\"web\"}", "\"http://[::1]/\"", "\"https:///b\""},
        {"format", "{\"format\":\"web\"}", "\"http://a\"", "\"http:\""},
        {"minimum", "{\"minimum\":1.5}", "1.5", "1"},
        {"maximum", "{\"maximum\":1.5}", "1.5", "2"},
        {"exclusiveMinimum", "{\"exclusiveMinimum\":1}", "2", "1"},
        {"exclusiveMaximum", "{\"exclusiveMaximum\":1}", "0", "1"},
        {"multipleOf", "{\"multipleOf\":0.1}", "0.3", "0.35"},
        {"required", "{\"required\":[\"a\"]}", "{\"a\":null}", "{\"b\":null}"},
        {"dependentRequired", "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"b\":1}", "{\"a\":1}"},
        {"properties", "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", "{\"a\":1}"},
        {"additionalProperties", "{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1}",
         "{\"b\":1}"},
        {"propertyNames", "{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1}", "{\"aa\":1}"},
        {"minProperties", "{\"minProperties\":1}", "{\"a\":1}", "{}"},
        {"maxProperties", "{\"maxProperties\":1}", "{\"a\":1}", "{\"a\":1,\"b\":1}"},
        {"items", "{\"items\":{\"type\":\"integer\"}}", "[1,2]", "[1,\"2\"]"},
        {"prefixItems", "{\"prefixItems\":[{\"type\":\"null\"}],\"items\":{\"type\":\"integer\"}}", "[null,1]",
         "[1,1]"},
        {"contains", "{\"contains\":{\"const\":7}}", "[1,7]", "[1,2]"},
        {"uniqueItems", "{\"uniqueItems\":true}", "[1,\"1\"]", "[1,1.0]"},
        {"minItems", "{\"minItems\":1}", "[0]", "[]"},
        {"maxItems", "{\"maxItems\":1}", "[0]", "[0,1]"},
        {"oneOf", "{\"oneOf\":[{\"minimum\":2},{\"maximum\":3}]}", "1", "2.5"},
        {"anyOf", "{\"anyOf\":[{\"minimum\":3},{\"maximum\":2}]}", "3", "2.5"},
        {"allOf", "{\"allOf\":[{\"minimum\":2},{\"maximum\":3}]}", "2.5", "1"},
        {"not", "{\"not\":{\"type\":\"null\"}}", "0", "null"},
        {"if", "{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":1}}", "0", "\"\""},
        {"then", "{\"if\":{\"minimum\":1},\"then\":{\"maximum\":2}}", "2", "3"},
        {"else", "{\"if\":{\"minimum\":1},\"else\":{\"maximum\":-1}}", "1", "0"},
        // What the desk may not change is compared with what is stored: see tests/api/test_articles.py.
        {"readOnly", "{\"readOnly\":true}", "0", NULL},
    };
    struct arena *arena = arena_new();
    const char *page = documented(arena);
    struct json_fault broken;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const *row = rows[i];
        const json_t *schema = json_read(arena, str_of(row[1]), &broken);
        if (schema_unknown_keyword(schema, schema) || *said(arena, row[1], row[2]) ||
            (row[3] && !*said(arena, row[1], row[3])))
            fail_msg("%s is not enforced", row[0]);
        if (!strstr(page, arena_printf(arena, "`%s`", row[0]).ptr))
            fail_msg("%s is not in openapi/README.md", row[0]);
    }
    arena_free(arena);
}

static void test_every_other_keyword_is_named_and_refused(void **state)
{
    (void)state;
    static const char *const others[] = {
        "patternProperties",
        "dependentSchemas",
        "unevaluatedProperties",
        "unevaluatedItems",
        "minContains",
        "maxContains",
        "$id",
        "$schema",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$vocabulary",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "writeOnly",
        "deprecated",
        "examples",
        "definitions",
        "dependencies",
        "additionalItems",
        "nullable",
        "xml",
        "maxlength",
        "Type",
        "",
    };
    static const char *const places[] = {"{\"%s\":true}", "{\"properties\":{\"a\":{\"items\":{\"%s\":true}}}}",
                                         "{\"$defs\":{\"x\":{\"not\":{\"%s\":true}}}}",
                                         "{\"anyOf\":[true,{\"%s\":true}]}"};
    struct arena *arena = arena_new();
    struct json_fault broken;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        for (size_t place = 0; place < COUNT_OF(places); place++) {
            char text[200];
            snprintf(text, sizeof text, places[place], others[i]);
            const json_t *schema = json_read(arena, str_of(text), &broken);
            assert_string_equal(schema_unknown_keyword(schema, schema), others[i]);
        }
        if (*others[i] && strstr(documented(arena), arena_printf(arena, "`%s`", others[i]).ptr))
            fail_msg("%s is in openapi/README.md, and is not carried out", others[i]);
    }
    arena_free(arena);
}

static void test_a_contract_whose_keywords_cannot_be_carried_out_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"items\":{\"unevaluatedItems\":false}}", "unevaluatedItems"},
        {"{\"if\":{\"pattern\":\"(\"}}", "pattern (that cannot be read)"},
        {"{\"not\":{\"format\":\"iri\"}}", "format (of an unknown kind)"},
        {"{\"allOf\":[{\"$ref\":\"#/$defs/x\"}]}", "$ref (to nothing here)"},
        {"{\"multipleOf\":0}", "multipleOf (of nothing)"},
        {"{\"prefixItems\":[3]}", "nothing (no schema)"},
    };
    struct arena *arena = arena_new();
    struct json_fault broken;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const json_t *schema = json_read(arena, str_of(rows[i][0]), &broken);
        assert_string_equal(schema_unknown_keyword(schema, schema), rows[i][1]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_cases_of_others_come_out_as_they_say),
        cmocka_unit_test(test_every_fault_is_told_with_its_pointer_in_words_for_people),
        cmocka_unit_test(test_a_discriminator_says_which_form_was_meant),
        cmocka_unit_test(test_a_pattern_that_would_take_for_ever_is_given_up),
        cmocka_unit_test(test_equal_items_are_found_in_a_long_list),
        cmocka_unit_test(test_every_keyword_that_is_documented_is_enforced),
        cmocka_unit_test(test_every_other_keyword_is_named_and_refused),
        cmocka_unit_test(test_a_contract_whose_keywords_cannot_be_carried_out_is_refused),
        cmocka_unit_test(test_of_several_forms_the_faults_of_the_one_that_was_meant_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
