// A body from beginning to end, and the types of block that there are.
#include "marbre/content.h"

#include "content_internal.h"

#include <assert.h>

const struct shape *const body_block_types[] = {
    &body_block, &body_pullquote, &body_table, &body_image,   &body_gallery,
    &body_embed, &body_factbox,   &body_code,  &body_divider, NULL,
};
const struct shape *const body_block_only[] = {&body_block, NULL};

static const struct member body = {.name = "body", .shapes = body_block_types};

static void body_list_read(struct reader *reader, const json_t *blocks, struct list *list)
{
    const struct path top = {0};
    if (json_is_array(blocks))
        body_kind_blocks.read(reader, &top, blocks, &body, list);
    else
        body_fault(reader, &top, "a body is a list of blocks, not %s", blocks ? body_said(reader, blocks) : "nothing");
}

static struct str blocks_write(struct reader *reader, const struct list *list)
{
    struct buf json = buf_in(reader->work);
    body_json_list(&json, list);
    if (json.len > CONTENT_BYTES_MAX)
        body_fault(reader, &(struct path){0}, "a body has at most %d bytes: this one has %zu", CONTENT_BYTES_MAX,
                   json.len);
    return arena_copy(reader->arena, buf_str(&json));
}

// The beginning of what is told, not what stands above or beside it; where no paragraph is, the beginning of all.
static struct str excerpt_of(struct reader *reader, const struct list *list, struct str text, struct str lang)
{
    struct buf told = buf_in(reader->work);
    for (size_t i = 0; i < list->count && told.len <= 4 * CONTENT_EXCERPT_MAX; i++) {
        const struct block *block = (const struct block *)list->nodes[i];
        if (block->node.shape != &body_block || block->style != STYLE_NORMAL || block->list_item)
            continue;
        for (size_t j = 0; j < block->children.count; j++)
            buf_put(&told, ((const struct span *)block->children.nodes[j])->text);
        buf_put_char(&told, '\n');
    }
    bool none = text_is_blank(buf_str(&told));
    return text_first_sentences(reader->work, none ? text : buf_str(&told), lang, CONTENT_EXCERPT_MAX);
}

static void body_render(struct reader *reader, const struct list *list, const struct content_site *site,
                        struct content_body *rendered)
{
    struct page page = {
        .arena = reader->work,
        .site = site,
        .html = buf_in(reader->work),
        .text = buf_in(reader->work),
        .words = buf_in(reader->work),
        .outline = buf_in(reader->work),
        .newline = STR("\n"),
        .ids = {.arena = reader->work, .seed = reader->keys.seed},
    };
    buf_put_char(&page.outline, '[');
    body_html_blocks(&page, list);
    buf_put_char(&page.outline, ']');
    body_text_blocks(&page, list, STR("\n\n"));
    rendered->html = arena_copy(reader->arena, buf_str(&page.html));
    rendered->text = arena_copy(reader->arena, buf_str(&page.text));
    rendered->outline = arena_copy(reader->arena, buf_str(&page.outline));
    rendered->excerpt = arena_copy(reader->arena, excerpt_of(reader, list, buf_str(&page.text), site->lang));
    rendered->words = text_words(reader->work, buf_str(&page.words), site->lang);
    rendered->reading_minutes = (rendered->words + CONTENT_WORDS_A_MINUTE - 1) / CONTENT_WORDS_A_MINUTE;
    rendered->markdown = arena_copy(reader->arena, body_markdown_write(reader->work, list));
    rendered->keys = arena_copy(reader->arena, body_keys_write(reader->work, list));
}

// Makes a body of its JSON: reads, checks, normalises, renders. `keys`: those that stood beside the blocks.
static void body_make(struct reader *reader, const json_t *blocks, struct str keys, const struct content_site *site,
                      struct content_body *rendered)
{
    struct list list = {0};
    body_list_read(reader, blocks, &list);
    if (reader->faults)
        return;
    body_normalise(reader->work, &list);
    if (keys.ptr)
        body_keys_give(reader->work, &reader->keys, keys, &list);
    body_keys_fill(&reader->keys, &list);
    rendered->blocks = blocks_write(reader, &list);
    if (!reader->faults)
        body_render(reader, &list, site, rendered);
}

static struct reader reader_new(struct arena *arena, struct str prefix)
{
    struct arena *work = arena_new();
    struct reader reader = {.arena = arena, .work = work, .prefix = prefix};
    reader.keys = (struct names){.arena = work, .seed = body_names_seed()};
    return reader;
}

struct fault *content_body_read(struct arena *arena, const json_t *blocks, struct str prefix,
                                const struct content_site *site, struct content_body *rendered)
{
    assert(site->lang.len > 0);
    struct reader reader = reader_new(arena, prefix);
    reader.next_fault = &reader.faults;
    body_make(&reader, blocks, STR_NONE, site, rendered);
    arena_free(reader.work);
    return reader.faults;
}

// The faults of blocks point into a list that nobody sent: they name the line on which their block begins instead.
static void faults_by_line(struct reader *reader, const struct markdown *markdown, struct str pointer)
{
    for (struct fault *fault = reader->faults; fault; fault = fault->next) {
        struct str place = fault->pointer, rest = STR_NONE;
        if (str_starts(place, STR("/")))
            str_cut((struct str){place.ptr + 1, place.len - 1}, '/', &rest);
        uint64_t block;
        size_t digits = place.len ? place.len - 1 - (rest.ptr ? rest.len + 1 : 0) : 0;
        if (digits && str_to_u64((struct str){place.ptr + 1, digits}, SIZE_MAX, &block) && block < markdown->line_count)
            fault->detail =
                arena_printf(reader->arena, "line %zu: %.*s", markdown->lines[block], STR_FMT(fault->detail));
        fault->pointer = pointer;
    }
}

static struct fault *markdown_faults(struct arena *arena, const struct markdown *markdown, struct str pointer)
{
    struct faults faults = faults_in(arena);
    for (const struct fault *fault = markdown->faults.first; fault; fault = fault->next)
        fault_add(&faults, pointer, "%.*s", STR_FMT(fault->detail));
    return faults.first;
}

struct fault *content_markdown_read(struct arena *arena, struct str text, struct str pointer,
                                    const struct content_site *site, struct content_body *rendered)
{
    assert(pointer.ptr && site->lang.len > 0);
    struct reader reader = reader_new(arena, STR(""));
    reader.next_fault = &reader.faults;
    struct markdown markdown = {0};
    if (text.len > 2 * CONTENT_BYTES_MAX)
        body_fault(&reader, &(struct path){0}, "a body has at most %d bytes", CONTENT_BYTES_MAX);
    else
        body_markdown_read(reader.work, text_clean(reader.work, text), &markdown);
    struct fault *faults = markdown_faults(arena, &markdown, pointer);
    if (!faults && !reader.faults)
        body_make(&reader, markdown.blocks, markdown.keys, site, rendered);
    faults_by_line(&reader, &markdown, pointer);
    arena_free(reader.work);
    return faults ? faults : reader.faults;
}
