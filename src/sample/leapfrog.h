/* The parts of a leapfrog step (Neal 2011, section 5.2.3), on whitened momenta: with the diagonal mass M = diag(1 /
 * s^2) and p = r / s, r is standard normal, the kinetic energy |r|^2 / 2, and a step of size h r <- r - h/2 s dU/dq, q
 * <- q + h s r,   r <- r - h/2 s dU/dq, the element-wise product with s, the deviations, being all that the mass
 * changes. */
#ifndef GS_LEAPFROG_H
#define GS_LEAPFROG_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels.h"

/* |r|^2 / 2, which the kernel dot computes. */
double gs_kinetic(const gs_kernels *kernels, const float *r, size_t size);

/* y <- y + a s x, each operation rounded once; s is NULL for ones. */
void gs_add_scaled(const gs_kernels *kernels, float *y, double a, const float *s, const float *x, size_t size);

/* r <- r + a s g and then x <- x + b s r, likewise. */
void gs_leapfrog(const gs_kernels *kernels, float *r, double a, const float *s, const float *g, float *x, double b,
                 size_t size);

/* The same for a position y with momenta x, mirrored where it left the range, with its momentum (Neal 2011, section
 * 5.5.1.5). */
void gs_add_within(float *y, double a, const float *s, float *x, size_t size, const float range[2]);

#endif
