// A good API key is remembered for a day after its last use: that mark, with a day of one second.
#include "../../src/api/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static void rest_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static bool is_marked(struct rates *rates, struct str who)
{
    return rate_look(rates, &rates->classes[RATE_GOOD_TODAY], who).refused;
}

static void test_a_key_in_use_stays_known_and_one_that_is_not_is_forgotten(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct config config = {0};
    struct rates *rates = rates_new(arena, &config);
    rates->classes[RATE_GOOD_TODAY].limit = (struct config_rate){1, 1};
    const struct api_contract contract = {.rates = rates};
    const struct api_call call = {.contract = &contract, .caller = {.key = STR("one")}};
    assert_false(is_marked(rates, STR("one")));
    for (int i = 0; i < 3; i++) {
        rate_exempt(&call);
        assert_true(is_marked(rates, STR("one")));
        assert_false(is_marked(rates, STR("other")));
        rest_ms(400);
    }
    assert_true(is_marked(rates, STR("one")));
    rest_ms(800);
    assert_false(is_marked(rates, STR("one")));
    arena_free(arena);
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_in_use_stays_known_and_one_that_is_not_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
