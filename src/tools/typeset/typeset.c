// Build tool: sets YAML files as one document.
//
//     typeset OUT.json|OUT.yaml|OUT.html ROOT.yaml FOLDER/NAME.yaml…
//
// ROOT is the document, and each further file is merged into it. A contract, which has the member `openapi`, is given
// the members that its schemas take from groups, and the answers that follow from the shape of its operations. OUT's
// ending says in which form it is written.
#include "typeset.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void complain(const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", where);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void write_json(FILE *out, const json_t *document)
{
    if (json_dumpf(document, out, JSON_COMPACT) != 0)
        complain("typeset", "the document cannot be written as JSON");
}

static const struct form {
    const char *ending;
    void (*write)(FILE *out, const json_t *document);
} forms[] = {{".json", write_json}, {".yaml", write_yaml}, {".html", write_page}};

static const struct form *form_of(const char *path)
{
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].ending, ending) == 0)
            return &forms[i];
    complain(path, "has an ending that is not written here");
}

static json_t *document_of(char *const *paths)
{
    json_t *root = read_yaml(*paths);
    while (*++paths)
        merge_part(root, *paths);
    if (json_object_get(root, "openapi")) {
        include_members(root);
        derive_answers(root);
    }
    return root;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        complain("usage", "typeset OUT ROOT.yaml FOLDER/NAME.yaml...");
    const struct form *form = form_of(argv[1]);
    json_t *root = document_of(argv + 2);
    FILE *out = fopen(argv[1], "wb");
    if (!out)
        complain(argv[1], "cannot be written");
    form->write(out, root);
    json_decref(root);
    return fclose(out) == 0 ? 0 : 1;
}
