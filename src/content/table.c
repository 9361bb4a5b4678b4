// `table`: rows of cells, each with blocks in it, every row as wide as the first.
#include "content_internal.h"

#include <string.h>

struct cell {
    struct node node;
    struct list content; // of struct block
};

struct row {
    struct node node;
    struct list cells; // of struct cell
};

struct table {
    struct node node;
    struct str caption;
    struct columns columns;
    unsigned header_rows, header_columns;
    struct list rows; // of struct row
};

const char *const body_aligns[] = {"left", "center", "right", NULL};

// ------------------------------------------------------------------------------------------------------------- cells

static const struct member cell_members[] = {
    BODY_KEY,
    MEMBER("content", blocks, cell, content, .required = true, .shapes = body_block_only),
    {0},
};

static const struct shape cell = {.a = "a cell", .size = sizeof(struct cell), .members = cell_members};
static const struct shape *const cell_only[] = {&cell, NULL};

// ----------------------------------------------------------------------------------------------------------- columns

static unsigned read_align(struct reader *reader, const struct path *at, const json_t *column)
{
    const char *name;
    json_t *value;
    unsigned align = ALIGN_NONE;
    if (!json_is_object(column))
        body_fault(reader, at, "a column is an object, not %s", body_said(reader, column));
    json_object_foreach ((json_t *)column, name, value) {
        struct path here = {at, name, 0};
        if (strcmp(name, "align") != 0) {
            body_fault(reader, &here, "this member is unknown: %s; a column has align",
                       body_quoted(reader, str_of(name)));
            continue;
        }
        for (unsigned i = 0; body_aligns[i]; i++)
            if (str_eq(str_of(body_aligns[i]), json_text(value)))
                align = i + 1;
        if (align == ALIGN_NONE)
            body_fault_choice(reader, &here, body_aligns, value);
    }
    return align;
}

static bool read_columns(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                         void *field)
{
    (void)member;
    size_t count = json_array_size(value);
    struct columns *columns = field;
    bool any = false;
    columns->aligns = ARENA_ARRAY(reader->work, unsigned, count + 1);
    for (size_t i = 0; i < count && !body_fault_enough(reader); i++) {
        columns->aligns[i] = read_align(reader, &(struct path){at, NULL, i}, json_array_get(value, i));
        any |= columns->aligns[i] != ALIGN_NONE;
    }
    columns->count = any ? count : 0;
    return true;
}

static bool absent_columns(const struct member *member, const void *field)
{
    (void)member;
    return ((const struct columns *)field)->count == 0;
}

static void write_columns(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    const struct columns *columns = field;
    for (size_t i = 0; i < columns->count; i++) {
        buf_put(json, i ? STR(",{") : STR("[{"));
        if (columns->aligns[i])
            buf_printf(json, "\"align\":\"%s\"", body_aligns[columns->aligns[i] - 1]);
        buf_put_char(json, '}');
    }
    buf_put_char(json, ']');
}

const struct kind body_kind_columns = {JSON_ARRAY, "a list of columns", read_columns, absent_columns, write_columns};

// -------------------------------------------------------------------------------------------------------------- rows

static void begin_row(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)node;
    size_t width = json_array_size(json_object_get(object, "cells"));
    if (width && reader->row_width && width != reader->row_width)
        body_fault(reader, at, "every row is as wide as the first: this one has %zu %s, the first has %zu", width,
                   width == 1 ? "cell" : "cells", reader->row_width);
}

static void check_cells(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)node;
    if (json_array_size(json_object_get(owner, "cells")) == 0)
        body_fault(reader, at, "a row has at least one cell");
}

static const struct member row_members[] = {
    BODY_KEY,
    MEMBER("cells", list, row, cells, .required = true, .shapes = cell_only, .check = check_cells),
    {0},
};

static const struct shape row = {.a = "a row", .size = sizeof(struct row), .members = row_members, .begin = begin_row};
static const struct shape *const row_only[] = {&row, NULL};

// ------------------------------------------------------------------------------------------------------------- table

static void begin_table(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)at;
    (void)node;
    const json_t *first = json_array_get(json_object_get(object, "rows"), 0);
    reader->row_width = json_array_size(json_object_get(first, "cells"));
}

static void check_rows(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)node;
    if (json_array_size(json_object_get(owner, "rows")) == 0)
        body_fault(reader, at, "a table has at least one row");
}

static void check_header_rows(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    size_t rows = json_array_size(json_object_get(owner, "rows"));
    if (rows && ((struct table *)node)->header_rows > rows)
        body_fault(reader, at, "\"header_rows\" is %zu at most, the number of rows, not %s", rows,
                   body_said(reader, json_object_get(owner, "header_rows")));
}

static void check_header_columns(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    if (reader->row_width && ((struct table *)node)->header_columns > reader->row_width)
        body_fault(reader, at, "\"header_columns\" is %zu at most, the width of the table, not %s", reader->row_width,
                   body_said(reader, json_object_get(owner, "header_columns")));
}

static void check_columns(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    size_t count = json_array_size(json_object_get(owner, "columns"));
    if (reader->row_width && count != reader->row_width)
        body_fault(reader, at, "\"columns\" are as many as the table is wide, which is %zu, not %zu", reader->row_width,
                   count);
    (void)node;
}

static const struct member table_members[] = {
    BODY_KEY,
    MEMBER("caption", text, table, caption),
    MEMBER("columns", columns, table, columns, .check = check_columns),
    MEMBER("header_rows", count, table, header_rows, .check = check_header_rows),
    MEMBER("header_columns", count, table, header_columns, .check = check_header_columns),
    MEMBER("rows", list, table, rows, .required = true, .shapes = row_only, .check = check_rows),
    {0},
};

// --------------------------------------------------------------------------------------------------------- rendering

// A cell that is one plain paragraph is its text; what is more than that keeps its elements.
static void html_cell(struct page *page, const struct cell *content, const char *tag, const char *attribute,
                      unsigned align)
{
    const struct list *blocks = &content->content;
    const struct block *only = blocks->count == 1 ? (const struct block *)blocks->nodes[0] : NULL;
    buf_printf(&page->html, "<%s%s", tag, attribute);
    if (align)
        buf_printf(&page->html, " class=\"align-%s\"", body_aligns[align - 1]);
    buf_put_char(&page->html, '>');
    if (only && only->style == STYLE_NORMAL && only->list_item == ITEM_NONE)
        body_html_spans(page, only);
    else
        body_html_blocks(page, blocks);
    buf_printf(&page->html, "</%s>", tag);
}

static void html_rows(struct page *page, const struct table *table, size_t first, size_t end, const char *part)
{
    if (first == end)
        return;
    buf_printf(&page->html, "<%s>", part);
    for (size_t y = first; y < end; y++) {
        const struct list *cells = &((const struct row *)table->rows.nodes[y])->cells;
        buf_put_lit(&page->html, "<tr>");
        for (size_t x = 0; x < cells->count; x++) {
            const struct cell *content = (const struct cell *)cells->nodes[x];
            unsigned align = x < table->columns.count ? table->columns.aligns[x] : ALIGN_NONE;
            if (y < table->header_rows)
                html_cell(page, content, "th", " scope=\"col\"", align);
            else if (x < table->header_columns)
                html_cell(page, content, "th", " scope=\"row\"", align);
            else
                html_cell(page, content, "td", "", align);
        }
        buf_put_lit(&page->html, "</tr>");
    }
    buf_printf(&page->html, "</%s>", part);
}

static void html_table(struct page *page, const struct node *node)
{
    const struct table *table = (const struct table *)node;
    buf_put_lit(&page->html, "<table>");
    if (table->caption.len) {
        buf_put_lit(&page->html, "<caption>");
        body_html_escaped(page, table->caption);
        buf_put_lit(&page->html, "</caption>");
    }
    html_rows(page, table, 0, table->header_rows, "thead");
    html_rows(page, table, table->header_rows, table->rows.count, "tbody");
    buf_put_lit(&page->html, "</table>");
}

static void text_row(struct page *page, const struct list *cells)
{
    for (size_t x = 0; x < cells->count; x++) {
        if (x > 0)
            buf_put_lit(&page->text, " | ");
        body_text_blocks(page, &((const struct cell *)cells->nodes[x])->content, STR(" "));
    }
}

// A row is a line, so a line end inside a cell becomes a space.
static void text_table(struct page *page, const struct node *node)
{
    const struct table *table = (const struct table *)node;
    struct str newline = page->newline;
    page->newline = STR(" ");
    body_text_authored(page, table->caption);
    body_text_break(page);
    for (size_t y = 0; y < table->rows.count; y++) {
        if (y > 0 || table->caption.len)
            buf_put_lit(&page->text, "\n");
        text_row(page, &((const struct row *)table->rows.nodes[y])->cells);
    }
    page->newline = newline;
}

const struct shape body_table = {
    .type = "table",
    .a = "a table",
    .size = sizeof(struct table),
    .members = table_members,
    .begin = begin_table,
    .html = html_table,
    .text = text_table,
};
