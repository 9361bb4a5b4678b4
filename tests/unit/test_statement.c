// Named parameters of .sql files become PostgreSQL's numbered ones.
#include "marbre/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena *arena;

static struct db_statement read_text(const char *text)
{
    return db_statement_read(arena, STR("t"), str_of(text));
}

static void test_a_name_becomes_a_number_and_keeps_it(void **state)
{
    (void)state;
    struct db_statement s = read_text("select :path_id, :limit, :path_id");
    assert_string_equal(s.sql.ptr, "select $1, $2, $1");
    assert_int_equal(s.parameter_count, 2);
    assert_true(str_eq(s.parameters[0], STR("path_id")) && str_eq(s.parameters[1], STR("limit")));
}

static void test_a_cast_is_no_parameter(void **state)
{
    (void)state;
    assert_string_equal(read_text("select :id::uuid, '{}'::json").sql.ptr, "select $1::uuid, '{}'::json");
}

static void test_strings_names_and_comments_are_left_alone(void **state)
{
    (void)state;
    const char *text = "-- of :nobody\nselect ':a', \"b:c\", 'it''s :d' /* :e */ from t";
    struct db_statement s = read_text(text);
    assert_string_equal(s.sql.ptr, text);
    assert_int_equal(s.parameter_count, 0);
}

static void test_a_slice_with_numbers_is_no_parameter(void **state)
{
    (void)state;
    assert_string_equal(read_text("select a[1:2]").sql.ptr, "select a[1:2]");
}

static void test_an_open_string_or_comment_ends_with_the_text(void **state)
{
    (void)state;
    assert_string_equal(read_text("select 'open :a").sql.ptr, "select 'open :a");
    assert_string_equal(read_text("select 1 /* :a").sql.ptr, "select 1 /* :a");
    assert_string_equal(read_text("select 1 -- :a").sql.ptr, "select 1 -- :a");
    assert_string_equal(read_text("a :").sql.ptr, "a :");
}

static void test_statements_are_called_by_their_place(void **state)
{
    (void)state;
    const struct embedded_file files[] = {
        {"newsroom/articles/desk_get.sql", "select 1", 8}, {"auth/enter.sql", "select 2", 8}, {0}};
    struct db_statements all = db_statements_read(arena, files);
    assert_int_equal(all.count, 2);
    assert_non_null(db_statement_find(&all, STR("articles/desk_get")));
    assert_non_null(db_statement_find(&all, STR("auth/enter")));
    assert_null(db_statement_find(&all, STR("articles/got")));
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_becomes_a_number_and_keeps_it),
        cmocka_unit_test(test_a_cast_is_no_parameter),
        cmocka_unit_test(test_strings_names_and_comments_are_left_alone),
        cmocka_unit_test(test_a_slice_with_numbers_is_no_parameter),
        cmocka_unit_test(test_an_open_string_or_comment_ends_with_the_text),
        cmocka_unit_test(test_statements_are_called_by_their_place),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
