// Regular expressions, through ICU's, over UTF-8 as it stands.
#include "marbre/base.h"

#include <unicode/uregex.h>
#include <unicode/utext.h>

// Steps of ICU's matcher, of about a microsecond's order each thousand: far above any honest match, and soon over.
enum { STEPS_MAX = 200, STACK_MAX = 1 << 20 };

static URegularExpression *compiled(struct str pattern, UErrorCode *status)
{
    UParseError where;
    UText *text = utext_openUTF8(NULL, pattern.ptr, (int64_t)pattern.len, status);
    URegularExpression *expression = uregex_openUText(text, 0, &where, status);
    utext_close(text);
    uregex_setTimeLimit(expression, STEPS_MAX, status);
    uregex_setStackLimit(expression, STACK_MAX, status);
    return expression;
}

bool text_pattern_is(struct str pattern)
{
    UErrorCode status = U_ZERO_ERROR;
    uregex_close(compiled(pattern, &status));
    return U_SUCCESS(status);
}

enum text_found text_find(struct str pattern, struct str text)
{
    UErrorCode status = U_ZERO_ERROR;
    URegularExpression *expression = compiled(pattern, &status);
    UText *subject = utext_openUTF8(NULL, text.len ? text.ptr : "", (int64_t)text.len, &status);
    uregex_setUText(expression, subject, &status);
    bool found = uregex_find(expression, -1, &status);
    utext_close(subject);
    uregex_close(expression);
    if (U_FAILURE(status))
        return TEXT_TOO_HARD;
    return found ? TEXT_FOUND : TEXT_NOT_FOUND;
}
