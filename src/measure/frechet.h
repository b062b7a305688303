/* Parts of the Frechet distance between Gaussians, for many distances to one of them. */
#ifndef GS_MEASURE_FRECHET_H
#define GS_MEASURE_FRECHET_H

#include "base/base.h"

/* Mean (d) and unbiased covariance (d, d) of those rows of (n, d) whose mask in `members` (n) has bit `set`, or of all
 * rows if it is NULL. Returns their number; both are NaN if there are too few. work: d. */
size_t gs_subset_moments(const float *features, const uint64_t *members, int set, size_t n, size_t d, double *mean,
                         double *covariance, double *work);

/* out = C^(1/2) of a covariance (d, d); false when LAPACK fails. work: d (d + 1). */
bool gs_covariance_root(const double *covariance, size_t d, double *out, double *work);

/* gs_frechet_distance with C1^(1/2) already known; NaN when LAPACK fails. work: d (2 d + 1). */
double gs_frechet_to(const double *mean1, const double *cov1, const double *root1, const double *mean2,
                     const double *cov2, size_t d, double *work);

#endif
