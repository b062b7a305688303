/* Files for tests. Any failure here fails the running test. */
#ifndef TEST_FILES_H
#define TEST_FILES_H

#include <stddef.h>

/* A fresh directory under TMPDIR or /tmp, to be given to remove_directory. */
char *temp_directory(void);

/* Remove the directory with the files and empty directories in it, and free its name. */
void remove_directory(char *path);

void write_file(const char *path, const void *bytes, size_t size);

/* The whole file, a 0 byte after it, to be freed with free(). */
unsigned char *read_file(const char *path, size_t *size);

#endif
