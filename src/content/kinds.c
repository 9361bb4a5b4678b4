// The kinds of value that a member takes: how each is read, with its faults, and how it is written.
#include "content_internal.h"

#include <limits.h>
#include <string.h>

enum { KEY_MAX = 64, WORD_MAX = 40 };

const char *const body_web[] = {"http://", "https://", NULL};
const char *const body_link_beginnings[] = {"http://", "https://", "mailto:", "tel:", "/", "#", NULL};

static bool absent_text(const struct member *member, const void *field)
{
    return ((const struct str *)field)->len == 0 && !member->required;
}

static void write_text(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    buf_put_json(json, *(const struct str *)field);
}

struct str body_text_of(struct reader *reader, const json_t *value)
{
    struct str text = json_text(value);
    return reader->copies ? arena_copy(reader->work, text) : text;
}

// -------------------------------------------------------------------------------------------------------------- keys

// Letters and digits, and what else is allowed, from 1 to `max` of them.
static bool is_plain(struct str text, const char *others, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!fits && (c == '\0' || !strchr(others, c)))
            return false;
    }
    return text.len >= 1 && text.len <= max;
}

bool body_is_key(struct str text)
{
    return is_plain(text, "_-", KEY_MAX);
}

static bool read_key(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                     void *field)
{
    (void)member;
    struct str key = body_text_of(reader, value);
    if (!body_is_key(key)) {
        body_fault(reader, at, "a key is 1 to %d of A-Z, a-z, 0-9, _ and -, not %s", KEY_MAX, body_quoted(reader, key));
        return false;
    }
    *(struct str *)field = key;
    return true;
}

const struct kind body_kind_key = {JSON_STRING, "a text", read_key, absent_text, write_text};

// ------------------------------------------------------------------------------------------------------------- texts

static bool read_text(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                      void *field)
{
    (void)member;
    struct str text = body_text_of(reader, value);
    if (memchr(text.ptr, '\0', text.len)) {
        body_fault(reader, at, "the character U+0000 cannot stand in a text");
        return false;
    }
    *(struct str *)field = text_clean(reader->work, text);
    return true;
}

const struct kind body_kind_text = {JSON_STRING, "a text", read_text, absent_text, write_text};

static bool read_short_text(struct reader *reader, const struct path *at, const json_t *value,
                            const struct member *member, void *field)
{
    struct str word = body_text_of(reader, value);
    if (word.len > 0 && !is_plain(word, "+#._-", WORD_MAX)) {
        body_fault(reader, at, "\"%s\" takes 1 to %d of A-Z, a-z, 0-9, +, #, ., _ and -, not %s", member->name,
                   WORD_MAX, body_quoted(reader, word));
        return false;
    }
    *(struct str *)field = word;
    return true;
}

const struct kind body_kind_word = {JSON_STRING, "a word", read_short_text, absent_text, write_text};

// ------------------------------------------------------------------------------------------------------------- flags

static bool read_flag(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                      void *field)
{
    (void)reader;
    (void)at;
    (void)member;
    *(bool *)field = json_is_true(value);
    return true;
}

static bool absent_flag(const struct member *member, const void *field)
{
    (void)member;
    return !*(const bool *)field;
}

static void write_flag(struct buf *json, const void *field, const struct member *member)
{
    (void)field;
    (void)member;
    buf_put_lit(json, "true");
}

const struct kind body_kind_flag = {JSON_TRUE, "true or false", read_flag, absent_flag, write_flag};

// ----------------------------------------------------------------------------------------------- choices and counts

static bool read_choice(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                        void *field)
{
    for (unsigned i = 0; member->choices[i]; i++) {
        if (str_eq(str_of(member->choices[i]), json_text(value))) {
            *(unsigned *)field = i + 1;
            return true;
        }
    }
    body_fault_choice(reader, at, member->choices, value);
    return false;
}

static bool absent_choice(const struct member *member, const void *field)
{
    (void)member;
    return *(const unsigned *)field == 0;
}

static void write_choice(struct buf *json, const void *field, const struct member *member)
{
    buf_put_json(json, str_of(member->choices[*(const unsigned *)field - 1]));
}

const struct kind body_kind_choice = {JSON_STRING, "a text", read_choice, absent_choice, write_choice};

static bool read_count(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                       void *field)
{
    json_int_t count = json_integer_value(value);
    if (member->most && (count < member->least || count > member->most)) {
        body_fault(reader, at, "\"%s\" takes a whole number from %u to %u, not %s", member->name, member->least,
                   member->most, body_said(reader, value));
        return false;
    }
    if (count < member->least) {
        body_fault(reader, at, "\"%s\" takes a whole number, %u or more, not %s", member->name, member->least,
                   body_said(reader, value));
        return false;
    }
    *(unsigned *)field = count > UINT_MAX ? UINT_MAX : (unsigned)count;
    return true;
}

static bool absent_count(const struct member *member, const void *field)
{
    return *(const unsigned *)field < member->least;
}

static void write_count(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    buf_printf(json, "%u", *(const unsigned *)field);
}

const struct kind body_kind_count = {JSON_INTEGER, "a whole number", read_count, absent_count, write_count};

static bool read_number(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                        void *field)
{
    json_int_t number = json_integer_value(value);
    if (number < 0 || number > member->most) {
        body_fault(reader, at, "\"%s\" takes a whole number from 0 to %u, not %s", member->name, member->most,
                   body_said(reader, value));
        return false;
    }
    *(unsigned *)field = (unsigned)number + 1;
    return true;
}

static void write_number(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    buf_printf(json, "%u", *(const unsigned *)field - 1);
}

const struct kind body_kind_number = {JSON_INTEGER, "a whole number", read_number, absent_choice, write_number};

// --------------------------------------------------------------------------------------------- addresses and articles

// Spaces and control characters, which browsers drop or trim before they look for the scheme, and the backslash, which
// they take for a slash: with any of them, an address would not be what it looks like.
static bool misleads(struct str address)
{
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];
        unsigned char next = i + 1 < address.len ? (unsigned char)address.ptr[i + 1] : 0;
        bool c1 = c == 0xC2 && next >= 0x80 && next <= 0x9F;
        struct str three = {address.ptr + i, address.len - i > 3 ? 3 : address.len - i};
        bool line_end = str_eq(three, STR("\u2028")) || str_eq(three, STR("\u2029"));
        if (c <= ' ' || c == 0x7F || c == '\\' || c1 || line_end)
            return true;
    }
    return false;
}

// `beginning` is a scheme with its colon, or with `://`, after which a host must follow (RFC 3986 §3); or it is `/`,
// for a path of this site (two would begin a host, §4.2), or `#`, for a place on the page.
static bool begins(struct str address, struct str beginning)
{
    if (str_eq(beginning, STR("/")))
        return str_starts(address, beginning) && !str_starts(address, STR("//"));
    if (address.len <= beginning.len || !str_eq_nocase((struct str){address.ptr, beginning.len}, beginning))
        return false;
    return !str_ends(beginning, STR("//")) || !strchr("/?#:@", address.ptr[beginning.len]);
}

struct str body_address(struct arena *arena, struct str address, const char *const *beginnings)
{
    if (misleads(address))
        return STR_NONE;
    for (; *beginnings; beginnings++)
        if (begins(address, str_of(*beginnings)))
            return address.ptr[0] == 'h' || address.ptr[0] == 'H' ? text_web(arena, address)
                                                                  : text_clean(arena, address);
    return STR_NONE;
}

static bool read_address(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                         void *field)
{
    struct str address = body_text_of(reader, value);
    if (misleads(address)) {
        body_fault(reader, at, "an address has no spaces, control characters or backslashes: %s",
                   body_quoted(reader, address));
        return false;
    }
    struct str read = body_address(reader->work, address, member->choices);
    if (read.ptr) {
        *(struct str *)field = read;
        return true;
    }
    for (const char *const *beginning = member->choices; *beginning; beginning++) {
        if (begins(address, str_of(*beginning))) {
            body_fault(reader, at, "this is no address of the web (a host, no user's name before it): %s",
                       body_quoted(reader, address));
            return false;
        }
    }
    body_fault(reader, at, "\"%s\" takes a whole address that begins with %s, not %s", member->name,
               body_either(reader, member->choices), body_quoted(reader, address));
    return false;
}

const struct kind body_kind_address = {JSON_STRING, "an address", read_address, absent_text, write_text};

static bool read_article(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                         void *field)
{
    struct str id = json_text(value);
    if (!uuid_is(id)) {
        body_fault(reader, at, "\"%s\" takes the id of an article, a UUID, not %s", member->name,
                   body_quoted(reader, id));
        return false;
    }
    char *lower = arena_cstr(reader->work, id);
    for (size_t i = 0; i < id.len; i++)
        if (lower[i] >= 'A' && lower[i] <= 'F')
            lower[i] = (char)(lower[i] + ('a' - 'A'));
    *(struct str *)field = (struct str){lower, id.len};
    return true;
}

const struct kind body_kind_article = {JSON_STRING, "the id of an article", read_article, absent_text, write_text};

// ------------------------------------------------------------------------------------------------------------- lists

static bool read_list(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                      void *field)
{
    struct list *list = field;
    size_t count = json_array_size(value);
    list->nodes = ARENA_ARRAY(reader->work, struct node *, count);
    for (size_t i = 0; i < count && !body_fault_enough(reader); i++) {
        struct node *node =
            body_node_read(reader, &(struct path){at, NULL, i}, json_array_get(value, i), member->shapes);
        if (node)
            list->nodes[list->count++] = node;
    }
    return true;
}

static void write_list(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    body_json_list(json, field);
}

const struct kind body_kind_list = {JSON_ARRAY, "a list", read_list, NULL, write_list};

static bool read_blocks(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                        void *field)
{
    struct list *list = field;
    size_t count = json_array_size(value);
    list->nodes = ARENA_ARRAY(reader->work, struct node *, count);
    unsigned level_before = 0;
    for (size_t i = 0; i < count && !body_fault_enough(reader); i++) {
        struct path here = {at, NULL, i};
        if (++reader->block_count > CONTENT_BLOCKS_MAX) {
            if (reader->block_count == CONTENT_BLOCKS_MAX + 1)
                body_fault(reader, &here,
                           "a body has at most %d blocks, those in cells, factboxes and footnotes counted: this is one "
                           "too many",
                           CONTENT_BLOCKS_MAX);
            break;
        }
        reader->level = 0;
        reader->level_before = level_before;
        struct node *node = body_node_read(reader, &here, json_array_get(value, i), member->shapes);
        level_before = reader->level;
        if (node)
            list->nodes[list->count++] = node;
    }
    reader->level = 0;
    return true;
}

const struct kind body_kind_blocks = {JSON_ARRAY, "a list of blocks", read_blocks, NULL, write_list};
