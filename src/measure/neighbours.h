/* Features beside the features of a reference: nearest neighbours and a kernel, which share the distances between all
 * pairs. All figures are also computed for subsets of the samples, up to 64 at once: each sample has a mask of the
 * subsets that it is in. */
#ifndef GS_MEASURE_NEIGHBOURS_H
#define GS_MEASURE_NEIGHBOURS_H

#include "base/base.h"

enum { GS_SUBSETS = 64 };

/* The same figures as in gs_comparison, for one subset; NaN if it is too small. */
typedef struct gs_neighbour_figures {
    double precision, recall, density, coverage, kernel;
} gs_neighbour_figures;

/* A reference, with the results that are needed again and again. */
typedef struct gs_neighbourhood {
    const float *features; /* (m, d) */
    size_t m, d;
    int threads;
    float *narrow, *wide; /* (m) squared distances of the third and of the fifth nearest neighbour */
    double kernel;        /* mean over pairs of different images */
} gs_neighbourhood;

/* The least number of images of a reference: one and five neighbours. */
enum { GS_NEIGHBOURHOOD_MIN = 6 };

gs_status gs_neighbourhood_create(const float *features, size_t m, size_t d, int threads, gs_neighbourhood *hood,
                                  gs_error *error);
void gs_neighbourhood_free(gs_neighbourhood *hood);

/* The figures of samples (n, d) with masks (n) of the subsets 0 ... subsets - 1, at most GS_SUBSETS. Subset 0 holds all
 * samples. In the other subsets, a sample's third nearest neighbour is looked for among its 32 nearest of all samples.
 * Fewer than three of these are in a random half once in ten million times; no reference image is then within the
 * sample's distance. */
gs_status gs_neighbourhood_measure(const gs_neighbourhood *hood, const float *features, const uint64_t *members,
                                   size_t n, int subsets, gs_neighbour_figures *figures, gs_error *error);

#endif
