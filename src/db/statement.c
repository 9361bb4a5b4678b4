// .sql files with named parameters become what PostgreSQL prepares: `:path_id` turns into $1. The files also run in
// psql as they stand, with \set.
#include "marbre/db.h"

#include <assert.h>
#include <string.h>

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

static size_t parameter_number(struct str *names, size_t *count, struct str name)
{
    for (size_t i = 0; i < *count; i++)
        if (str_eq(names[i], name))
            return i + 1;
    if (*count == DB_PARAMETERS_MAX)
        fatal("a statement with more than %d parameters", DB_PARAMETERS_MAX);
    names[(*count)++] = name;
    return *count;
}

// The length of what must be taken over as it is at `text[i]`: a string, a quoted name, a comment, a cast; else 0.
static size_t verbatim_at(struct str text, size_t i)
{
    struct str left = {text.ptr + i, text.len - i};
    const char *end = NULL;
    if (left.ptr[0] == '\'' || left.ptr[0] == '"') {
        end = memchr(left.ptr + 1, left.ptr[0], left.len - 1);
        return end ? (size_t)(end - left.ptr) + 1 : left.len;
    }
    if (str_starts(left, STR("--"))) {
        end = memchr(left.ptr, '\n', left.len);
        return end ? (size_t)(end - left.ptr) : left.len;
    }
    if (str_starts(left, STR("/*"))) {
        end = memmem(left.ptr, left.len, "*/", 2);
        return end ? (size_t)(end - left.ptr) + 2 : left.len;
    }
    return str_starts(left, STR("::")) ? 2 : 0;
}

struct db_statement db_statement_read(struct arena *arena, struct str name, struct str text)
{
    assert(name.len > 0);
    struct str *names = ARENA_ARRAY(arena, struct str, DB_PARAMETERS_MAX);
    size_t count = 0;
    struct buf sql = buf_in(arena);
    for (size_t i = 0; i < text.len;) {
        size_t verbatim = verbatim_at(text, i);
        if (verbatim) {
            buf_put(&sql, (struct str){text.ptr + i, verbatim});
            i += verbatim;
        } else if (text.ptr[i] == ':' && i + 1 < text.len && is_name_start(text.ptr[i + 1])) {
            size_t end = i + 1;
            while (end < text.len && is_name(text.ptr[end]))
                end++;
            struct str parameter = arena_copy(arena, (struct str){text.ptr + i + 1, end - i - 1});
            buf_printf(&sql, "$%zu", parameter_number(names, &count, parameter));
            i = end;
        } else {
            buf_put_char(&sql, text.ptr[i++]);
        }
    }
    buf_put_char(&sql, '\0');
    return (struct db_statement){name, {sql.ptr, sql.len - 1}, text, names, count};
}

static struct str name_of(struct str path)
{
    if (str_starts(path, STR("newsroom/"))) {
        path.ptr += strlen("newsroom/");
        path.len -= strlen("newsroom/");
    }
    if (str_ends(path, STR(".sql")))
        path.len -= strlen(".sql");
    return path;
}

struct db_statements db_statements_read(struct arena *arena, const struct embedded_file *files)
{
    size_t count = 0;
    while (files[count].path)
        count++;
    struct db_statement *all = ARENA_ARRAY(arena, struct db_statement, count * 2);
    for (size_t i = 0; i < count; i++)
        all[i] = db_statement_read(arena, arena_copy(arena, name_of(str_of(files[i].path))),
                                   (struct str){files[i].bytes, files[i].size});
    return (struct db_statements){all, count, count * 2};
}

const struct db_statement *db_statement_add(struct db_statements *statements, const struct db_statement *statement)
{
    assert(statements->all && statement->sql.len > 0);
    if (statements->count == statements->capacity)
        fatal("more than %zu statements", statements->capacity);
    statements->all[statements->count] = *statement;
    return &statements->all[statements->count++];
}

const struct db_statement *db_statement_find(const struct db_statements *statements, struct str name)
{
    for (size_t i = 0; i < statements->count; i++)
        if (str_eq(statements->all[i].name, name))
            return &statements->all[i];
    return NULL;
}
