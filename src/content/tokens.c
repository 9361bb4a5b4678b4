// From the pieces of a text to tokens: in what md4c says is plain text, the directives `:u[…]`, what is struck with
// `~~` and footnotes are found. md4c would strike with one tilde, too (`1~3 ans`).
#include "markdown.h"

#include <string.h>

enum { STRUCK = 3 };

struct text_place weave_place(const struct weave *weave, const char *at)
{
    struct text_place place = body_markdown_place(weave->markdown, at);
    return place.line ? place : weave->leaf->place;
}

// ------------------------------------------------------------------------------------------------------------ tokens

static struct token *token_add(struct weave *weave, enum token_kind kind, const char *there)
{
    ARENA_ROOM(weave->markdown->leaf_arena, weave->tokens, weave->token_count, weave->token_capacity);
    weave->tokens[weave->token_count] = (struct token){.kind = kind, .at = there};
    return &weave->tokens[weave->token_count++];
}

// The decorator, or a footnote's region, that `:u[` names where it begins at `text`; -1 for none.
static int directive_at(struct str text, size_t *length)
{
    for (unsigned i = 0; i <= DECORATORS; i++) {
        struct str tag = i < DECORATORS ? str_of(body_decorators[i].tag) : STR("note");
        *length = tag.len + 2;
        if (text.len >= *length && memcmp(text.ptr + 1, tag.ptr, tag.len) == 0 && text.ptr[tag.len + 1] == '[')
            return (int)i;
    }
    return -1;
}

static size_t note_at(struct str text, struct str *id)
{
    if (!str_starts(text, STR("[^")))
        return 0;
    size_t end = 2;
    while (end < text.len && !strchr(" \t[]^", text.ptr[end]))
        end++;
    if (end == 2 || end == text.len || text.ptr[end] != ']')
        return 0;
    *id = (struct str){text.ptr + 2, end - 2};
    return end + 1;
}

static size_t tildes_at(struct str text)
{
    size_t count = 0;
    while (count < text.len && text.ptr[count] == '~')
        count++;
    return count;
}

// CommonMark §6.2: which way a run of delimiters may mark.
static void tildes_add(struct weave *weave, struct str text)
{
    struct str whole = buf_str(&weave->markdown->text);
    size_t here = (size_t)(text.ptr - whole.ptr);
    enum text_class before = text_class_before(whole, here), after = text_class_at(whole, here + text.len);
    struct token *token = token_add(weave, TOKEN_TILDES, text.ptr);
    token->text = text;
    token->opens = after != TEXT_SPACE && (after != TEXT_PUNCTUATION || before != TEXT_OTHER);
    token->closes = before != TEXT_SPACE && (before != TEXT_PUNCTUATION || after != TEXT_OTHER);
}

static void directive_open(struct weave *weave, unsigned decorator, const char *there)
{
    weave->open[weave->open_count++] = decorator;
    weave->opened_at = there;
    token_add(weave, TOKEN_MARK, there)->decorator = decorator;
}

static void text_token(struct weave *weave, const char *begin, const char *end)
{
    if (end > begin)
        token_add(weave, TOKEN_TEXT, begin)->text = (struct str){begin, (size_t)(end - begin)};
}

// The special text that begins at `text`, as a token; returns its length, 0 where nothing special is.
static size_t special_at(struct weave *weave, struct str text)
{
    size_t length = 0;
    struct str id;
    int decorator = text.ptr[0] == ':' && weave->open_count < OPEN_MAX ? directive_at(text, &length) : -1;
    if (decorator >= 0) {
        directive_open(weave, (unsigned)decorator, text.ptr);
        return length;
    }
    if (text.ptr[0] == ']' && weave->open_count > 0) {
        token_add(weave, TOKEN_MARK_END, text.ptr)->decorator = weave->open[--weave->open_count];
        return 1;
    }
    if (text.ptr[0] == '~' && tildes_at(text) == 2) {
        tildes_add(weave, (struct str){text.ptr, 2});
        return 2;
    }
    length = text.ptr[0] == '[' ? note_at(text, &id) : 0;
    if (length == 0)
        return 0;
    const struct token *last = weave->token_count ? &weave->tokens[weave->token_count - 1] : NULL;
    bool region = last && ((last->kind == TOKEN_MARK_END && last->decorator == NOTE_REGION) ||
                           (last->kind == TOKEN_NOTE && last->region));
    struct token *token = token_add(weave, TOKEN_NOTE, text.ptr);
    token->text = id;
    token->region = region;
    return length;
}

static void plain_tokens(struct weave *weave, struct str text)
{
    size_t plain = 0;
    for (size_t i = 0; i < text.len;) {
        if (!strchr(":]~[", text.ptr[i])) {
            i++;
            continue;
        }
        size_t count = weave->token_count, tildes = tildes_at((struct str){text.ptr + i, text.len - i});
        if (tildes == 1 || tildes > 2) {
            i += tildes;
            continue;
        }
        text_token(weave, text.ptr + plain, text.ptr + i);
        size_t length = special_at(weave, (struct str){text.ptr + i, text.len - i});
        if (length == 0) { // the text before it goes on
            weave->token_count = count;
            i++;
            continue;
        }
        i += length;
        plain = i;
    }
    text_token(weave, text.ptr + plain, text.ptr + text.len);
}

// An image among text cannot be kept there: its words can.
static void image_among(struct weave *weave, const struct pieces *pieces, size_t i)
{
    body_markdown_tell(weave->markdown, weave_place(weave, pieces->all[i].at), "image",
                       "an image stands alone, with an empty line before it and after it");
    if (weave->markdown->lenience && weave->leaf->alone)
        weave_image_behind(weave, pieces, i);
}

static void piece_read(struct weave *weave, const struct pieces *pieces, size_t i)
{
    const struct piece *piece = &pieces->all[i];
    struct token *token;
    switch (piece->kind) {
    case PIECE_TEXT:
        token_add(weave, TOKEN_TEXT, piece->at)->text = piece->text;
        break;
    case PIECE_PLAIN:
        plain_tokens(weave, piece->text);
        break;
    case PIECE_MARK:
    case PIECE_MARK_END:
        token = token_add(weave, piece->kind == PIECE_MARK ? TOKEN_MARK : TOKEN_MARK_END, piece->at);
        token->decorator = piece->decorator;
        break;
    case PIECE_LINK:
    case PIECE_LINK_END:
        token = token_add(weave, piece->kind == PIECE_LINK ? TOKEN_LINK : TOKEN_LINK_END, piece->at);
        token->text = piece->text;
        token->title = piece->title;
        break;
    case PIECE_IMAGE:
        image_among(weave, pieces, i);
        break;
    case PIECE_IMAGE_END:
        break;
    }
}

// ------------------------------------------------------------------------------------------------------------ tildes

struct opener {
    size_t token;
    unsigned inside; // so many marks and links
};

struct openers {
    struct opener *all;
    size_t count;
    unsigned inside; // now
};

static bool begins(const struct token *token)
{
    return token->kind == TOKEN_MARK || token->kind == TOKEN_LINK;
}

static bool ends(const struct token *token)
{
    return token->kind == TOKEN_MARK_END || token->kind == TOKEN_LINK_END;
}

static void become(struct token *token, enum token_kind kind)
{
    token->kind = kind;
    token->decorator = STRUCK;
}

// Two tildes mark what is between them and two others, both inside the same marks. Others are text.
static void tildes_meet(struct weave *weave, struct openers *openers, size_t i)
{
    struct token *token = &weave->tokens[i];
    const struct opener *last = openers->count ? &openers->all[openers->count - 1] : NULL;
    if (token->closes && last && last->inside == openers->inside) {
        become(&weave->tokens[last->token], TOKEN_MARK);
        become(token, TOKEN_MARK_END);
        openers->count--;
    } else if (token->opens) {
        openers->all[openers->count++] = (struct opener){i, openers->inside};
    } else if (token->closes && last) {
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "mark",
                           "what is struck with ~~ begins outside of other marks and ends inside of them");
    }
}

static void tildes_pair(struct weave *weave, size_t tildes)
{
    struct openers openers = {.all = ARENA_ARRAY(weave->markdown->leaf_arena, struct opener, tildes)};
    for (size_t i = 0; i < weave->token_count; i++) {
        const struct token *token = &weave->tokens[i];
        if (ends(token)) {
            while (openers.count > 0 && openers.all[openers.count - 1].inside >= openers.inside)
                openers.count--;
            openers.inside--;
        } else if (begins(token)) {
            openers.inside++;
        } else if (token->kind == TOKEN_TILDES) {
            tildes_meet(weave, &openers, i);
        }
    }
    for (size_t i = 0; i < weave->token_count; i++)
        if (weave->tokens[i].kind == TOKEN_TILDES)
            weave->tokens[i].kind = TOKEN_TEXT;
}

void weave_tokens(struct weave *weave, const struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        piece_read(weave, pieces, i);
    if (weave->open_count)
        body_markdown_tell(weave->markdown, weave_place(weave, weave->opened_at), "directive",
                           "this directive, which begins with :…[, has no ] at its end in the paragraph");
    while (weave->open_count)
        token_add(weave, TOKEN_MARK_END, NULL)->decorator = weave->open[--weave->open_count];
    size_t tildes = 0;
    for (size_t i = 0; i < weave->token_count; i++)
        tildes += weave->tokens[i].kind == TOKEN_TILDES;
    if (tildes)
        tildes_pair(weave, tildes);
}
