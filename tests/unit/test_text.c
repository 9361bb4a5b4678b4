// Text as base sees it through ICU: slugs, clean text, normal form, words.
#include "marbre/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int arena_begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *slug(const char *text, const char *lang)
{
    return arena_cstr(arena, text_slug(arena, str_of(text), str_of(lang), 80));
}

static bool is_slug(struct str text)
{
    if (text.len == 0 || text.ptr[0] == '-' || text.ptr[text.len - 1] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && text.ptr[i - 1] != '-');
        if (!fits)
            return false;
    }
    return true;
}

// ------------------------------------------------------------------------------------------------------------- slugs

static void test_a_french_title_loses_its_accents_and_apostrophes(void **state)
{
    (void)state;
    assert_string_equal(slug("L’Été à Pékin : « l’alliance »", "fr"), "l-ete-a-pekin-l-alliance");
    assert_string_equal(slug("Poutine à Pékin", "fr"), "poutine-a-pekin");
    assert_string_equal(slug("Cœur, œuvre, naïveté, ça", "fr"), "coeur-oeuvre-naivete-ca");
}

static void test_other_scripts_are_written_in_latin(void **state)
{
    (void)state;
    assert_string_equal(slug("Москва объявила", "ru"), "moskva-obavila");
    assert_string_equal(slug("Большой день", "ru"), "bolsoj-den");
    assert_string_equal(slug("북한", "ko"), "bughan");
    assert_string_equal(slug("北京", "zh"), "bei-jing");
    assert_string_equal(slug("2024年東京で", "ja"), "2024nian-dong-jingde");
    assert_string_equal(slug("\U00020000\u3400北", "zh"), "he-qiu-bei"); // however rare
    assert_string_equal(slug("重庆，重要，沈阳，秘鲁", "zh"), "chong-qing-zhong-yao-shen-yang-bi-lu");
    assert_string_equal(slug("Łódź", "pl"), "lodz");
    assert_string_equal(slug("Ελλάδα", "el"), "ellada");
    assert_string_equal(slug("İstanbul", "tr"), "istanbul");
    static const char *const scripts[] = {"القاهرة", "ירושלים", "नई दिल्ली", "กรุงเทพ",
                                          "서울",    "東京",    "Երևան",    "თბილისი"};
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        assert_true(is_slug(str_of(slug(scripts[i], "en"))));
        assert_string_not_equal(slug(scripts[i], "en"), "untitled");
    }
}

static void test_german_umlauts_become_two_letters_in_german_only(void **state)
{
    (void)state;
    assert_string_equal(slug("Größe", "de"), "groesse");
    assert_string_equal(slug("Größe", "de-AT"), "groesse");
    assert_string_equal(slug("Größe", "fr"), "grosse");
    assert_string_equal(slug("Größe", ""), "grosse");
}

static void test_a_slug_is_the_same_in_any_normal_form(void **state)
{
    (void)state;
    assert_string_equal(slug("e\u0301te\u0301", "fr"), "ete");
    assert_string_equal(slug("Gro\u0308ße", "de"), "groesse");
}

static void test_a_slug_is_never_empty(void **state)
{
    (void)state;
    assert_string_equal(slug("", "fr"), "untitled");
    assert_string_equal(slug("🎉🎉", "fr"), "untitled");
    assert_string_equal(slug(" — … ?! ", "fr"), "untitled");
    assert_string_equal(slug("🎉 fête", "fr"), "fete");
}

static void test_a_long_title_is_cut_at_a_word(void **state)
{
    (void)state;
    struct buf title = buf_in(arena);
    while (title.len < 600)
        buf_put_lit(&title, "longueur ");
    assert_int_equal(text_slug(arena, buf_str(&title), STR("fr"), 78).len, 8 * 9 - 1);
    for (size_t max = 17; max <= 200; max++) {
        struct str cut = text_slug(arena, buf_str(&title), STR("fr"), max);
        assert_true(cut.len <= max && is_slug(cut));
        assert_true(str_ends(cut, STR("longueur")));
    }
}

static void test_a_word_that_is_cut_exactly_stays_whole(void **state)
{
    (void)state;
    assert_string_equal(arena_cstr(arena, text_slug(arena, STR("abc defg hij"), STR("en"), 8)), "abc-defg");
}

static void test_one_word_without_end_is_cut_anywhere(void **state)
{
    (void)state;
    char *word = memset(arena_alloc(arena, 601), 'a', 600);
    assert_int_equal(text_slug(arena, str_of(word), STR("fr"), 80).len, 80);
}

static void test_a_slug_keeps_to_its_length_whatever_the_text(void **state)
{
    (void)state;
    for (size_t length = 1; length < 40; length++) {
        struct buf title = buf_in(arena);
        for (size_t i = 0; i < length; i++)
            buf_put(&title, i % 3 ? STR("北") : STR("é "));
        for (size_t max = 10; max < 60; max += 7) {
            struct str cut = text_slug(arena, buf_str(&title), STR("fr"), max);
            assert_true(cut.len <= max && is_slug(cut));
        }
    }
}

static struct str repeated(const char *unit, size_t count)
{
    struct buf text = buf_in(arena);
    for (size_t i = 0; i < count; i++)
        buf_put(&text, str_of(unit));
    return buf_str(&text);
}

static void test_a_slug_is_filled_in_any_script_and_looks_no_further(void **state)
{
    (void)state;
    static const char *const units[] = {"é", "北", "京 ", "Ж", "Ω", "한", "か", "ก", "क", "ب", "🎉é"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        struct str made = text_slug(arena, repeated(units[i], 100000), STR("fr"), 80);
        assert_true(made.len <= 80 && is_slug(made));
        assert_true(made.len >= 40);
    }
    static const char *const nameless[] = {"α\u0301", "\u16A0ж", "\U00020000", "👨‍👩‍👧", "\u0301\u0316"};
    for (size_t i = 0; i < COUNT_OF(nameless); i++)
        assert_true(is_slug(text_slug(arena, repeated(nameless[i], 100000), STR("fr"), 80)));
}

// Both are asked for the same, one after the other and each in a thread of its own that ends.
static void *slugs_in_a_thread(void *made)
{
    struct arena *own = arena_new();
    struct str han = text_slug(own, STR("丁七万丈三上下不与丐"), STR("zh"), 80);
    struct str german = text_slug(own, STR("Größe"), STR("de"), 80);
    snprintf(made, 200, "%.*s %.*s", STR_FMT(han), STR_FMT(german));
    arena_free(own);
    return NULL;
}

static void test_every_thread_makes_the_same_slugs(void **state)
{
    (void)state;
    pthread_t threads[4];
    char made[COUNT_OF(threads)][200];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, slugs_in_a_thread, made[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_string_equal(made[i], "ding-qi-wan-zhang-san-shang-xia-bu-yu-gai groesse");
    }
}

static void test_a_title_like_a_uuid_does_not_make_one(void **state)
{
    (void)state;
    struct str made = text_slug(arena, STR("01890A5D-AC96-774B-BCCE-B302099A8057"), STR("fr"), 80);
    assert_false(uuid_is(made));
    assert_true(is_slug(made));
    made = text_slug(arena, STR("01890a5d ac96 774b bcce b302099a8057"), STR("fr"), UUID_TEXT);
    assert_false(uuid_is(made));
    assert_true(made.len <= UUID_TEXT && is_slug(made));
}

// -------------------------------------------------------------------------------------------------------- clean text

static const char *clean(struct str text)
{
    return arena_cstr(arena, text_clean(arena, text));
}

static void test_control_characters_are_taken_out(void **state)
{
    (void)state;
    assert_string_equal(clean(STR("a\0b\x07"
                                  "c\x7F\x1B[0m\xC2\x85\xC2\x9F\xEF\xBB\xBF"
                                  "d")),
                        "abc[0m\nd");                                                  // U+0085 is a line end
    assert_string_equal(clean(STR("\xC2\xA0é\xE2\x80\xAE")), "\xC2\xA0é\xE2\x80\xAE"); // a space and bidi are text
}

static void test_every_line_end_becomes_one(void **state)
{
    (void)state;
    assert_string_equal(clean(STR("a\r\nb\rc\nd\te\r")), "a\nb\nc\nd\te\n");
}

static void test_clean_text_is_in_nfc_and_stays_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(clean(STR("e\u0301")), "é");
    assert_string_equal(clean(STR("e\x07\u0301")), "é"); // a seam where something was taken out
    static const char *const texts[] = {"", "plain", "e\u0301\r\n\u212B", "\x01\x02", "한국어", "\U0001D160"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *once = clean(str_of(texts[i]));
        assert_string_equal(clean(str_of(once)), once);
    }
}

static void test_nfc(void **state)
{
    (void)state;
    assert_true(str_eq(text_nfc(arena, STR("e\u0301te\u0301")), STR("été")));
    assert_true(str_eq(text_nfc(arena, STR("\u1112\u1161\u11AB")), STR("한")));
    assert_true(str_eq(text_nfc(arena, STR("\u212B")), STR("Å")));
    assert_true(str_eq(text_nfc(arena, STR("ﬁ")), STR("ﬁ"))); // a ligature is its own: NFC, not NFKC
    assert_true(str_eq(text_nfc(arena, STR("")), STR("")));
    struct buf growing = buf_in(arena);
    for (int i = 0; i < 1000; i++)
        buf_put_lit(&growing, "\U0001D160");
    assert_int_equal(text_nfc(arena, buf_str(&growing)).len, 12000);
}

static void test_marks_without_end_are_cut_and_stay_cut(void **state)
{
    (void)state;
    // U+0F73 and U+0344 are two marks each, and U+0F73 begins with one without being one.
    static const char *const marks[] = {"\u0301\u0316", "\u0316\u0301",       "\u0301",
                                        "\u0344",       "\u0F73\u0F74\u0F71", "\U0001D165\u0301"};
    static const char *const starters[] = {"a", "é", "", "\u0958", "\U0001D160", "한"};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        for (size_t j = 0; j < COUNT_OF(starters); j++) {
            struct buf text = buf_in(arena);
            buf_put(&text, str_of(starters[j]));
            buf_put(&text, repeated(marks[i], 500000 / (j + 1)));
            buf_put_lit(&text, "b");
            struct str once = text_clean(arena, buf_str(&text));
            assert_true(text_length(once) <= 34 && str_ends(once, STR("b")));
            assert_true(str_eq(text_clean(arena, once), once));
        }
    }
}

static void test_thirty_marks_are_kept_and_not_one_more(void **state)
{
    (void)state;
    assert_int_equal(text_length(text_nfc(arena, repeated("\u0316", 30))), 30);
    assert_int_equal(text_length(text_nfc(arena, repeated("\u0316", 31))), 30);
    assert_int_equal(text_length(text_nfc(arena, repeated("\u0344", 16))), 30);
    struct buf text = buf_in(arena);
    buf_put_lit(&text, "é"); // has one itself
    buf_put(&text, repeated("\u0316", 40));
    buf_put_lit(&text, "x\u0316");
    struct str cut = text_nfc(arena, buf_str(&text));
    assert_int_equal(text_length(cut), 1 + 29 + 2);
    assert_true(str_starts(cut, STR("é\u0316")) && str_ends(cut, STR("x\u0316")));
}

static void test_utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    assert_true(text_is_utf8(STR("")));
    assert_true(text_is_utf8(STR("été 北京 🎉")));
    assert_false(text_is_utf8(STR("\xFF")));
    assert_false(text_is_utf8(STR("\xC0\xAF")));         // overlong
    assert_false(text_is_utf8(STR("\xED\xA0\x80")));     // a surrogate
    assert_false(text_is_utf8(STR("\xF4\x90\x80\x80"))); // above U+10FFFF
    assert_false(text_is_utf8(STR("\xE2\x82")));         // cut short
}

// ------------------------------------------------------------------------------------------------------------- words

static size_t words(const char *text, const char *lang)
{
    return text_words(arena, str_of(text), str_of(lang));
}

static void test_words_are_counted_as_readers_see_them(void **state)
{
    (void)state;
    assert_int_equal(words("", "fr"), 0);
    assert_int_equal(words(" — … « » !\n\t", "fr"), 0);
    assert_int_equal(words("Trois jours de musique.", "fr"), 4);
    assert_int_equal(words("don’t stop", "en"), 2);
    assert_int_equal(words("42 % de 3,5", "fr"), 3);
    assert_int_equal(words("un\ndeux", "fr"), 2);
    assert_true(words("北京欢迎你", "zh") >= 2);
    assert_true(words("ภาษาไทยไม่มีช่องว่าง", "th") >= 3);
    assert_int_equal(words("one two", "not a language"), 2);
}

static void test_words_of_a_text_without_end_are_counted(void **state)
{
    (void)state;
    static const char *const units[] = {"\u0301\u0316", "\u200D👩", "ก", "ក", "北"};
    for (size_t i = 0; i < COUNT_OF(units); i++)
        assert_true(text_words(arena, repeated(units[i], 200000), STR("fr")) <= 200000);
}

static void test_length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(text_length(STR("")), 0);
    assert_int_equal(text_length(STR("été 北🎉")), 6);
    assert_int_equal(text_length(STR("e\u0301")), 2);
}

static void test_a_line_end_in_any_spelling_is_a_line_end(void **state)
{
    (void)state;
    static const char *const ends[] = {"\r\n", "\r", "\n", "\v", "\f", "\xC2\x85", "\u2028", "\u2029"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct str text = arena_printf(arena, "un%sdeux", ends[i]);
        assert_true(str_eq(text_clean(arena, text), STR("un\ndeux")));
        struct str line = text_clean_with(arena, text, ' ');
        assert_true(str_eq(line, i < 3 ? STR("un\ndeux") : STR("un deux")));
    }
    assert_true(str_eq(text_clean(arena, STR("\r\r\n\v")), STR("\n\n\n")));
}

static const char *first(const char *text, const char *lang, size_t max)
{
    return arena_cstr(arena, text_first_sentences(arena, str_of(text), str_of(lang), max));
}

static void test_the_first_sentences_are_whole_ones(void **state)
{
    (void)state;
    assert_string_equal(first("Un. Deux ! Trois ?", "fr", 300), "Un. Deux ! Trois ?");
    assert_string_equal(first("Un. Deux ! Trois ?", "fr", 12), "Un. Deux !");
    assert_string_equal(first("  Un\n\tdeux.\u2028Trois.  ", "fr", 300), "Un deux. Trois.");
    assert_string_equal(first("", "fr", 300), "");
    assert_string_equal(first("今日は。明日は。昨日は。", "ja", 9), "今日は。明日は。");
}

static void test_an_abbreviation_ends_no_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *text, *first;
    } cases[] = {
        {"fr", "Le ciel est bas. M. Poutine sourit beaucoup.", "Le ciel est bas."},
        {"fr", "Le ciel est bas. Mme. Royal sourit beaucoup.", "Le ciel est bas."},
        {"fr", "C’est écrit. Voir p. 12 de la revue entière.", "C’est écrit."},
        {"fr", "C’est la loi. Selon l’art. 4 du code pénal.", "C’est la loi."},
        {"fr", "On sait tout. Il y a env. Trente mille voix.", "On sait tout."},
        {"fr", "Il y a mieux. C’est la 2e éd. Gallimard 1999.", "Il y a mieux."},
        {"fr", "Lisons encore. J. Doe et A. Camus ont écrit.", "Lisons encore."},
        {"en", "The sky is low. Mr. Smith smiles a lot.", "The sky is low."},
        {"en", "We saw it all. See fig. Three on the page.", "We saw it all."},
        {"en", "We ate a lot. Fruits, e.g. Apples and pears.", "We ate a lot."},
        {"de", "Es ist kalt. Am 3. Mai war es auch kalt.", "Es ist kalt."},
        {"de", "Es ist kalt. Das gilt z.B. Heute und morgen.", "Es ist kalt."},
        {"de", "Es ist kalt. Die Fa. Dr. Oetker in Bielefeld.", "Es ist kalt."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(first(cases[i].text, cases[i].lang, strlen(cases[i].text) - 9), cases[i].first);
}

static void test_a_sentence_does_not_end_inside_quotation_marks(void **state)
{
    (void)state;
    struct str quotes = repeated("Il dit : «\u202fnon\u202f!\u202f» ", 1500);
    struct str told = text_first_sentences(arena, quotes, STR("fr"), 300);
    assert_true(str_ends(told, STR("«\u202fnon\u202f!\u202f»")));
    assert_true(text_length(told) <= 300 && text_length(told) > 280);
    assert_string_equal(first("Il part. Elle dit : « Non ! Jamais ! » Puis elle part.", "fr", 40),
                        "Il part. Elle dit : « Non ! Jamais ! »");
    assert_string_equal(first("Il part. Elle dit : « Non ! Jamais ! » Puis elle part.", "fr", 30), "Il part.");
    assert_string_equal(first("He left. “No! Never!” she said. Then she left.", "en", 40),
                        "He left. “No! Never!” she said.");
    assert_string_equal(first("He left. “No! Never!” she said. Then she left.", "en", 24), "He left.");
    assert_string_equal(first("Er ging. „Nein! Nie!“ Dann ging sie auch fort.", "de", 30), "Er ging. „Nein! Nie!“");
    assert_string_equal(first("Er ging. »Nein! Nie!« Dann ging sie auch fort.", "de", 20), "Er ging.");
    assert_string_equal(first("He said \"No! Never!\" and left. Then she left.", "en", 35),
                        "He said \"No! Never!\" and left.");
}

static void test_an_excerpt_leaves_no_quotation_open_and_no_blank_behind(void **state)
{
    (void)state;
    assert_string_equal(first("Elle dit : « La nuit tombe sur la ville et sur la mer »", "fr", 36),
                        "Elle dit : « La nuit tombe sur…\u00a0»");
    assert_string_equal(first("She said “the night falls on the town”", "en", 30), "She said “the night falls…”");
    assert_string_equal(first("Un mot.\u202f", "fr", 300), "Un mot.");
    assert_string_equal(first("Un mot.\u00a0Deux mots encore.", "fr", 10), "Un mot.");
}

static void test_a_sentence_that_is_too_long_ends_at_a_word(void **state)
{
    (void)state;
    assert_string_equal(first("La nuit tombe sur la ville", "fr", 15), "La nuit tombe…");
    assert_string_equal(first("Laaaaaaaaaaaaaaaaaaaaaa", "fr", 5), "Laaa…");
    char flags[400] = "";
    for (int i = 0; i < 40; i++)
        strcat(flags, "🇫🇷");
    struct str cut = text_first_sentences(arena, str_of(flags), STR("fr"), 20);
    assert_true(text_length(cut) <= 20 && str_ends(cut, STR("🇫🇷…")));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, arena_begin, arena_end)

int main(void)
{
    secret_init();
    const struct CMUnitTest tests[] = {
        STORY(test_a_french_title_loses_its_accents_and_apostrophes),
        STORY(test_other_scripts_are_written_in_latin),
        STORY(test_german_umlauts_become_two_letters_in_german_only),
        STORY(test_the_first_sentences_are_whole_ones),
        STORY(test_an_abbreviation_ends_no_sentence),
        STORY(test_a_sentence_does_not_end_inside_quotation_marks),
        STORY(test_an_excerpt_leaves_no_quotation_open_and_no_blank_behind),
        STORY(test_a_line_end_in_any_spelling_is_a_line_end),
        STORY(test_a_sentence_that_is_too_long_ends_at_a_word),
        STORY(test_a_slug_is_the_same_in_any_normal_form),
        STORY(test_a_slug_is_never_empty),
        STORY(test_a_long_title_is_cut_at_a_word),
        STORY(test_a_word_that_is_cut_exactly_stays_whole),
        STORY(test_one_word_without_end_is_cut_anywhere),
        STORY(test_a_slug_keeps_to_its_length_whatever_the_text),
        STORY(test_a_slug_is_filled_in_any_script_and_looks_no_further),
        STORY(test_every_thread_makes_the_same_slugs),
        STORY(test_a_title_like_a_uuid_does_not_make_one),
        STORY(test_control_characters_are_taken_out),
        STORY(test_every_line_end_becomes_one),
        STORY(test_clean_text_is_in_nfc_and_stays_as_it_is),
        STORY(test_nfc),
        STORY(test_marks_without_end_are_cut_and_stay_cut),
        STORY(test_thirty_marks_are_kept_and_not_one_more),
        STORY(test_utf8_is_told_from_other_bytes),
        STORY(test_words_are_counted_as_readers_see_them),
        STORY(test_words_of_a_text_without_end_are_counted),
        STORY(test_length_counts_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
