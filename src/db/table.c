// Tables as migrations make them, read from their text, for the build, which has no database: `create table x (`, a
// column a line, and `alter table x add column y`. No parser of SQL: what it does not see it says is not there.
#include "marbre/db.h"

#include <assert.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static struct str next_word(struct str *text)
{
    while (text->len && is_space(*text->ptr))
        *text = (struct str){text->ptr + 1, text->len - 1};
    size_t n = 0;
    while (n < text->len && !is_space(text->ptr[n]) && text->ptr[n] != '(' && text->ptr[n] != ',')
        n++;
    struct str word = {text->ptr, n};
    *text = (struct str){text->ptr + n, text->len - n};
    return word;
}

// The text behind `words` and the table's name; STR_NONE where that is not there.
static struct str behind(struct str text, const char *words, struct str table)
{
    size_t length = strlen(words);
    while (text.len > length) {
        const char *found = memmem(text.ptr, text.len, words, length);
        if (!found)
            return STR_NONE;
        text = (struct str){found + length, text.len - (size_t)(found + length - text.ptr)};
        struct str rest = text;
        if (str_eq(next_word(&rest), table))
            return rest;
    }
    return STR_NONE;
}

// Of `create table x (…` the line that makes a column; STR_NONE where none does up to the one that closes it.
static struct str column_line(struct str inside, struct str column)
{
    str_cut(inside, '\n', &inside); // what stands behind the parenthesis
    while (inside.ptr) {
        struct str line = str_cut(inside, '\n', &inside), rest = line;
        if (str_starts(line, STR(")")))
            return STR_NONE;
        if (str_eq(next_word(&rest), column))
            return line;
    }
    return STR_NONE;
}

static struct str column_of(const struct embedded_file *migrations, struct str table, struct str column)
{
    for (; migrations->path; migrations++) {
        struct str made = behind((struct str){migrations->bytes, migrations->size}, "create table ", table);
        if (made.ptr)
            return column_line(made, column);
    }
    return STR_NONE;
}

static bool added_to(struct str text, struct str table, struct str column)
{
    for (struct str rest = behind(text, "alter table ", table); rest.ptr; rest = behind(rest, "alter table ", table)) {
        struct str after, command = str_cut(rest, ';', &after);
        if (behind(command, "add column ", column).ptr)
            return true;
    }
    return false;
}

bool db_table_has(const struct embedded_file *migrations, struct str table, struct str column)
{
    assert(migrations && table.len && column.len);
    if (column_of(migrations, table, column).ptr)
        return true;
    for (; migrations->path; migrations++)
        if (added_to((struct str){migrations->bytes, migrations->size}, table, column))
            return true;
    return false;
}

struct str db_table_of_id(const struct embedded_file *migrations, struct str table)
{
    assert(migrations && table.len);
    struct str rest = column_of(migrations, table, STR("id"));
    while (rest.len)
        if (str_eq(next_word(&rest), STR("references")))
            return next_word(&rest);
        else if (rest.len && !is_space(*rest.ptr))
            rest = (struct str){rest.ptr + 1, rest.len - 1}; // over a parenthesis or a comma
    return table;
}
