/* Quantities of many chains at chosen steps, for tables and plots. */
#ifndef GS_APP_CURVE_H
#define GS_APP_CURVE_H

#include "base/base.h"

enum { GS_CURVE_SINGLES = 3 };

/* At n steps, evenly spaced from 0 to the last: quantiles 0.05, 0.5 and 0.95 of the finite values across chains (NaN
 * without any), and up to three single chains. All arrays are (n). */
typedef struct gs_curve {
    size_t n;
    double *step, *low, *median, *high;
    int singles;
    size_t chain[GS_CURVE_SINGLES]; /* their numbers */
    double *single[GS_CURVE_SINGLES];
    double *memory;
} gs_curve;

/* The curve of values (steps + 1, chains), at no more than `most` >= 2 steps. To be freed with gs_curve_free, also on
 * failure. Errors: GS_ERROR_MEMORY. */
gs_status gs_curve_fill(gs_curve *curve, const float *values, size_t steps, size_t chains, size_t most,
                        gs_error *error);

/* The curve of acceptances (steps, chains): the median holds the mean over chains and over the steps since the previous
 * point, NaN at step 0; low, high and single chains are NULL. */
gs_status gs_curve_fill_acceptance(gs_curve *curve, const float *values, size_t steps, size_t chains, size_t most,
                                   gs_error *error);

void gs_curve_free(gs_curve *curve);

#endif
