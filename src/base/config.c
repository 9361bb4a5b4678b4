// The one table of what ops may set. A key that is not here does not exist; `marbre check --config` prints the rest.
#include "marbre/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { TEXT, SECRET_URL, NUMBER, RATE, LANGUAGE, WEB_ADDRESS, WEB_ADDRESS_OR_NONE, TEMPLATE, ORIGINS };

struct key {
    const char *name;
    enum kind kind;
    size_t offset; // in struct config
    const char *default_text;
    unsigned min, max; // of a NUMBER
    const char *about;
};

#define AT(member) offsetof(struct config, member)

static const struct key keys[] = {
    {"MARBRE_DATABASE_URL", SECRET_URL, AT(database_url), "", 0, 0, "PostgreSQL that is served from (libpq URI)"},
    {"MARBRE_MIGRATE_DATABASE_URL", SECRET_URL, AT(migrate_database_url), "", 0, 0,
     "the same database as its owner, for `marbre migrate`; left out: MARBRE_DATABASE_URL"},
    {"MARBRE_MIGRATE_SECONDS", NUMBER, AT(migrate_seconds), "60", 0, 86400,
     "how long each step of `marbre migrate` tries for locks that others hold, before it gives up"},
    {"MARBRE_DATABASE_ROLE", TEXT, AT(database_role), "marbre_server", 0, 0,
     "the role that the server serves as; it owns nothing"},
    {"MARBRE_LISTEN", TEXT, AT(listen), "127.0.0.1:8080", 0, 0, "address:port for readers and editors"},
    {"MARBRE_ADMIN_LISTEN", TEXT, AT(admin_listen), "", 0, 0,
     "address:port for /livez, /readyz and /metrics; empty: none"},
    {"MARBRE_WORKERS", NUMBER, AT(workers), "0", 0, 256, "threads that serve; 0: one a core"},
    {"MARBRE_SITE_URL", WEB_ADDRESS, AT(site_url), "http://127.0.0.1:8080", 0, 0, "where readers find the site"},
    {"MARBRE_ARTICLE_URL", TEMPLATE, AT(article_url), "{site}/articles/{slug}", 0, 0,
     "an article's address for readers; {site} and {slug} are filled in"},
    {"MARBRE_LANG", LANGUAGE, AT(lang), "fr", 0, 0, "BCP 47 language of an article that names none"},
    {"MARBRE_JWT_KEYS_FILE", TEXT, AT(jwt_keys_file), "", 0, 0,
     "lines `kid:base64url`, at least 32 bytes each; the first signs"},
    {"MARBRE_READ_CONNECTIONS", NUMBER, AT(read_connections), "0", 0, 64,
     "database connections a worker reads on, and as many for lists; 0: two, with more than eight workers one"},
    {"MARBRE_WRITE_CONNECTIONS", NUMBER, AT(write_connections), "4", 1, 64,
     "database connections a worker writes on; half of them at most wait for one lock"},
    {"MARBRE_CONNECTIONS_MAX", NUMBER, AT(connections_max), "10000", 1, 1000000, "client connections a worker keeps"},
    {"MARBRE_CONNECTIONS_PER_ADDRESS", NUMBER, AT(connections_per_address), "256", 0, 1000000,
     "of them, from one address (IPv6: one /64) that is no trusted proxy; 0: any number"},
    {"MARBRE_REQUEST_BYTES", NUMBER, AT(request_bytes), "67108864", 8388608, 4294967295,
     "bytes that bodies of requests may take in a worker, before it answers 503"},
    {"MARBRE_TRUSTED_PROXIES", TEXT, AT(trusted_proxies), "", 0, 0,
     "addresses and networks (10.0.0.0/8), by commas, that say in Forwarded or X-Forwarded-For who the client is"},
    {"MARBRE_HASH_THREADS", NUMBER, AT(hash_threads), "2", 1, 64, "threads that hash passwords"},
    {"MARBRE_HASH_QUEUE", NUMBER, AT(hash_queue), "64", 1, 10000,
     "passwords that may wait to be hashed, before it answers 503"},
    {"MARBRE_HASH_PASSES", NUMBER, AT(hash_passes), "2", 1, 16, "argon2id passes"},
    {"MARBRE_HASH_MEMORY_KIB", NUMBER, AT(hash_memory_kib), "19456", 1024, 1048576, "argon2id memory in KiB"},
    {"MARBRE_DESK_ORIGINS", ORIGINS, AT(desk_origins), "", 0, 0,
     "origins (https://desk.example), by commas, whose pages may call the desk; readers' addresses take any"},
    {"MARBRE_SITE_ORIGINS", ORIGINS, AT(site_origins), "", 0, 0,
     "origins, by commas, whose pages may send readers' forms, beside that of MARBRE_SITE_URL"},
    {"MARBRE_RATE_READ", RATE, AT(rate_read), "6000/60", 0, 0,
     "requests/seconds for readers, by address (IPv6: by /64; not by a trusted proxy's own); 0: no limit"},
    {"MARBRE_RATE_DESK", RATE, AT(rate_desk), "1200/60", 0, 0, "requests/seconds at the desk, by session or API key"},
    {"MARBRE_RATE_LOGIN", RATE, AT(rate_login), "60/60", 0, 0,
     "requests/seconds for logging in and refreshing by address, and for API keys that are none by address and key"},
    {"MARBRE_RATE_FORM", RATE, AT(rate_form), "20/3600", 0, 0,
     "forms/seconds that readers send, by address (IPv6: by /64)"},
    {"MARBRE_RATE_FORM_ALL", RATE, AT(rate_form_all), "2000/3600", 0, 0, "forms/seconds from all addresses together"},
    {"MARBRE_FORM_SECONDS_MIN", NUMBER, AT(form_seconds_min), "3", 0, 3600,
     "how long a person takes at least to fill in a form"},
    {"MARBRE_FORM_SECONDS_MAX", NUMBER, AT(form_seconds_max), "86400", 1, 604800, "how long a form's token is good"},
    {"MARBRE_SPONSORSHIP_THANKS", WEB_ADDRESS_OR_NONE, AT(sponsorship_thanks), "", 0, 0,
     "the page that an HTML form leads to (303), where {reference} is filled in; empty: 202 and JSON"},
    {"MARBRE_SPONSORSHIP_PER_EMAIL", RATE, AT(sponsorship_per_email), "5/86400", 0, 0,
     "inquiries/seconds from one e-mail address; 0: no limit"},
    {"MARBRE_SPONSORSHIP_PER_NETWORK", RATE, AT(sponsorship_per_network), "5/600", 0, 0,
     "inquiries/seconds from one address (IPv6: one /64), above which those that come are marked as spam; 0: never"},
    {"MARBRE_SPONSORSHIP_BURST", RATE, AT(sponsorship_burst), "30/600", 0, 0,
     "inquiries/seconds, above which those that come are marked as spam, for somebody to look through; 0: never"},
    {"MARBRE_SPONSORSHIP_LINKS", NUMBER, AT(sponsorship_links), "5", 0, 1000, "links that an inquiry may have"},
    {"MARBRE_SPONSORSHIP_MONTHS", NUMBER, AT(sponsorship_months), "18", 1, 1200,
     "months after the last contact, when personal data of an inquiry is erased"},
    {"MARBRE_JOBS_SECONDS", NUMBER, AT(jobs_seconds), "60", 0, 86400,
     "how often this server looks for jobs that are due; 0: it leaves them to others"},
    {"MARBRE_DRAIN_SECONDS", NUMBER, AT(drain_seconds), "5", 0, 600, "how long SIGTERM lets requests finish"},
};

enum { VALUE_BYTES_MAX = 8192 };

// The value of a key: from the environment, from the file that KEY_FILE names, or the standard one.
static bool find_value(struct arena *arena, const struct key *key, struct str *value, struct error *error)
{
    const char *own = getenv(key->name);
    const char *file = getenv(arena_cstr(arena, arena_printf(arena, "%s_FILE", key->name)));
    if (file && *file && own && *own)
        return error_set(error, "%s and %s_FILE are both set: keep one", key->name, key->name);
    if (file && *file) {
        if (file_read(arena, file, VALUE_BYTES_MAX, value)) {
            while (value->len && (value->ptr[value->len - 1] == '\n' || value->ptr[value->len - 1] == '\r'))
                value->len--;
            return true;
        }
        return error_set(error, "%s_FILE names %s, which cannot be read: %s", key->name, file, strerror(errno));
    }
    *value = str_of(own && *own ? own : key->default_text);
    return true;
}

static bool is_web_address(struct str text)
{
    return str_starts(text, STR("http://")) || str_starts(text, STR("https://"));
}

static bool has_slug(struct str text)
{
    return memmem(text.ptr, text.len, "{slug}", strlen("{slug}")) != NULL;
}

// An origin as browsers send it (RFC 6454 §6.2): a scheme and a host in lower case, perhaps a port, nothing after. One
// that is written otherwise would match no page, and nobody would be told why.
static bool is_origin(struct str text)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]";
    size_t host = strlen(str_starts(text, STR("https://")) ? "https://" : "http://");
    bool fits = is_web_address(text) && text.len > host;
    for (size_t i = host; fits && i < text.len; i++)
        fits = memchr(bytes, text.ptr[i], sizeof bytes - 1) != NULL;
    return fits;
}

static bool are_origins(struct str text)
{
    while (text.len)
        if (!is_origin(str_trim(str_cut(text, ',', &text))))
            return false;
    return true;
}

static bool is_web_address_or_none(struct str text)
{
    return text.len == 0 || is_web_address(text);
}

// Validators of kinds of text, each with its sentence.
static const struct {
    bool (*fits)(struct str text);
    const char *takes;
} texts[] = {
    [LANGUAGE] = {text_is_lang, "a BCP 47 language, such as fr"},
    [WEB_ADDRESS] = {is_web_address, "an address that begins with http:// or https://"},
    [WEB_ADDRESS_OR_NONE] = {is_web_address_or_none, "an address that begins with http:// or https://, or nothing"},
    [TEMPLATE] = {has_slug, "a template with {slug} in it"},
    [ORIGINS] = {are_origins, "origins such as https://desk.example, by commas"},
};

static bool take_text(const struct key *key, struct str value, struct str *member, struct error *error)
{
    *member = value;
    if ((size_t)key->kind >= COUNT_OF(texts) || !texts[key->kind].fits || texts[key->kind].fits(value))
        return true;
    return error_set(error, "%s is \"%.*s\"; it takes %s", key->name, STR_FMT(value), texts[key->kind].takes);
}

static bool take_number(const struct key *key, struct str value, unsigned *member, struct error *error)
{
    uint64_t number;
    if (str_to_u64(value, key->max, &number) && number >= key->min) {
        *member = (unsigned)number;
        return true;
    }
    return error_set(error, "%s is \"%.*s\"; it takes a whole number from %u to %u", key->name, STR_FMT(value),
                     key->min, key->max);
}

// `600/60`, or `0`.
static bool take_rate(const struct key *key, struct str value, struct config_rate *rate, struct error *error)
{
    enum { REQUESTS_MOST = 1000000, DAY = 86400 };
    struct str per, count = str_cut(value, '/', &per);
    uint64_t requests, seconds = 1;
    if (str_to_u64(count, REQUESTS_MOST, &requests) &&
        (per.ptr ? str_to_u64(per, DAY, &seconds) && seconds > 0 : requests == 0)) {
        *rate = (struct config_rate){(unsigned)requests, (unsigned)seconds};
        return true;
    }
    return error_set(error, "%s is \"%.*s\"; it takes requests/seconds, such as 600/60, or 0", key->name,
                     STR_FMT(value));
}

static bool take_value(const struct key *key, struct str value, void *member, struct error *error)
{
    if (key->kind == NUMBER)
        return take_number(key, value, member, error);
    if (key->kind == RATE)
        return take_rate(key, value, member, error);
    return take_text(key, value, member, error);
}

// KEY and KEY_FILE are keys; so is a KEY that ends in _FILE itself.
static bool is_key(struct str name)
{
    struct str shorter = name;
    if (str_ends(name, STR("_FILE")))
        shorter.len -= strlen("_FILE");
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_eq(str_of(keys[i].name), name) || str_eq(str_of(keys[i].name), shorter))
            return true;
    return false;
}

struct str config_stranger(void)
{
    for (char **variable = environ; *variable; variable++) {
        struct str value, name = str_cut(str_of(*variable), '=', &value);
        if (str_starts(name, STR("MARBRE_")) && !is_key(name))
            return name;
    }
    return STR_NONE;
}

bool config_load(struct arena *arena, struct config *config, struct error *error)
{
    *config = (struct config){0};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct key *key = &keys[i];
        struct str value = STR_NONE;
        if (!find_value(arena, key, &value, error))
            return false;
        void *member = (char *)config + key->offset;
        if (!take_value(key, value, member, error))
            return false;
    }
    if (config->workers == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        config->workers = cores > 0 ? (unsigned)cores : 1;
    }
    if (config->migrate_database_url.len == 0)
        config->migrate_database_url = config->database_url;
    config->lang = text_lang(arena, config->lang);
    return true;
}

// One `name=value` of a URL's query; a name in %-escapes may be a password's.
static void put_setting(struct buf *out, struct str setting)
{
    struct str value, name = str_cut(setting, '=', &value);
    bool secret = name.len && (memmem(name.ptr, name.len, "password", 8) || memmem(name.ptr, name.len, "secret", 6) ||
                               memchr(name.ptr, '%', name.len));
    buf_put(out, name);
    if (value.ptr)
        buf_put(out, secret ? STR("=***") : (struct str){value.ptr - 1, value.len + 1});
}

// `postgresql://user:secret@host/db?password=secret` without the secrets, rather hiding too much than too little; what
// is no URL is not shown at all.
static void put_masked(struct buf *out, struct str url)
{
    if (!str_starts(url, STR("postgresql://")) && !str_starts(url, STR("postgres://"))) {
        buf_put(out, url.len ? STR("(set)") : STR(""));
        return;
    }
    struct str rest, password, settings, scheme = str_cut(url, ':', &rest);
    const char *at = memrchr(rest.ptr, '@', rest.len);
    struct str user = str_cut((struct str){rest.ptr + 2, at ? (size_t)(at - rest.ptr) - 2 : 0}, ':', &password);
    buf_put(out, scheme);
    buf_put_lit(out, "://");
    buf_put(out, user);
    if (password.ptr)
        buf_put_lit(out, ":***");
    size_t shown = password.ptr ? (size_t)(at - rest.ptr) : user.len + 2;
    buf_put(out, str_cut((struct str){rest.ptr + shown, rest.len - shown}, '?', &settings));
    for (char before = '?'; settings.ptr; before = '&') {
        buf_put_char(out, before);
        put_setting(out, str_cut(settings, '&', &settings));
    }
}

static void config_put_value(struct buf *out, const struct key *key, const void *member)
{
    const struct config_rate *rate = member;
    if (key->kind == NUMBER)
        buf_printf(out, "%u", *(const unsigned *)member);
    else if (key->kind == RATE)
        buf_printf(out, "%u/%u", rate->requests, rate->seconds);
    else if (key->kind != SECRET_URL)
        buf_put(out, *(const struct str *)member);
    else
        put_masked(out, *(const struct str *)member);
}

void config_print(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        buf_printf(out, "%s=", keys[i].name);
        config_put_value(out, &keys[i], (const char *)config + keys[i].offset);
        buf_printf(out, "    # %s\n", keys[i].about);
    }
}

struct str config_value(struct arena *arena, const struct config *config, struct str name)
{
    static const size_t prefix = sizeof "MARBRE_" - 1;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct str key = {keys[i].name + prefix, strlen(keys[i].name) - prefix};
        if (keys[i].kind == SECRET_URL || !str_eq_nocase(key, name))
            continue;
        struct buf text = buf_in(arena);
        config_put_value(&text, &keys[i], (const char *)config + keys[i].offset);
        return text.len ? buf_str(&text) : STR("");
    }
    return STR_NONE;
}
