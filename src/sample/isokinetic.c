#include "sample/isokinetic.h"

#include <math.h>

#include "base/math64.h"

static void scale(float *p, double factor, size_t size) {
    for (size_t i = 0; i < size; i++)
        p[i] = (float)(factor * (double)p[i]);
}

void gs_isokinetic_normalize(const gs_kernels *kernels, float *p, size_t size) {
    double square = kernels->dot(p, p, size);
    if (square > 0)
        scale(p, sqrt((double)size / square), size);
}

/* With z = exp(-t), numerator and denominator times 2 z exp(t) stay finite for every t. Rounding changes the length a
 * little, step by step, unless it is restored. */
double gs_isokinetic_turn(const gs_kernels *kernels, float *p, double a, const float *g, size_t size) {
    double length = sqrt((double)size), force = sqrt(kernels->dot(g, g, size));
    if (force == 0)
        return 0;
    double c = fmax(-1, fmin(1, -kernels->dot(p, g, size) / (force * length))),
           t = a * length * force / ((double)size - 1);
    double z = gs_exp64(-t), along = (1 - z) * (1 + z + c * (1 - z)), keep = 2 * z;
    for (size_t i = 0; i < size; i++)
        p[i] = (float)(keep * (double)p[i] - along * length / force * (double)g[i]);
    gs_isokinetic_normalize(kernels, p, size);
    return ((double)size - 1) * (t + gs_log64(0.5 * (1 + c + (1 - c) * z * z)));
}
