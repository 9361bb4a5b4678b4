// Serialising nodes as JSON, by their shapes: `_type`, `_key`, then the members in the order of content.md.
#include "content_internal.h"

static void put_node(struct buf *json, const struct node *node)
{
    struct str comma = STR("");
    buf_put_char(json, '{');
    if (node->shape->type) {
        buf_put_lit(json, "\"_type\":");
        buf_put_json(json, str_of(node->shape->type));
        comma = STR(",");
    }
    for (const struct member *member = node->shape->members; member->name; member++) {
        const void *field = (const char *)node + member->offset;
        if (member->kind->absent && member->kind->absent(member, field))
            continue;
        buf_put(json, comma);
        buf_put_json(json, str_of(member->name));
        buf_put_char(json, ':');
        member->kind->write(json, field, member);
        comma = STR(",");
    }
    buf_put_char(json, '}');
}

void body_json_list(struct buf *json, const struct list *list)
{
    buf_put_char(json, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_put_char(json, ',');
        put_node(json, list->nodes[i]);
    }
    buf_put_char(json, ']');
}
