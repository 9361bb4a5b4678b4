// Files that the build put into the binary, as they are served: their type by their ending, their tag worked out once.
#include "reading.h"

#include <assert.h>
#include <string.h>

static const struct kind {
    const char *ending, *type;
} kinds[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".yaml", "application/yaml"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
};

static struct str type_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_ends(name, str_of(kinds[i].ending)))
            return str_of(kinds[i].type);
    return STR("application/octet-stream");
}

void files_read(struct api_contract *contract)
{
    const struct embedded_file *files = contract->sources.files;
    size_t count = 0;
    while (files && files[count].path)
        count++;
    contract->files = ARENA_ARRAY(contract->arena, struct api_asset, count);
    for (size_t i = 0; i < count; i++)
        contract->files[i] =
            api_asset_of(contract->arena, type_of(str_of(files[i].path)), (struct str){files[i].bytes, files[i].size});
}

const struct api_asset *api_file(const struct api_call *call, struct str name)
{
    assert(name.ptr);
    const struct embedded_file *files = call->contract->sources.files;
    for (size_t i = 0; files && files[i].path; i++)
        if (str_eq(str_of(files[i].path), name))
            return &call->contract->files[i];
    return NULL;
}
