// Spans and their marks: how they are read, and what makes them regular. Two spans in a row never have equal marks, no
// span is empty unless it is all there is, and the marks of each stand in one order.
#include "content_internal.h"

#include <stdlib.h>
#include <string.h>

const struct decorator body_decorators[DECORATORS] = {
    {"strong", "strong"}, {"em", "em"},   {"underline", "u"}, {"strike-through", "s"},
    {"code", "code"},     {"sub", "sub"}, {"sup", "sup"},
};

// ------------------------------------------------------------------------------------------------------------- marks

// The bit of a decorator, 0 for any other mark.
static unsigned decorator_bit(struct str mark)
{
    for (unsigned i = 0; i < DECORATORS; i++)
        if (str_eq(str_of(body_decorators[i].mark), mark))
            return 1u << i;
    return 0;
}

// The decorators' names in a sentence.
static const char *either_decorator(struct reader *reader)
{
    const char *marks[DECORATORS + 1] = {NULL};
    for (size_t i = 0; i < DECORATORS; i++)
        marks[i] = body_decorators[i].mark;
    return body_either(reader, marks);
}

static void mark_read(struct reader *reader, const struct path *at, const json_t *value, struct marks *marks)
{
    struct str mark = body_text_of(reader, value);
    unsigned bit = decorator_bit(mark);
    if (!json_is_string(value))
        body_fault(reader, at, "a mark is a text, not %s", body_said(reader, value));
    else if (bit)
        marks->decorators |= bit;
    else if (body_names_find(reader->links, mark))
        marks->keys[marks->count++] = mark;
    else
        body_fault(reader, at, "this mark has no definition in markDefs, and is not %s: %s", either_decorator(reader),
                   body_quoted(reader, mark));
}

static bool read_marks(struct reader *reader, const struct path *at, const json_t *value, const struct member *member,
                       void *field)
{
    (void)member;
    struct marks *marks = field;
    size_t count = json_array_size(value);
    marks->keys = ARENA_ARRAY(reader->work, struct str, count);
    for (size_t i = 0; i < count && !body_fault_enough(reader); i++)
        mark_read(reader, &(struct path){at, NULL, i}, json_array_get(value, i), marks);
    return true;
}

static void write_marks(struct buf *json, const void *field, const struct member *member)
{
    (void)member;
    const struct marks *marks = field;
    struct str comma = STR("");
    buf_put_char(json, '[');
    for (unsigned i = 0; i < DECORATORS; i++) {
        if (marks->decorators >> i & 1) {
            buf_put(json, comma);
            buf_put_json(json, str_of(body_decorators[i].mark));
            comma = STR(",");
        }
    }
    for (size_t i = 0; i < marks->count; i++) {
        buf_put(json, comma);
        buf_put_json(json, marks->links[i]->node.key);
        comma = STR(",");
    }
    buf_put_char(json, ']');
}

const struct kind body_kind_marks = {JSON_ARRAY, "a list of marks", read_marks, NULL, write_marks};

static int by_key(const void *a, const void *b)
{
    const struct link *const *first = a, *const *second = b;
    struct str x = (*first)->node.key, y = (*second)->node.key;
    int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

// Normalises the marks of a span: links in the order of their keys, each once.
static void marks_normalise(struct arena *arena, const struct names *defined, struct marks *marks)
{
    if (marks->count == 0)
        return;
    marks->links = ARENA_ARRAY(arena, struct link *, marks->count);
    for (size_t i = 0; i < marks->count; i++)
        marks->links[i] = body_names_find(defined, marks->keys[i])->thing;
    qsort(marks->links, marks->count, sizeof(struct link *), by_key);
    size_t kept = 1;
    for (size_t i = 1; i < marks->count; i++)
        if (marks->links[i] != marks->links[kept - 1])
            marks->links[kept++] = marks->links[i];
    marks->count = kept;
}

const struct link *body_span_link(const struct span *span)
{
    for (size_t i = 0; i < span->marks.count; i++)
        if (!body_is_note(span->marks.links[i]))
            return span->marks.links[i];
    return NULL;
}

static bool marks_equal(const struct marks *a, const struct marks *b)
{
    if (a->decorators != b->decorators || a->count != b->count)
        return false;
    return a->count == 0 || memcmp(a->links, b->links, a->count * sizeof(struct link *)) == 0;
}

// ------------------------------------------------------------------------------------------------------------- spans

static struct span *span_at(const struct list *spans, size_t i)
{
    return (struct span *)spans->nodes[i];
}

static void drop_empty(struct arena *arena, struct list *spans)
{
    size_t kept = 0;
    for (size_t i = 0; i < spans->count; i++)
        if (span_at(spans, i)->text.len > 0)
            spans->nodes[kept++] = spans->nodes[i];
    if (kept > 0 || spans->count > 0) {
        spans->count = kept > 0 ? kept : 1; // where all are empty the first one stays
        return;
    }
    struct span *span = ARENA_NEW(arena, struct span);
    span->node.shape = &body_span;
    spans->nodes = ARENA_ARRAY(arena, struct node *, 1);
    spans->nodes[spans->count++] = &span->node;
}

// The text of the spans from `first` to before `end` as one. What is in NFC on both sides of a seam need not be across.
static struct str joined(struct arena *arena, const struct list *spans, size_t first, size_t end)
{
    struct buf text = buf_in(arena);
    for (size_t i = first; i < end; i++)
        buf_put(&text, span_at(spans, i)->text);
    return text_nfc(arena, buf_str(&text));
}

static void merge_equal(struct arena *arena, struct list *spans)
{
    size_t kept = 0;
    for (size_t first = 0, end; first < spans->count; first = end) {
        struct span *span = span_at(spans, first);
        for (end = first + 1; end < spans->count && marks_equal(&span->marks, &span_at(spans, end)->marks);)
            end++;
        if (end - first > 1)
            span->text = joined(arena, spans, first, end);
        spans->nodes[kept++] = &span->node;
    }
    spans->count = kept;
}

static void drop_unused(struct block *block)
{
    for (size_t i = 0; i < block->children.count; i++) {
        const struct marks *marks = &span_at(&block->children, i)->marks;
        for (size_t j = 0; j < marks->count; j++)
            marks->links[j]->used = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < block->definitions.count; i++)
        if (((struct link *)block->definitions.nodes[i])->used)
            block->definitions.nodes[kept++] = block->definitions.nodes[i];
    block->definitions.count = kept;
}

static bool has_mark(const struct span *span, struct link *link)
{
    return span && bsearch(&link, span->marks.links, span->marks.count, sizeof(struct link *), by_key);
}

static int by_order(const void *a, const void *b)
{
    const struct link *const *first = a, *const *second = b;
    return ((*first)->order > (*second)->order) - ((*first)->order < (*second)->order);
}

// A footnote's number stands behind the last span in a row that it is about.
static void notes_end(struct arena *arena, struct block *block)
{
    for (size_t i = 0; i < block->definitions.count; i++)
        ((struct link *)block->definitions.nodes[i])->order = i;
    for (size_t i = 0; i < block->children.count; i++) {
        struct span *span = span_at(&block->children, i);
        const struct span *next = i + 1 < block->children.count ? span_at(&block->children, i + 1) : NULL;
        span->note_count = 0;
        for (size_t j = 0; j < span->marks.count; j++) {
            struct link *link = span->marks.links[j];
            if (!body_is_note(link) || (next && next->marks.count && has_mark(next, link)))
                continue;
            if (!span->notes)
                span->notes = ARENA_ARRAY(arena, struct link *, span->marks.count);
            span->notes[span->note_count++] = link;
        }
        if (span->note_count > 1)
            qsort(span->notes, span->note_count, sizeof(struct link *), by_order);
    }
}

void body_spans_normalise(struct arena *arena, struct node *node)
{
    struct block *block = (struct block *)node;
    for (size_t i = 0; i < block->children.count; i++)
        marks_normalise(arena, block->links, &span_at(&block->children, i)->marks);
    drop_empty(arena, &block->children);
    merge_equal(arena, &block->children);
    drop_unused(block);
    notes_end(arena, block);
}

unsigned body_decorators_kept(struct opened from, struct opened to)
{
    unsigned differ = from.decorators ^ to.decorators;
    if (from.link != to.link)
        return 0;
    return differ ? from.decorators & ((differ & -differ) - 1) : from.decorators;
}
