/* What images are like, and which of them to look at. Thread-safe. */
#ifndef GS_MEASURE_PIXELS_H
#define GS_MEASURE_PIXELS_H

#include "base/base.h"

/* The pixels of images. */
typedef struct gs_pixels {
    double mean, sd; /* sd: by their number */
    double least, greatest;
    double lowest, highest; /* shares of pixels that are at the lower and at the upper end of the range */
} gs_pixels;

/* Measure the pixels of the images number picked[0 ... count - 1], each of `size` pixels; count is at least 1. */
gs_pixels gs_pixels_measure(const float *images, size_t size, const size_t *picked, size_t count, const float range[2]);

/* Pick images out of n: those whose label is one of only[0 ... kinds - 1], all where kinds is 0, in their order, or in
 * one that the seed determines. *picked gets `count` numbers, to be freed with gs_free. Errors: GS_ERROR_MEMORY. */
gs_status gs_pixels_pick(const int *labels, size_t n, const int *only, int kinds, bool random, uint64_t seed,
                         size_t **picked, size_t *count, gs_error *error);

#endif
