/* Finds where a series of figures changed. */
#ifndef BENCH_CHANGES_H
#define BENCH_CHANGES_H

#include "base/base.h"

/* A change of at least this much is reported: 2 %. */
#define BENCH_CHANGE_LEAST 1.02

enum { BENCH_CHANGES_MAX = 64 };

typedef struct bench_change {
    size_t at;    /* the first value after it */
    double ratio; /* the median from there to the next change over that from the last change to there */
} bench_change;

/* Find the change points of n positive values in their order; their number, ascending. The method is binary
 * segmentation (Scott & Knott 1974) with a permutation test. Let y be a segment's logarithms, none of which counts as
 * further from their median than five robust standard deviations, so that a lone value hides no step. The split t has
 * the largest |sum of y[i] - mean(y) for i < t| / sqrt(t (n - t)), with at least three values on either side. It is a
 * change if at most one of 1,999 shuffles has as large a maximum, so that p <= 0.001, and if the medians differ by
 * BENCH_CHANGE_LEAST; then both sides are searched. Shuffles come from a fixed seed, so the answer is always the same.
 * False alarms: values that are exchangeable, as noise around one level is, have a change with a probability of 0.001
 * at most. A change takes some 14 values, because fewer values have too few orders for one to be that rare. Errors:
 * GS_ERROR_MEMORY. */
gs_status bench_changes_find(const double *values, size_t n, bench_change changes[BENCH_CHANGES_MAX], size_t *count,
                             gs_error *error);

#endif
