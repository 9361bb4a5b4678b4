// A body that comes as Markdown: its passes in order, and what is told of it on the way.
#include "markdown.h"

#include <stdio.h>
#include <string.h>

// ------------------------------------------------------------------------------------------------------ what is told

void body_markdown_fault(struct markdown *markdown, struct text_place place, const char *format, ...)
{
    char why[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fault_add_at_line(&markdown->faults, STR(""), place, "%s", why);
}

const char *body_markdown_said(struct markdown *markdown, struct str text)
{
    enum { SAID_MAX = 60 };
    struct arena *arena = markdown->leaf_arena ? markdown->leaf_arena : markdown->arena;
    struct buf said = buf_in(arena);
    buf_put_visible(&said, text, SAID_MAX);
    return arena_cstr(arena, buf_str(&said));
}

static void loss_add(struct markdown *markdown, struct text_place place, const char *kind, struct str detail)
{
    struct content_lenience *lenience = markdown->lenience;
    if (lenience->count++ >= CONTENT_LOSSES_MAX)
        return;
    struct content_loss *loss = ARENA_NEW(lenience->arena, struct content_loss);
    *loss = (struct content_loss){.line = place.line, .kind = kind, .detail = arena_copy(lenience->arena, detail)};
    struct content_loss **end = &lenience->losses;
    while (*end && (*end)->line <= place.line)
        end = &(*end)->next;
    loss->next = *end;
    *end = loss;
}

void body_markdown_tell(struct markdown *markdown, struct text_place place, const char *kind, const char *format, ...)
{
    char why[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (!markdown->lenience)
        fault_add_at_line(&markdown->faults, STR(""), place, "%s", why);
    else if (markdown->lenience->count < CONTENT_LOSSES_MAX)
        loss_add(markdown, place, kind, str_of(why));
    else if (markdown->lenience->count++ == CONTENT_LOSSES_MAX)
        fault_add_at_line(&markdown->faults, STR(""), place, "more than %d things would be lost", CONTENT_LOSSES_MAX);
}

// ------------------------------------------------------------------------------------------------------------ blocks

static void line_keep(struct markdown *markdown, size_t line)
{
    ARENA_ROOM(markdown->arena, markdown->lines, markdown->line_count, markdown->line_capacity);
    markdown->lines[markdown->line_count++] = line;
}

static void block_count(struct markdown *markdown, size_t line)
{
    if (++markdown->blocks_made <= CONTENT_BLOCKS_MAX || markdown->given_up)
        return;
    body_markdown_fault(markdown, (struct text_place){line, 0},
                        "a body has at most %d blocks, those in cells, factboxes and footnotes counted: this is one "
                        "too many",
                        CONTENT_BLOCKS_MAX);
    markdown->given_up = true;
}

void body_markdown_add(struct markdown *markdown, json_t *list, json_t *block, size_t line)
{
    json_array_append_new(list, block);
    if (list == markdown->blocks)
        line_keep(markdown, line);
    block_count(markdown, line);
}

void body_markdown_put_behind(struct markdown *markdown, const struct leaf *leaf, json_t *image)
{
    struct behind *behind = ARENA_NEW(markdown->arena, struct behind);
    *behind = (struct behind){.list = leaf->list, .block = leaf->block, .image = image, .line = leaf->place.line};
    json_array_append_new(markdown->kept, image);
    struct behind **end = markdown->last_behind ? &markdown->last_behind->next : &markdown->behind;
    *end = markdown->last_behind = behind;
    block_count(markdown, leaf->place.line);
}

// Images that stood among text, behind its block. They were found in the order of the blocks of each list.
static void list_put_behind(struct markdown *markdown, json_t *list, struct behind *behind)
{
    json_t *blocks = json_array();
    size_t *lines = markdown->lines, count = markdown->line_count, i;
    bool top = list == markdown->blocks;
    if (top) {
        markdown->lines = NULL;
        markdown->line_count = markdown->line_capacity = 0;
    }
    json_t *block;
    json_array_foreach (list, i, block) {
        json_array_append(blocks, block);
        if (top && i < count)
            line_keep(markdown, lines[i]);
        for (; behind && (behind->list != list || behind->block == block); behind = behind->next) {
            if (behind->list != list) // of another list
                continue;
            json_array_append(blocks, behind->image);
            behind->list = NULL;
            if (top)
                line_keep(markdown, behind->line);
        }
    }
    json_array_clear(list);
    json_array_extend(list, blocks);
    json_decref(blocks);
}

static void put_all_behind(struct markdown *markdown)
{
    for (struct behind *behind = markdown->behind; behind; behind = behind->next)
        if (behind->list)
            list_put_behind(markdown, behind->list, behind);
}

// ---------------------------------------------------------------------------------------------------------- headings

// A text whose headings begin with `#` has them one level too high: above them is the article's title.
static void headings_place(struct markdown *markdown)
{
    static const char *const styles[] = {"h2", "h3", "h4"};
    enum { FIRST = 2, LAST = 4 };
    const struct heading *title = markdown->headings;
    while (title && title->level > 1)
        title = title->next;
    bool down = title && markdown->lenience;
    if (down)
        body_markdown_tell(markdown, title->place, "heading",
                           "all headings moved down by one: # is the article's title");
    for (const struct heading *heading = markdown->headings; heading; heading = heading->next) {
        unsigned level = heading->level + down;
        if (level < FIRST || level > LAST)
            body_markdown_tell(markdown, heading->place, "heading",
                               "a heading of a body is ##, ### or ####: the title above them is the article's own");
        level = level < FIRST ? FIRST : level > LAST ? LAST : level;
        json_object_set_new(heading->block, "style", json_string(styles[level - FIRST]));
    }
}

static void notes_check(struct markdown *markdown)
{
    for (const struct note *note = markdown->notes; note; note = note->next)
        if (!note->used)
            body_markdown_tell(markdown, note->place, "footnote", "nothing refers to the footnote [^%s]",
                               body_markdown_said(markdown, note->id));
}

void body_markdown_read(struct arena *arena, struct str text, struct content_lenience *lenience,
                        struct markdown *markdown)
{
    *markdown = (struct markdown){
        .arena = arena,
        .whole = text,
        .lenience = lenience,
        .faults = faults_in(arena),
        .blocks = json_own(arena, json_array()),
        .kept = json_own(arena, json_array()),
        .type_block = json_own(arena, json_string("block")),
        .type_span = json_own(arena, json_string("span")),
        .definitions = ARENA_NEW(arena, struct lines),
        .text = buf_in(arena),
        .note_names = {.arena = arena, .seed = body_names_seed()},
    };
    body_scan(markdown, text, 1, markdown->blocks);
    if (markdown->given_up)
        return;
    headings_place(markdown);
    body_inlines_read(markdown);
    if (markdown->given_up)
        return;
    notes_check(markdown);
    put_all_behind(markdown);
}
