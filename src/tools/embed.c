// Build tool: writes files into a C source as arrays of bytes, so that one binary holds everything that it serves.
//
//     embed OUT.c SYMBOL BASE FILE…      const struct embedded_file SYMBOL[], ended by a NULL path
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what, const char *file)
{
    fprintf(stderr, "embed: %s %s\n", what, file);
    exit(1);
}

static void put_bytes(FILE *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        fail("cannot read", path);
    int c, column = 0;
    while ((c = fgetc(in)) != EOF)
        fprintf(out, "%d,%s", c, ++column % 32 ? "" : "\n");
    fclose(in);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        fail("usage: embed OUT.c SYMBOL BASE FILE...", "");
    FILE *out = fopen(argv[1], "wb");
    if (!out)
        fail("cannot write", argv[1]);
    fputs("#include \"marbre/base.h\"\n", out);
    for (int i = 4; i < argc; i++) {
        fprintf(out, "static const unsigned char file_%d[] = {", i);
        put_bytes(out, argv[i]);
        fputs("0};\n", out); // ends in a NUL that is not counted
    }
    fprintf(out, "extern const struct embedded_file %s[];\nconst struct embedded_file %s[] = {\n", argv[2], argv[2]);
    size_t base = strlen(argv[3]) + 1;
    for (int i = 4; i < argc; i++)
        fprintf(out, "    {\"%s\", (const char *)file_%d, sizeof file_%d - 1},\n", argv[i] + base, i, i);
    fputs("    {0},\n};\n", out);
    return fclose(out) == 0 ? 0 : 1;
}
