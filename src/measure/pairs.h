/* Distances between one row of features and a block of others, one in each lane. Sums run over the features in their
 * order, so that a pair has the same distance in whatever block and order. */
#ifndef GS_MEASURE_PAIRS_H
#define GS_MEASURE_PAIRS_H

#include "base/base.h"

enum { GS_PAIR_LANES = 32 };

typedef struct gs_pair_block {
    const float *columns; /* (d, GS_PAIR_LANES) */
    size_t first, d;      /* the row in lane 0 */
    int count;            /* rows, at most GS_PAIR_LANES; lanes past them hold zeros */
} gs_pair_block;

/* How many blocks n rows make. */
size_t gs_pair_blocks(size_t n);

/* All rows of (n, d) as blocks, one after the other, in one allocation to be freed with gs_free; NULL when memory ends.
 */
gs_pair_block *gs_pair_blocks_create(const float *rows, size_t n, size_t d);

/* The squared Euclidean distance of a row (d) from each row of the block; and the kernel (x.y / d + 1)^3 of both. */
void gs_pair_distances(const gs_pair_block *block, const float *row, float distances[GS_PAIR_LANES]);
void gs_pair_kernels(const gs_pair_block *block, const float *row, double kernels[GS_PAIR_LANES]);

#endif
