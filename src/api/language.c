// Language negotiation: of those that the contract names for it (`languages`), the one that the form
// was filled in in, or that the reader asks for by Accept-Language (RFC 9110 §12.5.4), or else the site's.
#include "negotiation.h"
#include "phrases.h"
#include "steps.h"

#include <assert.h>
#include <string.h>

// `fr-CA` is French.
static const struct str *spoken(const struct operation *operation, struct str tag)
{
    struct str rest, primary = str_cut(tag, '-', &rest);
    for (size_t i = 0; i < operation->language_count; i++)
        if (str_eq_nocase(operation->languages[i], primary))
            return &operation->languages[i];
    return NULL;
}

// `;q=0.8` in thousandths; 1000 where there is none, 0 where it cannot be read.
static unsigned language_weight(struct str parameters)
{
    struct str after, said = negotiation_quality(parameters), whole = str_cut(said, '.', &after);
    if (!said.ptr)
        return 1000;
    unsigned thousandths = str_eq(whole, STR("1")) ? 1000 : 0, worth = 100;
    for (size_t i = 0; i < after.len && thousandths < 1000; i++, worth /= 10)
        thousandths += after.ptr[i] >= '0' && after.ptr[i] <= '9' ? (unsigned)(after.ptr[i] - '0') * worth : 0;
    return thousandths;
}

static struct str of_the_site(const struct api_call *call)
{
    const struct str *own = spoken(call->operation, call->contract->sources.config->lang);
    return own ? *own : call->operation->languages[0];
}

static struct str language_asked_for(const struct api_call *call)
{
    struct str rest = http_header_list(call->arena, &call->exchange->request, STR("Accept-Language"));
    struct str best = of_the_site(call);
    unsigned best_quality = 0;
    while (rest.ptr) {
        struct str parameters, tag = str_trim(str_cut(str_cut(rest, ',', &rest), ';', &parameters));
        const struct str *language = spoken(call->operation, tag);
        unsigned wanted = language_weight(parameters);
        if (!language || wanted <= best_quality)
            continue;
        best = *language;
        best_quality = wanted;
    }
    return best;
}

static void language_set(struct api_call *call, struct str language)
{
    call->language = language;
    call->faults.words = str_eq(language, STR("fr")) ? phrase_in_french : NULL;
}

void language_begin(struct api_call *call)
{
    if (call->operation && call->operation->language_count)
        language_set(call, language_asked_for(call));
}

void language_of_body(struct api_call *call)
{
    assert(call->body);
    struct str locale = json_member_text(call->body, "locale");
    const struct str *language = locale.ptr ? spoken(call->operation, locale) : NULL;
    if (language)
        language_set(call, *language);
}

void language_put(const struct api_call *call, struct reply *reply)
{
    if (!call->language.ptr)
        return;
    reply_header(reply, STR("Content-Language"), call->language);
    reply_header(reply, STR("Vary"), STR("Accept-Language"));
}
