// The types of block beside paragraphs, pull quotes and tables: what each refuses, and how it looks.
#include "bodies.h"

#define IMAGE(members)       "{'_type':'image','url':'https://a.example/b.jpg'," members "}"
#define GALLERY(members)     "{'_type':'gallery'," members "}"
#define EMBED(provider, url) "{'_type':'embed','provider':'" provider "','url':'" url "'}"
#define FACTBOX(members)     "{'_type':'factbox'," members "}"
#define CODE(members)        "{'_type':'code'," members "}"

static void test_an_image_is_described_or_decorative(void **state)
{
    (void)state;
    assert_fault("[" IMAGE("'caption':'c'") "]", "/body/0/alt", "an image needs it, or \"decorative\": true");
    assert_fault("[" IMAGE("'alt':' '") "]", "/body/0/alt", "\"alt\" says what is to be seen");
    assert_fault("[" IMAGE("'alt':'a','decorative':true") "]", "/body/0/alt", "a decorative image is not described");
    assert_fault("[" IMAGE("'alt':3") "]", "/body/0/alt", "\"alt\" takes a text, not 3");
    assert_fault("[" IMAGE("'alt':'a','decorative':1") "]", "/body/0/decorative",
                 "\"decorative\" takes true or false, not 1");
    body_of("[" IMAGE("'decorative':true") "]");
    body_of("[" IMAGE("'decorative':false,'alt':'a'") "]");
}

static void test_an_image_has_an_address_a_size_and_a_place(void **state)
{
    (void)state;
    assert_fault("[{'_type':'image','alt':'a'}]", "/body/0/url", "\"url\" is missing: an image needs it");
    assert_fault("[{'_type':'image','alt':'a','url':'data:image/png;base64,AA'}]", "/body/0/url",
                 "begins with http:// or https://");
    assert_fault("[" IMAGE("'alt':'a','width':0") "]", "/body/0/width", "a whole number from 1 to 100000, not 0");
    assert_fault("[" IMAGE("'alt':'a','layout':'huge'") "]", "/body/0/layout",
                 "takes normal, wide, full, left or right, not \"huge\"");
    assert_fault("[" IMAGE("'alt':'a','src':'b'") "]", "/body/0/src",
                 "an image has url, alt, decorative, caption, credit, link, width, height, layout");
}

static void test_an_image_is_a_figure(void **state)
{
    (void)state;
    assert_html("[" IMAGE("'alt':'L’eau','caption':'Le quai','credit':'N. Morel','width':3,'height':2") "]",
                "<figure class=\"image image-normal\"><img src=\"https://a.example/b.jpg\" alt=\"L’eau\" width=\"3\" "
                "height=\"2\" loading=\"lazy\"><figcaption>Le quai <small>N. Morel</small></figcaption></figure>");
    assert_html("[" IMAGE("'decorative':true,'layout':'full'") "]",
                "<figure class=\"image image-full\"><img src=\"https://a.example/b.jpg\" alt=\"\" loading=\"lazy\">"
                "</figure>");
    assert_text(BODY(P(SPAN("a")), IMAGE("'alt':'b','caption':'c','credit':'d'"), IMAGE("'alt':'b'"), P(SPAN("e"))),
                "a\n\nc\nd\n\ne");
}

static void test_an_image_is_written_in_one_order(void **state)
{
    (void)state;
    assert_at("[" IMAGE("'decorative':false,'_key':'k','credit':'','caption':'c','alt':'a'") "]", "/0",
              "{'_type':'image','_key':'k','url':'https://a.example/b.jpg','alt':'a','caption':'c','layout':'normal'}");
}

static void test_a_gallery_has_images_and_nothing_else(void **state)
{
    (void)state;
    assert_fault("[" GALLERY("'caption':'a'") "]", "/body/0/images", "\"images\" is missing: a gallery needs it");
    assert_fault("[" GALLERY("'images':[]") "]", "/body/0/images", "a gallery has at least one image");
    assert_fault("[" GALLERY("'images':[" P(SPAN("a")) "]") "]", "/body/0/images/0/_type",
                 "\"_type\" takes image here, not \"block\"");
    assert_fault("[" GALLERY("'images':[" IMAGE("'alt':''") "]") "]", "/body/0/images/0/alt", "is to be seen");
    assert_html("[" GALLERY("'caption':'c','images':[" IMAGE("'alt':'a'") "]") "]",
                "<figure class=\"gallery gallery-grid\"><figure class=\"image image-normal\">"
                "<img src=\"https://a.example/b.jpg\" alt=\"a\" loading=\"lazy\"></figure>"
                "<figcaption>c</figcaption></figure>");
    assert_text("[" GALLERY("'caption':'c','images':[" IMAGE("'alt':'a','caption':'b'") "]") "]", "b\nc");
}

static void test_an_embed_is_on_a_host_of_its_provider(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "https://evil.example/watch?v=a",   "https://youtube.com.evil.example/a", "https://evil.example/#youtube.com",
        "https://evil.example?youtube.com", "https://youtube.com:8443/a",         "https://vimeo.com/1",
        "https://xyoutube.com/a",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_fault(arena_printf(arena, "[" EMBED("youtube", "%s") "]", refused[i]).ptr, "/body/0/url",
                     "an embed of youtube is an address on www.youtube.com, youtube.com, m.youtube.com, youtu.be or "
                     "www.youtube-nocookie.com, not");
    static const char *const broken[] = {"https://youtube.com@evil.example/", "https://www.youtube.com:pw@evil.test"};
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_fault(arena_printf(arena, "[" EMBED("youtube", "%s") "]", broken[i]).ptr, "/body/0/url",
                     "no address of the web (a host, no user's name before it)");
    assert_fault("[" EMBED("youtube", "http://youtu.be/a") "]", "/body/0/url", "begins with https://");
    assert_fault("[" EMBED("youtube", "javascript:alert(1)") "]", "/body/0/url", "begins with https://");
    assert_fault("[" EMBED("facetube", "https://youtu.be/a") "]", "/body/0/provider", "takes youtube, vimeo");
    assert_fault("[{'_type':'embed','url':'https://youtu.be/a'}]", "/body/0/provider", "\"provider\" is missing");
    assert_fault("[{'_type':'embed','provider':'x','url':'https://x.com/a','html':'<iframe>'}]", "/body/0/html",
                 "an embed has provider, url, title");
}

static void test_an_embed_is_a_link_and_no_frame(void **state)
{
    (void)state;
    assert_html("[" EMBED("youtube", "https://YouTu.be/a?b=1&c") "]",
                "<figure class=\"embed\" data-provider=\"youtube\"><a href=\"https://YouTu.be/a?b=1&amp;c\" "
                "rel=\"noopener\">YouTube</a></figure>");
    assert_html("[{'_type':'embed','provider':'mastodon','url':'https://piaille.fr/@a/1','title':'Un <pouet>'}]",
                "<figure class=\"embed\" data-provider=\"mastodon\"><a href=\"https://piaille.fr/@a/1\" "
                "rel=\"noopener\">Un &lt;pouet&gt;</a></figure>");
    assert_text("[{'_type':'embed','provider':'x','url':'https://x.com/a','title':'t'}]", "t");
    static const char *const others[][2] = {
        {"vimeo", "vimeo.com"},         {"dailymotion", "dai.ly"},    {"soundcloud", "soundcloud.com"},
        {"instagram", "instagram.com"}, {"tiktok", "www.tiktok.com"}, {"datawrapper", "datawrapper.dwcdn.net"},
        {"bluesky", "bsky.app"},        {"x", "twitter.com"},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        body_of(arena_printf(arena, "[" EMBED("%s", "https://%s/a") "]", others[i][0], others[i][1]).ptr);
}

static void test_a_factbox_stands_aside_and_holds_blocks_only(void **state)
{
    (void)state;
    assert_fault("[" FACTBOX("'title':'a'") "]", "/body/0/content", "\"content\" is missing: a factbox needs it");
    assert_fault("[" FACTBOX("'content':[" FACTBOX("'content':[]") "]") "]", "/body/0/content/0/_type",
                 "\"_type\" takes block here, not \"factbox\"");
    assert_fault("[" FACTBOX("'content':[" IMAGE("'alt':'a'") "]") "]", "/body/0/content/0/_type", "not \"image\"");
    const char *body = "[" FACTBOX("'title':'En bref','content':[" ITEM("bullet", "1", "a") "," P(SPAN("b")) "]") "]";
    assert_html(body, "<aside class=\"factbox\"><p class=\"factbox-title\"><strong>En bref</strong></p>"
                      "<ul><li>a</li></ul><p>b</p></aside>");
    assert_text(body, "En bref\n\n- a\n\nb");
    assert_text("[" FACTBOX("'title':'a','content':[]") "]", "a");
}

static void test_code_is_shown_as_it_is(void **state)
{
    (void)state;
    const char *body = "[" CODE("'text':'\\tif (a < b)\\n  \\\"c\\\";','language':'c++'") "]";
    assert_html(body, "<pre><code class=\"language-c++\">\tif (a &lt; b)\n  &quot;c&quot;;</code></pre>");
    assert_text(body, "\tif (a < b)\n  \"c\";");
    assert_html("[" CODE("'text':'a'") "]", "<pre><code>a</code></pre>");
    assert_fault("[" CODE("'language':'c'") "]", "/body/0/text", "\"text\" is missing: a code block needs it");
    assert_fault("[" CODE("'text':'\\n '") "]", "/body/0/text", "a code block needs a text, and this one is empty");
    assert_fault("[" CODE("'text':'a','language':'c onload=x'") "]", "/body/0/language", "takes 1 to 40 of");
    assert_fault("[" CODE("'text':'a','language':'\\\"><script>'") "]", "/body/0/language", "takes 1 to 40 of");
}

static void test_a_divider_has_nothing_in_it(void **state)
{
    (void)state;
    assert_html(BODY(P(SPAN("a")), "{'_type':'divider'}", P(SPAN("b"))), "<p>a</p><hr><p>b</p>");
    assert_text(BODY(P(SPAN("a")), "{'_type':'divider'}", P(SPAN("b"))), "a\n\nb");
    assert_fault("[{'_type':'divider','text':'a'}]", "/body/0/text", "a divider has none");
}

static void test_images_of_a_gallery_count_as_blocks(void **state)
{
    (void)state;
    struct buf json = buf_in(arena);
    buf_put_lit(&json, "[{'_type':'gallery','images':[");
    for (int i = 0; i < CONTENT_BLOCKS_MAX; i++)
        buf_put(&json, i ? STR("," IMAGE("'decorative':true")) : STR(IMAGE("'decorative':true")));
    buf_put_lit(&json, "]}]");
    assert_fault(arena_cstr(arena, buf_str(&json)), "/body/0/images/4999", "at most 5000 blocks");
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_an_image_is_described_or_decorative),
        STORY(test_an_image_has_an_address_a_size_and_a_place),
        STORY(test_an_image_is_a_figure),
        STORY(test_an_image_is_written_in_one_order),
        STORY(test_a_gallery_has_images_and_nothing_else),
        STORY(test_an_embed_is_on_a_host_of_its_provider),
        STORY(test_an_embed_is_a_link_and_no_frame),
        STORY(test_a_factbox_stands_aside_and_holds_blocks_only),
        STORY(test_code_is_shown_as_it_is),
        STORY(test_a_divider_has_nothing_in_it),
        STORY(test_images_of_a_gallery_count_as_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
