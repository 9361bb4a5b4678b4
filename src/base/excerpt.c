// The first sentences of a text. ICU says where a sentence may end; what it does not know of quotation marks and of
// abbreviations stands here.
#include "marbre/base.h"

#include <assert.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

static UChar32 character_at(struct str text, size_t at, size_t *next)
{
    UChar32 c;
    size_t i = at;
    U8_NEXT((const uint8_t *)text.ptr, i, text.len, c);
    *next = i;
    return c;
}

static UChar32 character_before(struct str text, size_t at, size_t *begin)
{
    UChar32 c;
    int32_t i = (int32_t)at;
    U8_PREV((const uint8_t *)text.ptr, 0, i, c);
    *begin = (size_t)i;
    return c;
}

// Line ends, tabs and all their like as one space each, none at the ends; of a long text its first `max` characters.
static struct str on_one_line(struct arena *arena, struct str text, size_t max)
{
    struct buf line = buf_in(arena);
    bool space = false;
    for (size_t at = 0, next; at < text.len && max > 0; at = next, max--) {
        UChar32 c = character_at(text, at, &next);
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == 0x2028 || c == 0x2029;
        if (!blank && space && line.len)
            buf_put_char(&line, ' ');
        if (!blank)
            buf_put(&line, (struct str){text.ptr + at, next - at});
        space = blank;
    }
    return buf_str(&line);
}

// Without white space of any kind at its end.
static struct str without_end(struct str text)
{
    for (size_t begin; text.len > 0 && u_isUWhiteSpace(character_before(text, text.len, &begin));)
        text.len = begin;
    return text;
}

// -------------------------------------------------------------------------------------------------- quotation marks

// The quotation marks that are open at a place: what will close each.
struct quotes {
    enum { QUOTES_MAX = 8 } most;
    UChar32 closing[QUOTES_MAX];
    unsigned count;
};

enum {
    LEFT_GUILLEMET = 0xAB,
    RIGHT_GUILLEMET = 0xBB,
    LEFT_DOUBLE = 0x201C,
    RIGHT_DOUBLE = 0x201D,
    LOW_DOUBLE = 0x201E,
    LEFT_ANGLE = 0x2039,
    RIGHT_ANGLE = 0x203A,
};

// What closes a quotation that a character opens; 0 where it opens none. German has »…« and „…“ too.
static UChar32 closing_of(UChar32 c)
{
    static const UChar32 pairs[][2] = {
        {LEFT_GUILLEMET, RIGHT_GUILLEMET},
        {RIGHT_GUILLEMET, LEFT_GUILLEMET},
        {LEFT_DOUBLE, RIGHT_DOUBLE},
        {LOW_DOUBLE, LEFT_DOUBLE},
        {LEFT_ANGLE, RIGHT_ANGLE},
        {RIGHT_ANGLE, LEFT_ANGLE},
        {'"', '"'},
        {0x300C, 0x300D},
        {0x300E, 0x300F},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (pairs[i][0] == c)
            return pairs[i][1];
    return 0;
}

static void quotes_see(struct quotes *quotes, UChar32 c)
{
    UChar32 open = quotes->count ? quotes->closing[quotes->count - 1] : 0;
    if (c == open || (open == LEFT_DOUBLE && c == RIGHT_DOUBLE))
        quotes->count--;
    else if (closing_of(c) && quotes->count < QUOTES_MAX)
        quotes->closing[quotes->count++] = closing_of(c);
}

// ---------------------------------------------------------------------------------------------------- abbreviations

// Words that a point does not end. Those with a point inside are found by their last part.
static const struct {
    const char *lang, *words; // between spaces
} abbreviations[] = {
    {"fr",
     " M MM Mme Mmes Mlle Mlles Me Mgr Dr Pr St Ste p pp art al av apr chap cf col coll dir éd env ex fasc fig hab id "
     "ill inf introd ms n no not obs op réf rééd sq suiv sup suppl t trad v vol vs "},
    {"en",
     " Mr Mrs Ms Dr Prof Rev Hon St Mt Jr Sr Gen Col Capt Lt Sgt Rep Sen Gov Pres p pp art al approx ca cf ch col dept "
     "ed eds eg e.g est fig i.e ie inc Inc Ltd Co Corp no No nos op par rev sec tr trans v vol vols vs Jan Feb Mar Apr "
     "Aug Sept Oct Nov Dec "},
    {"de", " Hr Fr Frl Dr Prof Dipl Ing Nr S Bd Bde Abb Art Abs Aufl bspw bzgl bzw ca dgl d.h h evtl exkl gem ggf hg "
           "Hrsg inkl "
           "Jan Feb Apr Aug Sept Okt Nov Dez Kap lt Mio Mrd o.ä p.a Red s sog St Std Str Tel u.a a u v Verf vgl Vgl z "
           "z.B B zzgl "},
};

static bool is_abbreviation(struct str word, struct str lang)
{
    char padded[64];
    if (word.len == 0 || word.len + 3 > sizeof padded)
        return false;
    padded[0] = ' ';
    memcpy(padded + 1, word.ptr, word.len);
    memcpy(padded + 1 + word.len, " ", 2);
    for (size_t i = 0; i < COUNT_OF(abbreviations); i++)
        if (str_starts(lang, str_of(abbreviations[i].lang)) && strstr(abbreviations[i].words, padded))
            return true;
    return false;
}

// Whether a text ends with a point that ends no sentence: behind an abbreviation or an initial, in German a number.
static bool ends_short(struct str text, struct str lang)
{
    if (!str_ends(text, STR(".")))
        return false;
    size_t end = text.len - 1, begin = end, letters = 0, at;
    UChar32 last = 0;
    while (begin > 0) {
        UChar32 c = character_before(text, begin, &at);
        if (!u_isalnum(c) && c != '.')
            break;
        last = c;
        letters++;
        begin = at;
    }
    struct str word = {text.ptr + begin, end - begin}, rest;
    bool initial = letters == 1 && u_isupper(last);
    bool ordinal = str_starts(lang, STR("de")) && letters > 0 && letters <= 2 && u_isdigit(last);
    while (str_starts(word, STR(".")))
        word = (struct str){word.ptr + 1, word.len - 1};
    str_cut(word, '.', &rest);
    return initial || ordinal || is_abbreviation(word, lang) || (rest.ptr && is_abbreviation(rest, lang));
}

// ------------------------------------------------------------------------------------------------------------- ends

struct breaks {
    UText *text;
    UBreakIterator *iterator;
};

static struct breaks breaks_open(UBreakIteratorType type, const char *locale, struct str text)
{
    UErrorCode status = U_ZERO_ERROR;
    struct breaks breaks = {.text = utext_openUTF8(NULL, text.ptr, (int64_t)text.len, &status)};
    breaks.iterator = ubrk_open(type, locale, NULL, 0, &status);
    ubrk_setUText(breaks.iterator, breaks.text, &status);
    if (U_FAILURE(status))
        fatal("ICU has no such breaks: %s", u_errorName(status));
    return breaks;
}

static void breaks_close(struct breaks *breaks)
{
    ubrk_close(breaks->iterator);
    utext_close(breaks->text);
}

// The last boundary of a sort that leaves at most `max` characters before it; 0 when there is none.
static size_t last_break(UBreakIteratorType type, const char *locale, struct str text, size_t max)
{
    struct breaks breaks = breaks_open(type, locale, text);
    size_t last = 0;
    for (int32_t at = ubrk_next(breaks.iterator); at != UBRK_DONE && (size_t)at < text.len;
         at = ubrk_next(breaks.iterator)) {
        if (text_length((struct str){text.ptr, (size_t)at}) > max)
            break;
        last = (size_t)at;
    }
    breaks_close(&breaks);
    return last;
}

// Where a sentence goes on in small letters it has not ended: `“No!” she said`.
static bool goes_on(struct str text, size_t at)
{
    UChar32 c = ' ';
    while (at < text.len && u_isUWhiteSpace(c))
        c = character_at(text, at, &at);
    return u_islower(c);
}

// Where a sentence ends that may end at `at`: inside quotation marks behind them, if nothing else comes before. 0 where
// it does not.
static size_t sentence_end(struct str text, size_t at, struct quotes quotes, struct str lang)
{
    if (ends_short(without_end((struct str){text.ptr, at}), lang))
        return 0;
    for (size_t next; quotes.count > 0 && at < text.len; at = next) {
        UChar32 c = character_at(text, at, &next);
        if (!u_isUWhiteSpace(c) && c != quotes.closing[quotes.count - 1])
            return 0;
        quotes_see(&quotes, c);
    }
    return quotes.count == 0 && !goes_on(text, at) ? at : 0;
}

// The last end of a sentence that leaves at most `max` characters before it; 0 when there is none. The end of the text
// is one only where nothing was left out behind it.
static size_t last_sentence(struct str text, struct str lang, const char *locale, size_t max)
{
    struct breaks breaks = breaks_open(UBRK_SENTENCE, locale, text);
    struct quotes quotes = {.count = 0};
    size_t last = 0, seen = 0, next;
    for (int32_t at = ubrk_next(breaks.iterator); at != UBRK_DONE && (size_t)at < text.len;
         at = ubrk_next(breaks.iterator)) {
        for (; seen < (size_t)at; seen = next)
            quotes_see(&quotes, character_at(text, seen, &next));
        size_t end = sentence_end(text, (size_t)at, quotes, lang);
        if (text_length(without_end((struct str){text.ptr, end ? end : (size_t)at})) > max)
            break;
        last = end ? end : last;
    }
    breaks_close(&breaks);
    return last;
}

static void put_character(struct buf *out, UChar32 c)
{
    UChar wide[2];
    char narrow[U8_MAX_LENGTH];
    int32_t units = 0, length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF32(wide, COUNT_OF(wide), &units, &c, 1, &status);
    u_strToUTF8(narrow, sizeof narrow, &length, wide, units, &status);
    buf_put(out, (struct str){narrow, (size_t)length});
}

// Some words, an ellipsis, and the end of each quotation that they leave open.
static struct str cut_with_ellipsis(struct arena *arena, struct str text)
{
    struct quotes quotes = {.count = 0};
    struct buf cut = buf_in(arena);
    text = without_end(text);
    for (size_t at = 0, next; at < text.len; at = next)
        quotes_see(&quotes, character_at(text, at, &next));
    buf_put(&cut, text);
    buf_put_lit(&cut, "…");
    while (quotes.count > 0) {
        UChar32 c = quotes.closing[--quotes.count];
        bool narrow = memmem(text.ptr, text.len, "«\u202f", 5);
        bool wide = memmem(text.ptr, text.len, "«\u00a0", 4) || memmem(text.ptr, text.len, "« ", 3);
        if (c == RIGHT_GUILLEMET)
            buf_put(&cut, narrow ? STR("\u202f") : wide ? STR("\u00a0") : STR(""));
        put_character(&cut, c);
    }
    return buf_str(&cut);
}

struct str text_first_sentences(struct arena *arena, struct str text, struct str lang, size_t max)
{
    assert(max > 0);
    enum { ENDING = 4 }; // an ellipsis and what closes a quotation
    struct str line = without_end(on_one_line(arena, text, 4 * max));
    if (text_length(line) <= max)
        return line;
    // `ss` tells of some abbreviations: `M. Poutine` is not the end of a sentence.
    const char *locale = arena_printf(arena, "%.*s@ss=standard", STR_FMT(lang)).ptr;
    size_t end = last_sentence(line, lang, locale, max), room = max > 4 * ENDING ? max - ENDING : max - 1;
    if (end)
        return without_end((struct str){line.ptr, end});
    end = last_break(UBRK_LINE, locale, line, room);
    if (end == 0)
        end = last_break(UBRK_CHARACTER, locale, line, room);
    return cut_with_ellipsis(arena, (struct str){line.ptr, end});
}
