/* Quantities of many chains at chosen steps, for tables and plots. */
#ifndef GS_APP_CURVE_H
#define GS_APP_CURVE_H

#include "base/base.h"

enum { GS_CURVE_SINGLES = 3 };

/* Rows of values: after each of which steps they are, from 0 on (NULL: 0, 1 ...), and how many rows follow the first.
 */
typedef struct gs_curve_rows {
    const size_t *step;
    size_t last;
} gs_curve_rows;

/* At n steps, evenly spaced from 0 to the last, or at the rows that follow them: quantiles 0.05, 0.5 and 0.95 of the
 * finite values across chains (NaN without any), and up to three single chains. All arrays are (n). */
typedef struct gs_curve {
    size_t n;
    double *step, *low, *median, *high;
    size_t *row; /* of the values */
    int singles;
    size_t chain[GS_CURVE_SINGLES]; /* their numbers */
    double *single[GS_CURVE_SINGLES];
    double *memory;
} gs_curve;

/* The curve of values (rows.last + 1, chains), at no more than `most` >= 2 steps. To be freed with gs_curve_free, also
 * on failure. Errors: GS_ERROR_MEMORY. */
gs_status gs_curve_fill(gs_curve *curve, const float *values, gs_curve_rows rows, size_t chains, size_t most,
                        gs_error *error);

/* The curve of acceptances (rows.last, chains), each the mean of the steps since the row before: the median holds the
 * mean over chains and over the steps since the previous point, NaN at step 0; low, high and single chains are NULL. */
gs_status gs_curve_fill_acceptance(gs_curve *curve, const float *values, gs_curve_rows rows, size_t chains, size_t most,
                                   gs_error *error);

void gs_curve_free(gs_curve *curve);

#endif
