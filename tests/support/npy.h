/* NPY files of little-endian float32 in C order. */
#ifndef TEST_NPY_H
#define TEST_NPY_H

#include <stddef.h>

typedef struct npy {
    int rank;
    size_t shape[6], size;
    float *data; /* to be freed with free() */
} npy;

/* Read a file; anything other than such an array fails the test. rank is -1 if there is no file. */
npy npy_read(const char *path);

/* Write `count` <= 10 points of two zeros, shape (count, 2), as NumPy does. */
void npy_write_points(const char *path, int count);

#endif
