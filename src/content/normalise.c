// Normalisation of every node: its own type's rules, and a key.
#include "content_internal.h"

static const struct list *list_in(const struct node *node, const struct member *member)
{
    return (const struct list *)(const void *)((const char *)node + member->offset);
}

void body_runs_normalise(const struct list *blocks)
{
    struct numbering numbering = {0};
    bool quoted = false; // the block before stands in a quotation
    for (size_t i = 0; i < blocks->count; i++) {
        struct block *block = blocks->nodes[i]->shape == &body_block ? (struct block *)blocks->nodes[i] : NULL;
        if (!block || !block->list_item) {
            numbering = (struct numbering){0};
        } else {
            if (block->start == 1 + 1 && !body_list_goes_on(&numbering, block))
                block->start = 0;
            body_number_next(&numbering, block);
        }
        if (block)
            block->starts_quote &= quoted;
        quoted = block && block->style == STYLE_BLOCKQUOTE && !block->list_item;
    }
}

void body_normalise(struct arena *arena, const struct list *list)
{
    body_runs_normalise(list);
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
