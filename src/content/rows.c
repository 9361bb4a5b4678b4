// Rows of tables as GFM §4.10 has them. A `|` with a backslash before it stands in a cell, in code too.
#include "markdown.h"

#include <assert.h>
#include <string.h>

// Where the cell that begins at `at` ends.
static size_t cell_end(struct str line, size_t at)
{
    while (at < line.len && line.ptr[at] != '|')
        at += line.ptr[at] == '\\' && at + 1 < line.len ? 2 : 1;
    return at < line.len ? at : line.len;
}

size_t row_cells(struct str line, struct str *cells, size_t max)
{
    size_t count = 0;
    line = str_trim(line);
    size_t at = line.len && line.ptr[0] == '|';
    if (at == line.len && at > 0)
        return 0;
    while (at <= line.len) {
        size_t end = cell_end(line, at);
        if (end == line.len && at == end && count > 0)
            break; // behind the last `|`
        if (count < max)
            cells[count] = str_trim((struct str){line.ptr + at, end - at});
        count++;
        at = end + 1;
    }
    return count;
}

static bool is_delimiter_cell(struct str cell)
{
    size_t at = cell.len && cell.ptr[0] == ':', hyphens = 0;
    while (at < cell.len && cell.ptr[at] == '-') {
        at++;
        hyphens++;
    }
    at += at < cell.len && cell.ptr[at] == ':';
    return hyphens > 0 && at == cell.len;
}

bool row_is_delimiter(struct str line, size_t *columns)
{
    line = str_trim(line);
    if (line.len == 0 || !memchr(line.ptr, '|', line.len))
        return false;
    size_t at = line.ptr[0] == '|';
    for (*columns = 0; at < line.len; ++*columns) {
        size_t end = cell_end(line, at);
        if (!is_delimiter_cell(str_trim((struct str){line.ptr + at, end - at})))
            return false;
        at = end + 1;
    }
    return *columns > 0;
}

void row_aligns(struct str line, unsigned *aligns, size_t columns)
{
    struct str cells[TABLE_COLUMNS_MAX];
    assert(columns <= TABLE_COLUMNS_MAX);
    size_t count = row_cells(line, cells, columns);
    for (size_t i = 0; i < columns && i < count; i++) {
        bool left = str_starts(cells[i], STR(":")), right = str_ends(cells[i], STR(":"));
        aligns[i] = left && right ? ALIGN_CENTER : left ? ALIGN_LEFT : right ? ALIGN_RIGHT : ALIGN_NONE;
    }
}
