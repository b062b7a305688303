/* Files of images for tests, and checks of reading them. Any failure here fails the running test. */
#ifndef TEST_IMAGES_H
#define TEST_IMAGES_H

#include <png.h>

#include "io/read.h"

/* The images of the file test_path, to be freed with gs_images_free(&images). */
gs_image_file read_good(const int shape[3], const float range[2], size_t most);

/* Reading test_path in [0, 1] fails with that status and one line that names it and has `words`. */
void refuse(const int shape[3], gs_status expected, const char *words);

/* Checks that test_path is refused if it is cut short anywhere, and refused or read if any bit is changed. */
void damage(const int shape[3]);

/* Write test_path as PNG, as IDX of bytes that rise from 0 in steps of 255 / 11, or as NPY with this header. */
void write_png(png_uint_32 format, int width, int height, const void *pixels);
void write_idx(int type, int rank, const unsigned *sizes, size_t bytes);
void write_npy(int version, const char *header, const void *data, size_t bytes);

/* Pack test_path by gzip. */
void pack(void);

#endif
