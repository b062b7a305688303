/* Files for tests. Any failure here fails the running test. */
#ifndef TEST_FILES_H
#define TEST_FILES_H

#include <stddef.h>

/* A fresh directory under TMPDIR or /tmp, to be given to remove_directory. */
char *temp_directory(void);

/* Remove the directory with the files and empty directories in it, and free its name. */
void remove_directory(char *path);

/* For cmocka_run_group_tests: test_path is the name of a file that is not there, in test_directory, which is fresh and
 * which the other removes with all that is in it. */
extern char *test_directory, test_path[512];
int make_test_path(void **state);
int remove_test_path(void **state);

void write_file(const char *path, const void *bytes, size_t size);

/* The whole file, a 0 byte after it, to be freed with free(). */
unsigned char *read_file(const char *path, size_t *size);

#endif
