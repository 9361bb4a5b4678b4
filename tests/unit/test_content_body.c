// Bodies of articles: what is refused and where, what becomes regular, and how it looks.
#include "bodies.h"

// --------------------------------------------------------------------------------------------------- what is refused

static void test_an_empty_body_is_fine(void **state)
{
    (void)state;
    struct content_body body = body_of("[]");
    assert_str(body.blocks, "[]");
    assert_str(body.html, "");
    assert_str(body.text, "");
    assert_int_equal(body.words, 0);
    assert_int_equal(body.reading_minutes, 0);
}

static void test_a_body_that_is_no_list_is_refused(void **state)
{
    (void)state;
    assert_fault("{}", "/body", "a body is a list of blocks, not an object");
    assert_fault("null", "/body", "not null");
    assert_fault("'<p>Bonjour</p>'", "/body", "not \"<p>Bonjour</p>\"");
    struct content_body body;
    assert_non_null(read_json(NULL, &body));
}

static void test_a_block_that_is_no_object_is_refused(void **state)
{
    (void)state;
    assert_fault("[" P(SPAN("a")) ",3]", "/body/1", "what stands here is an object, not 3");
}

static void test_an_unknown_type_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    assert_fault("[{'_type':'film'}]", "/body/0/_type",
                 "\"_type\" takes block, pullquote, table, image, gallery, embed, factbox, code or divider here, not "
                 "\"film\"");
    assert_fault("[{'text':'a'}]", "/body/0/_type", "\"_type\" is missing: it takes block, pullquote, table, image,");
    assert_fault("[{'_type':7}]", "/body/0/_type", "not 7");
    assert_fault("[" P("{'_type':'emoji','text':'a'}") "]", "/body/0/children/0/_type",
                 "\"_type\" takes span here, not \"emoji\"");
    assert_fault("[" LINKED(SPAN("a"), "{'_key':'c','_type':'comment'}") "]", "/body/0/markDefs/0/_type",
                 "takes link, internal_link or footnote here");
}

static void test_an_unknown_member_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    assert_fault("[" QUOTE("'text':'a','foo':1") "]", "/body/0/foo",
                 "this member is unknown: \"foo\"; a pullquote has text, attribution, role, source, source_url");
    assert_fault("[" P("{'_type':'span','text':'a','html':'<b>'}") "]", "/body/0/children/0/html",
                 "a span has text, marks");
    assert_fault("[" TABLE("'rows':[{'_type':'row','cells':[" CELL("") "]}]") "]", "/body/0/rows/0/_type",
                 "a row has cells");
}

static void test_an_unknown_member_is_escaped_in_its_pointer(void **state)
{
    (void)state;
    assert_fault("[" QUOTE("'text':'a','x/y~z':1") "]", "/body/0/x~1y~0z", "unknown");
}

static void test_a_value_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    assert_fault("[" QUOTE("'text':3") "]", "/body/0/text", "\"text\" takes a text, not 3");
    assert_fault("[" QUOTE("'text':'a','source':null") "]", "/body/0/source", "\"source\" takes a text, not null");
    assert_fault("[" BLOCK("'children':{}") "]", "/body/0/children", "\"children\" takes a list, not an object");
    assert_fault("[" TABLE("'header_rows':1.0,'rows':[" ROW(CELL("")) "]") "]", "/body/0/header_rows",
                 "\"header_rows\" takes a whole number, not a number with a fraction");
    assert_fault("[" P("{'_type':'span','text':'a','marks':'em'}") "]", "/body/0/children/0/marks",
                 "takes a list of marks, not \"em\"");
    assert_fault("[" P(MARKED("a", "true")) "]", "/body/0/children/0/marks/0", "a mark is a text, not true");
}

static void test_what_is_missing_is_named(void **state)
{
    (void)state;
    assert_fault("[{'_type':'block'}]", "/body/0/children", "\"children\" is missing: a block needs it");
    assert_fault("[" P("{'_type':'span'}") "]", "/body/0/children/0/text", "\"text\" is missing");
    assert_fault("[{'_type':'pullquote'}]", "/body/0/text", "\"text\" is missing: a pullquote needs it");
    assert_fault("[{'_type':'table'}]", "/body/0/rows", "\"rows\" is missing");
    assert_fault("[" TABLE("'rows':[{}]") "]", "/body/0/rows/0/cells", "\"cells\" is missing: a row needs it");
    assert_fault("[" TABLE("'rows':[" ROW("{}") "]") "]", "/body/0/rows/0/cells/0/content", "\"content\" is missing");
    assert_fault("[" LINKED(MARKED("a", "'l'"), "{'_key':'l','_type':'link'}") "]", "/body/0/markDefs/0/href",
                 "\"href\" is missing: a link needs it");
    assert_fault("[" LINKED(SPAN("a"), "{'_type':'link','href':'https://a.example'}") "]", "/body/0/markDefs/0/_key",
                 "\"_key\" is missing");
}

static void test_a_choice_is_refused_with_what_it_takes(void **state)
{
    (void)state;
    assert_fault("[" BLOCK("'style':'h1','children':[]") "]", "/body/0/style",
                 "\"style\" takes normal, h2, h3, h4 or blockquote, not \"h1\"");
    assert_fault("[" BLOCK("'style':2,'children':[]") "]", "/body/0/style", "blockquote, not 2");
    assert_fault("[" BLOCK("'listItem':'square','children':[]") "]", "/body/0/listItem",
                 "\"listItem\" takes bullet or number, not \"square\"");
    assert_fault("[" QUOTE("'text':'a','role':'joke'") "]", "/body/0/role",
                 "\"role\" takes statement or excerpt, not \"joke\"");
}

static void test_every_fault_is_found_in_the_order_of_the_text(void **state)
{
    (void)state;
    struct fault *fault = faults_of(BODY(BLOCK("'style':'h1','children':[" MARKED("a", "'em','x'") ",4],'b':1"), "7",
                                         QUOTE("'role':'joke','source_url':'ftp://a.example'")));
    const char *pointers[] = {
        "/body/0/style", "/body/0/children/0/marks/1", "/body/0/children/1", "/body/0/b", "/body/1", "/body/2/text",
        "/body/2/role",  "/body/2/source_url"};
    for (size_t i = 0; i < COUNT_OF(pointers); i++, fault = fault->next) {
        assert_non_null(fault);
        assert_str(fault->pointer, pointers[i]);
    }
    assert_null(fault);
}

static void test_a_thousand_faults_are_enough(void **state)
{
    (void)state;
    struct buf body = buf_in(arena);
    buf_put_lit(&body, "[" P("1"));
    buf_put_lit(&body, ",{'_type':'block','children':[0");
    for (int i = 0; i < 20000; i++)
        buf_put_lit(&body, ",0");
    buf_put_lit(&body, "]}]");
    size_t count = 0;
    struct fault *last = NULL;
    for (struct fault *f = faults_of(arena_cstr(arena, buf_str(&body))); f; f = f->next, count++)
        last = f;
    assert_int_equal(count, 1001);
    assert_str(last->pointer, "/body");
    assert_str(last->detail, "there are more faults than these");
}

static void test_a_mark_without_a_definition_is_named_with_its_pointer(void **state)
{
    (void)state;
    assert_fault("[" P(SPAN("a")) "," P(MARKED("a", "'strong','l9'")) "]", "/body/1/children/0/marks/1",
                 "this mark has no definition in markDefs, and is not strong, em, underline, strike-through, code, sub "
                 "or sup: \"l9\"");
    assert_fault("[" LINKED(SPAN("a"), LINK("l1", "https://a.example")) "," P(MARKED("a", "'l1'")) "]",
                 "/body/1/children/0/marks/0", "\"l1\"");
}

static void test_a_link_to_anything_but_an_address_of_four_schemes_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\\nscript:alert(1)",
        "java\\tscript:a",
        "\\u0001javascript:a",
        "data:text/html,<script>",
        "vbscript:a",
        "ftp://a.example",
        "file:///etc/passwd",
        "relative",
        "//a.example",
        "/\\\\a.example",
        "?q=1",
        "",
        "https:a.example",
        "https:/a.example",
        "https://",
        "https:///a",
        "https://?q",
        "http:\\\\\\\\a.example",
        "https://a.example/a b",
        "https://a.example\\u0000",
        "mailto:",
        "tel:",
        " https://a.example",
        "https://a.example\\n",
        "https://a.example\\u0085",
        "\\u00a0https://a.example",
        "\\ufeffhttps://a.example",
        "httpss://a.example",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct str body = arena_printf(arena, BODY(LINKED(MARKED("a", "'l'"), LINK("l", "%s"))), refused[i]);
        assert_fault(arena_cstr(arena, body), "/body/0/markDefs/0/href", "address");
    }
}

static void test_a_link_by_http_https_mailto_and_tel_is_fine(void **state)
{
    (void)state;
    static const char *const fine[] = {"http://a.example",
                                       "HTTPS://A.example/x?y=1&z=2#t",
                                       "mailto:a@b.example",
                                       "tel:+33123456789",
                                       "https://fr.wikipedia.org/wiki/Été",
                                       "/a-propos",
                                       "/",
                                       "#le-gaz"};
    for (size_t i = 0; i < COUNT_OF(fine); i++) {
        struct str body = arena_printf(arena, BODY(LINKED(MARKED("a", "'l'"), LINK("l", "%s"))), fine[i]);
        body_of(arena_cstr(arena, body));
    }
}

static void test_a_source_is_on_the_web(void **state)
{
    (void)state;
    assert_fault(
        "[" QUOTE("'text':'a','source_url':'mailto:a@b.example'") "]", "/body/0/source_url",
        "\"source_url\" takes a whole address that begins with http:// or https://, not \"mailto:a@b.example\"");
    body_of("[" QUOTE("'text':'a','source_url':'https://a.example/b'") "]");
}

static void test_an_internal_link_takes_the_id_of_an_article(void **state)
{
    (void)state;
    assert_fault("[" LINKED(MARKED("a", "'l'"), TO_ARTICLE("l", "a-slug")) "]", "/body/0/markDefs/0/article",
                 "\"article\" takes the id of an article, a UUID, not \"a-slug\"");
}

static void test_a_list_begins_at_level_one_and_goes_deeper_by_one(void **state)
{
    (void)state;
    assert_fault("[" ITEM("bullet", "2", "a") "]", "/body/0/level", "a list begins at level 1, not 2");
    assert_fault("[" ITEM("bullet", "1", "a") "," ITEM("bullet", "3", "b") "]", "/body/1/level",
                 "after 1 comes 2 at most, not 3");
    assert_fault("[" ITEM("bullet", "1", "a") "," P(SPAN("b")) "," ITEM("bullet", "2", "c") "]", "/body/2/level",
                 "a list begins at level 1");
    assert_fault("[" ITEM("bullet", "0", "a") "]", "/body/0/level",
                 "\"level\" takes a whole number from 1 to 4, not 0");
    assert_fault("[" ITEM("bullet", "5", "a") "," ITEM("bullet", "4", "b") "]", "/body/0/level", "not 5");
    body_of(BODY(ITEM("bullet", "1", "a"), ITEM("number", "2", "b"), ITEM("bullet", "3", "c"), ITEM("bullet", "4", "d"),
                 ITEM("bullet", "1", "e")));
}

static void test_a_list_in_a_cell_is_a_list_of_its_own(void **state)
{
    (void)state;
    assert_fault("[" ITEM("bullet", "1", "a") "," TABLE("'rows':[" ROW(CELL(ITEM("bullet", "2", "b"))) "]") "]",
                 "/body/1/rows/0/cells/0/content/0/level", "a list begins at level 1");
    assert_fault("[" TABLE("'rows':[" ROW(CELL(ITEM("bullet", "1", "b"))) "]") "," ITEM("bullet", "2", "a") "]",
                 "/body/1/level", "a list begins at level 1");
}

static void test_a_level_without_a_list_item_is_refused(void **state)
{
    (void)state;
    assert_fault("[" BLOCK("'level':1,'children':[]") "]", "/body/0/level",
                 "\"level\" belongs to a list item, and this block has no \"listItem\"");
}

static void test_every_row_of_a_table_is_as_wide_as_the_first(void **state)
{
    (void)state;
    assert_fault("[" TABLE("'rows':[" ROW(CELL("") "," CELL("")) "," ROW(CELL("")) "]") "]", "/body/0/rows/1",
                 "every row is as wide as the first: this one has 1 cell, the first has 2");
    assert_fault("[" TABLE("'rows':[]") "]", "/body/0/rows", "a table has at least one row");
    assert_fault("[" TABLE("'rows':[" ROW("") "]") "]", "/body/0/rows/0/cells", "a row has at least one cell");
}

static void test_headers_of_a_table_are_within_it(void **state)
{
    (void)state;
    const char *rows =
        "'rows':[" ROW(CELL("") "," CELL("") "," CELL("")) "," ROW(CELL("") "," CELL("") "," CELL("")) "]";
    const struct {
        const char *member, *value, *says;
    } wrong[] = {
        {"header_rows", "3", "\"header_rows\" is 2 at most, the number of rows, not 3"},
        {"header_columns", "4", "\"header_columns\" is 3 at most, the width of the table, not 4"},
        {"header_rows", "-1", "\"header_rows\" takes a whole number, 0 or more, not -1"},
        {"header_rows", "9000000000000000000", "is 2 at most"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct str pointer = arena_printf(arena, "/body/0/%s", wrong[i].member);
        struct str body = arena_printf(arena, "[{'_type':'table','%s':%s,%s}]", wrong[i].member, wrong[i].value, rows);
        assert_fault(arena_cstr(arena, body), arena_cstr(arena, pointer), wrong[i].says);
    }
}

static void test_blocks_nest_once(void **state)
{
    (void)state;
    assert_fault("[" TABLE("'rows':[" ROW(CELL(TABLE("'rows':[]"))) "]") "]", "/body/0/rows/0/cells/0/content/0/_type",
                 "\"_type\" takes block here, not \"table\"");
    assert_fault("[" TABLE("'rows':[" ROW(CELL(QUOTE("'text':'a'"))) "]") "]", "/body/0/rows/0/cells/0/content/0/_type",
                 "\"_type\" takes block here, not \"pullquote\"");
}

static void test_a_key_that_was_given_twice_is_refused_at_the_second(void **state)
{
    (void)state;
    assert_fault("[" BLOCK("'_key':'a','children':[]") "," BLOCK("'_key':'a','children':[]") "]", "/body/1/_key",
                 "this key is already taken in the body: \"a\"");
    assert_fault("[" BLOCK("'_key':'a','children':[{'_type':'span','_key':'a','text':''}]") "]",
                 "/body/0/children/0/_key", "already taken");
    assert_fault("[" LINKED(SPAN("a"), LINK("l", "tel:1") "," LINK("l", "tel:2")) "]", "/body/0/markDefs/1/_key",
                 "this key is already taken in markDefs: \"l\"");
}

static void test_two_blocks_may_define_the_same_key_each_for_itself(void **state)
{
    (void)state;
    assert_html(
        "[" LINKED(MARKED("a", "'l1'"), LINK("l1", "tel:1")) "," LINKED(MARKED("b", "'l1'"), LINK("l1", "tel:2")) "]",
        "<p><a href=\"tel:1\" rel=\"noopener\">a</a></p><p><a href=\"tel:2\" rel=\"noopener\">b</a></p>");
}

static void test_a_key_is_up_to_64_plain_characters(void **state)
{
    (void)state;
    const char *sixty_four = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    body_of(arena_printf(arena, "[{'_type':'block','_key':'%s','children':[]}]", sixty_four).ptr);
    assert_fault(arena_printf(arena, "[{'_type':'block','_key':'%sx','children':[]}]", sixty_four).ptr, "/body/0/_key",
                 "a key is 1 to 64 of A-Z, a-z, 0-9, _ and -");
    assert_fault("[" BLOCK("'_key':'','children':[]") "]", "/body/0/_key", "not \"\"");
    assert_fault("[" BLOCK("'_key':'clé','children':[]") "]", "/body/0/_key", "not \"clé\"");
    assert_fault("[" BLOCK("'_key':'a\\u0000','children':[]") "]", "/body/0/_key", "a key is");
}

static void test_a_definition_cannot_be_called_like_a_decorator(void **state)
{
    (void)state;
    assert_fault("[" LINKED(MARKED("a", "'em'"), LINK("em", "tel:1")) "]", "/body/0/markDefs/0/_key",
                 "\"em\" is a mark of its own");
}

static void test_a_nul_in_a_text_is_refused(void **state)
{
    (void)state;
    assert_fault("[" P(SPAN("a\\u0000b")) "]", "/body/0/children/0/text", "U+0000 cannot stand in a text");
    assert_fault("[" QUOTE("'text':'a','attribution':'\\u0000'") "]", "/body/0/attribution", "U+0000");
    assert_fault("[" P(MARKED("a", "'em\\u0000'")) "]", "/body/0/children/0/marks/0", "no definition");
}

static void test_a_pullquote_without_a_text_is_refused(void **state)
{
    (void)state;
    assert_fault("[" QUOTE("'text':''") "]", "/body/0/text", "a pullquote needs a text");
    assert_fault("[" QUOTE("'text':' \\u0007 '") "]", "/body/0/text", "a pullquote needs a text");
}

static json_t *body_of_blocks(size_t count)
{
    struct buf body = buf_in(arena);
    for (size_t i = 0; i < count; i++)
        buf_put(&body, i ? STR("," P(SPAN("a"))) : STR("[" P(SPAN("a"))));
    buf_put_char(&body, ']');
    return json_of(arena_cstr(arena, buf_str(&body)));
}

static void test_a_body_has_at_most_5000_blocks(void **state)
{
    (void)state;
    struct content_body body;
    assert_null(read_json(body_of_blocks(5000), &body));
    struct fault *fault = read_json(body_of_blocks(5003), &body);
    assert_non_null(fault);
    assert_null(fault->next);
    assert_str(fault->pointer, "/body/5000");
    assert_str(fault->detail,
               "a body has at most 5000 blocks, those in cells, factboxes and footnotes counted: this is one too many");
}

static void test_blocks_in_cells_count_too(void **state)
{
    (void)state;
    json_t *blocks = body_of_blocks(4999);
    json_array_append(blocks, json_of(TABLE("'rows':[" ROW(CELL(P(""))) "]")));
    struct content_body body;
    struct fault *fault = read_json(blocks, &body);
    assert_non_null(fault);
    assert_str(fault->pointer, "/body/4999/rows/0/cells/0/content/0");
    assert_null(fault->next);
}

static void test_a_body_of_more_than_two_mebibytes_is_refused(void **state)
{
    (void)state;
    char *long_text = memset(arena_alloc(arena, CONTENT_BYTES_MAX + 1), 'a', CONTENT_BYTES_MAX);
    json_t *blocks = json_of("[" P(SPAN("x")) "]");
    json_t *span = json_array_get(json_object_get(json_array_get(blocks, 0), "children"), 0);
    json_object_set_new(span, "text", json_string(long_text));
    struct content_body body;
    struct fault *fault = read_json(blocks, &body);
    assert_non_null(fault);
    assert_str(fault->pointer, "/body");
}

// ----------------------------------------------------------------------------------------------- what becomes regular

static void test_missing_keys_are_made_and_given_ones_kept(void **state)
{
    (void)state;
    const char *body = "[" P(SPAN("a")) ",{'_key':'mine','_type':'block','children':[]}]";
    json_t *blocks = blocks_of(body);
    struct str made = json_member_text(json_array_get(blocks, 0), "_key");
    assert_int_equal(made.len, 12);
    assert_int_equal(strspn(made.ptr, "0123456789abcdef"), 12);
    assert_str(json_member_text(json_array_get(blocks, 1), "_key"), "mine");
    const json_t *span = json_array_get(json_object_get(json_array_get(blocks, 0), "children"), 0);
    assert_int_equal(json_member_text(span, "_key").len, 12);
    assert_false(str_eq(made, json_member_text(span, "_key")));
}

static void test_members_stand_in_one_order_with_what_was_left_out(void **state)
{
    (void)state;
    const char *span = "{'marks':[],'text':'a','_key':'s','_type':'span'}";
    struct str block = arena_printf(arena, "[{'children':[%s],'listItem':'bullet','_key':'b','_type':'block'}]", span);
    assert_at(block.ptr, "/0",
              "{'_type':'block','_key':'b','style':'normal','listItem':'bullet','level':1,'children':[{'_type':'span',"
              "'_key':'s','text':'a','marks':[]}],'markDefs':[]}");
    assert_at("[{'source':'S','text':'a','_type':'pullquote','attribution':'','_key':'q'}]", "/0",
              "{'_type':'pullquote','_key':'q','text':'a','role':'statement','source':'S'}");
    assert_at("[{'rows':[{'cells':[{'content':[],'_key':'c'}],'_key':'r'}],'_type':'table','_key':'t'}]", "/0",
              "{'_type':'table','_key':'t','header_rows':0,'header_columns':0,"
              "'rows':[{'_key':'r','cells':[{'_key':'c','content':[]}]}]}");
}

static void test_neighbours_with_equal_marks_become_one_span(void **state)
{
    (void)state;
    const char *body =
        BODY(LINKED(JOIN("{'_type':'span','_key':'s','text':'a','marks':['em','l']}", MARKED("b", "'l','em'"),
                         MARKED("c", "'em'"), MARKED("", "'strong'"), MARKED("d", "'em'")),
                    LINK("l", "tel:1")));
    assert_at(body, "/0/children/0", "{'_type':'span','_key':'s','text':'ab','marks':['em','l']}");
    assert_at(body, "/0/children/1/text", "'cd'");
    assert_int_equal(json_array_size(json_object_get(json_array_get(blocks_of(body), 0), "children")), 2);
}

static void test_marks_are_sorted_and_stand_once(void **state)
{
    (void)state;
    assert_at("[" LINKED(MARKED("a", "'lb','sup','em','la','strong','em','lb','code','l','underline','sub',"
                                     "'strike-through'"),
                         LINK("lb", "tel:1") "," LINK("l", "tel:2") "," LINK("la", "tel:3")) "]",
              "/0/children/0/marks", "['strong','em','underline','strike-through','code','sub','sup','l','la','lb']");
}

static void test_definitions_that_no_mark_names_are_dropped(void **state)
{
    (void)state;
    const char *body = BODY(LINKED(JOIN(SPAN("a"), MARKED("b", "'y'"), MARKED("", "'z'")),
                                   JOIN(LINK("x", "tel:1"), LINK("y", "tel:2"), LINK("z", "tel:3"))));
    assert_at(body, "/0/markDefs", "[{'_type':'link','_key':'y','href':'tel:2'}]");
}

static void test_text_is_in_nfc_even_across_a_seam(void **state)
{
    (void)state;
    assert_at("[" P(SPAN("e\\u0301te")) "]", "/0/children/0/text", "'éte'");
    assert_at("[" P(SPAN("e") "," SPAN("\\u0301te")) "]", "/0/children/0/text", "'éte'");
}

static void put_times(struct buf *buf, const char *unit, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_put(buf, str_of(unit));
}

// Each span keeps as many marks as it may; together they have more, and sorted anew.
static void test_marks_without_end_stay_cut_across_seams(void **state)
{
    (void)state;
    struct buf json = buf_in(arena);
    buf_put_lit(&json, "[{'_type':'block','style':'h2','children':[" SPAN("e"));
    for (int i = 0; i < 2000; i++) {
        buf_put_lit(&json, ",{'_type':'span','text':'");
        put_times(&json, i % 2 ? "\u0301" : "\u0344\u0316", 100);
        buf_put_lit(&json, "'}");
    }
    buf_put_lit(&json, "]}]");
    struct content_body body = body_of(arena_cstr(arena, buf_str(&json)));
    assert_true(text_length(body.text) <= 30 && str_starts(body.text, STR("ë")));
    assert_str(normalised_again(body.blocks), arena_cstr(arena, body.blocks));
}

static void test_five_thousand_headings_in_han_have_their_ids(void **state)
{
    (void)state;
    struct buf json = buf_in(arena);
    buf_put_char(&json, '[');
    for (int i = 0; i < CONTENT_BLOCKS_MAX; i++) {
        buf_put(&json, i ? STR(",") : STR(""));
        buf_put_lit(&json, "{'_type':'block','style':'h2','children':[{'_type':'span','text':'");
        put_times(&json, i % 2 ? "北京" : "上海", 45);
        buf_put_lit(&json, "'}]}");
    }
    buf_put_char(&json, ']');
    struct content_body body = body_of(arena_cstr(arena, buf_str(&json)));
    assert_true(str_starts(body.html, STR("<h2 id=\"shang-hai-shang-hai-")));
}

static void test_control_characters_are_stripped(void **state)
{
    (void)state;
    assert_at("[" P(SPAN("a\\u0007b\\u007f\\u0085\\ufeffc\\r\\nd\\te")) "]", "/0/children/0/text",
              "'ab\\nc\\nd\\te'"); // U+0085 ends a line;
    assert_at("[" QUOTE("'text':'a\\u001b[0m'") "]", "/0/text", "'a[0m'");
}

static void test_a_block_without_children_gets_an_empty_span(void **state)
{
    (void)state;
    assert_at("[" P("") "]", "/0/children/0/text", "''");
    const json_t *block = json_array_get(blocks_of("[" P(SPAN("") "," SPAN("")) "]"), 0);
    assert_int_equal(json_array_size(json_object_get(block, "children")), 1);
}

static void test_an_articles_id_is_in_lower_case(void **state)
{
    (void)state;
    assert_at("[" LINKED(MARKED("a", "'l'"), TO_ARTICLE("l", "01890A5D-AC96-774B-BCCE-B302099A8057")) "]",
              "/0/markDefs/0/article", "'" AN_ID "'");
}

// ---------------------------------------------------------------------------------------------------- how it looks

static void test_paragraphs_headings_and_quotations(void **state)
{
    (void)state;
    const char *body = BODY(P(SPAN("Un.")), HEADING("h2", "Deux récits"), HEADING("h3", "L’été"),
                            HEADING("h4", "Quatre"), HEADING("blockquote", "Cinq"));
    assert_html(body, "<p>Un.</p><h2 id=\"deux-recits\">Deux récits</h2><h3 id=\"l-ete\">L’été</h3>"
                      "<h4 id=\"quatre\">Quatre</h4><blockquote><p>Cinq</p></blockquote>");
    assert_text(body, "Un.\n\nDeux récits\n\nL’été\n\nQuatre\n\nCinq");
}

static void test_the_same_heading_twice_has_two_ids(void **state)
{
    (void)state;
    assert_html(BODY(HEADING("h2", "a"), HEADING("h2", "a 2"), HEADING("h3", "A"), HEADING("h2", "a")),
                "<h2 id=\"a\">a</h2><h2 id=\"a-2\">a 2</h2><h3 id=\"a-3\">A</h3><h2 id=\"a-4\">a</h2>");
}

static void test_marks_nest(void **state)
{
    (void)state;
    assert_html("[" P(MARKED("a", "'sup','sub','code','strike-through','underline','em','strong'")) "]",
                "<p><strong><em><u><s><code><sub><sup>a</sup></sub></code></s></u></em></strong></p>");
    assert_html(BODY(P(JOIN(MARKED("a", "'strong'"), MARKED("b", "'strong','em'"), MARKED("c", "'em'"), SPAN("d")))),
                "<p><strong>a<em>b</em></strong><em>c</em>d</p>");
    assert_html(
        BODY(LINKED(JOIN(MARKED("a", "'l'"), MARKED("b", "'l','em'"), MARKED("c", "'em'"), MARKED("d", "'em','m'")),
                    JOIN(LINK("l", "tel:1"), LINK("m", "tel:2")))),
        "<p><a href=\"tel:1\" rel=\"noopener\">a<em>b</em></a><em>c</em>"
        "<a href=\"tel:2\" rel=\"noopener\"><em>d</em></a></p>");
}

static void test_links(void **state)
{
    (void)state;
    assert_html(
        "[" LINKED(MARKED("a", "'l'"),
                   "{'_key':'l','_type':'link','href':'https://a.example/?a=1&b=2','title':'dit «\\\"x\\\"»'}") "]",
        "<p><a href=\"https://a.example/?a=1&amp;b=2\" rel=\"noopener\" title=\"dit «&quot;x&quot;»\">a</a></p>");
    assert_html("[" LINKED(MARKED("a", "'l'"), TO_ARTICLE("l", AN_ID)) "]",
                "<p><a href=\"https://gazette.example/a/" AN_ID "\">a</a></p>");
}

static void test_no_link_stands_in_another(void **state)
{
    (void)state;
    assert_html("[" LINKED(MARKED("a", "'m','l'"), LINK("m", "tel:2") "," LINK("l", "tel:1")) "]",
                "<p><a href=\"tel:1\" rel=\"noopener\">a</a></p>");
}

static void test_a_line_end_in_a_text_is_a_break(void **state)
{
    (void)state;
    assert_html("[" P(SPAN("a\\nb\\r\\nc")) "]", "<p>a<br>b<br>c</p>");
    assert_text("[" P(SPAN("a\\nb")) "]", "a\nb");
}

static void test_an_inner_list_is_inside_its_item(void **state)
{
    (void)state;
    const char *body =
        BODY(ITEM("bullet", "1", "a"), ITEM("number", "2", "b"), ITEM("number", "2", "c"), ITEM("bullet", "3", "d"),
             ITEM("number", "2", "e"), ITEM("bullet", "1", "f"), ITEM("number", "1", "g"), P(SPAN("h")));
    assert_html(body, "<ul><li>a<ol><li>b</li><li>c<ul><li>d</li></ul></li><li>e</li></ol></li><li>f</li></ul>"
                      "<ol><li>g</li></ol><p>h</p>");
    assert_text(body, "- a\n  1. b\n  2. c\n    - d\n  3. e\n- f\n1. g\n\nh");
}

static void test_an_inner_list_of_another_sort_begins_anew(void **state)
{
    (void)state;
    const char *body = BODY(ITEM("bullet", "1", "a"), ITEM("number", "2", "b"), ITEM("bullet", "2", "c"),
                            ITEM("bullet", "1", "d"), ITEM("number", "2", "e"));
    assert_html(body, "<ul><li>a<ol><li>b</li></ol><ul><li>c</li></ul></li><li>d<ol><li>e</li></ol></li></ul>");
    assert_text(body, "- a\n  1. b\n  - c\n- d\n  1. e");
}

static void test_a_list_item_keeps_its_style_and_its_lines(void **state)
{
    (void)state;
    const char *body = "[" BLOCK("'style':'h3','listItem':'number','children':[" SPAN("a\\nb") "]") "]";
    assert_html(body, "<ol><li><h3 id=\"a-b\">a<br>b</h3></li></ol>");
    assert_text(body, "1. a\n  b");
}

static void test_a_pullquote_is_a_figure(void **state)
{
    (void)state;
    const char *body = "[" QUOTE("'text':'Compter\\nl’eau.','attribution':'Merlieu, 2004','role':'excerpt',"
                                 "'source':'Traité, article 3','source_url':'https://a.example/t'") "]";
    assert_html(body, "<figure class=\"pullquote pullquote-excerpt\"><blockquote><p>Compter<br>l’eau.</p></blockquote>"
                      "<figcaption>Merlieu, 2004, <cite><a href=\"https://a.example/t\" rel=\"noopener\">"
                      "Traité, article 3</a></cite></figcaption></figure>");
    assert_text(body, "Compter\nl’eau.\n— Merlieu, 2004, Traité, article 3");
    assert_html("[" QUOTE("'text':'a'") "]",
                "<figure class=\"pullquote pullquote-statement\"><blockquote><p>a</p></blockquote></figure>");
    assert_html("[" QUOTE("'text':'a','source':'s'") "]",
                "<figure class=\"pullquote pullquote-statement\"><blockquote>"
                "<p>a</p></blockquote><figcaption><cite>s</cite></figcaption></figure>");
    assert_html("[" QUOTE("'text':'a','attribution':'b'") "]",
                "<figure class=\"pullquote pullquote-statement\"><blockquote><p>a</p></blockquote>"
                "<figcaption>b</figcaption></figure>");
    assert_html("[" QUOTE("'text':'a','source_url':'https://a.example'") "]",
                "<figure class=\"pullquote pullquote-statement\"><blockquote><p>a</p></blockquote><figcaption><cite>"
                "<a href=\"https://a.example\" rel=\"noopener\">https://a.example</a></cite></figcaption></figure>");
}

#define AB_CD                                                                                                          \
    "'rows':[" ROW(CELL(P(SPAN("a"))) "," CELL(P(SPAN("b")))) "," ROW(CELL(P(SPAN("c"))) "," CELL(P(SPAN("d")))) "]"

static void test_a_table_has_headers_with_a_scope(void **state)
{
    (void)state;
    const char *body = "[" TABLE("'caption':'Légende','header_rows':1,'header_columns':1," AB_CD) "]";
    assert_html(body,
                "<table><caption>Légende</caption><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr>"
                "</thead><tbody><tr><th scope=\"row\">c</th><td>d</td></tr></tbody></table>");
    assert_text(body, "Légende\na | b\nc | d");
    assert_html("[" TABLE(AB_CD) "]", "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></tbody>"
                                      "</table>");
    assert_html("[" TABLE("'header_rows':2," AB_CD) "]",
                "<table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr><tr><th scope=\"col\">c</th>"
                "<th scope=\"col\">d</th></tr></thead></table>");
}

static void test_a_cell_with_more_than_a_paragraph_keeps_its_elements(void **state)
{
    (void)state;
    const char *row = ROW(JOIN(CELL(P(MARKED("a", "'em'"))), CELL(""), CELL(JOIN(P(SPAN("b\\nc")), P(SPAN("d")))),
                               CELL(ITEM("bullet", "1", "e"))));
    const char *body = arena_printf(arena, BODY(TABLE("'rows':[%s]")), row).ptr;
    assert_html(body, "<table><tbody><tr><td><em>a</em></td><td></td><td><p>b<br>c</p><p>d</p></td>"
                      "<td><ul><li>e</li></ul></td></tr></tbody></table>");
    assert_text(body, "a |  | b c d | - e");
}

static void test_an_empty_block_leaves_no_gap_in_the_text(void **state)
{
    (void)state;
    assert_text("[" P("") "," P(SPAN("a")) "," P("") "," P("") "," P(SPAN("b")) "," P("") "]", "a\n\nb");
    assert_html("[" P("") "]", "<p></p>");
}

static void test_only_authored_words_are_counted(void **state)
{
    (void)state;
    assert_int_equal(body_of("[" P(SPAN("Un mot, deux ") "," MARKED("mo", "'em'") "," SPAN("ts.")) "]").words, 4);
    assert_int_equal(body_of("[" ITEM("number", "1", "un") "," ITEM("number", "1", "deux") "]").words, 2);
    assert_int_equal(body_of("[" TABLE("'caption':'un'," AB_CD) "]").words, 5);
    assert_int_equal(body_of("[" QUOTE("'text':'un deux','attribution':'trois','source':'quatre'") "]").words, 4);
}

static void test_reading_takes_a_minute_for_230_words(void **state)
{
    (void)state;
    static const size_t words[] = {1, 230, 231, 460, 461}, minutes[] = {1, 1, 2, 2, 3};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct buf body = buf_in(arena);
        buf_put_lit(&body, "[{'_type':'block','children':[{'_type':'span','text':'");
        for (size_t j = 0; j < words[i]; j++)
            buf_put_lit(&body, "mot ");
        buf_put_lit(&body, "'}]}]");
        struct content_body read = body_of(arena_cstr(arena, buf_str(&body)));
        assert_int_equal(read.words, words[i]);
        assert_int_equal(read.reading_minutes, minutes[i]);
    }
}

#define EVIL "<script>alert(\\\"x\\\")</script>\\u0027 onclick=\\u0027&amp;"

static void test_markup_in_any_text_is_text(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "[" P(SPAN(EVIL)) "]",
        "[" BLOCK("'style':'h2','children':[" SPAN(EVIL) "]") "]",
        "[" BLOCK("'style':'blockquote','children':[" SPAN(EVIL) "]") "]",
        "[" ITEM("number", "1", EVIL) "]",
        "[" LINKED(MARKED(EVIL, "'l'"),
                   "{'_type':'link','_key':'l','href':'https://a.example','title':'" EVIL "'}") "]",
        "[" LINKED(MARKED("a", "'l'"), LINK("l", "https://a.example/\\\"><script>\\u0027&")) "]",
        "[" QUOTE("'text':'" EVIL "','attribution':'" EVIL "','source':'" EVIL "'") "]",
        "[" QUOTE("'text':'a','source_url':'https://a.example/\\\"><script>alert(1)</script>'") "]",
        "[" TABLE("'caption':'" EVIL "','header_rows':1,'rows':[" ROW(CELL(P(SPAN(EVIL)))) "]") "]",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        char *html = arena_cstr(arena, body_of(bodies[i]).html);
        if (strstr(html, "<script") || strchr(html, '\'') || strstr(html, "\"x\"") || strstr(html, "\"><s") ||
            (!strstr(html, "&lt;script&gt;") && !strstr(html, "%3Cscript%3E"))) // in an address
            fail_msg("%s", html);
    }
    assert_html("[" P(SPAN(EVIL)) "]",
                "<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39; onclick=&#39;&amp;amp;</p>");
}

// ------------------------------------------------------------------------------------------------------- and always

#define LINKS                                                                                                          \
    LINKED(JOIN(MARKED("a", "'l','em'"), MARKED("b", "'em','l'"), SPAN("c"), MARKED("d", "'k'")),                      \
           JOIN(LINK("l", "https://a.example"), TO_ARTICLE("k", AN_ID), LINK("unused", "tel:1")))
#define A_QUOTE QUOTE("'text':'a','attribution':'b','role':'excerpt','source':'c','source_url':'https://a.example'")
#define ROWS                                                                                                           \
    JOIN(ROW(JOIN(CELL(P(SPAN("a"))), CELL(""))),                                                                      \
         ROW(JOIN(CELL(ITEM("bullet", "1", "a")), CELL(JOIN(P(SPAN("b")), P(""))))))
#define A_TABLE TABLE("'caption':'a','header_rows':1,'header_columns':1,'rows':[" ROWS "]")
#define AN_IMAGE                                                                                                       \
    "{'_type':'image','url':'https://a.example/b.jpg','alt':'a','caption':'b','credit':'c','width':1,'height':2,"      \
    "'layout':'wide'}"
#define SEAMS JOIN(SPAN("e"), SPAN("\\u0301"), MARKED("\\r", "'em'"), MARKED("\\n\\u0007", "'em'"), SPAN("\\u0007"))

static const char *const bodies[] = {
    "[]",
    BODY(P("")),
    BODY(P(SPAN("")), P(JOIN(MARKED("", "'em'"), SPAN("")))),
    BODY(P(SEAMS)),
    BODY(LINKS, ITEM("bullet", "1", "a"), ITEM("number", "2", "b"), HEADING("h2", "c"), A_QUOTE, A_TABLE),
    BODY(AN_IMAGE, "{'_type':'gallery','caption':'a','layout':'slides','images':[" AN_IMAGE "]}",
         "{'_type':'embed','provider':'vimeo','url':'https://vimeo.com/1','title':'a'}",
         "{'_type':'factbox','title':'a','content':[" P(SPAN("b")) "]}", "{'_type':'code','text':'a','language':'c'}",
         "{'_type':'divider'}",
         "{'_type':'image','url':'https://a.example/b.jpg','decorative':true}"), // with those before it: every member
};

static void test_normalising_again_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct str once = body_of(bodies[i]).blocks;
        assert_str(normalised_again(once), arena_cstr(arena, once));
    }
}

static void test_the_blocks_that_were_given_are_not_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        json_t *json = json_of(bodies[i]);
        struct str before = json_write(arena, json);
        struct content_body body;
        assert_null(read_json(json, &body));
        assert_str(json_write(arena, json), arena_cstr(arena, before));
    }
}

static const char *const strangers[] = {"null", "true", "1", "'x'", "[]", "{}", NULL}; // NULL: it is taken away

// Puts `stranger` for the `*countdown`th value inside `json`, counted as they stand; false when there are not so many.
static bool value_replace(json_t *json, size_t *countdown, json_t *stranger)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(json, next, key, value)
    {
        if ((*countdown)-- == 0)
            return stranger ? json_object_set(json, key, stranger) == 0 : json_object_del(json, key) == 0;
        if (value_replace(value, countdown, stranger))
            return true;
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        if ((*countdown)-- == 0)
            return stranger ? json_array_set(json, i, stranger) == 0 : json_array_remove(json, i) == 0;
        if (value_replace(json_array_get(json, i), countdown, stranger))
            return true;
    }
    return false;
}

// True when the body had so many values that one was replaced.
static bool body_survives(const json_t *body, size_t which, const char *stranger)
{
    arena_end(NULL);
    arena_begin(NULL);
    json_t *copy = json_deep_copy(body);
    bool replaced = value_replace(copy, &which, stranger ? json_of(stranger) : NULL);
    struct content_body read;
    struct fault *fault = read_json(copy, &read);
    if (!fault)
        assert_str(normalised_again(read.blocks), arena_cstr(arena, read.blocks));
    for (; fault; fault = fault->next) {
        assert_true(str_starts(fault->pointer, STR("/body")));
        assert_true(fault->detail.len > 0);
    }
    json_decref(copy);
    return replaced;
}

static void test_anything_anywhere_is_refused_or_becomes_regular(void **state)
{
    (void)state;
    size_t values = 0;
    for (size_t last = 1; last <= 2; last++) {
        json_t *body = json_deep_copy(json_of(bodies[COUNT_OF(bodies) - last]));
        for (size_t i = 0; i < COUNT_OF(strangers); i++)
            for (size_t at = 0; body_survives(body, at, strangers[i]); at++)
                values++;
        json_decref(body);
    }
    assert_true(values > 1000);
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_an_empty_body_is_fine),
        STORY(test_a_body_that_is_no_list_is_refused),
        STORY(test_a_block_that_is_no_object_is_refused),
        STORY(test_an_unknown_type_is_refused_with_the_known_ones),
        STORY(test_an_unknown_member_is_refused_with_the_known_ones),
        STORY(test_an_unknown_member_is_escaped_in_its_pointer),
        STORY(test_a_value_of_the_wrong_type_is_refused),
        STORY(test_what_is_missing_is_named),
        STORY(test_a_choice_is_refused_with_what_it_takes),
        STORY(test_every_fault_is_found_in_the_order_of_the_text),
        STORY(test_a_thousand_faults_are_enough),
        STORY(test_a_mark_without_a_definition_is_named_with_its_pointer),
        STORY(test_a_link_to_anything_but_an_address_of_four_schemes_is_refused),
        STORY(test_a_link_by_http_https_mailto_and_tel_is_fine),
        STORY(test_a_source_is_on_the_web),
        STORY(test_an_internal_link_takes_the_id_of_an_article),
        STORY(test_a_list_begins_at_level_one_and_goes_deeper_by_one),
        STORY(test_a_list_in_a_cell_is_a_list_of_its_own),
        STORY(test_a_level_without_a_list_item_is_refused),
        STORY(test_every_row_of_a_table_is_as_wide_as_the_first),
        STORY(test_headers_of_a_table_are_within_it),
        STORY(test_blocks_nest_once),
        STORY(test_a_key_that_was_given_twice_is_refused_at_the_second),
        STORY(test_two_blocks_may_define_the_same_key_each_for_itself),
        STORY(test_a_key_is_up_to_64_plain_characters),
        STORY(test_a_definition_cannot_be_called_like_a_decorator),
        STORY(test_a_nul_in_a_text_is_refused),
        STORY(test_a_pullquote_without_a_text_is_refused),
        STORY(test_a_body_has_at_most_5000_blocks),
        STORY(test_blocks_in_cells_count_too),
        STORY(test_a_body_of_more_than_two_mebibytes_is_refused),
        STORY(test_missing_keys_are_made_and_given_ones_kept),
        STORY(test_members_stand_in_one_order_with_what_was_left_out),
        STORY(test_neighbours_with_equal_marks_become_one_span),
        STORY(test_marks_are_sorted_and_stand_once),
        STORY(test_definitions_that_no_mark_names_are_dropped),
        STORY(test_text_is_in_nfc_even_across_a_seam),
        STORY(test_marks_without_end_stay_cut_across_seams),
        STORY(test_five_thousand_headings_in_han_have_their_ids),
        STORY(test_control_characters_are_stripped),
        STORY(test_a_block_without_children_gets_an_empty_span),
        STORY(test_an_articles_id_is_in_lower_case),
        STORY(test_paragraphs_headings_and_quotations),
        STORY(test_the_same_heading_twice_has_two_ids),
        STORY(test_marks_nest),
        STORY(test_links),
        STORY(test_no_link_stands_in_another),
        STORY(test_a_line_end_in_a_text_is_a_break),
        STORY(test_an_inner_list_is_inside_its_item),
        STORY(test_an_inner_list_of_another_sort_begins_anew),
        STORY(test_a_list_item_keeps_its_style_and_its_lines),
        STORY(test_a_pullquote_is_a_figure),
        STORY(test_a_table_has_headers_with_a_scope),
        STORY(test_a_cell_with_more_than_a_paragraph_keeps_its_elements),
        STORY(test_an_empty_block_leaves_no_gap_in_the_text),
        STORY(test_only_authored_words_are_counted),
        STORY(test_reading_takes_a_minute_for_230_words),
        STORY(test_markup_in_any_text_is_text),
        STORY(test_normalising_again_changes_nothing),
        STORY(test_the_blocks_that_were_given_are_not_changed),
        STORY(test_anything_anywhere_is_refused_or_becomes_regular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
