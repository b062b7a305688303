/* Sources of images: IDX, NPY, NPZ, PGM and PNG files, packed by gzip or not, told apart by their content. */
#ifndef GS_IO_READ_H
#define GS_IO_READ_H

#include "base/content.h"
#include "base/base.h"

enum { GS_REMARK_MAX = 240 };

typedef struct gs_image_file {
    float *data;  /* (n, C, H, W), in the range asked for */
    size_t n;     /* images read */
    size_t total; /* images in the file */
    /* How a picture was cut, "cut into 2 x 3 images of 28 x 28", and a caution for the user. Each is empty if there is
     * none.
     */
    char taken[GS_REMARK_MAX], caution[GS_REMARK_MAX];
    int *labels;                        /* (n) that the file itself has; NULL: none */
    char labels_caution[GS_REMARK_MAX]; /* why its labels are left out; empty: they are not */
} gs_image_file;

/* What is wanted of a file of images. Messages say whose shape and range these are: "the model's" where that is NULL.
 */
typedef struct gs_image_wish {
    const int *shape;   /* (C, H, W) */
    const float *range; /* of the pixels */
    size_t most;        /* images at most */
    const char *whose_shape, *whose_range;
} gs_image_wish;

/* Read the first images of a file, or of a pipe, packed by gzip or not, as they are wanted.
 *
 * IDX: bytes (n, H, W) as MNIST has them, or (n, C, H, W).
 *
 * NPY: (H, W), (n, H, W), (n, C, H, W), (rows, n, C, H, W) or, of one channel, (n, H, W, 1), row- or column-major; of
 * uint8, of wider integers from 0 to 255, of bool, or of float16, 32 or 64, which are in `range` already. Floats that
 * leave the range by up to its width, as samples may, are clipped, with a caution if one leaves it by more than a tenth
 * of the width. If more than one in 50 leaves it, all on one side, the data have another range and are refused.
 *
 * NPZ: the same in an archive, stored or deflated: the array samples.npy, which must come first, or the only one beside
 * labels. Labels are labels.npy or y.npy behind it: a row of integers, one per image or, of (rows, n, C, H, W), n.
 *
 * PGM: of 8 or 16 bits, raw (P5); cut as PNG is.
 *
 * PNG: grey or RGB, opaque; one image, or a grid of them, row by row: side by side, or with gaps of one colour, between
 * the images or around them too. Cells of the gaps' colour are left out. A square of pixels whose lines run on across
 * the borders of such images is one large drawing, which is scaled down, with a caution. Grey serves every channel; RGB
 * of equal channels serves one.
 *
 * Bytes and PNG samples are mapped from 0 ... their maximum to `range`; there is a caution if none is above a tenth of
 * the maximum. Memory is bounded by the images asked for, and 128 MiB for a picture. Errors: GS_ERROR_FILE: it cannot
 * be opened or read, or is a directory or a device; GS_ERROR_FORMAT: its content is not what its format demands, is of
 * another size, has values out of range, or may be cut in more than one way; GS_ERROR_MEMORY. */
gs_status gs_images_read(const char *path, const gs_image_wish *wish, gs_image_file *images, gs_error *error);

/* The same for a file that is in memory; `name` stands for the path in messages. */
gs_status gs_images_read_memory(const char *name, const void *bytes, size_t size, const gs_image_wish *wish,
                                gs_image_file *images, gs_error *error);

/* Free what an image file holds; it is then empty. */
void gs_images_free(gs_image_file *images);

/* Receives the description of a file of images, "PNG, 242 x 242 pixels, 8-bit grey", and the notes in a picture, one
 * per call. */
typedef struct gs_description {
    char text[GS_REMARK_MAX];
    int shape[3]; /* (C, H, W) of an image, of a picture all of it; zeros: not known */
    void (*note)(void *context, const char *key, const char *text);
    void *context;
} gs_description;

/* Describe the file `path` or, if `bytes` is not NULL, the file in memory. *content says what it is; only files that
 * gs_images_read reads have a description, and *packed says whether gzip packed them. Errors: as of gs_images_read. */
gs_status gs_images_describe(const char *path, const void *bytes, size_t size, gs_description *description,
                             gs_content *content, bool *packed, gs_error *error);

#endif
