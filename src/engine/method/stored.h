/* Storing results where a buffer holds inputs of products (typed.h): floats of a few pixels, while they are in the
 * cache. */
#ifndef GS_STORED_H
#define GS_STORED_H

#include "engine/method/scales.h"
#include "engine/method/view.h"

/* Planes that a step computes at once for such a buffer, so that their floats stay there. */
enum { GS_STORED_PLANES = 4 };

/* The address of a pixel of plane 0 of image `i`, and bytes from one plane to the next. */
static inline char *gs_pixel_at(const gs_worker *worker, int buffer, int i, int row, int column) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    return (char *)gs_buffer_at(worker, buffer, i) + row * b->row + column * b->column;
}

/* Store rows x columns vectors of floats, x_row from one row to the next, as pixels of plane `plane`, whose first is at
 * y; y_row bytes from one row to the next. */
static inline void gs_store_typed(const gs_buffer *b, int band, int plane, const float *x, ptrdiff_t x_row, char *y,
                                  ptrdiff_t y_row, int rows, int columns) {
    bool pixels = b->planes > 1 && b->plane < b->column;
    gs_convert_args args = {.x = x,
                            .x_row = pixels ? GS_F32_LANES : x_row,
                            .inv = gs_scales_inv(b->scales, band, 0, plane),
                            .y = y,
                            .y_row = gs_buffer_elements(b, pixels ? b->column : y_row),
                            .rows = pixels ? columns : rows,
                            .columns = pixels ? 1 : columns};
    for (int r = 0; r < (pixels ? rows : 1); r++, args.x += x_row) {
        args.y = y + r * y_row;
        b->type->convert(&args);
    }
}

/* The same for vectors of floats, x_plane from one plane to the next, as pixels whose addresses in plane 0 are y: those
 * that are equally far apart at once. */
static inline void gs_store_pixels(const gs_buffer *b, int band, int plane, int planes, const float *x,
                                   ptrdiff_t x_plane, char *const *y, int count) {
    for (int i = 0, n; i < count; i += n, x += n * GS_F32_LANES) {
        ptrdiff_t step = i + 1 < count ? y[i + 1] - y[i] : 0;
        for (n = 1; i + n < count && y[i + n] - y[i + n - 1] == step;)
            n++;
        bool line = step == b->column;
        for (int p = 0; p < planes; p++)
            gs_store_typed(b, band, plane + p, x + p * x_plane, GS_F32_LANES, y[i] + (plane + p) * b->plane, step,
                           line ? 1 : n, line ? n : 1);
    }
}

#endif
