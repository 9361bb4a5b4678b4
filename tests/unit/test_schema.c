// Schemas mean here what they mean everywhere: the cases of JSON-Schema-Test-Suite, draft 2020-12, as far as they use
// the keywords that are enforced. A group of cases with any other keyword is passed over, named with the keyword, and
// counted.
#include "../../src/api/api_internal.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef MARBRE_SOURCE_DIR
#define MARBRE_SOURCE_DIR "."
#endif

enum { LEAST_CASES = 916, MOST_PASSED_OVER = 197 };

struct count {
    size_t run, passed_over, wrong;
};

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
        json_object_del(schema, "$schema");
        const char *unknown = schema_unknown_keyword(schema, schema);
        if (unknown) {
            print_message("passed over, %zu cases: %s, %s: %s\n", json_array_size(tests), file,
                          json_string_value(json_object_get(group, "description")), unknown);
            count->passed_over += json_array_size(tests);
            continue;
        }
        json_array_foreach (tests, n, one)
            run_case(file, group, one, count);
    }
    json_decref(groups);
}

static void test_the_cases_of_others_come_out_as_they_say(void **state)
{
    (void)state;
    const char *corpora = getenv("MARBRE_CORPORA");
    char folder[500];
    snprintf(folder, sizeof folder, "%s/json-schema-2020-12",
             corpora ? corpora : MARBRE_SOURCE_DIR "/../shared/corpora");
    DIR *directory = opendir(folder);
    if (!directory) {
        print_message("%s is not there: passed over\n", folder);
        skip();
        return;
    }
    struct count count = {0};
    const struct dirent *entry;
    while ((entry = readdir(directory)))
        if (str_ends(str_of(entry->d_name), STR(".json")) && strcmp(entry->d_name, "format.json") != 0)
            run_file(folder, entry->d_name, &count);
    closedir(directory);
    // Here a format is a promise and no note (§7.2.2), which is what these files of the suite are for.
    static const char *const formats[] = {"uuid", "date-time", "date", "email", "uri"};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        char file[40];
        snprintf(file, sizeof file, "format/%s.json", formats[i]);
        run_file(folder, file, &count);
    }
    print_message("%zu cases run, %zu with other keywords passed over\n", count.run, count.passed_over);
    assert_int_equal(count.wrong, 0);
    assert_true(count.run >= LEAST_CASES && count.passed_over <= MOST_PASSED_OVER);
}

// What a schema says of a value, as `pointer: sentence` lines.
static const char *said(struct arena *arena, const char *schema_text, const char *value_text)
{
    struct json_fault broken;
    json_t *schema = json_read(arena, str_of(schema_text), &broken),
           *value = json_read(arena, str_of(value_text), &broken);
    struct faults faults = faults_in(arena);
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
        cmocka_unit_test(test_a_contract_whose_keywords_cannot_be_carried_out_is_refused),
        cmocka_unit_test(test_of_several_forms_the_faults_of_the_one_that_was_meant_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
