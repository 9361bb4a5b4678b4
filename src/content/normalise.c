// What is regular about every node: its own type's rules, and a key.
#include "content_internal.h"

void body_normalise(struct arena *arena, struct names *keys, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct node *node = list->nodes[i];
        if (node->shape->normalise)
            node->shape->normalise(arena, node);
        if (node->key.len == 0)
            node->key = body_names_fresh(keys);
        for (const struct member *member = node->shape->members; member->name; member++)
            if (member->shapes)
                body_normalise(arena, keys, (const struct list *)(const void *)((char *)node + member->offset));
    }
}
