/* Steps of isokinetic dynamics, whose momenta keep the length sqrt(size). */
#ifndef GS_ISOKINETIC_H
#define GS_ISOKINETIC_H

#include <stddef.h>

#include "kernels.h"

/* p <- p sqrt(size) / |p|: a momentum of isokinetic paths, whose length is always that. A zero stays. */
void gs_isokinetic_normalize(const gs_kernels *kernels, float *p, size_t size);

/* The part of an isokinetic step that turns the momentum (Robnik & Seljak 2023, equation 10, in terms of a step per
 * pixel): with u = p / |p|, the force's direction e = -g / |g|, c = e u and t = a sqrt(size) |g| / (size - 1),
 *   u <- (u + e (sinh t + c (cosh t - 1))) / (cosh t + c sinh t).
 * Returns the change of the kinetic energy, (size - 1) log(cosh t + c sinh t). `size` is at least 2. */
double gs_isokinetic_turn(const gs_kernels *kernels, float *p, double a, const float *g, size_t size);

#endif
