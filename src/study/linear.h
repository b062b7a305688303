/* The best linear denoiser of some images, as a yardstick for losses. */
#ifndef GS_STUDY_LINEAR_H
#define GS_STUDY_LINEAR_H

#include "base/base.h"

/* The mean of images, and their covariance C (by n, not n - 1) in a basis in which it is tridiagonal. */
typedef struct gs_linear {
    size_t pixels;
    double *mean;     /* (pixels) of each pixel */
    double variance;  /* of all pixels together, tr C */
    double *diagonal; /* (pixels) */
    double *beside;   /* (pixels) elements (i, i - 1) */
} gs_linear;

/* From images (n, pixels), n at least 1, in 2 pixels^3 multiply-adds. Errors: GS_ERROR_MEMORY; *linear then needs no
 * gs_linear_free. */
gs_status gs_linear_create(const float *images, size_t n, size_t pixels, gs_linear *linear, gs_error *error);
void gs_linear_free(gs_linear *linear);

/* The loss at noise level sigma, sigma^2 E |s + z / sigma|^2, of D(x) = mean + C (C + sigma^2)^-1 (x - mean), the exact
 * denoiser of a Gaussian of that mean and covariance (Wiener): tr C (C + sigma^2)^-1. No linear answer has less on
 * these images, and an exact denoiser has no more. */
double gs_linear_loss(const gs_linear *linear, double sigma);

#endif
