// base: what every room stands on, and nothing that knows of articles, HTTP or SQL.
//
// Strings are views, memory belongs to arenas, text goes through ICU, secrets through libsodium, JSON through jansson,
// time through two clocks, the log through one writer thread. Out of memory ends the process with a line that says so:
// nothing here returns NULL for want of memory.
#pragma once

#include <event2/event.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define COUNT_OF(array)        (sizeof(array) / sizeof((array)[0]))

// ---------------------------------------------------------------------------------------------------------- strings

// A view of bytes that somebody else owns. Not terminated by NUL. `ptr` may be NULL only where `len` is 0; a NULL `ptr`
// means "absent" where a function says so.
struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal)  ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE      ((struct str){NULL, 0})
#define STR_FMT(view) (int)(view).len, (view).ptr // for "%.*s"

struct str str_of(const char *terminated); // NULL gives STR_NONE
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); // ASCII only
bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
// The part before the first `separator`; `rest` gets what follows it, or STR_NONE when there was none.
struct str str_cut(struct str text, char separator, struct str *rest);
struct str str_trim(struct str text); // spaces and tabs off both ends
// Decimal digits only, no sign, no space, nothing after; false when it is anything else or above `max`.
MUST_CHECK bool str_to_u64(struct str text, uint64_t max, uint64_t *value);

// ----------------------------------------------------------------------------------------------------------- errors

// A bug, or no memory: one line on stderr, and abort().
_Noreturn void fatal(const char *format, ...) PRINTF_LIKE(1, 2);
// Gives back what malloc and its like gave; NULL ends the process, which says for what.
void *allocated(void *memory, const char *what);

// Why something could not be done, in a sentence for whoever runs the server. What is wrong with a client's request is
// a `struct fault`.
struct error {
    char detail[1000];
};
// Says why, and is false: `return error_set(error, "%s cannot be read", path)`. What it says before may be among what
// is filled in: `error_set(error, "the keys: %s", error->detail)`.
bool error_set(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

// ------------------------------------------------------------------------------------------------------------ arena

// Memory with one end: everything taken from an arena goes when the arena goes. One request has one.
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);             // runs what was deferred, last first
void *arena_alloc(struct arena *arena, size_t n); // zeroed, aligned for anything
struct str arena_copy(struct arena *arena, struct str text);
char *arena_cstr(struct arena *arena, struct str text);                                  // a NUL-terminated copy
struct str str_lower(struct arena *arena, struct str text);                              // a copy, ASCII letters only
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3); // NUL-terminated, too
// Calls `finish(thing)` when the arena is freed: how things that other libraries allocated are given back.
void arena_defer(struct arena *arena, void (*finish)(void *), void *thing);

// Room for one more item in a list that holds `count`: the list itself, or a larger copy.
void *arena_room(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);
#define ARENA_ROOM(arena, items, count, capacity)                                                                      \
    ((items) = arena_room((arena), (items), (count), &(capacity), sizeof *(items)))

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

// Bytes that grow, inside an arena.
struct buf {
    struct arena *arena;
    char *ptr;
    size_t len, capacity;
};

struct buf buf_in(struct arena *arena);
void buf_put(struct buf *buf, struct str text);
void buf_put_char(struct buf *buf, char c);
void buf_put_u64(struct buf *buf, uint64_t number); // in decimal
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
void buf_put_json(struct buf *buf, struct str text); // as a JSON string, quotes included
struct str buf_str(const struct buf *buf);           // a view, good until the next put
#define buf_put_lit(buf, literal) buf_put((buf), STR(literal))

// A file's bytes, at the most so many; false with errno where it cannot be read or has more (EFBIG).
bool file_read(struct arena *arena, const char *path, size_t most, struct str *text);

// ------------------------------------------------------------------------------------------------------------- JSON

#define JSON_DEPTH_MAX      32
#define JSON_CONTAINERS_MAX 120000 // objects and arrays: making more of them would hold up a loop

// A syntax error of JSON (RFC 8259): its place and its sentence. Lines and columns count from 1.
struct json_fault {
    int line, column;
    char detail[160];
};

// Parses one JSON text of any type; duplicate keys and a depth over JSON_DEPTH_MAX are faults. The value lives as long
// as the arena. NULL and `fault` filled when it is not JSON.
MUST_CHECK json_t *json_read(struct arena *arena, struct str text, struct json_fault *fault);
// json_read with a limit of nesting below JSON_DEPTH_MAX: `depth` is 1 to JSON_DEPTH_MAX.
MUST_CHECK json_t *json_read_to_depth(struct arena *arena, struct str text, size_t depth, struct json_fault *fault);
// Gives a value that jansson has made to the arena, which frees it: json_own(arena, json_object()). NULL, for which
// jansson had no memory, ends the process.
json_t *json_own(struct arena *arena, json_t *value);
struct str json_write(struct arena *arena, const json_t *value);  // compact
void buf_put_json_escaped(struct buf *buf, struct str character); // one, as `\uXXXX`, or two of these (RFC 8259 §7)
struct str json_text(const json_t *string);                       // the view of a string's bytes; STR_NONE for others
struct str json_member_text(const json_t *object, const char *key);

// Where in a text that somebody wrote, counted from 1; a column is 0 where it is not known, a line where there is none.
struct text_place {
    size_t line, column;
};

// One thing wrong with a value: where (a JSON Pointer, RFC 6901) and what, in a sentence for a person. In a text of
// many lines also at which place, with which the sentence begins: `line 5: …`.
struct fault {
    struct fault *next;
    struct str pointer, detail;
    struct text_place place;
};

// A JSON Pointer (RFC 6901) in the making: where in a value a reader stands, as a chain on the stack that becomes text
// only when there is a fault.
struct path {
    const struct path *up; // NULL at the top, where `name` is what the pointer begins with, or NULL
    const char *name;      // of a member; NULL in a list, where `index` counts
    size_t index;
};
void buf_put_path(struct buf *buf, const struct path *path); // a name of more than 256 bytes is cut

// Every fault that was found, in order; past a thousand they are only counted.
struct faults {
    struct arena *arena;
    struct fault *first, *last;
    size_t count;
    const char *(*words)(const char *format); // the same sentence in the reader's language; NULL: as it stands
};

struct faults faults_in(struct arena *arena);
struct faults faults_beside(const struct faults *faults);                // none so far, in the same language
const char *fault_words(const struct faults *faults, const char *words); // for what is filled into a sentence
bool faults_enough(const struct faults *faults);                         // so many that looking further is of no use
void fault_add_at(struct faults *faults, const struct path *path, const char *format, ...) PRINTF_LIKE(3, 4);
void fault_add(struct faults *faults, struct str pointer, const char *format, ...) PRINTF_LIKE(3, 4);
void fault_add_at_line(struct faults *faults, struct str pointer, struct text_place place, const char *format, ...)
    PRINTF_LIKE(4, 5);

// ------------------------------------------------------------------------------------------------------------- text

// Unicode through ICU. All take and give UTF-8.
bool text_is_utf8(struct str text);
struct str text_cut(struct str text, size_t max); // its first `max` bytes, or a few less: no character is broken
// NFC in linear time: a character keeps 30 combining marks (UAX #15 §13), those beyond go. Done twice changes nothing.
struct str text_nfc(struct arena *arena, struct str text);
// NFC, and without the control characters that nobody can see (C0 but tab and newline, DEL, C1, U+FEFF; bidi overrides
// are kept: they are text). Line ends in all spellings become LF (CR LF, CR, U+000B, U+000C, U+0085, U+2028, U+2029).
struct str text_clean(struct arena *arena, struct str text);
// text_clean where the last five of these become another character: a space in what has one line.
struct str text_clean_with(struct arena *arena, struct str text, char line_end);
// `^[a-z0-9]+(-[a-z0-9]+)*$`, at most `max` bytes, cut at a word: `L’Été à Pékin` gives `l-ete-a-pekin`, `CO₂` `co2`;
// what cannot be seen (soft hyphens, joiners) parts no word. `lang` is a
// BCP 47 tag and decides about German umlauts. Text without a letter or digit that has a name gives `untitled`. Of a
// long text only the beginning is looked at, so that the cost depends on `max`.
struct str text_slug(struct arena *arena, struct str text, struct str lang, size_t max);
// The ASCII form of an internet domain (UTS #46): `bücher.example` gives `xn--bcher-kva.example`, capitals become
// small. STR_NONE for what is no domain.
struct str text_domain(struct arena *arena, struct str domain);
// Homograph check (UTS #39): a domain, in its ASCII form, could be meant to be taken for another one: a label mixes
// scripts, or has no ASCII letter and looks as if it had nothing else.
bool text_domain_confusable(struct arena *arena, struct str domain);
// The first `max` characters of a text for a sentence, an ellipsis where there are more. What nobody would see is told
// by its number (`U+200B`), but line ends and tabs are spaces.
void buf_put_visible(struct buf *buf, struct str text, size_t max);
// A password as OpaqueString has it (RFC 8265 §4.2): any space is U+0020, NFC; nothing is trimmed. STR_NONE where a
// control character stands in it, or nothing at all.
struct str text_opaque(struct arena *arena, struct str text);
// An address of the web, http or https, as a URI: `HTTPS://bücher.example/é` gives
// `https://xn--bcher-kva.example/%C3%A9`. STR_NONE for what is none: another scheme, no host or a broken one, a user's
// name, blanks, backslashes.
struct str text_web(struct arena *arena, struct str text);
bool text_is_blank(struct str text);   // nothing but white space and what cannot be seen
struct str text_trim(struct str text); // without white space at its ends, of any kind
// A tag of BCP 47 that begins with a language of two or three letters and is well-formed (RFC 5646 §2.2.9), in the case
// that §2.1.1 recommends: fr, pt-BR, zh-Hant. STR_NONE for what is none.
struct str text_lang(struct arena *arena, struct str text);
bool text_is_lang(struct str text);
size_t text_words(struct arena *arena, struct str text, struct str lang); // words as ICU's word breaks see them
// The first sentences of a text that together have at most `max` characters, on one line. None ends inside quotation
// marks or behind an abbreviation. Where the first alone is longer, as many of its words, an ellipsis, and what ends a
// quotation that they left open.
struct str text_first_sentences(struct arena *arena, struct str text, struct str lang, size_t max);
size_t text_length(struct str text); // code points, as JSON Schema counts
// What stands at a place of a text, and before it; at its ends is space.
enum text_class { TEXT_OTHER, TEXT_SPACE, TEXT_PUNCTUATION };
enum text_class text_class_at(struct str text, size_t at);
enum text_class text_class_before(struct str text, size_t at);

// Regular expressions (ICU's, which reads those of ECMA-262 that schemas use). A match that takes too long is given up.
enum text_found { TEXT_FOUND, TEXT_NOT_FOUND, TEXT_TOO_HARD };
bool text_pattern_is(struct str pattern);
enum text_found text_find(struct str pattern, struct str text); // anywhere in it

// -------------------------------------------------------------------------------------------------- ids and secrets

#define UUID_TEXT  36
#define HASH_BYTES 32

struct uuid {
    char text[UUID_TEXT + 1]; // lower-case, NUL-terminated
};

struct uuid uuid_new(void); // version 7 (RFC 9562 §5.7): sorts by the time it was made
bool uuid_is(struct str text);

void secret_init(void); // once, before any other function of this section
void secret_random(void *bytes, size_t n);
bool secret_equal(const void *a, const void *b, size_t n);                        // in constant time
void secret_hash(struct str bytes, unsigned char hash[HASH_BYTES]);               // BLAKE2b
void secret_sha256(struct str bytes, unsigned char hash[HASH_BYTES]);             // FIPS 180-4
void secret_mac(struct str bytes, struct str key, unsigned char mac[HASH_BYTES]); // keyed BLAKE2b, key 16 to 64 bytes
struct str secret_base64(struct arena *arena, const void *bytes, size_t n);       // base64url, unpadded
MUST_CHECK bool secret_unbase64(struct arena *arena, struct str text, struct str *bytes);
struct str secret_hex(struct arena *arena, const void *bytes, size_t n);
#define SHORT_KEY_BYTES 16
// SipHash, for tables that strangers must not be able to crowd: 64 bits, quick, no MAC.
uint64_t secret_short_hash(struct str bytes, const unsigned char key[SHORT_KEY_BYTES]);

// argon2id (RFC 9106) in PHC string form. Slow on purpose (tens of milliseconds, `memory` bytes): never on a loop.
struct str secret_password_hash(struct arena *arena, struct str password, unsigned passes, size_t memory);
bool secret_password_fits(struct str password, struct str phc);
bool secret_password_costs(struct str phc, unsigned passes, size_t memory); // whether it was made with this cost

// ------------------------------------------------------------------------------------------------------------ clock

int64_t clock_wall_ms(void); // milliseconds since 1970 in UTC
int64_t clock_mono_us(void); // microseconds that only go forward
#define CLOCK_HTTP    30
#define CLOCK_RFC3339 25
void clock_http(int64_t wall_s, char text[CLOCK_HTTP]);        // `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7)
void clock_rfc3339(int64_t wall_ms, char text[CLOCK_RFC3339]); // `1994-11-06T08:49:37.000Z`

// ----------------------------------------------------------------------------------------------------------- metrics

// A number that one thread counts and any other reads meanwhile: a load and a store, no lock and no locked instruction.
struct counter {
    _Atomic uint64_t value;
};

static inline uint64_t counter_value(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

static inline void counter_set(struct counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

static inline void counter_add(struct counter *counter, uint64_t n)
{
    counter_set(counter, counter_value(counter) + n);
}

// A histogram of durations. Each is counted within the first bound that it does not exceed; those that exceed all,
// last.
enum { DURATION_BOUNDS = 12 };
extern const unsigned duration_bounds_us[DURATION_BOUNDS];
struct durations {
    struct counter within[DURATION_BOUNDS + 1];
    struct counter total_us;
};
void durations_add(struct durations *durations, int64_t us);

// ------------------------------------------------------------------------------------------------------------- loop

// One thread's libevent loop, and a wakeup by which other threads hand it work.
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);                                       // until loop_stop
void loop_stop(struct loop *loop);                                      // from any thread
void loop_post(struct loop *loop, void (*job)(void *), void *argument); // from any thread; `job` runs in the loop's
struct event_base *loop_base(struct loop *loop);
const struct durations *loop_turns(const struct loop *loop); // processor time of each turn: how long it held others up

// A thread pool with a bounded queue, for what must never run on a loop (argon2, name lookups).
struct thread_pool;

struct thread_pool *thread_pool_new(unsigned threads, unsigned queue_max);
void thread_pool_free(struct thread_pool *threads); // waits for what was begun; jobs not yet begun are dropped
// Runs `work(argument)` on the pool, then `done(argument)` on `home`. False at once when the queue is full.
MUST_CHECK bool thread_pool_submit(struct thread_pool *threads, struct loop *home, void (*work)(void *),
                                   void (*done)(void *), void *argument);

// -------------------------------------------------------------------------------------------------------------- log

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

// JSON lines to a file descriptor, by one writer thread. A line that finds its ring full is dropped and counted: a
// blocked stderr blocks no reader. Before log_open and after log_close lines are written at once.
void log_open(int fd);
void log_close(void);           // writes what is left
void log_line(struct str json); // a whole JSON object, without the newline
// {"at":…,"level":…,"event":"db.connect","detail":…}
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
uint64_t log_dropped(void);

// ----------------------------------------------------------------------------------------------------------- config

// A rate limit: so many requests in so many seconds; none at all is no limit.
struct config_rate {
    unsigned requests, seconds;
};

// The configuration: what ops may set, by environment. One table in config.c holds each key's name, default and
// sentence.
struct config {
    struct str database_url, migrate_database_url, database_role;
    struct str listen, admin_listen;
    struct str site_url, article_url, lang;
    struct str jwt_keys_file;
    unsigned workers;
    struct str trusted_proxies;
    unsigned read_connections, write_connections, connections_max, connections_per_address, request_bytes;
    unsigned hash_threads, hash_queue, hash_passes, hash_memory_kib;
    struct str desk_origins, site_origins; // by commas
    struct config_rate rate_read, rate_desk, rate_login, rate_form, rate_form_all;
    unsigned form_seconds_min, form_seconds_max;
    struct str sponsorship_thanks;
    struct config_rate sponsorship_per_email, sponsorship_per_network, sponsorship_burst;
    unsigned sponsorship_links, sponsorship_months;
    unsigned jobs_seconds;
    unsigned migrate_seconds;
    unsigned drain_seconds;
};

// Reads the environment; `KEY_FILE` gives the path of a file that holds KEY's value. False and `fault` on a bad value.
MUST_CHECK bool config_load(struct arena *arena, struct config *config, struct error *error);
struct str config_stranger(void); // a MARBRE_… of the environment that is no key; STR_NONE when there is none
// The value of MARBRE_NAME as it is written; STR_NONE where there is no such key, or where it is a secret.
struct str config_value(struct arena *arena, const struct config *config, struct str name);
void config_print(const struct config *config, struct buf *out); // a line a key; what may hold a password is masked

// Files that the build put into the binary.
struct embedded_file {
    const char *path; // relative, with slashes
    const char *bytes;
    size_t size;
};
