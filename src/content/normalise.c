// Normalisation of every node: its own type's rules, and a key.
#include "content_internal.h"

static const struct list *list_in(const struct node *node, const struct member *member)
{
    return (const struct list *)(const void *)((const char *)node + member->offset);
}

void body_normalise(struct arena *arena, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct node *node = list->nodes[i];
        if (node->shape->normalise)
            node->shape->normalise(arena, node);
        for (const struct member *member = node->shape->members; member->name; member++)
            if (member->shapes)
                body_normalise(arena, list_in(node, member));
    }
}

void body_keys_fill(struct names *keys, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct node *node = list->nodes[i];
        if (node->key.len == 0)
            node->key = body_names_fresh(keys);
        for (const struct member *member = node->shape->members; member->name; member++)
            if (member->shapes)
                body_keys_fill(keys, list_in(node, member));
    }
}
