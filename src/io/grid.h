/* Images side by side, as a picture. */
#ifndef GS_IO_GRID_H
#define GS_IO_GRID_H

#include "io/canvas.h"

/* The cells of a picture: image k at row k / columns and column k % columns, or with `by_column` at row k % rows and
 * column k / rows. Images past the last cell are left out; cells past the last image stay empty. */
typedef struct gs_grid {
    int rows, columns;
    bool by_column;
    bool has_captions; /* a line of text above each cell */
} gs_grid;

enum { GS_GRID_MAX = 1024, GS_GRID_LIMIT = 65536, GS_GRID_GAP = 2, GS_GRID_BACKGROUND = 64 };

/* A grid close to square for n images, with at most GS_GRID_MAX cells. */
gs_grid gs_grid_square(size_t n);

/* A grid with one row per class for chains whose labels cycle through `classes`, with at most GS_GRID_MAX cells. */
gs_grid gs_grid_classes(size_t n, int classes);

/* gs_canvas_check for a grid. */
gs_status gs_grid_check(gs_grid grid, const int shape[3], int scale, gs_error *error);

/* A canvas with empty cells for images of (C, H, W), to be freed with gs_canvas_free. Errors: those of
 * gs_canvas_create. */
size_t gs_grid_bytes(gs_grid grid, const int shape[3]);
gs_status gs_grid_create(gs_canvas *canvas, gs_grid grid, const int shape[3], gs_error *error);

/* Write the label above image k, in the middle, unless that is past the last cell. */
void gs_grid_caption(gs_canvas *canvas, gs_grid grid, size_t k, const int shape[3], int label);

/* Draw image k, (C, H, W), unless it is past the last cell. */
void gs_grid_image(gs_canvas *canvas, gs_grid grid, size_t k, const float *image, const int shape[3],
                   const float range[2]);

#endif
