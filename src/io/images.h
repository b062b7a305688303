/* Writers of samples: a grid picture, a trajectory picture, a directory of pictures, NPY and IDX files. All are written
 * under a temporary name and renamed, so that a failure leaves nothing. Errors of all: GS_ERROR_FILE, GS_ERROR_MEMORY,
 * GS_ERROR_UNSUPPORTED (channels a picture cannot show, sizes a format cannot say). */
#ifndef GS_IO_IMAGES_H
#define GS_IO_IMAGES_H

#include "io/sheet.h"

typedef struct gs_images {
    const float *data; /* (n, C, H, W) */
    size_t n;
    int shape[3];   /* (C, H, W) */
    float range[2]; /* of the data; shown as black ... white, clipped */
} gs_images;

/* Whether a format can show images of this shape; to be called before the work. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_images_check(const char *path, gs_format format, const int shape[3], gs_error *error);

/* The cells of a picture: image k at row k / columns and column k % columns, or with `by_column` at row k % rows and
 * column k / rows. Images past the last cell are left out; cells past the last image stay empty. */
typedef struct gs_grid {
    int rows, columns;
    bool by_column;
} gs_grid;

enum { GS_GRID_MAX = 1024, GS_GRID_LIMIT = 65536, GS_GRID_GAP = 2, GS_GRID_BACKGROUND = 64 };

/* A grid close to square for n images, with at most GS_GRID_MAX cells. */
gs_grid gs_grid_square(size_t n);

/* A grid with one row per class for chains whose labels cycle through `classes`, with at most GS_GRID_MAX cells. */
gs_grid gs_grid_classes(size_t n, int classes);

/* A canvas with the images on it, to be freed with gs_canvas_free. Errors: those of gs_canvas_create. */
gs_status gs_draw_grid(gs_canvas *canvas, const gs_images *images, gs_grid grid, gs_error *error);

gs_status gs_write_grid(const char *path, const gs_images *images, gs_grid grid, const gs_note *notes, int count,
                        gs_error *error);

/* States of chains on their way: data (levels, n, C, H, W), sigmas (levels), the result last with sigma 0; labels (n)
 * or NULL. */
typedef struct gs_trajectory {
    gs_images states; /* n: chains */
    int levels;
    const double *sigmas;
    int every, steps; /* 0, or states are `every` steps apart and the result follows after `steps` */
    const int *labels;
    int classes;            /* the label `classes` means none and is not written */
    const float *originals; /* images at which the chains began, (n, C, H, W); NULL: noise */
} gs_trajectory;

enum { GS_TRAJECTORY_ROWS = GS_SHEET_ROWS, GS_TRAJECTORY_COLUMNS = GS_SHEET_COLUMNS };

/* One row per chain, at most GS_TRAJECTORY_ROWS, and at most GS_TRAJECTORY_COLUMNS columns chosen evenly from the
 * levels, including the first and the last. Column heads show sigma, or the steps done; row heads show the label. A
 * state x at sigma is shown as m + (x - m) h / sqrt(h^2 + (2 sigma)^2), with m the middle and h half the width of the
 * data range, so that noise spreads over a quarter of it and the result is shown unchanged. With originals, each chain
 * has a column instead, with the original on top and its states below. */
gs_status gs_write_trajectory(const char *path, const gs_trajectory *trajectory, const gs_note *notes, int count,
                              gs_error *error);

/* One PNG file per image, numbered from 0 with leading zeros, in the new directory `path`. */
gs_status gs_write_directory(const char *path, const gs_images *images, const gs_note *notes, int count,
                             gs_error *error);

/* An NPY file (format 1.0, float32, row-major) that is written row by row. */
enum { GS_NPY_RANK_MAX = 8 };
typedef struct gs_npy {
    gs_output output;
    size_t shape[GS_NPY_RANK_MAX];
    int rank;
    size_t row, rows; /* numbers of one; rows written */
    size_t header;    /* bytes */
    long long start;  /* where it begins; -1: a pipe */
} gs_npy;

/* A row is a slice along the first axis; the header announces shape[0] rows at first. */
gs_status gs_npy_open(gs_npy *npy, const char *path, const size_t *shape, int rank, gs_error *error);
gs_status gs_npy_write(gs_npy *npy, const float *data, size_t rows, gs_error *error);

/* gs_output_end, after correcting the header if fewer rows were written than announced. In a pipe, or a stream that
 * appends, the header can no longer be changed: GS_ERROR_FILE. */
gs_status gs_npy_end(gs_npy *npy, gs_status status, gs_error *error);

/* The whole array at once, of rank 1 ... 8. */
gs_status gs_write_npy(const char *path, const float *data, const size_t *shape, int rank, gs_error *error);

/* IDX as MNIST has it: bytes (n, H, W) of one channel, else (n, C, H, W), mapped from the data range to 0 ... 255. */
gs_status gs_write_idx(const char *path, const gs_images *images, gs_error *error);

#endif
