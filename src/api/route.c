// The router: a tree with a node for each segment of a path. A word goes before a parameter.
#include "api_internal.h"

static struct route *child_made(struct arena *arena, struct route *node, struct str word)
{
    struct route **at = &node->inside;
    while (*at) {
        if (str_eq((*at)->word, word) && ((*at)->word.ptr == NULL) == (word.ptr == NULL))
            return *at;
        at = &(*at)->beside;
    }
    *at = ARENA_NEW(arena, struct route);
    (*at)->word = word;
    return *at;
}

void route_add(struct api_contract *contract, struct operation *operation)
{
    struct route *node = contract->routes;
    struct str rest = {operation->path.ptr + 1, operation->path.len - 1};
    while (rest.ptr) {
        struct str word = str_cut(rest, '/', &rest);
        node = child_made(contract->arena, node, word.len && word.ptr[0] == '{' ? STR_NONE : word);
    }
    node->operations[operation->method] = operation;
}

static const struct route *child_of(const struct route *node, struct str word)
{
    const struct route *open = NULL;
    for (const struct route *child = node->inside; child; child = child->beside) {
        if (!child->word.ptr)
            open = child;
        else if (str_eq(child->word, word))
            return child;
    }
    return word.len ? open : NULL;
}

const struct route *route_find(const struct api_contract *contract, struct arena *arena, struct str path,
                               struct str *values, size_t *count)
{
    const struct route *node = contract->routes;
    struct str rest = {path.ptr + 1, path.len ? path.len - 1 : 0};
    *count = 0;
    while (node && rest.ptr) {
        struct str word;
        if (!http_decode(arena, str_cut(rest, '/', &rest), false, &word))
            return NULL;
        node = child_of(node, word);
        if (node && !node->word.ptr && *count < PARAMETERS_MAX)
            values[(*count)++] = word;
    }
    return node;
}
