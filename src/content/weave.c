// From tokens to spans with their marks and definitions; and an image that is all of a paragraph becomes a block.
#include "markdown.h"

#include <string.h>

// ------------------------------------------------------------------------------------------------------------- texts

static struct stretch *stretch_add(struct weave *weave, size_t begin)
{
    ARENA_ROOM(weave->markdown->leaf_arena, weave->stretches, weave->stretch_count, weave->stretch_capacity);
    weave->stretches[weave->stretch_count] = (struct stretch){.begin = begin, .end = begin};
    return &weave->stretches[weave->stretch_count++];
}

static unsigned decorators_now(const struct weave *weave)
{
    unsigned decorators = 0;
    for (unsigned i = 0; i < DECORATORS; i++)
        decorators |= weave->marks[i] ? 1u << i : 0;
    return decorators;
}

static void text_put(struct weave *weave, struct str text)
{
    unsigned decorators = decorators_now(weave);
    struct stretch *last = weave->stretch_count ? &weave->stretches[weave->stretch_count - 1] : NULL;
    bool same =
        last && !weave->apart && last->decorators == decorators && last->link == weave->link && !last->note_count;
    if (!same) {
        last = stretch_add(weave, weave->text.len);
        last->decorators = decorators;
        last->link = weave->link;
        weave->apart = false;
    }
    buf_put(&weave->text, text);
    last->end = weave->text.len;
}

// ------------------------------------------------------------------------------------------------------- definitions

static json_t *definition_add(struct weave *weave, json_t *definition)
{
    if (!weave->definitions) {
        weave->definitions = json_array();
        json_object_set_new(weave->leaf->block, "markDefs", weave->definitions);
    }
    json_object_set_new(definition, "_key", json_sprintf("l%zu", json_array_size(weave->definitions) + 1));
    json_array_append_new(weave->definitions, definition);
    return definition;
}

// `article:` and an id is a link to an article of ours.
static void link_begin(struct weave *weave, const struct token *token)
{
    struct str address =
        body_markdown_address(weave->markdown, token->text, weave_place(weave, token->at), ADDRESS_LINK);
    if (!address.ptr)
        return;
    static const struct str internal = {"article:", sizeof "article:" - 1};
    bool ours = str_starts(address, internal);
    if (ours && token->title.len)
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "link", "a link to an article has no title");
    json_t *definition = ours ? json_pack("{s:s, s:s%}", "_type", "internal_link", "article",
                                          address.ptr + internal.len, address.len - internal.len)
                              : json_pack("{s:s, s:s%}", "_type", "link", "href", address.ptr, address.len);
    if (token->title.len && !ours)
        json_object_set_new(definition, "title", json_stringn(token->title.ptr, token->title.len));
    definition_add(weave, definition);
    weave->link = json_array_size(weave->definitions);
}

// ---------------------------------------------------------------------------------------------------------- footnotes

// The footnote that is referred to, for the first time; NULL when it cannot be, which is told.
static struct note *note_taken(struct weave *weave, const struct token *token)
{
    struct name *known = body_names_find(&weave->markdown->note_names, token->text);
    struct note *note = known ? known->thing : NULL;
    if (note && note->used && !weave->leaf->in_note) {
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "footnote",
                           "[^%s] is referred to a second time: each footnote has one place",
                           body_markdown_said(weave->markdown, token->text));
        return NULL;
    }
    if (!known || weave->leaf->in_note)
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "footnote",
                           known
                               ? "a footnote has no other footnotes in it"
                               : "no line [^%s]: … has the text of this footnote; write \\[ for a bracket that is text",
                           body_markdown_said(weave->markdown, token->text));
    if (!note || weave->leaf->in_note)
        return NULL;
    note->used = true;
    return note;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

// Where the last word of a stretch begins; where it ends in white space, that.
static size_t last_word(const struct weave *weave, const struct stretch *stretch)
{
    size_t begin = stretch->end;
    bool space = is_space(weave->text.ptr[begin - 1]);
    while (begin > stretch->begin && is_space(weave->text.ptr[begin - 1]) == space)
        begin--;
    return begin;
}

// A footnote without `:note[…]` is about the word before it.
static size_t note_region(struct weave *weave, const struct token *token)
{
    if (token->region)
        return weave->region;
    if (weave->stretch_count == 0)
        return SIZE_MAX;
    struct stretch last = weave->stretches[weave->stretch_count - 1];
    size_t begin = last_word(weave, &last);
    if (begin == last.begin || last.note_count)
        return weave->stretch_count - 1;
    weave->stretches[weave->stretch_count - 1].end = begin;
    struct stretch *word = stretch_add(weave, begin);
    *word = last;
    word->begin = begin;
    return weave->stretch_count - 1;
}

static void note_put(struct weave *weave, const struct token *token)
{
    struct note *note = note_taken(weave, token);
    if (!note) {
        text_put(weave, (struct str){token->text.ptr - 2, token->text.len + 3}); // as it was written
        return;
    }
    size_t region = note_region(weave, token), end = token->region ? weave->region_end : weave->stretch_count;
    bool fits = region < end;
    for (size_t i = region; i < end && fits; i++)
        fits = weave->stretches[i].note_count < NOTES_MAX;
    if (!fits) {
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "footnote",
                           "a footnote stands behind a text, %d at one place at most", NOTES_MAX);
        return;
    }
    definition_add(weave, json_pack("{s:s, s:o}", "_type", "footnote", "content", json_incref(note->content)));
    for (size_t i = region; i < end; i++)
        weave->stretches[i].notes[weave->stretches[i].note_count++] = json_array_size(weave->definitions);
}

// ------------------------------------------------------------------------------------------------------------- spans

static void mark(struct weave *weave, const struct token *token, bool begins)
{
    if (token->decorator == NOTE_REGION) {
        *(begins ? &weave->region : &weave->region_end) = weave->stretch_count;
        weave->apart = true;
    } else if (begins) {
        weave->marks[token->decorator]++;
    } else if (weave->marks[token->decorator] > 0) {
        weave->marks[token->decorator]--;
    }
}

static void link_end(struct weave *weave, const struct token *token)
{
    if (weave->linked_at == weave->text.len)
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "link", "a link has a text");
    weave->link = 0;
}

static void token_weave(struct weave *weave, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_TEXT:
    case TOKEN_TILDES:
        text_put(weave, token->text);
        break;
    case TOKEN_MARK:
        mark(weave, token, true);
        break;
    case TOKEN_MARK_END:
        mark(weave, token, false);
        break;
    case TOKEN_LINK:
        link_begin(weave, token);
        weave->linked_at = weave->text.len;
        break;
    case TOKEN_LINK_END:
        link_end(weave, token);
        break;
    case TOKEN_NOTE:
        note_put(weave, token);
        break;
    }
}

static void region_check(struct weave *weave, size_t i)
{
    const struct token *token = &weave->tokens[i];
    bool ends = token->kind == TOKEN_MARK_END && token->decorator == NOTE_REGION;
    if (ends && (i + 1 == weave->token_count || weave->tokens[i + 1].kind != TOKEN_NOTE))
        body_markdown_tell(weave->markdown, weave_place(weave, token->at), "footnote",
                           "behind :note[…] stands its footnote, [^…]");
}

static json_t *key_of(size_t definition)
{
    return json_sprintf("l%zu", definition);
}

static json_t *span_of(const struct weave *weave, const struct stretch *stretch)
{
    json_t *span = json_pack("{s:O, s:s%}", "_type", weave->markdown->type_span, "text",
                             weave->text.ptr + stretch->begin, stretch->end - stretch->begin);
    if (!stretch->decorators && !stretch->link && !stretch->note_count)
        return span;
    json_t *marks = json_array();
    for (unsigned i = 0; i < DECORATORS; i++)
        if (stretch->decorators >> i & 1)
            json_array_append_new(marks, json_string(body_decorators[i].mark));
    if (stretch->link)
        json_array_append_new(marks, key_of(stretch->link));
    for (unsigned i = 0; i < stretch->note_count; i++)
        json_array_append_new(marks, key_of(stretch->notes[i]));
    json_object_set_new(span, "marks", marks);
    return span;
}

static void spans_put(struct weave *weave)
{
    struct markdown *markdown = weave->markdown;
    json_t *children = json_object_get(weave->leaf->block, "children");
    if (weave->leaf->joined && json_array_size(children))
        json_array_append_new(children, json_pack("{s:s, s:s, s:[]}", "_type", "span", "text", "\n\n", "marks"));
    for (size_t i = 0; i < weave->stretch_count; i++)
        json_array_append_new(children, span_of(weave, &weave->stretches[i]));
    markdown->spans += weave->stretch_count;
    if (markdown->spans > CONTENT_SPANS_MAX && !markdown->given_up) {
        markdown->given_up = true;
        body_markdown_fault(markdown, weave->leaf->place,
                            "a body has at most %d stretches of text with marks of their own", CONTENT_SPANS_MAX);
    }
}

// ------------------------------------------------------------------------------------------------------------- images

// Where the image ends that begins at `i`: others may stand in its words.
static size_t image_end(const struct pieces *pieces, size_t i)
{
    for (unsigned depth = 0; i < pieces->count; i++) {
        depth += pieces->all[i].kind == PIECE_IMAGE;
        if (pieces->all[i].kind == PIECE_IMAGE_END && --depth == 0)
            break;
    }
    return i;
}

static struct str image_words(struct arena *arena, const struct pieces *pieces, size_t begin, size_t end)
{
    struct buf words = buf_in(arena);
    for (size_t i = begin; i < end; i++)
        if (pieces->all[i].kind == PIECE_TEXT || pieces->all[i].kind == PIECE_PLAIN)
            buf_put(&words, pieces->all[i].text);
    return text_clean(arena, buf_str(&words));
}

// NULL when its address is none.
static json_t *image_new(struct markdown *markdown, const struct pieces *pieces, size_t i, struct text_place place)
{
    const struct piece *image = &pieces->all[i];
    struct str url = body_markdown_address(markdown, image->text, place, ADDRESS_IMAGE);
    if (!url.ptr)
        return NULL;
    struct str alt = image_words(markdown->leaf_arena, pieces, i, image_end(pieces, i));
    json_t *block = json_pack("{s:s, s:s%}", "_type", "image", "url", url.ptr, url.len);
    if (text_is_blank(alt)) {
        body_markdown_tell(markdown, place, "image",
                           "between ![ and ] stands what is to be seen; an image that only decorates is "
                           "::image{url=\"…\" decorative=true}");
        json_object_set_new(block, "decorative", json_true());
    } else {
        json_object_set_new(block, "alt", json_stringn(alt.ptr, alt.len));
    }
    if (image->title.len)
        json_object_set_new(block, "caption", json_stringn(image->title.ptr, image->title.len));
    return block;
}

static void image_link(struct markdown *markdown, json_t *block, const struct piece *link, struct text_place place)
{
    struct str address = body_markdown_address(markdown, link->text, place, ADDRESS_IMAGE_LINK);
    if (address.ptr)
        json_object_set_new(block, "link", json_stringn(address.ptr, address.len));
    if (link->title.len)
        body_markdown_tell(markdown, place, "link", "the link of an image has no title");
}

// Whether the paragraph is an image, or an image in a link.
static bool image_alone(const struct pieces *pieces, bool *linked)
{
    *linked = pieces->count > 2 && pieces->all[0].kind == PIECE_LINK;
    size_t first = *linked, last = pieces->count - 1 - *linked;
    return pieces->count > first + 1 && pieces->all[first].kind == PIECE_IMAGE && image_end(pieces, first) == last &&
           (!*linked || pieces->all[pieces->count - 1].kind == PIECE_LINK_END);
}

// The paragraph's block becomes the image's.
static void image_place(struct markdown *markdown, const struct leaf *leaf, const struct pieces *pieces, bool linked)
{
    json_t *image = image_new(markdown, pieces, linked, leaf->place);
    if (!image) { // its words are left
        struct str words = image_words(markdown->leaf_arena, pieces, linked, image_end(pieces, linked));
        json_array_append_new(json_object_get(leaf->block, "children"),
                              json_pack("{s:O, s:s%}", "_type", markdown->type_span, "text", words.ptr, words.len));
        return;
    }
    if (linked)
        image_link(markdown, image, &pieces->all[0], leaf->place);
    json_object_clear(leaf->block);
    json_object_update(leaf->block, image);
    json_decref(image);
}

void weave_image_behind(struct weave *weave, const struct pieces *pieces, size_t i)
{
    json_t *image = image_new(weave->markdown, pieces, i, weave_place(weave, pieces->all[i].at));
    if (image)
        body_markdown_put_behind(weave->markdown, weave->leaf, image);
}

void body_pieces_place(struct markdown *markdown, const struct leaf *leaf, const struct pieces *pieces)
{
    bool linked;
    if (leaf->alone && image_alone(pieces, &linked)) {
        image_place(markdown, leaf, pieces, linked);
        return;
    }
    struct weave weave = {.markdown = markdown, .leaf = leaf, .text = buf_in(markdown->leaf_arena)};
    weave.definitions = json_object_get(leaf->block, "markDefs");
    weave_tokens(&weave, pieces);
    for (size_t i = 0; i < weave.token_count && weave.stretch_count <= CONTENT_SPANS_MAX; i++) {
        region_check(&weave, i);
        token_weave(&weave, &weave.tokens[i]);
    }
    spans_put(&weave);
}
