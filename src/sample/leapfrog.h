/* The parts of a leapfrog step (Neal 2011, section 5.2.3), on whitened momenta: with the diagonal mass M = diag(1 /
 * s^2) and p = r / s, r is standard normal, the kinetic energy |r|^2 / 2, and a step of size h r <- r - h/2 s dU/dq, q
 * <- q + h s r,   r <- r - h/2 s dU/dq, the element-wise product with s, the deviations, being all that the mass
 * changes. */
#ifndef GS_LEAPFROG_H
#define GS_LEAPFROG_H

#include <stdbool.h>
#include <stddef.h>

/* sum a_i b_i: products of floats are exact in double; 16 sums, then a tree. */
double gs_dot(const float *a, const float *b, size_t size);

/* |r|^2 / 2. */
double gs_kinetic(const float *r, size_t size);

/* r <- r + kick g, once or twice as `kicks` says, and then, unless x is NULL, x <- x + drift r, element by element,
 * each operation rounded once. The arrays do not overlap. */
void gs_leapfrog(const float *kick, const float *g, float *r, int kicks, const float *drift, float *x, size_t size);

/* y <- y + a s x, each operation rounded once; s is NULL for ones. */
void gs_add_scaled(float *y, double a, const float *s, const float *x, size_t size);

/* The same for a position y with momenta x, mirrored where it left the range, with its momentum (Neal 2011, section
 * 5.5.1.5). */
void gs_add_within(float *y, double a, const float *s, float *x, size_t size, const float range[2]);

#endif
