// A body from beginning to end, and the types of block that there are.
#include "marbre/content.h"

#include "content_internal.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>

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
    body_html_notes(&page);
    buf_put_char(&page.outline, ']');
    body_text_blocks(&page, list, STR("\n\n"));
    body_text_notes(&page);
    rendered->html = arena_copy(reader->arena, buf_str(&page.html));
    rendered->text = arena_copy(reader->arena, buf_str(&page.text));
    rendered->outline = arena_copy(reader->arena, buf_str(&page.outline));
    rendered->excerpt = arena_copy(reader->arena, excerpt_of(reader, list, buf_str(&page.text), site->lang));
    rendered->words = text_words(reader->work, buf_str(&page.words), site->lang);
    rendered->reading_minutes = (rendered->words + CONTENT_WORDS_A_MINUTE - 1) / CONTENT_WORDS_A_MINUTE;
    rendered->markdown = arena_copy(reader->arena, body_markdown_write(reader->work, list));
    rendered->keys = arena_copy(reader->arena, body_keys_write(reader->work, list));
}

// Makes a body of its nodes: normalises, renders. `keys`: those that stood beside the blocks.
static void body_make(struct reader *reader, struct list *list, struct str keys, const struct content_site *site,
                      struct content_body *rendered)
{
    body_normalise(reader->work, list);
    if (keys.ptr)
        body_keys_give(reader->work, &reader->keys, keys, list);
    body_keys_fill(&reader->keys, list);
    rendered->blocks = blocks_write(reader, list);
    if (!reader->faults)
        body_render(reader, list, site, rendered);
}

static struct reader reader_new(struct arena *arena, struct str prefix)
{
    struct arena *work = arena_new();
    struct reader reader = {.arena = arena, .work = work, .prefix = prefix};
    reader.keys = (struct names){.arena = work, .seed = body_names_seed()};
    return reader;
}

// What a large body has taken goes back to the system: small pieces of JSON would keep it.
static void reader_end(const struct reader *reader)
{
    enum { LARGE = 1000 }; // blocks
    bool large = reader->block_count > LARGE || reader->span_count > LARGE;
    arena_free(reader->work);
    if (large)
        malloc_trim(0);
}

struct fault *content_body_read(struct arena *arena, const json_t *blocks, struct str prefix,
                                const struct content_site *site, struct content_body *rendered)
{
    assert(site->lang.len > 0);
    struct reader reader = reader_new(arena, prefix);
    struct list list = {0};
    reader.next_fault = &reader.faults;
    body_list_read(&reader, blocks, &list);
    if (!reader.faults)
        body_make(&reader, &list, STR_NONE, site, rendered);
    reader_end(&reader);
    return reader.faults;
}

// --------------------------------------------------------------------------------------------------------- Markdown

// The line on which the block begins that a fault of JSON points into; 0 when that is not known.
static size_t line_of(const struct markdown *markdown, struct str pointer)
{
    struct str rest;
    uint64_t block;
    if (!str_starts(pointer, STR("/")))
        return 0;
    struct str index = str_cut((struct str){pointer.ptr + 1, pointer.len - 1}, '/', &rest);
    return str_to_u64(index, SIZE_MAX, &block) && block < markdown->line_count ? markdown->lines[block] : 0;
}

static int by_place(const void *a, const void *b)
{
    const struct fault *const *first = a, *const *second = b;
    struct text_place x = (*first)->place, y = (*second)->place;
    if (x.line != y.line)
        return x.line < y.line ? -1 : 1;
    return (x.column > y.column) - (x.column < y.column);
}

// What is wrong with Markdown and with the blocks that came of it, by lines, as much of it as somebody reads at once.
static struct fault *markdown_faults(struct arena *arena, const struct markdown *markdown, const struct reader *reader,
                                     struct str pointer)
{
    enum { TOLD_MAX = 100 };
    struct faults all = faults_in(reader->work), told = faults_in(arena);
    for (const struct fault *fault = reader->faults; fault; fault = fault->next)
        fault_add_at_line(&all, pointer, (struct text_place){line_of(markdown, fault->pointer), 0}, "%.*s",
                          STR_FMT(fault->detail));
    size_t count = 0, found = markdown->faults.count + all.count;
    if (found == 0)
        return NULL;
    const struct fault **sorted = ARENA_ARRAY(reader->work, const struct fault *, found);
    for (const struct fault *fault = markdown->faults.first; fault; fault = fault->next)
        sorted[count++] = fault;
    for (const struct fault *fault = all.first; fault; fault = fault->next)
        sorted[count++] = fault;
    qsort(sorted, count, sizeof(struct fault *), by_place);
    for (size_t i = 0; i < count && i < TOLD_MAX; i++) {
        fault_add(&told, pointer, "%.*s", STR_FMT(sorted[i]->detail));
        told.last->place = sorted[i]->place;
    }
    if (found > TOLD_MAX)
        fault_add(&told, pointer, "there are %zu more faults than these", found - TOLD_MAX);
    return told.first;
}

struct fault *content_markdown_read(struct arena *arena, struct str text, struct str pointer,
                                    const struct content_site *site, struct content_lenience *lenience,
                                    struct content_body *rendered)
{
    assert(pointer.ptr && site->lang.len > 0);
    struct reader reader = reader_new(arena, STR(""));
    reader.next_fault = &reader.faults;
    reader.copies = true;
    struct arena *read = arena_new(); // ends once there are nodes
    struct markdown markdown = {0};
    struct list list = {0};
    if (text.len > 2 * CONTENT_BYTES_MAX)
        body_fault(&reader, &(struct path){0}, "a body has at most %d bytes", CONTENT_BYTES_MAX);
    else
        body_markdown_read(read, text_clean_with(read, text, '\v'), lenience,
                           &markdown); // \v: not of Markdown, of its texts
    if (markdown.blocks && !markdown.given_up)
        body_list_read(&reader, markdown.blocks, &list);
    struct fault *faults = markdown_faults(arena, &markdown, &reader, pointer);
    struct str keys = markdown.keys.ptr ? arena_copy(reader.work, markdown.keys) : STR_NONE;
    arena_free(read);
    if (!faults)
        body_make(&reader, &list, keys, site, rendered);
    for (struct fault *fault = faults ? NULL : reader.faults; fault; fault = fault->next)
        fault->pointer = pointer;
    faults = faults ? faults : reader.faults;
    reader_end(&reader);
    return faults;
}
