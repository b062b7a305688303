/* Parts of the measures of chains that their tests and the reports also use. Thread-safe. */
#ifndef GS_MEASURE_CHAINS_H
#define GS_MEASURE_CHAINS_H

#include "base/base.h"

/* z with Phi(z) = p, the quantile of the standard normal distribution, by Wichura's PPND16 (1988, algorithm AS 241);
 * relative error about 1e-15. -infinity at 0, infinity at 1, NaN outside and for NaN. */
double gs_normal_quantile(double p);

/* Quantile p in [0, 1] of n values, of which the finite ones are sorted to the front: interpolated linearly between
 * order statistics (type 7 of Hyndman & Fan 1996). NaN if no value is finite. */
double gs_quantile(const double *sorted, size_t finite, double p);

/* Move the finite ones of n values to the front, in ascending order; returns their number. The elements after them are
 * undefined.
 */
size_t gs_sort_finite(double *values, size_t n);

#endif
