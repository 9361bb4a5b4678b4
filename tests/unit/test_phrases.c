// What a reader is told in French: the table itself, as it was compiled. With `print` it is written out, English and
// French by turns, each ended by a NUL: for tests/house, which looks who says each sentence.
#include "../../src/api/phrases.c"
#include "../../src/api/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// The next filling of a sentence, such as `%.*s`; `%%` is none. NULL when there are no more.
static const char *filling(const char *at, size_t *len)
{
    while ((at = strchr(at, '%')) && at[1] == '%')
        at += 2;
    if (at)
        *len = 1 + strspn(at + 1, "-0123456789.*lz") + 1;
    return at;
}

static bool take_the_same(const char *english, const char *french)
{
    size_t first_len = 0, second_len = 0;
    const char *first = filling(english, &first_len), *second = filling(french, &second_len);
    while (first && second && first_len == second_len && memcmp(first, second, first_len) == 0) {
        first = filling(first + first_len, &first_len);
        second = filling(second + second_len, &second_len);
    }
    return !first && !second;
}

static void test_each_row_takes_the_same_in_both_languages(void **state)
{
    (void)state;
    assert_false(take_the_same("%zu of %s", "%s sur %zu"));
    assert_false(take_the_same("%s", "%s %s"));
    assert_false(take_the_same("%u", "%zu"));
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (!take_the_same(phrases[i].english, phrases[i].french))
            fail_msg("\"%s\" takes other things than \"%s\"", phrases[i].french, phrases[i].english);
}

static void test_no_sentence_stands_there_twice_and_each_is_found(void **state)
{
    (void)state;
    assert_true(COUNT_OF(phrases) > 60);
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        assert_ptr_equal(phrase_in_french(phrases[i].english), phrases[i].french);
}

static void test_each_kind_of_problem_that_a_form_may_meet_has_its_row(void **state)
{
    (void)state;
    static const int met[] = {400, 403, 406, 409, 411, 413, 415, 422, 429, 500, 503};
    size_t found = 0;
    const struct problem *problem;
    for (size_t row = 0; (problem = problem_row(row)); row++)
        for (size_t i = 0; i < COUNT_OF(met); i++) {
            if (problem->status != met[i])
                continue;
            found++;
            if (phrase_in_french(problem->title) == problem->title)
                fail_msg("there is no French for \"%s\"", problem->title);
        }
    assert_true(found >= COUNT_OF(met));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_takes_the_same_in_both_languages),
        cmocka_unit_test(test_no_sentence_stands_there_twice_and_each_is_found),
        cmocka_unit_test(test_each_kind_of_problem_that_a_form_may_meet_has_its_row),
    };
    if (argc < 2 || strcmp(argv[1], "print") != 0)
        return cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        printf("%s%c%s%c", phrases[i].english, '\0', phrases[i].french, '\0');
    return 0;
}
