/* Files for tests. Any failure here fails the running test. */
#ifndef TEST_FILES_H
#define TEST_FILES_H

#include <stddef.h>

/* A new directory under TMPDIR or /tmp, to be removed by remove_directory. */
char *temp_directory(void);

/* Remove the directory with all that is in it, and free its name. */
void remove_directory(char *path);

/* For cmocka_run_group_tests: the first creates test_directory and sets test_path to the name of a file in it that does
 * not exist; the second removes the directory and everything in it. */
extern char *test_directory, test_path[512];
int make_test_path(void **state);
int remove_test_path(void **state);

void write_file(const char *path, const void *bytes, size_t size);

/* The whole file, followed by a zero byte, to be freed with free(). */
unsigned char *read_file(const char *path, size_t *size);

#endif
