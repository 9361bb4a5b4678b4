// Several files to one. A part goes into the member that is named like its folder: `paths/x.yaml` into `paths`,
// `members/x.yaml` into `members`, `schemas/x.yaml` into `components/schemas`; `shared/x.yaml` names the components
// that it holds. Mappings are merged key by key, and a key that comes twice is an error; where the member is a list
// (`articles`), the part becomes its next item.
#include "typeset.h"

#include <string.h>

// The name of the folder that holds a file: `openapi/paths/articles.yaml` gives `paths`.
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *end = strrchr(path, '/'), *start = end;
    while (start && start > path && start[-1] != '/')
        start--;
    snprintf(folder, size, "%.*s", end ? (int)(end - start) : 0, end ? start : "");
}

static json_t *member_made(json_t *object, const char *name, json_t *(*make)(void))
{
    if (!json_object_get(object, name))
        json_object_set_new(object, name, make());
    return json_object_get(object, name);
}

static void merge(json_t *into, json_t *from, const char *prefix, const char *path)
{
    const char *key;
    json_t *value;
    json_object_foreach (from, key, value) {
        json_t *there = json_object_get(into, key);
        if (there && json_is_object(there) && json_is_object(value))
            merge(there, value, key, path);
        else if (there)
            complain(path, "%s/%s is defined twice", prefix, key);
        else
            json_object_set(into, key, value);
    }
}

void merge_part(json_t *root, const char *path)
{
    char folder[100];
    folder_of(path, folder, sizeof folder);
    json_t *part = read_yaml(path);
    if (strcmp(folder, "articles") == 0)
        json_array_append(member_made(root, folder, json_array), part);
    else if (strcmp(folder, "paths") == 0 || strcmp(folder, "members") == 0)
        merge(member_made(root, folder, json_object), part, folder, path);
    else if (strcmp(folder, "shared") == 0)
        merge(member_made(root, "components", json_object), part, folder, path);
    else
        merge(member_made(member_made(root, "components", json_object), folder, json_object), part, folder, path);
    json_decref(part);
}
