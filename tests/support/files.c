#include "support/files.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

char *temp_directory(void) {
    const char *base = getenv("TMPDIR");
    char path[400];
    snprintf(path, sizeof path, "%s/gensample-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    char *copy = strdup(path);
    assert_non_null(copy);
    return copy;
}

static void remove_tree(const char *path) {
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        struct stat about;
        char file[1024];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        assert_true(snprintf(file, sizeof file, "%s/%s", path, entry->d_name) < (int)sizeof file);
        assert_int_equal(lstat(file, &about), 0);
        if (S_ISDIR(about.st_mode))
            remove_tree(file);
        else
            assert_int_equal(unlink(file), 0);
    }
    closedir(directory);
    assert_int_equal(rmdir(path), 0);
}

void remove_directory(char *path) {
    remove_tree(path);
    free(path);
}

char *test_directory, test_path[512];

int make_test_path(void **state) {
    (void)state;
    test_directory = temp_directory();
    snprintf(test_path, sizeof test_path, "%s/file", test_directory);
    return 0;
}

int remove_test_path(void **state) {
    (void)state;
    remove_directory(test_directory);
    return 0;
}

void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(size ? fwrite(bytes, 1, size, file) : 0, size);
    assert_int_equal(fclose(file), 0);
}

unsigned char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    unsigned char *bytes = malloc((size_t)length + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)length, file);
    assert_int_equal(*size, length);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}
