// A body from beginning to end, and the types of block that there are.
#include "marbre/content.h"

#include "content_internal.h"

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
    body_normalise(reader->work, &reader->keys, list);
    struct buf json = buf_in(reader->work);
    body_json_list(&json, list);
    if (json.len > CONTENT_BYTES_MAX)
        body_fault(reader, &(struct path){0}, "a body has at most %d bytes: this one has %zu", CONTENT_BYTES_MAX,
                   json.len);
    return arena_copy(reader->arena, buf_str(&json));
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
        .newline = STR("\n"),
        .ids = {.arena = reader->work, .seed = reader->keys.seed},
    };
    body_html_blocks(&page, list);
    body_text_blocks(&page, list, STR("\n\n"));
    rendered->html = arena_copy(reader->arena, buf_str(&page.html));
    rendered->text = arena_copy(reader->arena, buf_str(&page.text));
    rendered->words = text_words(reader->work, buf_str(&page.words), site->lang);
    rendered->reading_minutes = (rendered->words + CONTENT_WORDS_A_MINUTE - 1) / CONTENT_WORDS_A_MINUTE;
}

struct fault *content_body_read(struct arena *arena, const json_t *blocks, struct str prefix,
                                const struct content_site *site, struct content_body *rendered)
{
    struct arena *work = arena_new();
    struct reader reader = {.arena = arena, .work = work, .prefix = prefix};
    reader.next_fault = &reader.faults;
    reader.keys = (struct names){.arena = work, .seed = body_names_seed()};
    struct list list = {0};
    body_list_read(&reader, blocks, &list);
    if (!reader.faults)
        rendered->blocks = blocks_write(&reader, &list);
    if (!reader.faults)
        body_render(&reader, &list, site, rendered);
    arena_free(work);
    return reader.faults;
}
