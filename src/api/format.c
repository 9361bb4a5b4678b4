// Formats of JSON Schema: what each promises of a text.
#include "schema.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Words that stand in addresses where a slug stands in others (`/v1/articles/by-id/{id}`): a test over the contract
// finds each.
bool slug_is_reserved(struct str text)
{
    static const struct str words[] = {{"by-id", 5}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(text, words[i]))
            return true;
    return false;
}

static bool is_slug(struct str text)
{
    bool after_hyphen = true;
    for (size_t i = 0; i < text.len; i++) {
        bool hyphen = text.ptr[i] == '-';
        if ((hyphen && after_hyphen) || (!hyphen && !is_lower(text.ptr[i]) && !is_digit(text.ptr[i])))
            return false;
        after_hyphen = hyphen;
    }
    return !after_hyphen && !uuid_is(text) && !slug_is_reserved(text);
}

// Digits that are known to be there.
static unsigned number_at(struct str text, size_t at, size_t digits)
{
    unsigned number = 0;
    for (size_t i = at; i < at + digits; i++)
        number = number * 10 + (unsigned)(text.ptr[i] - '0');
    return number;
}

static bool has_shape(struct str text, const char *shape)
{
    size_t n = strlen(shape);
    for (size_t i = 0; i < n; i++)
        if (i == text.len || (shape[i] == '0' ? !is_digit(text.ptr[i]) : text.ptr[i] != shape[i]))
            return false;
    return true;
}

static bool is_date(struct str text)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!has_shape(text, "0000-00-00"))
        return false;
    unsigned year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

static bool is_whole_date(struct str text)
{
    return text.len == 10 && is_date(text);
}

// `Z` or `+02:00`, as minutes before UTC.
static bool zone_minutes(struct str zone, unsigned *minutes)
{
    enum { DAY = 24 * 60 };
    *minutes = 0;
    if (zone.len == 1)
        return zone.ptr[0] == 'Z' || zone.ptr[0] == 'z';
    if (zone.len != 6 || (zone.ptr[0] != '+' && zone.ptr[0] != '-') ||
        !has_shape((struct str){zone.ptr + 1, 5}, "00:00"))
        return false;
    unsigned hours = number_at(zone, 1, 2), rest = number_at(zone, 4, 2);
    *minutes = zone.ptr[0] == '-' ? hours * 60 + rest : DAY - hours * 60 - rest;
    return hours < 24 && rest < 60;
}

// RFC 3339 §5.6. A second may be the 60th only where one leaps: at the end of a day in UTC.
static bool is_date_time(struct str text)
{
    enum { DATE = 10, DAY = 24 * 60 };
    if (text.len <= DATE || !is_date(text) || (text.ptr[DATE] | 0x20) != 't')
        return false;
    struct str time = {text.ptr + DATE + 1, text.len - DATE - 1};
    if (!has_shape(time, "00:00:00"))
        return false;
    unsigned hour = number_at(time, 0, 2), minute = number_at(time, 3, 2), second = number_at(time, 6, 2), shift;
    size_t end = 8;
    if (end < time.len && time.ptr[end] == '.')
        for (end++; end < time.len && is_digit(time.ptr[end]);)
            end++;
    if (time.ptr[end - 1] == '.' || !zone_minutes((struct str){time.ptr + end, time.len - end}, &shift))
        return false;
    bool leaps = (hour * 60 + minute + shift) % DAY == DAY - 1;
    return hour < 24 && minute < 60 && (second < 60 || (second == 60 && leaps));
}

static bool matches(const char *pattern, struct str text)
{
    return text_find(str_of(pattern), text) == TEXT_FOUND;
}

// An address literal of a mailbox (RFC 5321 §4.1.3): what stands in its brackets.
static bool is_ip(struct str text, int family)
{
    char copy[64] = {0}, bytes[16];
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    return inet_pton(family, copy, bytes) == 1;
}

// RFC 5321 §4.1.2, in ASCII: a local part of atoms or in quotes, and a domain or an address in brackets.
static bool is_email(struct str text)
{
    static const char *const shape =
        "^([-A-Za-z0-9!#$%&'*+/=?^_`{|}~]++(\\.[-A-Za-z0-9!#$%&'*+/=?^_`{|}~]++)*+|\"([ -!#-\\[\\]-~]|\\\\[ -~])++\")@"
        "(([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)(\\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*+|"
        "\\[[A-Za-z0-9:.]++\\])\\z";
    enum { LONGEST = 254 };
    if (text.len > LONGEST || !matches(shape, text))
        return false;
    const char *open = memchr(text.ptr, '[', text.len);
    if (!open || !str_ends(text, STR("]")) || open < (const char *)memrchr(text.ptr, '@', text.len))
        return true;
    struct str literal = {open + 1, (size_t)(text.ptr + text.len - open) - 2};
    if (str_starts(literal, STR("IPv6:")))
        return is_ip((struct str){literal.ptr + 5, literal.len - 5}, AF_INET6);
    return is_ip(literal, AF_INET);
}

// A mailbox with a domain in any script (RFC 6531 for the domain alone), and no address in brackets: what a person
// types.
static bool is_mailbox(struct str text)
{
    enum { LONGEST = 320, LOCAL_MAX = 64 }; // RFC 5321 §4.5.3.1.1
    const char *at = text.len <= LONGEST ? memrchr(text.ptr, '@', text.len) : NULL;
    if (!at)
        return false;
    struct arena *arena = arena_new();
    struct str name = {text.ptr, (size_t)(at - text.ptr)};
    struct str domain = text_domain(arena, (struct str){at + 1, text.len - name.len - 1});
    bool good = domain.ptr && memchr(domain.ptr, '.', domain.len) && name.len && name.len <= LOCAL_MAX &&
                name.ptr[0] != '"' && is_email(arena_printf(arena, "%.*s@%.*s", STR_FMT(name), STR_FMT(domain)));
    arena_free(arena);
    return good;
}

// RFC 3986 §3: absolute, with a scheme.
static bool is_uri(struct str text)
{
    static const char *const shape = "^[A-Za-z][-A-Za-z0-9+.]*+:"
                                     "(//(([-A-Za-z0-9._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
                                     "(\\[[0-9A-Fa-f:.]++\\]|([-A-Za-z0-9._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?"
                                     "(/([-A-Za-z0-9._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*+)*+"
                                     "|(?!//)([-A-Za-z0-9._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*+)"
                                     "(\\?([-A-Za-z0-9._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*+)?"
                                     "(#([-A-Za-z0-9._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*+)?\\z";
    if (!matches(shape, text))
        return false;
    const char *open = memchr(text.ptr, '[', text.len);
    if (!open)
        return true;
    const char *close = memchr(open, ']', (size_t)(text.ptr + text.len - open));
    return is_ip((struct str){open + 1, (size_t)(close - open) - 1}, AF_INET6);
}

// A web address, which a browser fetches: a URI of http or https, with a host (RFC 9110 §4.2) and without a user's
// name.
static bool is_web(struct str text)
{
    struct arena *arena = arena_new();
    bool is = text_web(arena, text).ptr != NULL;
    arena_free(arena);
    return is;
}

// What a link of a person's leads to: a page, or a mailbox.
static bool is_contact(struct str text)
{
    struct str rest, scheme = str_cut(text, ':', &rest);
    return str_eq_nocase(scheme, STR("mailto")) ? rest.ptr && is_mailbox(rest) : is_web(text);
}

static bool is_line(struct str text)
{
    return !text_is_blank(text) && !memchr(text.ptr, '\n', text.len) && !memchr(text.ptr, '\t', text.len);
}

static bool is_written(struct str text)
{
    return !text_is_blank(text);
}

static struct str trimmed(struct arena *arena, struct str text)
{
    (void)arena;
    return text_trim(text);
}

static struct str normal_web(struct arena *arena, struct str text)
{
    struct str web = text_web(arena, text_trim(text));
    return web.ptr ? web : text_trim(text);
}

static struct str normal_contact(struct arena *arena, struct str text)
{
    struct str rest, scheme = str_cut(text_trim(text), ':', &rest);
    if (rest.ptr && str_eq_nocase(scheme, STR("mailto")))
        return arena_printf(arena, "mailto:%.*s", STR_FMT(rest));
    return normal_web(arena, text);
}

static struct str normal_lang(struct arena *arena, struct str text)
{
    struct str lang = text_lang(arena, text_trim(text));
    return lang.ptr ? lang : text;
}

const struct format *format_find(struct str name)
{
    static const struct format formats[] = {
        {"slug", is_slug,
         "is not a slug: lower-case letters and digits with single hyphens between; no UUID, and not by-id.", NULL},
        {"uuid", uuid_is, "is not an id (a UUID).", NULL},
        {"lang", text_is_lang, "is not a language (BCP 47, such as fr or en-GB).", normal_lang},
        {"date-time", is_date_time, "is not a time (RFC 3339).", NULL},
        {"date", is_whole_date, "is not a date (RFC 3339, such as 2026-11-24).", NULL},
        {"email", is_email, "is not an e-mail address.", trimmed},
        {"mailbox", is_mailbox, "is not an e-mail address.", trimmed},
        {"uri", is_uri, "is not an absolute address (RFC 3986, such as https://example.org/a).", NULL},
        {"web", is_web, "is not an address of the web (http or https, such as https://example.org/a).", normal_web},
        {"contact", is_contact,
         "is not an address of the web or of e-mail (https://example.org/a, mailto:a@example.org).", normal_contact},
        {"line", is_line, "is not one line with something to read in it.", trimmed},
        {"text", is_written, "is not anything to read.", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (str_eq(name, str_of(formats[i].name)))
            return &formats[i];
    return NULL;
}
