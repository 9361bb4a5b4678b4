// Markdown in: what each form means, what is refused with its place, and what a lenient reading loses. What comes in is
// written again and read again, and is the same.
#include "bodies.h"

static struct fault *markdown_faults(struct str markdown, struct content_lenience *lenience, struct content_body *body)
{
    struct content_site site = {STR("https://gazette.example"), STR("fr")};
    return content_markdown_read(arena, markdown, STR("/body_markdown"), &site, lenience, body);
}

static struct content_body markdown_of(struct str markdown)
{
    struct content_body body = {0}, back = {0};
    struct fault *fault = markdown_faults(markdown, NULL, &body);
    if (fault)
        fail_msg("%.*s: %.*s", STR_FMT(markdown), STR_FMT(fault->detail));
    struct str written = arena_printf(arena, "%.*s%.*s", STR_FMT(body.markdown), STR_FMT(body.keys));
    fault = markdown_faults(written, NULL, &back);
    if (fault || !str_eq(body.blocks, back.blocks))
        fail_msg("%.*s\ndoes not come back from\n%.*s", STR_FMT(body.blocks), STR_FMT(written));
    assert_true(str_eq(normalised_again(body.blocks), body.blocks));
    return body;
}

struct form {
    const char *markdown, *html;
};

static void assert_forms(const struct form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_str(markdown_of(str_of(forms[i].markdown)).html, forms[i].html);
}

// The text has exactly these faults: lines with the beginnings of their sentences.
struct refused {
    const char *markdown;
    struct {
        size_t line;
        const char *why;
    } faults[7];
};

static void assert_refused(const struct refused *refused, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct content_body body;
        struct fault *fault = markdown_faults(str_of(refused[i].markdown), NULL, &body);
        for (size_t j = 0; refused[i].faults[j].line; j++, fault = fault->next) {
            if (!fault)
                fail_msg("%s has %zu faults", refused[i].markdown, j);
            struct str begins =
                arena_printf(arena, "line %zu: %s", refused[i].faults[j].line, refused[i].faults[j].why);
            if (!str_starts(fault->detail, begins))
                fail_msg("%.*s is not %.*s", STR_FMT(fault->detail), STR_FMT(begins));
            assert_int_equal(fault->place.line, refused[i].faults[j].line);
            assert_str(fault->pointer, "/body_markdown");
        }
        if (fault)
            fail_msg("%s: also %.*s", refused[i].markdown, STR_FMT(fault->detail));
    }
}

// -------------------------------------------------------------------------------------------------------------- forms

#define FIGURE(inside)         "<figure class=\"image image-normal\">" inside "</figure>"
#define IMG                    "<img src=\"https://i.example/a.jpg\" alt=\"a\" loading=\"lazy\">"
#define TABLE_HTML(head, body) "<table><thead><tr>" head "</tr></thead>" body "</table>"
#define TH(text)               "<th scope=\"col\">" text "</th>"

static void test_an_image_keeps_its_link(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"[![a](https://i.example/a.jpg)](https://x.example)",
         FIGURE("<a href=\"https://x.example\" rel=\"noopener\">" IMG "</a>")},
        {"[![a](https://i.example/a.jpg \"Une légende\")](/a-propos)",
         FIGURE("<a href=\"/a-propos\" rel=\"noopener\">" IMG "</a><figcaption>Une légende</figcaption>")},
        {"![a](https://i.example/a.jpg)", FIGURE(IMG)},
        {":::gallery\n[![a](https://i.example/a.jpg)](#b)\n:::",
         "<figure class=\"gallery gallery-grid\">" FIGURE("<a href=\"#b\" rel=\"noopener\">" IMG "</a>") "</figure>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

static void test_tables_are_those_of_gfm_and_keep_their_alignment(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"| Parti | Voix | Sièges |\n| --- | ---: |\n| A | 3 | 4 |",
         "<p>| Parti | Voix | Sièges | | --- | ---: | | A | 3 | 4 |</p>"},
        {"| a | b |\n| - | - |", TABLE_HTML(TH("a") TH("b"), "")},
        {"a | b\n- | -", "<p>a | b</p><ul><li>| -</li></ul>"},
        {"a | b\n-|-", TABLE_HTML(TH("a") TH("b"), "")},
        {"| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |",
         TABLE_HTML("<th scope=\"col\" class=\"align-left\">a</th><th scope=\"col\" class=\"align-center\">b</th>"
                    "<th scope=\"col\" class=\"align-right\">c</th>" TH("d"),
                    "<tbody><tr><td class=\"align-left\">1</td><td class=\"align-center\">2</td>"
                    "<td class=\"align-right\">3</td><td>4</td></tr></tbody>")},
        {"| a |\n|---|\n| 1 |\n## b", TABLE_HTML(TH("a"), "<tbody><tr><td>1</td></tr></tbody>") "<h2 id=\"b\">b</h2>"},
        {"| a |\n|---|\n| 1 |\n- b", TABLE_HTML(TH("a"), "<tbody><tr><td>1</td></tr></tbody>") "<ul><li>b</li></ul>"},
        {"| a |\n|---|\n| 1 |\n> b",
         TABLE_HTML(TH("a"), "<tbody><tr><td>1</td></tr></tbody>") "<blockquote><p>b</p></blockquote>"},
        {"| a |\n|---|\n| 1 |\nb", TABLE_HTML(TH("a"), "<tbody><tr><td>1</td></tr><tr><td>b</td></tr></tbody>")},
        {"Un texte.\n| a |\n|---|\n| 1 |",
         "<p>Un texte.</p>" TABLE_HTML(TH("a"), "<tbody><tr><td>1</td></tr></tbody>")},
        {"| `a\\|b` | c\\|d | e\\\\ |\n|---|---|---|", TABLE_HTML(TH("<code>a|b</code>") TH("c|d") TH("e\\"), "")},
        {"| a | b |\n|---|---|\n| 1 |", TABLE_HTML(TH("a") TH("b"), "<tbody><tr><td>1</td><td></td></tr></tbody>")},
        {"| [a][1] | # b | - c |\n|---|---|---|\n\n[1]: https://x.example",
         TABLE_HTML(TH("<a href=\"https://x.example\" rel=\"noopener\">a</a>") TH("# b") TH("- c"), "")},
    };
    assert_forms(forms, COUNT_OF(forms));
}

static void test_two_tildes_strike_and_one_is_text(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"1~3 ans, 80~100 cm", "<p>1~3 ans, 80~100 cm</p>"},
        {"~~a~~ b~~c~~d ~e~ ~~~f~~~ g", "<p><s>a</s> b<s>c</s>d ~e~ ~~~f~~~ g</p>"},
        {"~~a **b** c~~ ~~ d ~~", "<p><s>a </s><strong><s>b</s></strong><s> c</s> ~~ d ~~</p>"},
        {"`~~a~~` \\~~b~~ *a ~~b* c~~", "<p><code>~~a~~</code> ~~b~~ <em>a ~~b</em> c~~</p>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

static void test_lists_keep_their_numbers(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"1. Un\n\nPuis.\n\n2. Deux", "<ol><li>Un</li></ol><p>Puis.</p><ol start=\"2\"><li>Deux</li></ol>"},
        {"5. x\n9. y", "<ol start=\"5\"><li>x</li><li>y</li></ol>"},
        {"0. x", "<ol start=\"0\"><li>x</li></ol>"},
        {"1. x\n2. y\n\n1) z", "<ol><li>x</li><li>y</li></ol><ol><li>z</li></ol>"},
        {"- a\n\n  3. b\n  4. c\n- d\n  1. e",
         "<ul><li>a<ol start=\"3\"><li>b</li><li>c</li></ol></li><li>d<ol><li>e</li></ol></li></ul>"},
        {"- a\n\n  b\n\n  c\n- d", "<ul><li>a<br><br>b<br><br>c</li><li>d</li></ul>"},
        {"1. **a**\n\n   *b*", "<ol><li><strong>a</strong><br><br><em>b</em></li></ol>"},
    };
    assert_forms(forms, COUNT_OF(forms));
    assert_str(markdown_of(STR("7. x\n8. y\n\n1) z")).text, "7. x\n8. y\n1. z");
}

static void test_line_ends_of_all_spellings_are_kept_in_texts(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"un\u2028deux\u2029trois", "<p>un<br>deux<br>trois</p>"},
        {"un\xC2\x85"
         "deux\ftrois\vquatre",
         "<p>un<br>deux<br>trois<br>quatre</p>"},
        {"## un\u2028# deux", "<h2 id=\"un-deux\">un<br># deux</h2>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

static void test_every_character_has_its_name(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"S&atilde;o 1&ordm; &frac14; &dagger; &Oacute; &bdquo;a&zwnj;b", "<p>São 1º ¼ † Ó „a\u200cb</p>"},
        {"&Aacute;&zwj;&zeta;&ngE;&NotEqualTilde; &CounterClockwiseContourIntegral;", "<p>Á\u200dζ≧̸≂̸ ∳</p>"},
        {"&#233; &#xE9; &#XE9; &#0; &#x110000; &#55296;", "<p>é é é \uFFFD \uFFFD \uFFFD</p>"},
        {"&nothing; &amp &; &#; &#x; &AElig;", "<p>&amp;nothing; &amp;amp &amp;; &amp;#; &amp;#x; Æ</p>"},
        {"[a](https://x.example/?a=1&amp;b=2 \"&laquo;\")",
         "<p><a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noopener\" title=\"«\">a</a></p>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

static void test_paragraphs_of_one_quotation_are_one(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"},
        {"> a\n\n> b", "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>"},
        {"> a\nb\n\nc", "<blockquote><p>a b</p></blockquote><p>c</p>"},
        {"- > a\n- b", "<ul><li><blockquote><p>a</p></blockquote></li><li>b</li></ul>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

#define REF(n)      "<sup><a href=\"#fn_" n "\" id=\"fnref_" n "\" role=\"doc-noteref\">" n "</a></sup>"
#define BACK(n)     " <a href=\"#fnref_" n "\" role=\"doc-backlink\">↩</a>"
#define NOTES(list) "<section class=\"footnotes\" role=\"doc-endnotes\"><ol>" list "</ol></section>"

static void test_footnotes_are_content(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"Un mot[^1].\n\n[^1]: Une *note*.",
         "<p>Un mot" REF("1") ".</p>" NOTES("<li id=\"fn_1\"><p>Une <em>note</em>." BACK("1") "</p></li>")},
        {"[^b]: Avant.\n\nUn mot[^a], **deux mots**[^b].\n\n[^a]: Un.\n\n    Deux.\nTrois.\n\nFin.",
         "<p>Un mot" REF("1") ", <strong>deux mots" REF("2") "</strong>.</p><p>Fin.</p>" NOTES(
             "<li id=\"fn_1\"><p>Un.</p><p>Deux. Trois." BACK("1") "</p></li><li id=\"fn_2\"><p>Avant." BACK(
                 "2") "</p></li>")},
        {"## Un titre[^1]\n\n| a[^2] |\n|---|\n\n- b[^3]\n\n[^1]: x\n[^2]: y\n[^3]: - z",
         "<h2 id=\"un-titre\">Un titre" REF("1") "</h2><table><thead><tr><th scope=\"col\">a" REF(
             "2") "</th></tr></thead></table>"
                  "<ul><li>b" REF("3") "</li></ul>" NOTES(
                      "<li id=\"fn_1\"><p>x" BACK("1") "</p></li><li id=\"fn_2\"><p>y" BACK(
                          "2") "</p></li><li id=\"fn_3\"><ul><li>z</li></ul>" BACK("3") "</li>")},
        {":note[Trois mots *ici*][^1] et[^2][^3].\n\n[^1]: x\n[^2]: y\n[^3]: z",
         "<p>Trois mots <em>ici" REF("1") "</em> et" REF("2") REF("3") ".</p>" NOTES("<li id=\"fn_1\"><p>x" BACK(
             "1") "</p></li><li id=\"fn_2\"><p>y" BACK("2") "</p></li><li id=\"fn_3\"><p>z" BACK("3") "</p></li>")},
        {"`[^1]` \\[^1]", "<p><code>[^1]</code> [^1]</p>"},
    };
    assert_forms(forms, COUNT_OF(forms));
    struct content_body body = markdown_of(STR("Un mot[^1].\n\n[^1]: Une note.\n"));
    assert_str(body.text, "Un mot[1].\n\n[1] Une note.");
    assert_int_equal(body.words, 4);
    assert_str(body.markdown, "Un mot[^1].\n\n[^1]: Une note.\n");
    assert_str(body.excerpt, "Un mot.");
}

static void test_links_lead_to_places_of_the_site_and_of_the_page(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"[a](/b?c=d#e) [f](#g)",
         "<p><a href=\"/b?c=d#e\" rel=\"noopener\">a</a> <a href=\"#g\" rel=\"noopener\">f</a></p>"},
        {"[a]\n\n[a]: /b\n", "<p><a href=\"/b\" rel=\"noopener\">a</a></p>"},
        {"[deux\nlignes](\n/b \"t\nu\")", "<p><a href=\"/b\" rel=\"noopener\" title=\"t\nu\">deux lignes</a></p>"},
    };
    assert_forms(forms, COUNT_OF(forms));
}

// ------------------------------------------------------------------------------------------------------------ refusals

static void test_every_fault_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct refused refused[] = {
        {"<!-- a -->\n\nUn.\n\n# one\n\n# two\n\n<b>z</b>\n\n[x](rel) [y](rel)\n",
         {{1, "a comment is not taken"},
          {5, "a heading of a body is ##"},
          {7, "a heading of a body is ##"},
          {9, "raw HTML is not taken"},
          {11, "a link leads to http://, https://, mailto:, tel:, /path, #id, or article: and an id, not \"rel\""},
          {11, "a link leads to"}}},
        {"| a | b |\n|---|---|\n| 1 | 2 | 3 |", {{3, "this row has 3 cells, and the head of the table has 2"}}},
        {"un\ndeux\n![a](https://i.example/a.jpg)", {{3, "an image stands alone"}}},
        {"![](https://i.example/a.jpg)", {{1, "between ![ and ] stands what is to be seen"}}},
        {"![a](a.jpg)", {{1, "an image has a whole address, http:// or https://, not \"a.jpg\""}}},
        {"[a](//b.example) [c](java\u200bscript:x)",
         {{1, "a link leads to"},
          {1, "a link leads to http://, https://, mailto:, tel:, /path, #id, or article: and an id, not "
              "\"javaU+200Bscript:x\""}}},
        {"Un.\n\n>> a", {{3, "a quotation in a quotation"}}},
        {"> - a", {{1, "a quotation has no lists"}}},
        {"> ## a", {{1, "a quotation has no headings"}}},
        {"- a\n  - b\n\n  c", {{4, "an item of a list is one text"}}},
        {"- a\n\n      c", {{3, "code stands by itself"}}},
        {"a[^1]", {{1, "no line [^1]: … has the text of this footnote"}}},
        {"a[^1] b[^1]\n\n[^1]: c", {{1, "[^1] is referred to a second time"}}},
        {"a\n\n[^1]: c", {{3, "nothing refers to the footnote [^1]"}}},
        {"a[^1]\n\n[^1]: b[^2]\n[^2]: c",
         {{3, "a footnote has no other footnotes in it"}, {4, "nothing refers to the footnote [^2]"}}},
        {"[^1]\n\n[^1]: b", {{1, "a footnote stands behind a text"}}},
        {"- a[^1]\n\n  [^1]: b",
         {{1, "no line [^1]: …"}, {3, "the text of a footnote stands outside of lists"}, {3, "no line [^1]: …"}}},
        {"[](https://x.example)", {{1, "a link has a text"}}},
        {":u[a", {{1, "this directive, which begins with :…[, has no ]"}}},
        {"```\n```", {{1, "a code block has a text"}}},
        {"```js title=\"a\"\nx\n```", {{1, "a code block is named by one word"}}},
        {"a\n\n:::truc\nb\n:::", {{3, "there is no directive \"truc\""}}},
        {"~~a *b~~ c*", {{1, "what is struck with ~~ begins outside of other marks"}}},
        {"un\n\n::embed{provider=x}", {{3, "\"url\" is missing: an embed needs it"}}},
    };
    assert_refused(refused, COUNT_OF(refused));
}

static void test_a_column_is_told_where_it_is_known(void **state)
{
    (void)state;
    struct content_body body;
    struct fault *fault = markdown_faults(STR("un\n\n> deux\n>  été [x](rel)"), NULL, &body);
    assert_int_equal(fault->place.line, 4);
    assert_int_equal(fault->place.column, 12);
}

static void test_a_hundred_faults_are_told_and_how_many_there_are(void **state)
{
    (void)state;
    struct buf text = buf_in(arena);
    for (int i = 0; i < 250; i++)
        buf_put_lit(&text, "# a\n\n");
    struct content_body body;
    size_t count = 0;
    struct fault *last = NULL;
    for (struct fault *fault = markdown_faults(buf_str(&text), NULL, &body); fault; fault = fault->next, count++)
        last = fault;
    assert_int_equal(count, 101);
    assert_str(last->detail, "there are 150 more faults than these");
}

static void test_a_limit_is_told_once_with_its_number(void **state)
{
    (void)state;
    struct buf text = buf_in(arena);
    buf_put_lit(&text, "| a | b | c | d | e | f | g | h | i | j |\n|-|-|-|-|-|-|-|-|-|-|\n");
    for (int i = 0; i < 1000; i++)
        buf_put_lit(&text, "| 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |\n");
    struct content_body body;
    struct fault *fault = markdown_faults(buf_str(&text), NULL, &body);
    assert_non_null(fault);
    assert_null(fault->next);
    assert_non_null(strstr(arena_cstr(arena, fault->detail), "at most 5000 blocks, those in cells"));
}

// -------------------------------------------------------------------------------------------------------------- losses

static void test_a_lenient_reading_tells_what_it_loses(void **state)
{
    (void)state;
    static const struct {
        const char *markdown, *html;
        struct {
            size_t line;
            const char *kind;
        } losses[4];
    } cases[] = {
        {"<!-- a -->\n\nUn <!-- b -->mot.", "<p>Un mot.</p>", {{1, "comment"}, {3, "comment"}}},
        {"# a\n\n## b\n\n#### c",
         "<h2 id=\"a\">a</h2><h3 id=\"b\">b</h3><h4 id=\"c\">c</h4>",
         {{1, "heading"}, {5, "heading"}}},
        {"Un <b>mot</b>.", "<p>Un mot.</p>", {{1, "html"}}},
        {"[a](b.html) ![c](d.png)",
         "<p><a href=\"https://base.example/e/b.html\" rel=\"noopener\">a</a> c</p>"
         "<figure class=\"image image-normal\"><img src=\"https://base.example/e/d.png\" alt=\"c\" "
         "loading=\"lazy\"></figure>",
         {{1, "image"}}},
        {"[a](javascript:b)", "<p>a</p>", {{1, "address"}}},
        {"![](https://i.example/a)",
         FIGURE("<img src=\"https://i.example/a\" alt=\"\" loading=\"lazy\">"),
         {{1, "image"}}},
        {">> a", "<blockquote><p>a</p></blockquote>", {{1, "nesting"}}},
        {"1. a\n\n   ```\n   b\n   ```\n2. c",
         "<ol><li>a</li></ol><pre><code>b</code></pre><ol start=\"2\"><li>c</li></ol>",
         {{3, "nesting"}}},
        {"| a |\n|---|\n| b | c |", TABLE_HTML(TH("a"), "<tbody><tr><td>b | c</td></tr></tbody>"), {{3, "table"}}},
        {"a[^1] b[^1]\n\n[^1]: c\n[^2]: d",
         "<p>a" REF("1") " b[^1]</p>" NOTES("<li id=\"fn_1\"><p>c" BACK("1") "</p></li>"),
         {{1, "footnote"}, {4, "footnote"}}},
        {"```a b\nc\n```", "<pre><code class=\"language-a\">c</code></pre>", {{1, "code"}}},
        {":::note\nUn.\n:::", "<p>Un.</p>", {{1, "directive"}}},
        {"Un mot.", "<p>Un mot.</p>", {{0, NULL}}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct content_lenience lenience = {.arena = arena, .base_url = STR("https://base.example/e/f.html")};
        struct content_body body = {0};
        struct fault *fault = markdown_faults(str_of(cases[i].markdown), &lenience, &body);
        if (fault)
            fail_msg("%s: %.*s", cases[i].markdown, STR_FMT(fault->detail));
        assert_str(body.html, cases[i].html);
        const struct content_loss *loss = lenience.losses;
        size_t count = 0;
        for (; cases[i].losses[count].line; count++, loss = loss->next) {
            if (!loss)
                fail_msg("%s loses nothing", cases[i].markdown);
            assert_int_equal(loss->line, cases[i].losses[count].line);
            assert_string_equal(loss->kind, cases[i].losses[count].kind);
        }
        assert_null(loss);
        assert_int_equal(lenience.count, count);
    }
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_an_image_keeps_its_link),
        STORY(test_tables_are_those_of_gfm_and_keep_their_alignment),
        STORY(test_two_tildes_strike_and_one_is_text),
        STORY(test_lists_keep_their_numbers),
        STORY(test_line_ends_of_all_spellings_are_kept_in_texts),
        STORY(test_every_character_has_its_name),
        STORY(test_paragraphs_of_one_quotation_are_one),
        STORY(test_footnotes_are_content),
        STORY(test_links_lead_to_places_of_the_site_and_of_the_page),
        STORY(test_every_fault_is_told_with_its_line),
        STORY(test_a_column_is_told_where_it_is_known),
        STORY(test_a_hundred_faults_are_told_and_how_many_there_are),
        STORY(test_a_limit_is_told_once_with_its_number),
        STORY(test_a_lenient_reading_tells_what_it_loses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
