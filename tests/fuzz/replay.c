/* Feeds the files of the given folders to a fuzz target, without libFuzzer. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int replay_file(const char *path) {
    enum { ROOM = 1 << 20 };
    static uint8_t bytes[ROOM];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(bytes, 1, ROOM, file);
    fclose(file);
    /* A block of its own, so that reading past the end is noticed. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return 1;
    for (size_t i = 0; i < size; i++)
        copy[i] = bytes[i];
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

int main(int count, char **folders) {
    int replayed = 0, failed = 0;
    for (int i = 1; i < count; i++) {
        DIR *folder = opendir(folders[i]);
        if (!folder) {
            perror(folders[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(folder));) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            if (entry->d_name[0] == '.')
                continue;
            failed += replay_file(path);
            replayed++;
        }
        closedir(folder);
    }
    printf("%d inputs replayed\n%d passed, %d failed, 0 skipped\n", replayed, replayed - failed, failed);
    return failed || !replayed;
}
