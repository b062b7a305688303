/* Pictures of samples: grids and trajectories. All are written under a temporary name and renamed, so that a failure
 * leaves nothing. Errors of all: GS_ERROR_FILE, GS_ERROR_MEMORY, GS_ERROR_UNSUPPORTED (channels that a picture cannot
 * show). */
#ifndef GS_IO_PICTURE_H
#define GS_IO_PICTURE_H

#include "io/grid.h"
#include "io/sheet.h"

typedef struct gs_images {
    const float *data; /* (n, C, H, W) */
    size_t n;
    int shape[3];   /* (C, H, W) */
    float range[2]; /* of the data; shown as black ... white, clipped */
} gs_images;

/* Whether a format can show images of this shape; to be called before the work. Those of one pixel are points, which
 * only arrays hold. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_images_check(const char *path, gs_format format, const int shape[3], gs_error *error);

/* A canvas with the images on it, to be freed with gs_canvas_free. Errors: those of gs_canvas_create. */
gs_status gs_draw_grid(gs_canvas *canvas, const gs_images *images, gs_grid grid, gs_error *error);

/* States of chains on their way: data (levels, n, C, H, W), sigmas (levels), the result last with sigma 0; labels (n)
 * or NULL. */
typedef struct gs_trajectory {
    gs_images states; /* n: chains */
    int levels;
    const double *sigmas;
    int every, steps; /* 0, or states are `every` steps apart and the result follows after `steps` */
    const int *labels;
    int classes;            /* the label `classes` means none and is not written */
    int scale;              /* as of a canvas */
    const float *originals; /* images at which the chains began, (n, C, H, W); NULL: noise */
} gs_trajectory;

enum { GS_TRAJECTORY_ROWS = GS_SHEET_ROWS, GS_TRAJECTORY_COLUMNS = GS_SHEET_COLUMNS };

/* One row per chain, at most GS_TRAJECTORY_ROWS, and at most GS_TRAJECTORY_COLUMNS columns chosen evenly from the
 * levels, including the first and the last. Column heads show sigma, or the steps done; row heads show the label. A
 * state x at sigma is shown as m + (x - m) h / sqrt(h^2 + (2 sigma)^2), with m the middle and h half the width of the
 * data range, so that noise spreads over a quarter of it and the result is shown unchanged. With originals, each chain
 * has a column instead, with the original on top and its states below. */
gs_status gs_write_trajectory(gs_format format, const char *path, const gs_trajectory *trajectory, const gs_note *notes,
                              int count, gs_error *error);

#endif
