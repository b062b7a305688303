/* Features beside the features of a reference: nearest neighbours and a kernel, which share the distances between all
 * pairs. Everything is also known of subsets of the samples, up to 64 at once: each sample has a mask of those it is
 * in. */
#ifndef GS_MEASURE_NEIGHBOURS_H
#define GS_MEASURE_NEIGHBOURS_H

#include "base/base.h"

enum { GS_SUBSETS = 64 };

/* The same figures as in gs_comparison, of one subset; NaN where it is too small. */
typedef struct gs_neighbour_figures {
    double precision, recall, density, coverage, kernel;
} gs_neighbour_figures;

/* A reference with what is needed of it again and again. */
typedef struct gs_neighbourhood {
    const float *features; /* (m, d) */
    size_t m, d;
    int threads;
    float *narrow, *wide; /* (m) squared distances of the third and of the fifth nearest neighbour */
    double kernel;        /* mean over pairs of different images */
} gs_neighbourhood;

/* As many images a reference needs at least: one and five neighbours. */
enum { GS_NEIGHBOURHOOD_MIN = 6 };

gs_status gs_neighbourhood_create(const float *features, size_t m, size_t d, int threads, gs_neighbourhood *hood,
                                  gs_error *error);
void gs_neighbourhood_free(gs_neighbourhood *hood);

/* The figures of samples (n, d) with masks (n) of the subsets 0 ... subsets - 1, at most GS_SUBSETS. Subset 0 holds all
 * samples. Of smaller ones, the distance of a sample's third nearest neighbour is that among its 32 nearest of all,
 * fewer than three of which are in a random half once in ten million times; it is within no reference image then. */
gs_status gs_neighbourhood_measure(const gs_neighbourhood *hood, const float *features, const uint64_t *members,
                                   size_t n, int subsets, gs_neighbour_figures *figures, gs_error *error);

#endif
