// Unicode, and the one file that knows ICU: normal form, slugs, words.
#include "marbre/base.h"

#include <pthread.h>
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

struct str text_nfc(struct arena *arena, struct str text)
{
    if (is_ascii(text))
        return text;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
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

// How many bytes of an unwanted control character stand at `text[i]`; 0 where a wanted one does.
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

struct str text_clean(struct arena *arena, struct str text)
{
    bool clean = true;
    for (size_t i = 0; i < text.len && clean; i++)
        clean = unwanted_at(text, i) == 0;
    if (clean)
        return text_nfc(arena, text);
    struct buf kept = buf_in(arena);
    for (size_t i = 0; i < text.len;) {
        size_t skip = unwanted_at(text, i);
        if (text.ptr[i] == '\r') // a line end, in any of its spellings, is one \n
            buf_put(&kept, i + 1 < text.len && text.ptr[i + 1] == '\n' ? STR("") : STR("\n"));
        else if (!skip)
            buf_put_char(&kept, text.ptr[i]);
        i += skip ? skip : 1;
    }
    return text_nfc(arena, buf_str(&kept));
}

static pthread_once_t transliterators_once = PTHREAD_ONCE_INIT;
static UTransliterator *to_latin, *to_latin_german;

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

// U+02B9 to U+02C1 are what soft and hard signs, ayin and hamza become: no letters, and no end of a word either.
static void transliterators_make(void)
{
    to_latin = transliterator("Any-Latin; [\\u02B9-\\u02C1] Remove; Latin-ASCII; Any-Lower");
    to_latin_german = transliterator("de-ASCII; Any-Latin; [\\u02B9-\\u02C1] Remove; Latin-ASCII; Any-Lower");
}

// Any script to lower-case ASCII, as far as ICU knows a name for its letters. utrans_transUChars is safe on a shared
// transliterator only through a clone.
static struct str to_ascii(struct arena *arena, struct str text, struct str lang)
{
    if (is_ascii(text))
        return str_lower(arena, text);
    pthread_once(&transliterators_once, transliterators_make);
    struct utf16 wide = to_utf16(arena, text);
    int32_t capacity = wide.len * 12 + 64; // a Han or Hangul character becomes a syllable
    UChar *out = ARENA_ARRAY(arena, UChar, (size_t)capacity);
    u_memcpy(out, wide.ptr, wide.len);
    int32_t length = wide.len, limit = wide.len;
    UErrorCode status = U_ZERO_ERROR;
    UTransliterator *own = utrans_clone(str_starts(lang, STR("de")) ? to_latin_german : to_latin, &status);
    utrans_transUChars(own, out, &length, capacity, 0, &limit, &status);
    utrans_close(own);
    return U_FAILURE(status) ? STR("") : to_utf8(arena, (struct utf16){out, length});
}

struct str text_slug(struct arena *arena, struct str text, struct str lang, size_t max)
{
    enum { ENOUGH = 2000 }; // bytes of a text that can still matter to its slug
    if (text.len > ENOUGH) {
        int32_t cut = ENOUGH;
        U8_SET_CP_START((const uint8_t *)text.ptr, 0, cut);
        text.len = (size_t)cut;
    }
    struct str ascii = to_ascii(arena, text, lang);
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

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool text_is_lang(struct str text)
{
    struct str rest, subtag = str_cut(text, '-', &rest);
    if (subtag.len < 2 || subtag.len > 3)
        return false;
    for (bool first = true; first || rest.ptr; first = false) {
        if (!first)
            subtag = str_cut(rest, '-', &rest);
        if (subtag.len == 0 || subtag.len > 8)
            return false;
        for (size_t i = 0; i < subtag.len; i++)
            if (!is_letter(subtag.ptr[i]) && (first || subtag.ptr[i] < '0' || subtag.ptr[i] > '9'))
                return false;
    }
    return true;
}

struct str text_cut(struct str text, size_t max)
{
    while (text.len > max && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
        max--;
    return text.len > max ? (struct str){text.ptr, max} : text;
}
