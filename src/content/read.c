// Parsing JSON into nodes, by their shapes, and the faults that are found on the way. Members are read in the order in
// which they stand in the text, so faults come in that order too.
#include "content_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    FAULTS_MAX = 1000, // nobody reads on after so many
    SAID_MAX = 60,     // characters of a value that a sentence repeats
};

// ------------------------------------------------------------------------------------------------------------ faults

static void add_fault(struct reader *reader, const struct path *at, struct str detail)
{
    struct buf pointer = buf_in(reader->work);
    buf_put(&pointer, reader->prefix);
    buf_put_path(&pointer, at);
    struct fault *fault = ARENA_NEW(reader->arena, struct fault);
    fault->pointer = arena_copy(reader->arena, buf_str(&pointer));
    fault->detail = arena_copy(reader->arena, detail);
    *reader->next_fault = fault;
    reader->next_fault = &fault->next;
}

bool body_fault_enough(const struct reader *reader)
{
    return reader->fault_count > FAULTS_MAX;
}

void body_fault(struct reader *reader, const struct path *at, const char *format, ...)
{
    if (body_fault_enough(reader))
        return;
    if (reader->fault_count++ == FAULTS_MAX) {
        add_fault(reader, &(struct path){0}, STR("there are more faults than these"));
        return;
    }
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    add_fault(reader, at, str_of(line));
}

const char *body_quoted(struct reader *reader, struct str text)
{
    struct buf quoted = buf_in(reader->work);
    buf_put_char(&quoted, '"');
    buf_put_visible(&quoted, text, SAID_MAX);
    buf_put_char(&quoted, '"');
    return arena_cstr(reader->work, buf_str(&quoted));
}

const char *body_said(struct reader *reader, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return body_quoted(reader, json_text(value));
    case JSON_INTEGER:
        return arena_printf(reader->work, "%" JSON_INTEGER_FORMAT, json_integer_value(value)).ptr;
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        break;
    }
    return "null";
}

const char *body_either(struct reader *reader, const char *const *words)
{
    struct buf list = buf_in(reader->work);
    for (size_t i = 0; words[i]; i++) {
        if (i > 0)
            buf_put(&list, words[i + 1] ? STR(", ") : STR(" or "));
        buf_put(&list, str_of(words[i]));
    }
    return arena_cstr(reader->work, buf_str(&list));
}

void body_fault_choice(struct reader *reader, const struct path *at, const char *const *choices, const json_t *value)
{
    body_fault(reader, at, "\"%s\" takes %s, not %s", at->name, body_either(reader, choices), body_said(reader, value));
}

// ----------------------------------------------------------------------------------------------------------- members

static const struct member *member_named(const struct shape *shape, const char *name)
{
    for (const struct member *member = shape->members; member->name; member++)
        if (strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

static void fault_unknown(struct reader *reader, const struct path *at, const struct shape *shape)
{
    struct buf known = buf_in(reader->work);
    for (const struct member *member = shape->members; member->name; member++) {
        if (member->name[0] != '_')
            buf_printf(&known, "%s%s", known.len ? ", " : "", member->name);
    }
    body_fault(reader, at, "this member is unknown: %s; %s has %.*s", body_quoted(reader, str_of(at->name)), shape->a,
               STR_FMT(known.len ? buf_str(&known) : STR("none")));
}

static void member_read(struct reader *reader, const struct path *at, const json_t *owner, const json_t *value,
                        struct node *node)
{
    const struct member *member = member_named(node->shape, at->name);
    if (!member) {
        fault_unknown(reader, at, node->shape);
        return;
    }
    const struct kind *kind = member->kind;
    if (kind == &body_kind_choice && json_typeof(value) != kind->type) {
        body_fault_choice(reader, at, member->choices, value);
        return;
    }
    if (json_typeof(value) != kind->type && !(kind == &body_kind_flag && json_is_boolean(value))) {
        body_fault(reader, at, "\"%s\" takes %s, not %s", member->name, kind->takes, body_said(reader, value));
        return;
    }
    bool fine = kind->read(reader, at, value, member, (char *)node + member->offset);
    if (fine && member->check)
        member->check(reader, at, owner, node);
}

// Required members and defaults, before any member is read: what is missing, and what stands for what was left out.
static void members_expect(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    for (const struct member *member = node->shape->members; member->name; member++) {
        if (member->default_choice)
            *(unsigned *)(void *)((char *)node + member->offset) = member->default_choice;
        if (member->required && !json_object_get(object, member->name))
            body_fault(reader, &(struct path){at, member->name, 0}, "\"%s\" is missing: %s needs it", member->name,
                       node->shape->a);
    }
}

// ------------------------------------------------------------------------------------------------------------- nodes

static const char *either_type(struct reader *reader, const struct shape *const *shapes)
{
    size_t count = 0;
    while (shapes[count])
        count++;
    const char **types = ARENA_ARRAY(reader->work, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        types[i] = shapes[i]->type;
    return body_either(reader, types);
}

static const struct shape *shape_named(const struct shape *const *shapes, struct str type)
{
    for (; *shapes; shapes++)
        if (str_eq(str_of((*shapes)->type), type))
            return *shapes;
    return NULL;
}

// Finds the shape of an object by its `_type`.
static const struct shape *shape_of(struct reader *reader, const struct path *at, const json_t *json,
                                    const struct shape *const *shapes)
{
    if (!json_is_object(json)) {
        body_fault(reader, at, "%s is an object, not %s", shapes[1] ? "what stands here" : shapes[0]->a,
                   body_said(reader, json));
        return NULL;
    }
    if (!shapes[0]->type)
        return shapes[0];
    const json_t *type = json_object_get(json, "_type");
    if (!type) {
        body_fault(reader, &(struct path){at, "_type", 0}, "\"_type\" is missing: it takes %s",
                   either_type(reader, shapes));
        return NULL;
    }
    const struct shape *shape = json_is_string(type) ? shape_named(shapes, json_text(type)) : NULL;
    if (!shape)
        body_fault(reader, &(struct path){at, "_type", 0}, "\"_type\" takes %s here, not %s",
                   either_type(reader, shapes), body_said(reader, type));
    return shape;
}

struct node *body_node_read(struct reader *reader, const struct path *at, const json_t *json,
                            const struct shape *const *shapes)
{
    const struct shape *shape = shape_of(reader, at, json, shapes);
    if (!shape)
        return NULL;
    struct node *node = arena_alloc(reader->work, shape->size);
    node->shape = shape;
    members_expect(reader, at, json, node);
    if (shape->begin)
        shape->begin(reader, at, json, node);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)json, name, value) {
        if (body_fault_enough(reader))
            break;
        if (!shape->type || strcmp(name, "_type") != 0)
            member_read(reader, &(struct path){at, name, 0}, json, value, node);
    }
    if (shape->end)
        shape->end(reader, at, json, node);
    return node;
}

void body_not_blank(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    if (text_is_blank(text_clean(reader->work, json_member_text(owner, at->name))))
        body_fault(reader, at, "%s needs a %s, and this one is empty", node->shape->a, at->name);
}

void body_key_is_new(struct reader *reader, const struct path *at, const json_t *owner, struct node *node)
{
    (void)owner;
    struct name *known = body_names_add(&reader->keys, node->key);
    if (known->thing)
        body_fault(reader, at, "this key is already taken in the body: %s", body_quoted(reader, node->key));
    known->thing = node;
}
