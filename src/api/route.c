// The router: a tree with a node for each segment of a path. A word goes before a parameter.
#include "contract.h"

#include <assert.h>

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
    assert(str_starts(operation->path, STR("/")) && operation->method < HTTP_METHOD_OTHER);
    struct route *node = contract->routes;
    struct str rest = {operation->path.ptr + 1, operation->path.len - 1};
    while (rest.ptr) {
        struct str word = str_cut(rest, '/', &rest);
        node = child_made(contract->arena, node, word.len && word.ptr[0] == '{' ? STR_NONE : word);
    }
    node->operations[operation->method] = operation;
}

static bool serves(const struct route *node)
{
    for (size_t i = 0; i < HTTP_METHOD_OTHER; i++)
        if (node->operations[i])
            return true;
    return false;
}

// A walk down the tree: the parameters that were met so far.
struct walk {
    struct arena *arena;
    struct str *values;
    size_t *count;
};

// A word goes before a parameter, but only where it leads somewhere: beside `/articles/by-id/{id}`, `/articles/by-id`
// is one that no article has.
static const struct route *walk_on(const struct route *node, struct walk *walk, struct str rest)
{
    if (!rest.ptr)
        return serves(node) ? node : NULL;
    struct str word;
    size_t met = *walk->count;
    if (!http_decode(walk->arena, str_cut(rest, '/', &rest), false, &word))
        return NULL;
    const struct route *open = NULL, *found = NULL;
    for (const struct route *child = node->inside; child && !found; child = child->beside) {
        if (!child->word.ptr)
            open = child;
        else if (str_eq(child->word, word))
            found = walk_on(child, walk, rest);
    }
    if (found || !open || word.len == 0 || met == PARAMETERS_MAX)
        return found;
    walk->values[met] = word;
    *walk->count = met + 1;
    return walk_on(open, walk, rest);
}

const struct route *route_find(const struct api_contract *contract, struct arena *arena, struct str path,
                               struct str *values, size_t *count)
{
    struct walk walk = {arena, values, count};
    *count = 0;
    return walk_on(contract->routes, &walk, (struct str){path.ptr + 1, path.len ? path.len - 1 : 0});
}
