// Build tool: sets YAML files as one document.
//
//     typeset OUT.json ROOT.yaml FOLDER/NAME.yaml…
//
// ROOT is the document, and each further file is merged into it. A contract, which has the member `openapi`, is given
// the answers that follow from the shape of its operations.
#include "typeset.h"

#include <stdarg.h>
#include <stdlib.h>

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

static void write_json(FILE *out, const json_t *document)
{
    if (json_dumpf(document, out, JSON_COMPACT) != 0)
        complain("typeset", "the document cannot be written as JSON");
}

int main(int argc, char **argv)
{
    if (argc < 3)
        complain("usage", "typeset OUT.json ROOT.yaml FOLDER/NAME.yaml...");
    json_t *root = read_yaml(argv[2]);
    for (int i = 3; i < argc; i++)
        merge_part(root, argv[i]);
    if (json_object_get(root, "openapi"))
        derive_answers(root);
    FILE *out = fopen(argv[1], "wb");
    if (!out)
        complain(argv[1], "cannot be written");
    write_json(out, root);
    json_decref(root);
    return fclose(out) == 0 ? 0 : 1;
}
