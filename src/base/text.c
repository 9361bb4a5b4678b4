// Unicode, and the one file that knows ICU: normal form, slugs, words.
#include "marbre/base.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>
#include <unicode/utrans.h>

// UTF-16, as ICU wants it, in the arena.
struct utf16 {
    UChar *ptr;
    int32_t len;
};

static struct utf16 to_utf16(struct arena *arena, struct str text)
{
    if (text.len > INT32_MAX / 4)
        fatal("a text of %zu bytes is longer than any limit lets in", text.len);
    struct utf16 wide = {.ptr = ARENA_ARRAY(arena, UChar, text.len + 1)};
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8WithSub(wide.ptr, (int32_t)text.len + 1, &wide.len, text.len ? text.ptr : "", (int32_t)text.len,
                         0xFFFD, NULL, &status);
    return wide;
}

static struct str to_utf8(struct arena *arena, struct utf16 wide)
{
    int32_t capacity = wide.len * 3 + 1, length = 0;
    char *narrow = ARENA_ARRAY(arena, char, (size_t)capacity);
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8WithSub(narrow, capacity, &length, wide.ptr, wide.len, 0xFFFD, NULL, &status);
    return (struct str){narrow, (size_t)length};
}

bool text_is_utf8(struct str text)
{
    if (text.len > INT32_MAX)
        return false;
    int32_t i = 0, n = (int32_t)text.len;
    while (i < n) {
        UChar32 c;
        U8_NEXT((const uint8_t *)text.ptr, i, n, c);
        if (c < 0)
            return false;
    }
    return true;
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

// Counts the combining marks with which a character ends once it is decomposed (NFD): `é` has one, U+0344 is two.
static unsigned marks_of(const UNormalizer2 *nfc, UChar32 c)
{
    UChar wide[16];
    UChar32 parts[COUNT_OF(wide)];
    UErrorCode status = U_ZERO_ERROR;
    int32_t i = unorm2_getDecomposition(nfc, c, wide, COUNT_OF(wide), &status);
    if (i < 0)
        return unorm2_getCombiningClass(nfc, c) != 0;
    u_strToUTF32(parts, COUNT_OF(parts), &i, wide, i, &status);
    unsigned count = 0;
    while (i > 0 && unorm2_getCombiningClass(nfc, parts[--i]) != 0)
        count++;
    return count;
}

static bool is_mark(UChar32 c)
{
    return c >= 0x300 && u_getIntPropertyValue(c, UCHAR_LEAD_CANONICAL_COMBINING_CLASS) != 0;
}

// Marks on one character are sorted one by one when they are normalised, so a megabyte of them takes minutes. No
// language has use for more than the 30 that UAX #15 calls stream-safe (§13). Those beyond are dropped and not parted
// by U+034F as it proposes: a reader's browser would still pile them on one letter. They are counted as they stand
// fully decomposed, which normalising does not change: of text that was cut, nothing is cut again.
static struct str marks_limited(struct arena *arena, const UNormalizer2 *nfc, struct str text)
{
    enum { MARKS_MAX = 30 };
    struct buf kept = buf_in(arena);
    size_t copied = 0;
    unsigned run = 0;
    UChar32 c, starter = 0;
    for (size_t i = 0, at = 0; i < text.len; at = i) {
        U8_NEXT((const uint8_t *)text.ptr, i, text.len, c);
        if (!is_mark(c)) {
            starter = c;
            run = 0;
            continue;
        }
        unsigned marks = marks_of(nfc, c);
        if (run == 0)
            run = marks_of(nfc, starter);
        if (run + marks <= MARKS_MAX) {
            run += marks;
            continue;
        }
        buf_put(&kept, (struct str){text.ptr + copied, at - copied});
        copied = i;
    }
    if (copied == 0)
        return text;
    buf_put(&kept, (struct str){text.ptr + copied, text.len - copied});
    return buf_str(&kept);
}

struct str text_nfc(struct arena *arena, struct str text)
{
    if (is_ascii(text))
        return text;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    if (U_FAILURE(status))
        fatal("ICU has no NFC: %s", u_errorName(status));
    text = marks_limited(arena, nfc, text);
    struct utf16 wide = to_utf16(arena, text);
    if (U_FAILURE(status) || unorm2_isNormalized(nfc, wide.ptr, wide.len, &status))
        return text;
    int32_t capacity = wide.len * 3 + 8; // U+1D160 and its like grow threefold, nothing more
    struct utf16 normal = {.ptr = ARENA_ARRAY(arena, UChar, (size_t)capacity)};
    normal.len = unorm2_normalize(nfc, wide.ptr, wide.len, normal.ptr, capacity, &status);
    if (U_FAILURE(status))
        fatal("ICU could not normalise a text: %s", u_errorName(status));
    return to_utf8(arena, normal);
}

// Length in bytes of an unwanted control character at `text[i]`; 0 where a wanted one does.
static size_t unwanted_at(struct str text, size_t i)
{
    const unsigned char *at = (const unsigned char *)text.ptr + i;
    size_t left = text.len - i;
    if ((at[0] < 0x20 && at[0] != '\t' && at[0] != '\n') || at[0] == 0x7F)
        return 1;
    if (left >= 2 && at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F) // C1
        return 2;
    if (left >= 3 && at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF) // U+FEFF, a byte order mark
        return 3;
    return 0;
}

// How many bytes of a line end other than \n stand at `text[i]`: CR LF and CR, and in other spellings (Unicode §5.8)
// U+000B, U+000C, U+0085, U+2028 and U+2029.
static size_t line_end_at(struct str text, size_t i, bool *other)
{
    const unsigned char *at = (const unsigned char *)text.ptr + i;
    size_t left = text.len - i;
    *other = at[0] != '\r';
    if (at[0] == '\r')
        return left >= 2 && at[1] == '\n' ? 2 : 1;
    if (at[0] == '\v' || at[0] == '\f')
        return 1;
    if (left >= 2 && at[0] == 0xC2 && at[1] == 0x85)
        return 2;
    return left >= 3 && at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9) ? 3 : 0;
}

struct str text_clean_with(struct arena *arena, struct str text, char line_end)
{
    struct buf kept = buf_in(arena);
    size_t copied = 0;
    for (size_t i = 0; i < text.len;) {
        bool other;
        size_t line = line_end_at(text, i, &other), skip = line ? line : unwanted_at(text, i);
        if (skip) {
            buf_put(&kept, (struct str){text.ptr + copied, i - copied});
            if (line)
                buf_put(&kept, other ? (struct str){&line_end, 1} : STR("\n"));
            copied = i + skip;
        }
        i += skip ? skip : 1;
    }
    if (copied == 0)
        return text_nfc(arena, text);
    buf_put(&kept, (struct str){text.ptr + copied, text.len - copied});
    return text_nfc(arena, buf_str(&kept));
}

struct str text_clean(struct arena *arena, struct str text)
{
    return text_clean_with(arena, text, '\n');
}

// A transliterator is for one thread at a time. It looks up the rules of a script when it first meets it, which costs
// more than a title does, so each thread keeps clones of its own until it ends.
struct transliterators {
    UTransliterator *latin, *latin_german;
};

static struct transliterators originals;
static pthread_key_t transliterators_key;
static pthread_once_t transliterators_once = PTHREAD_ONCE_INIT;

static UTransliterator *transliterator(const char *id)
{
    UChar wide[256];
    u_uastrcpy(wide, id);
    UErrorCode status = U_ZERO_ERROR;
    UTransliterator *made = utrans_openU(wide, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    if (U_FAILURE(status))
        fatal("ICU has no transliterator %s: %s", id, u_errorName(status));
    return made;
}

static void transliterators_free(void *thing)
{
    struct transliterators *own = thing;
    utrans_close(own->latin);
    utrans_close(own->latin_german);
    free(own);
}

// Compatibility forms fold first: `CO₂` is co2, `½` 1/2. U+02B9 to U+02C1 are what soft and hard signs, ayin and hamza
// become: no letters, and no end of a word either.
static void transliterators_make(void)
{
    originals.latin = transliterator("NFKC; Any-Latin; [\\u02B9-\\u02C1] Remove; Latin-ASCII; Any-Lower");
    originals.latin_german =
        transliterator("NFKC; de-ASCII; Any-Latin; [\\u02B9-\\u02C1] Remove; Latin-ASCII; Any-Lower");
    if (pthread_key_create(&transliterators_key, transliterators_free) != 0)
        fatal("there is no key left for a thread's transliterators");
}

static UTransliterator *transliterator_clone(const UTransliterator *original)
{
    UErrorCode status = U_ZERO_ERROR;
    UTransliterator *made = utrans_clone(original, &status);
    if (U_FAILURE(status))
        fatal("ICU could not clone a transliterator: %s", u_errorName(status));
    return made;
}

static const struct transliterators *transliterators(void)
{
    pthread_once(&transliterators_once, transliterators_make);
    struct transliterators *own = pthread_getspecific(transliterators_key);
    if (own)
        return own;
    own = malloc(sizeof *own);
    if (!own)
        fatal("out of memory: a thread's transliterators");
    *own =
        (struct transliterators){transliterator_clone(originals.latin), transliterator_clone(originals.latin_german)};
    if (pthread_setspecific(transliterators_key, own) != 0)
        fatal("out of memory: a thread's transliterators");
    return own;
}

// Any script to lower-case ASCII, as far as ICU knows a name for its letters.
static struct str to_ascii(struct arena *arena, struct str text, struct str lang)
{
    if (is_ascii(text))
        return str_lower(arena, text);
    const struct transliterators *own = transliterators();
    struct utf16 wide = to_utf16(arena, text);
    int32_t capacity = wide.len * 40 + 64; // a character becomes a syllable, U+FDFA four words
    UChar *out = ARENA_ARRAY(arena, UChar, (size_t)capacity);
    u_memcpy(out, wide.ptr, wide.len);
    int32_t length = wide.len, limit = wide.len;
    UErrorCode status = U_ZERO_ERROR;
    utrans_transUChars(str_starts(lang, STR("de")) ? own->latin_german : own->latin, out, &length, capacity, 0, &limit,
                       &status);
    return U_FAILURE(status) ? STR("") : to_utf8(arena, (struct utf16){out, length});
}

// Characters that stand inside of words, and that nobody sees: soft hyphens, joiners, byte order marks.
static bool joins_unseen(UChar32 c)
{
    return c == 0xAD || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF;
}

static bool is_fraction(UChar32 c)
{
    return (c >= 0xBC && c <= 0xBE) || (c >= 0x2150 && c <= 0x215F) || c == 0x2189;
}

// The part of a text's beginning that can matter to its slug: most characters give a letter or more, some (punctuation,
// emoji) give none. Without what nobody sees, and with a blank before a fraction, for `10½` is no 101/2.
static struct str slug_source(struct arena *arena, struct str text, size_t max)
{
    struct buf source = buf_in(arena);
    UChar32 c;
    size_t count = 0;
    for (size_t i = 0, at = 0; i < text.len && count < 2 * max; at = i) {
        U8_NEXT((const uint8_t *)text.ptr, i, text.len, c);
        if (joins_unseen(c))
            continue;
        if (is_fraction(c))
            buf_put_char(&source, ' ');
        buf_put(&source, (struct str){text.ptr + at, i - at});
        count++;
    }
    return source.len ? buf_str(&source) : STR("");
}

struct str text_slug(struct arena *arena, struct str text, struct str lang, size_t max)
{
    assert(max > 0);
    struct str ascii = to_ascii(arena, slug_source(arena, text, max), lang);
    char *slug = ARENA_ARRAY(arena, char, ascii.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < ascii.len; i++) {
        char c = ascii.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            slug[n++] = c;
        else if (n && slug[n - 1] != '-')
            slug[n++] = '-';
    }
    if (n > max) {
        n = max;
        size_t word = n;
        while (word > max / 2 && slug[word] != '-')
            word--;
        if (word > max / 2)
            n = word;
    }
    while (n && slug[n - 1] == '-')
        n--;
    struct str made = {slug, n};
    if (n == 0)
        return STR("untitled");
    if (!uuid_is(made))
        return made;
    struct str marked = arena_printf(arena, "id-%.*s", STR_FMT(made));
    return (struct str){marked.ptr, marked.len < max ? marked.len : max};
}

size_t text_words(struct arena *arena, struct str text, struct str lang)
{
    if (text.len == 0)
        return 0;
    struct utf16 wide = to_utf16(arena, text);
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator *words = ubrk_open(UBRK_WORD, arena_cstr(arena, lang), wide.ptr, wide.len, &status);
    if (U_FAILURE(status))
        fatal("ICU has no word breaks: %s", u_errorName(status));
    size_t count = 0;
    while (ubrk_next(words) != UBRK_DONE)
        count += ubrk_getRuleStatus(words) >= UBRK_WORD_NONE_LIMIT;
    ubrk_close(words);
    return count;
}

size_t text_length(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

// No picture: control and format characters, separators but the space, what Unicode has not assigned.
static bool is_invisible(UChar32 c)
{
    return c != ' ' && (c < 0 || (U_GET_GC_MASK(c) & (U_GC_C_MASK | U_GC_Z_MASK)) ||
                        u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT));
}

void buf_put_visible(struct buf *buf, struct str text, size_t max)
{
    UChar32 c;
    for (size_t i = 0, at = 0; i < text.len; at = i) {
        U8_NEXT((const uint8_t *)text.ptr, i, text.len, c);
        if (max-- == 0) {
            buf_put_lit(buf, "…");
            return;
        }
        if (c == '\n' || c == '\t' || c == '\r')
            buf_put_char(buf, ' ');
        else if (is_invisible(c))
            buf_printf(buf, "U+%04X", (unsigned)c);
        else
            buf_put(buf, (struct str){text.ptr + at, i - at});
    }
}

void buf_put_json_escaped(struct buf *buf, struct str character)
{
    UChar units[2];
    int32_t count = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(units, COUNT_OF(units), &count, character.ptr, (int32_t)character.len, &status);
    for (int32_t i = 0; i < count && U_SUCCESS(status); i++)
        buf_printf(buf, "\\u%04x", (unsigned)units[i]);
}

static enum text_class class_of(UChar32 c)
{
    if (c < 0 || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r' || u_charType(c) == U_SPACE_SEPARATOR)
        return TEXT_SPACE;
    return U_GET_GC_MASK(c) & (U_GC_P_MASK | U_GC_S_MASK) ? TEXT_PUNCTUATION : TEXT_OTHER; // CommonMark §2.1
}

enum text_class text_class_at(struct str text, size_t at)
{
    UChar32 c = -1;
    if (at < text.len)
        U8_NEXT((const uint8_t *)text.ptr, at, text.len, c);
    return class_of(c);
}

enum text_class text_class_before(struct str text, size_t at)
{
    UChar32 c = -1;
    int32_t before = (int32_t)at;
    if (before > 0)
        U8_PREV((const uint8_t *)text.ptr, 0, before, c);
    return class_of(c);
}

bool text_is_blank(struct str text)
{
    int32_t i = 0, n = (int32_t)text.len;
    while (i < n) {
        UChar32 c;
        U8_NEXT((const uint8_t *)text.ptr, i, n, c);
        if (!u_isUWhiteSpace(c) && !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
            return false;
    }
    return true;
}

// RFC 5646 §2.1.1: languages in small letters, scripts with a capital, regions in capitals; behind a singleton all is
// small.
static struct str lang_cased(struct arena *arena, struct str text)
{
    struct str rest = str_lower(arena, text);
    struct buf cased = buf_in(arena);
    for (bool first = true, single = false; rest.ptr; first = false) {
        struct str subtag = str_cut(rest, '-', &rest);
        for (size_t i = 0; i < subtag.len; i++) {
            char c = subtag.ptr[i];
            bool letter = c >= 'a' && c <= 'z';
            bool capital = letter && !first && !single && (subtag.len == 2 || (subtag.len == 4 && i == 0));
            if (capital)
                c = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[c - 'a'];
            buf_put_char(&cased, c);
        }
        single = single || subtag.len == 1;
        if (rest.ptr)
            buf_put_char(&cased, '-');
    }
    return buf_str(&cased);
}

// Well-formed by ICU, whose own canonical form is not asked for: it would make other languages of some.
struct str text_lang(struct arena *arena, struct str text)
{
    enum { LONGEST = 100 };
    char locale[4 * LONGEST];
    int32_t read = 0;
    UErrorCode status = U_ZERO_ERROR;
    struct str rest, primary = str_cut(text, '-', &rest);
    if (text.len > LONGEST || !is_ascii(text) || primary.len < 2 || primary.len > 3)
        return STR_NONE;
    uloc_forLanguageTag(arena_cstr(arena, text), locale, sizeof locale, &read, &status);
    return U_SUCCESS(status) && (size_t)read == text.len ? lang_cased(arena, text) : STR_NONE;
}

bool text_is_lang(struct str text)
{
    struct arena *arena = arena_new();
    bool is = text_lang(arena, text).ptr != NULL;
    arena_free(arena);
    return is;
}

struct str text_trim(struct str text)
{
    int32_t start = 0, end = (int32_t)text.len, next;
    UChar32 c;
    while (start < end) {
        next = start;
        U8_NEXT((const uint8_t *)text.ptr, next, end, c);
        if (!u_isUWhiteSpace(c))
            break;
        start = next;
    }
    while (end > start) {
        next = end;
        U8_PREV((const uint8_t *)text.ptr, start, next, c);
        if (!u_isUWhiteSpace(c))
            break;
        end = next;
    }
    return (struct str){text.ptr + start, (size_t)(end - start)};
}

struct str text_opaque(struct arena *arena, struct str text)
{
    struct buf opaque = buf_in(arena);
    UChar32 c;
    for (size_t i = 0, at = 0; i < text.len; at = i) {
        U8_NEXT((const uint8_t *)text.ptr, i, text.len, c);
        if (c < 0 || u_charType(c) == U_CONTROL_CHAR)
            return STR_NONE;
        if (u_charType(c) == U_SPACE_SEPARATOR)
            buf_put_char(&opaque, ' ');
        else
            buf_put(&opaque, (struct str){text.ptr + at, i - at});
    }
    return opaque.len ? text_nfc(arena, buf_str(&opaque)) : STR_NONE;
}

struct str text_cut(struct str text, size_t max)
{
    while (text.len > max && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
        max--;
    return text.len > max ? (struct str){text.ptr, max} : text;
}
