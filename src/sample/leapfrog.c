#include "sample/leapfrog.h"

#include <math.h>

/* Distances in widths of the data range: how far from the range a float still keeps enough of its fraction, 19 bits;
 * and how far a double still keeps a float's fraction. */
static const double widths_float = 32, widths_double = 0x1p29;

double gs_kinetic(const gs_kernels *kernels, const float *r, size_t size) {
    return 0.5 * kernels->dot(r, r, size);
}

void gs_leapfrog(const gs_kernels *kernels, float *r, double a, const float *s, const float *g, float *x, double b,
                 size_t size) {
    float half[GS_F32_LANES], whole[GS_F32_LANES];
    for (int l = 0; l < GS_F32_LANES; l++) {
        half[l] = (float)a;
        whole[l] = (float)b;
    }
    kernels->leapfrog(&(gs_leapfrog_args){
        .half = half, .whole = whole, .scale = s, .g = g, .r = r, .x = x, .count = size, .kicks = 1});
}

void gs_add_scaled(const gs_kernels *kernels, float *y, double a, const float *s, const float *x, size_t size) {
    gs_leapfrog(kernels, y, a, s, x, NULL, 0, size);
}

/* Mirror a value that left [low, low + width] once for each end that it crossed; fmod is exact. The result is in [0,
 * width], and *odd says whether the number of crossings is odd. */
static double mirror(double beyond, double width, bool *odd) {
    double place = fmod(fabs(beyond), 2 * width);
    *odd = (beyond < 0) != (place > width);
    return place > width ? 2 * width - place : place;
}

/* A position far beyond the range is computed again in double, because the float has lost its fraction. Where a double
 * loses it too, it becomes NaN and the path is rejected; the reverse path is rejected as well, because it takes an
 * equally long step. */
void gs_add_within(float *y, double a, const float *s, float *x, size_t size, const float range[2]) {
    double low = (double)range[0], width = (double)range[1] - low;
    for (size_t i = 0; i < size; i++) {
        float factor = s ? (float)a * s[i] : (float)a, from = y[i];
        y[i] += factor * x[i];
        if (y[i] >= range[0] && y[i] <= range[1])
            continue;
        double beyond = (double)y[i] - low;
        if (!(fabs(beyond) <= widths_float * width))
            beyond = (double)from - low + (double)factor * (double)x[i];
        bool odd;
        double place = mirror(beyond, width, &odd);
        y[i] = fabs(beyond) <= widths_double * width ? (float)(low + place) : NAN;
        x[i] = odd ? -x[i] : x[i];
    }
}
