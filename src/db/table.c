// Tables as migrations make them, read from their text, for the build, which has no database: `create table x (`, a column
// a line, and `alter table x add column y`. No parser of SQL: what it does not see it says is not there.
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

// What follows `words` and the table's name; STR_NONE where that is not there.
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

// Of `create table x (…`: the first word of a line, up to the line that closes it.
static bool made_with(struct str inside, struct str column)
{
    struct str line = str_cut(inside, '\n', &inside);
    while (inside.ptr) {
        line = str_cut(inside, '\n', &inside);
        if (str_starts(line, STR(")")))
            return false;
        if (str_eq(next_word(&line), column))
            return true;
    }
    return false;
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
    for (; migrations->path; migrations++) {
        struct str text = {migrations->bytes, migrations->size}, made = behind(text, "create table ", table);
        if ((made.ptr && made_with(made, column)) || added_to(text, table, column))
            return true;
    }
    return false;
}
