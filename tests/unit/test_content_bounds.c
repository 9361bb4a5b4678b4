// What reading a body may cost, whatever somebody sends: shapes that parsers of Markdown have been slow at, at two
// sizes. A hundred times the size costs no more than 150 times the time, and memory follows the size.
#include "bodies.h"

#include <time.h>

enum { KB = 1000, SMALL = 10 * KB, LARGE = 1000 * KB, RATIO_MAX = 150, PARAGRAPH = 900 };
static const size_t memory_fixed = 16 << 20, memory_factor = 30;

// ------------------------------------------------------------------------------------------------------------ memory

// Bytes in use now, and the most since `memory_begin`.
static size_t memory_used, memory_most;

#ifdef __SANITIZE_ADDRESS__
// As gcc's library has them, without the header.
int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
                                              void (*given)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *at);

static bool memory_counts;

static void taken(const volatile void *at, size_t size)
{
    (void)at;
    if (!memory_counts)
        return;
    memory_used += size;
    memory_most = memory_used > memory_most ? memory_used : memory_most;
}

static void given(const volatile void *at)
{
    size_t size = memory_counts && at ? __sanitizer_get_allocated_size(at) : 0;
    memory_used = memory_used > size ? memory_used - size : 0;
}

static void memory_begin(void)
{
    static bool installed;
    if (!installed)
        installed = __sanitizer_install_malloc_and_free_hooks(taken, given) > 0;
    memory_used = memory_most = 0;
    memory_counts = true;
}

static void memory_look(void)
{
    memory_counts = false;
}
#else
static size_t resident, resident_before; // as the system sees it

static size_t status(const char *name)
{
    char line[256];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtoul(line + strlen(name), NULL, 10);
    if (file)
        fclose(file);
    return kilobytes * 1024;
}

static void memory_begin(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w"); // begins the count of the most anew
    if (file) {
        fputs("5", file);
        fclose(file);
    }
    resident_before = status("VmRSS:");
}

static void memory_look(void)
{
    size_t most = status("VmHWM:");
    resident = status("VmRSS:");
    memory_most = most > resident_before ? most - resident_before : 0;
    memory_used = resident > resident_before ? resident - resident_before : 0;
}
#endif

// ------------------------------------------------------------------------------------------------------------- shapes

// A text that is repeated; or begun once, repeated, and ended once.
static const char *const shapes[] = {
    // delimiter runs
    "*",
    "*_",
    "_*",
    "*a*",
    "**a*",
    "_a ",
    "*a_",
    "***a",
    "a***b_",
    "*a **b ",
    "**_",
    "a*\"b_",
    "~~a",
    "~a~~b",
    "~",
    // code
    "`",
    "``` ``",
    "`a``b",
    "`a`",
    "`\n",
    "*a `b ",
    // brackets
    "[",
    "![",
    "[a](",
    "[a](<b\n",
    "[a](b \"\n",
    "[a][",
    "[a]",
    "![[]()",
    "[[a]](",
    "[a](b)",
    "![a](b)![",
    "][",
    "()[]",
    "[]](",
    "[a](https://a.example) ",
    "![a](https://a.example/b)\n\n",
    "[![a](https://a.example)](",
    // definitions and footnotes
    "[a]: b\n",
    "[a]: b (\n",
    "[a]:\nb\n",
    "[a]: <b>\n\"c\n",
    "[a\n",
    "[^a]",
    "x[^a] ",
    "[^a]: b\n\n",
    ":note[a",
    ":note[a][^1]",
    // HTML and references
    "<",
    "<a ",
    "<a b=\"",
    "<a b='c\" ",
    "<!--",
    "<!-- a -->\n\n",
    "<?",
    "<!A",
    "<![CDATA[",
    "</a ",
    "<div>\n\n",
    "<b>",
    "&",
    "&amp;",
    "&#",
    "&a;",
    "&CounterClockwiseContourIntegral;",
    // containers
    ">",
    "> > a\n",
    ">\n> a\n\n",
    "- ",
    "+ - * ",
    "1. ",
    "1) a\n1. b\n",
    "  - a\n",
    "- a\n\n",
    "- a\n\n  b\n",
    "> - > - ",
    // blocks
    "# ",
    "## a\n\n",
    "## \xE4\xB8\xAD\xE6\x96\x87\n\n",
    "a\n=\n",
    "a\n---\n",
    "```\n",
    "~~~a\n",
    "    a\n",
    "\ta\n",
    "\n",
    " ",
    "a  \n",
    "a\\\n",
    "\\*",
    "x\n",
    // tables
    "|",
    "| ",
    "||||||||||\n",
    "|-\n",
    "|a|b|\n|-|-|\n",
    "a|b\n-|-\n",
    "|-|-|-|-|-|-|-|-|-\n",
    "`|a\n-|-\n",
    "\\|",
    // directives
    ":u[",
    ":u[a]",
    ":u[:u[:u[",
    ":::a\n",
    "::a\n",
    ":::a\n:::\n",
    ":::factbox\n",
    "::embed{a=\"b\"}\n",
    ":::blocks\n[]\n:::\n",
    "::empty\n",
    "]",
    // letters
    "a",
    "a b ",
    "\xC3\xA9",
    "\xCC\x81",
    "\xE4\xB8\xAD",
    "\"",
    "{",
    "\xE2\x80\xA8",
};

static struct str repeated(const char *shape, size_t size)
{
    struct buf text = buf_in(arena);
    while (text.len < size)
        buf_put(&text, str_of(shape));
    return buf_str(&text);
}

// The same in paragraphs, none of which is long enough to be refused for it.
static struct str in_paragraphs(const char *shape, size_t size)
{
    struct buf text = buf_in(arena);
    struct str paragraph = repeated(shape, PARAGRAPH);
    while (text.len < size) {
        buf_put(&text, paragraph);
        buf_put_lit(&text, "\n\n");
    }
    return buf_str(&text);
}

static struct str nested(const char *open, const char *close, size_t size)
{
    struct buf text = buf_in(arena);
    while (text.len < size / 2)
        buf_put(&text, str_of(open));
    while (text.len < size)
        buf_put(&text, str_of(close));
    return buf_str(&text);
}

// --------------------------------------------------------------------------------------------------------------- cost

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct cost {
    double ms;
    size_t most, kept;
};

static struct cost cost_of(struct str text)
{
    struct content_site site = {STR("https://gazette.example"), STR("fr")};
    struct content_body body = {0};
    memory_begin();
    double began = cpu_ms();
    struct arena *own = arena_new();
    struct fault *fault = content_markdown_read(own, text, STR("/body_markdown"), &site, NULL, &body);
    assert_true(fault || body.blocks.ptr);
    arena_free(own);
    struct cost cost = {.ms = cpu_ms() - began};
    memory_look();
    cost.most = memory_most;
    cost.kept = memory_used;
    return cost;
}

static void assert_bounded(const char *name, struct str small, struct str large)
{
    // Each of a few bytes, five thousand cells are more than anything else of this size.
    bool cells = strchr(name, '|') != NULL;
    struct cost first = cost_of(small), second = cost_of(large);
    double least = first.ms > 1 ? first.ms : 1;
    size_t fixed = cells ? memory_fixed * 2 : memory_fixed;
    if (second.ms > least * RATIO_MAX)
        fail_msg("%s: %.1f ms, and %.1f ms for a hundred times as much", name, first.ms, second.ms);
    if (first.most > fixed + memory_factor * small.len || second.most > fixed + memory_factor * large.len)
        fail_msg("%s: %zu and %zu bytes of memory", name, first.most, second.most);
    if (second.kept > memory_fixed)
        fail_msg("%s: %zu bytes are not given back", name, second.kept);
}

static void test_a_hundred_times_the_text_is_a_hundred_times_the_work(void **state)
{
    (void)state;
    assert_true(COUNT_OF(shapes) >= 40);
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct arena *outside = arena;
        arena = arena_new();
        assert_bounded(shapes[i], repeated(shapes[i], SMALL), repeated(shapes[i], LARGE));
        assert_bounded(shapes[i], in_paragraphs(shapes[i], SMALL), in_paragraphs(shapes[i], LARGE));
        arena_free(arena);
        arena = outside;
    }
}

static void test_what_is_opened_and_closed_as_often_is_bounded_too(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"[", "]"},       {"[", "](a)"},      {"*a ", " a*"},  {"**a ", " b**"},
        {"![", "](a)"},   {"`a ``", "`` b`"}, {"<a ", ">"},    {"(", ")"},
        {":u[", "]"},     {"> ", "\n"},       {"- ", "\n"},    {"~~a ", " b~~"},
        {"_*a ", " b*_"}, {"[a](", ")"},      {"<!--", "-->"}, {":::factbox\n", ":::\n"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_bounded(pairs[i][0], nested(pairs[i][0], pairs[i][1], SMALL), nested(pairs[i][0], pairs[i][1], LARGE));
}

// Blocks too: a body of JSON has no parser that goes back and forth, but all that is made of it.
static void test_a_refused_body_says_where_it_is_too_much(void **state)
{
    (void)state;
    struct content_site site = {STR("https://gazette.example"), STR("fr")};
    struct content_body body;
    struct buf text = buf_in(arena);
    buf_put_lit(&text, "Un mot.\n\n");
    buf_put(&text, repeated("*_", 1900 * KB));
    struct fault *fault = content_markdown_read(arena, buf_str(&text), STR("/body_markdown"), &site, NULL, &body);
    assert_non_null(fault);
    assert_null(fault->next);
    assert_int_equal(fault->place.line, 3);
    assert_non_null(strstr(arena_cstr(arena, fault->detail), "line 3: up to this paragraph there are more marks"));
}

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_a_hundred_times_the_text_is_a_hundred_times_the_work),
        STORY(test_what_is_opened_and_closed_as_often_is_bounded_too),
        STORY(test_a_refused_body_says_where_it_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
