// Internet domains in any script: their ASCII form (IDNA by UTS #46), and whether one is dressed up as another (UTS
// #39).
#include "marbre/base.h"

#include <pthread.h>
#include <string.h>
#include <unicode/uidna.h>
#include <unicode/uspoof.h>

enum { DOMAIN_MAX = 253, ROOM = 1024 };

static UIDNA *idna;
static USpoofChecker *checker;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Both are read only from here on, which ICU lets any number of threads do at once.
static void checkers_make(void)
{
    UErrorCode failed = U_ZERO_ERROR;
    idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                               UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &failed);
    checker = uspoof_open(&failed);
    uspoof_setChecks(checker, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE, &failed);
    uspoof_setRestrictionLevel(checker, USPOOF_HIGHLY_RESTRICTIVE);
    if (U_FAILURE(failed))
        fatal("ICU has no domains: %s", u_errorName(failed));
}

struct str text_domain(struct arena *arena, struct str domain)
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode failed = U_ZERO_ERROR;
    char ascii[ROOM];
    pthread_once(&once, checkers_make);
    if (domain.len == 0 || domain.len > DOMAIN_MAX * 4)
        return STR_NONE;
    int32_t n = uidna_nameToASCII_UTF8(idna, domain.ptr, (int32_t)domain.len, ascii, sizeof ascii, &info, &failed);
    if (U_FAILURE(failed) || info.errors || n <= 0 || n > DOMAIN_MAX)
        return STR_NONE;
    return arena_copy(arena, (struct str){ascii, (size_t)n});
}

static bool is_ascii_bytes(const char *bytes, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    return true;
}

// A label that is not ASCII, and looks as if it were.
static bool looks_ascii(const char *label, int32_t n)
{
    UErrorCode failed = U_ZERO_ERROR;
    char skeleton[ROOM];
    int32_t length = uspoof_getSkeletonUTF8(checker, 0, label, n, skeleton, sizeof skeleton, &failed);
    return U_SUCCESS(failed) && !is_ascii_bytes(label, n) && is_ascii_bytes(skeleton, length);
}

static bool label_is_confusable(struct str ascii)
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode failed = U_ZERO_ERROR;
    char label[ROOM];
    int32_t n = uidna_labelToUnicodeUTF8(idna, ascii.ptr, (int32_t)ascii.len, label, sizeof label, &info, &failed);
    if (U_FAILURE(failed) || info.errors || n <= 0)
        return true; // what begins with xn-- and stands for nothing
    return uspoof_check2UTF8(checker, label, n, NULL, &failed) != 0 || looks_ascii(label, n);
}

bool text_domain_confusable(struct arena *arena, struct str domain)
{
    pthread_once(&once, checkers_make);
    struct str rest = str_lower(arena, domain);
    while (rest.ptr) {
        struct str label = str_cut(rest, '.', &rest);
        if (str_starts(label, STR("xn--")) && label_is_confusable(label))
            return true;
    }
    return false;
}
