/* How a picture is cut into images: one, a grid of them, or one large drawing. */
#ifndef GS_IO_CUT_H
#define GS_IO_CUT_H

#include "base/base.h"

/* Samples of 16 bits, (height, width, channels), 2 bytes each, big-endian; channels: 1 grey, 2 with alpha, 3 RGB, 4
 * with alpha. */
typedef struct gs_raster {
    size_t width, height, channels;
    uint8_t *samples;
} gs_raster;

/* Image (i, j) has its corner at row margin + i (H + gap) and column margin + j (W + gap). */
typedef struct gs_cut {
    size_t rows, columns, gap, margin;
    size_t scale; /* above 1: one drawing, of so many pixels per pixel each way */
    size_t x, y;  /* with a gap or margin, a pixel that has the colour of all of them */
} gs_cut;

/* Whether a picture of this size may consist of images of height x width pixels, whatever it shows. */
bool gs_cut_may_fit(size_t picture_height, size_t picture_width, size_t height, size_t width);

/* Choose how to cut. Errors: GS_ERROR_FORMAT, whose message says after "PATH: " what was found. */
gs_status gs_cut_choose(const gs_raster *raster, size_t height, size_t width, gs_cut *cut, const char *path,
                        gs_error *error);

unsigned gs_raster_sample(const gs_raster *raster, size_t x, size_t y, size_t channel);

/* Whether a rectangle has the colour of the pixel (x0, y0). */
bool gs_raster_is_plain(const gs_raster *raster, size_t x, size_t y, size_t width, size_t height, size_t x0, size_t y0);

#endif
