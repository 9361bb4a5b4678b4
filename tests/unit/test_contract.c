// A contract that promises what nothing serves stops the server before the first request, and the reason is a sentence.
#include "marbre/api.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static struct auth_keys *keys;

static int begin(void **state)
{
    (void)state;
    char folder[] = "/tmp/marbre-contract-XXXXXX";
    struct error error;
    secret_init();
    arena = arena_new();
    struct str path = arena_printf(arena, "%s/keys", mkdtemp(folder));
    assert_true(auth_keys_make(path, &error));
    keys = auth_keys_read(arena, path, &error);
    assert_non_null(keys);
    unlink(path.ptr);
    rmdir(folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void serve_nothing(struct api_call *call)
{
    (void)call;
}

// Reads a contract with these paths and schemas against three statements and the handlers; NULL when it was accepted.
static const char *refusal_with(const char *paths, const char *schemas, const struct api_handler *handlers)
{
    enum { MADE = 4 }; // room for statements that are made of these
    struct db_statement all[MADE + 8] = {
        db_statement_read(arena, STR("auth/enter"), STR("select :caller_account")),
        db_statement_read(arena, STR("audit/record"), STR("select :audit_kind, :audit_thing")),
        db_statement_read(arena, STR("idempotency/begin"), STR("select :idempotency_key")),
        db_statement_read(arena, STR("things/get"), STR("select body from things where id = :path_id")),
        db_statement_read(arena, STR("things/list"), STR("select body from things limit :query_limit")),
        db_statement_read(arena, STR("things/make"), STR("insert into things select :new_id, :body")),
        db_statement_read(arena, STR("things/lock"), STR("select lock(:path_id, :if_match)")),
        db_statement_read(arena, STR("things/drop"), STR("select drop(:path_id, :query_force)")),
    };
    struct db_statements statements = {all, COUNT_OF(all) - MADE, COUNT_OF(all)};
    struct config config = {.site_url = STR("https://example.org/"), .article_url = STR("{site}/a/{slug}")};
    struct api_sources sources = {
        .contract = arena_printf(arena, "{\"paths\":%s,\"components\":{\"schemas\":%s}}", paths, schemas),
        .statements = &statements,
        .handlers = handlers,
        .config = &config,
        .keys = keys};
    static struct error error;
    return api_contract_read(arena, &sources, &error) ? NULL : error.detail;
}

static const struct api_handler no_handlers[] = {{.name = NULL}};

static const char *refusal(const char *paths)
{
    return refusal_with(paths, "{}", no_handlers);
}

static void assert_says(const char *reason, const char *words)
{
    assert_non_null(reason);
    if (!strstr(reason, words))
        fail_msg("\"%s\" does not say \"%s\"", reason, words);
}

#define ID         "\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"schema\":{\"type\":\"string\",\"format\":\"uuid\"}}]"
#define GET(words) "{\"/things/{id}\":{\"get\":{\"operationId\":\"read_thing\"," ID "," words "}}}"
#define POST(schema)                                                                                                   \
    "{\"/things\":{\"post\":{\"operationId\":\"make_thing\","                                                          \
    "\"x-marbre\":{\"rate\":\"desk\",\"audit\":\"things\",\"roles\":[\"editor\"],\"statements\":[\"things/make\"]},"   \
    "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" schema "}}}}}}"

static void test_a_contract_that_is_served_is_accepted(void **state)
{
    (void)state;
    assert_null(
        refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],\"statements\":[\"things/get\"]}")));
    assert_null(refusal(POST("{\"type\":\"object\",\"additionalProperties\":false}")));
}

static void test_an_operation_names_who_may_call_it(void **state)
{
    (void)state;
    assert_says(refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"statements\":[\"things/get\"]}")),
                "read_thing names no role");
    assert_says(refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[],\"statements\":[\"things/get\"]}")),
                "names no role");
    assert_says(refusal(GET("\"summary\":\"no x-marbre at all\"")), "names no role");
    assert_says(
        refusal(
            GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\",\"editor\"],\"statements\":[\"things/get\"]}")),
        "is public and names roles as well");
}

static void test_an_operation_is_served_by_something(void **state)
{
    (void)state;
    assert_says(refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"]}")),
                "read_thing is served by nothing");
    assert_says(refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"editor\"],\"statements\":[]}")),
                "is served by nothing");
    assert_says(refusal("{\"/x\":{\"get\":{\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"]}}}}"),
                "without an operationId");
    assert_says(refusal("{}"), "no paths");
}

static void test_a_statement_that_is_named_is_there(void **state)
{
    (void)state;
    assert_says(
        refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],\"statements\":[\"things/gets\"]}")),
        "read_thing names the statement things/gets, and there is no such file");
}

static void test_handlers_and_operations_name_each_other(void **state)
{
    (void)state;
    static const struct api_handler two[] = {
        {.name = "first", .serve = serve_nothing}, {.name = "second", .serve = serve_nothing}, {.name = NULL}};
    static const struct api_handler one[] = {{.name = "first", .serve = serve_nothing}, {.name = NULL}};
    const char *paths = GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],\"handler\":\"first\"}");
    assert_null(refusal_with(paths, "{}", one));
    assert_says(refusal_with(paths, "{}", two), "second is served, but no operation of the contract names it");
    assert_says(refusal_with(paths, "{}", no_handlers), "read_thing wants the handler first, which nothing serves");
}

static void test_a_keyword_that_is_not_enforced_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const hidden[] = {
        "{\"patternProperties\":{}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"multipleOf\":0}}}",
        "{\"type\":\"array\",\"items\":{\"unevaluatedItems\":true}}",
        "{\"additionalProperties\":{\"dependentSchemas\":{}}}",
        "{\"oneOf\":[{\"type\":\"null\"},{\"not\":{\"$dynamicRef\":\"#x\"}}]}",
        "{\"type\":\"string\",\"format\":\"iri\"}",
        "{\"oneOf\":[{\"$ref\":\"#/paths\"}]}",
    };
    static const char *const words[] = {
        "patternProperties", "multipleOf", "unevaluatedItems", "dependentSchemas", "$dynamicRef", "format", "$ref"};
    static const char schemas[] = "{\"Fine\":{\"type\":\"string\"}}";
    for (size_t i = 0; i < COUNT_OF(hidden); i++) {
        struct str paths = arena_printf(arena, POST("%s"), hidden[i]);
        const char *reason = refusal_with(paths.ptr, schemas, no_handlers);
        assert_says(reason, words[i]);
        assert_says(reason, "make_thing");
        struct str named = arena_printf(arena, "{\"Thing\":%s,\"Fine\":{}}", hidden[i]);
        assert_says(refusal_with(POST("{\"$ref\":\"#/components/schemas/Thing\"}"), named.ptr, no_handlers), "Thing");
    }
    assert_says(
        refusal("{\"/x\":{\"get\":{\"operationId\":\"x\",\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],"
                "\"statements\":[\"things/list\"]},\"parameters\":[{\"name\":\"limit\",\"in\":\"query\","
                "\"schema\":{\"type\":\"integer\",\"maxContains\":9}}]}}}"),
        "maxContains");
}

static void test_a_schema_may_hold_itself(void **state)
{
    (void)state;
    assert_null(
        refusal_with(POST("{\"$ref\":\"#/components/schemas/Tree\"}"),
                     "{\"Tree\":{\"type\":\"object\",\"properties\":{\"branches\":{\"type\":\"array\",\"items\":"
                     "{\"$ref\":\"#/components/schemas/Tree\"}}}}}",
                     no_handlers));
}

static void test_a_statement_takes_only_what_its_operation_has(void **state)
{
    (void)state;
    assert_says(
        refusal(
            "{\"/"
            "things\":{\"get\":{\"operationId\":\"list_things\",\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],"
            "\"statements\":[\"things/list\"]}}}}"),
        "things/list.sql names :query_limit, which the operation does not have");
    assert_says(
        refusal(
            "{\"/"
            "things\":{\"get\":{\"operationId\":\"list_things\",\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],"
            "\"statements\":[\"things/get\"]}}}}"),
        ":path_id");
    assert_says(
        refusal(
            "{\"/"
            "things\":{\"post\":{\"operationId\":\"make_thing\",\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],"
            "\"statements\":[\"things/make\"]}}}}"),
        ":body");
    assert_says(
        refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"editor\"],\"statements\":[\"things/lock\"]}")),
        ":if_match");
}

#define DROP(name, parameters)                                                                                         \
    "\"/" name "/{id}\":{\"delete\":{\"operationId\":\"drop_" name                                                     \
    "\",\"x-marbre\":{\"rate\":\"desk\",\"audit\":\"" name "\","                                                       \
    "\"roles\":[\"editor\"],\"statements\":[\"things/drop\"]},\"parameters\":[{\"name\":\"id\",\"in\":\"path\","       \
    "\"schema\":{\"type\":\"string\"}}" parameters "]}}"
#define FORCE ",{\"name\":\"force\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}"

static void test_a_write_may_share_a_statement_with_one_that_has_more_and_with_nobody_else(void **state)
{
    (void)state;
    assert_null(refusal("{" DROP("things", FORCE) "," DROP("parts", "") "}"));
    assert_says(refusal("{" DROP("things", "") "," DROP("parts", "") "}"),
                "drop_things: things/drop.sql names :query_force, which the operation does not have");
}

#define LIST(in, schema)                                                                                               \
    "{\"/things\":{\"get\":{\"operationId\":\"list_things\",\"x-marbre\":{\"rate\":\"read\",\"roles\":[\"public\"],"   \
    "\"statements\":[\"things/list\"]},\"parameters\":[{\"name\":\"limit\",\"in\":\"" in "\",\"schema\":" schema       \
    "}]}}}"

static void test_a_parameter_that_comes_several_times_is_a_list_in_a_query(void **state)
{
    (void)state;
    assert_null(refusal(LIST("query", "{\"type\":\"array\",\"maxItems\":3,\"items\":{\"type\":\"integer\"}}")));
    static const char *const wrong[] = {
        LIST("query", "{\"type\":\"array\",\"items\":{\"type\":\"array\"}}"),
        LIST("query", "{\"type\":\"object\"}"),
        LIST("header", "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}"),
        LIST("query", "{\"type\":\"array\"}"),
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_says(refusal(wrong[i]), "has not the type of its schema");
    assert_says(refusal(LIST("query", "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"default\":[1]}")),
                "has no default");
}

static void test_a_word_that_means_nothing_is_refused(void **state)
{
    (void)state;
    assert_says(refusal(GET("\"x-marbre\":{\"rate\":\"read\",\"role\":[\"public\"],\"statements\":[\"things/get\"]}")),
                "the word role");
    assert_says(refusal_with("nonsense", "{}", no_handlers), "the contract is not JSON: line 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contract_that_is_served_is_accepted),
        cmocka_unit_test(test_an_operation_names_who_may_call_it),
        cmocka_unit_test(test_an_operation_is_served_by_something),
        cmocka_unit_test(test_a_statement_that_is_named_is_there),
        cmocka_unit_test(test_handlers_and_operations_name_each_other),
        cmocka_unit_test(test_a_keyword_that_is_not_enforced_is_refused_wherever_it_stands),
        cmocka_unit_test(test_a_schema_may_hold_itself),
        cmocka_unit_test(test_a_statement_takes_only_what_its_operation_has),
        cmocka_unit_test(test_a_write_may_share_a_statement_with_one_that_has_more_and_with_nobody_else),
        cmocka_unit_test(test_a_parameter_that_comes_several_times_is_a_list_in_a_query),
        cmocka_unit_test(test_a_word_that_means_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
