// What it costs to look at a body, beside what it costs to read it: `bench_validation FILE ROUNDS` takes the text of a
// NewArticle and prints, a line a round, the microseconds of json_read, schema_check and content_body_read.
#include "../../src/api/reference.h"
#include "../../src/api/schema.h"

#include "marbre/content.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct embedded_file embedded_contract[];

static struct str read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf text = buf_in(arena);
    char bytes[65536];
    size_t n;
    if (!file)
        fatal("%s cannot be read", path);
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_put(&text, (struct str){bytes, n});
    fclose(file);
    return buf_str(&text);
}

static void round_of(const json_t *spec, const json_t *schema, struct str text)
{
    struct arena *arena = arena_new();
    struct json_fault broken;
    struct faults faults = faults_in(arena);
    struct content_site site = {STR("https://journal.example"), STR("fr")};
    struct content_body body;
    int64_t began = clock_mono_us();
    json_t *article = json_read(arena, text, &broken);
    int64_t parsed = clock_mono_us();
    bool fits = article && schema_check(&faults, spec, schema, article, &(struct path){0});
    int64_t checked = clock_mono_us();
    struct fault *wrong =
        fits ? content_body_read(arena, json_object_get(article, "body"), STR("/body"), &site, &body) : faults.first;
    int64_t done = clock_mono_us();
    if (!fits || wrong)
        fatal("the article is not good");
    printf("%lld %lld %lld\n", (long long)(parsed - began), (long long)(checked - parsed), (long long)(done - checked));
    arena_free(arena);
}

int main(int argc, char **argv)
{
    secret_init();
    struct arena *arena = arena_new();
    struct json_fault broken;
    const json_t *spec = json_read(arena, (struct str){embedded_contract[0].bytes, embedded_contract[0].size}, &broken);
    if (argc != 3 || !spec)
        fatal("usage: bench_validation FILE ROUNDS");
    const json_t *schema = reference_follow(spec, "#/components/schemas/NewArticle");
    struct str text = read_file(arena, argv[1]);
    for (long n = strtol(argv[2], NULL, 10); n > 0; n--)
        round_of(spec, schema, text);
    arena_free(arena);
    return 0;
}
