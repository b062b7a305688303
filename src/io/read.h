/* Images from IDX, NPY and PNG files, which are recognised by their content. */
#ifndef GS_IO_READ_H
#define GS_IO_READ_H

#include "base/base.h"

typedef struct gs_image_file {
    float *data;  /* (n, C, H, W), in the range asked for; to be freed with gs_free */
    size_t n;     /* images read */
    size_t total; /* images in the file */
} gs_image_file;

/* Read the first `most` images of a file as images of `shape` (C, H, W) with pixels in `range`:
 * - IDX: bytes (n, H, W) as MNIST has them, or (n, C, H, W);
 * - NPY: uint8, float32 or float64 of (H, W), (n, H, W) or (n, C, H, W), row-major. Floats are in `range` already; up
 * to a tenth of it beyond, as samples are, is clipped;
 * - PNG: grey or RGB, opaque, one image or a grid of them, row by row: side by side, or as gs_write_grid draws it,
 * whose empty cells are left out. Grey serves every channel; RGB of equal channels serves one.
 *
 * Bytes and PNG samples are mapped from 0 ... their maximum to `range`. Memory is bounded by what is asked for, and 128
 * MiB for a picture. Errors: GS_ERROR_FILE: it can't be opened or read, or is no regular file; GS_ERROR_FORMAT: its
 * content is not what its format demands, is of another size, or has values out of range; GS_ERROR_MEMORY. */
gs_status gs_images_read(const char *path, const int shape[3], const float range[2], size_t most, gs_image_file *images,
                         gs_error *error);

#endif
