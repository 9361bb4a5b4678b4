// Gives the fuzz target each file that is named, and each file of a folder that is named, without a fuzzer. The first
// SPLIT_ALL of them are split at every byte.
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPLIT_ALL = 200, LARGEST = 1024 * 1024 };

static unsigned files;

static void replay_file(const char *path)
{
    static uint8_t bytes[LARGEST];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    fuzz_splits = files++ < SPLIT_ALL ? SIZE_MAX : 8;
    LLVMFuzzerTestOneInput(bytes, size);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path, struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        char inside[4096];
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        replay_file(inside);
        free(entries[i]);
    }
    free(entries);
}

int main(int count, char **paths)
{
    for (int i = 1; i < count; i++) {
        struct dirent **entries;
        int inside = scandir(paths[i], &entries, is_visible, alphasort);
        if (inside < 0)
            replay_file(paths[i]);
        else
            replay_folder(paths[i], entries, inside);
    }
    printf("%u files replayed, %u of them split at every byte\n", files, files < SPLIT_ALL ? files : SPLIT_ALL);
    return 0;
}
