#include "sample/leapfrog.h"

#include <math.h>

enum { LANES = 16 };

/* Distances in widths of the data range: how far from the range a float still keeps enough of its fraction, 19 bits;
 * and how far a double still keeps a float's fraction. */
static const double widths_float = 32, widths_double = 0x1p29;

double gs_dot(const float *a, const float *b, size_t size) {
    double sum[LANES] = {0};
    size_t whole = size / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sum[k] += (double)a[i + k] * (double)b[i + k];
    for (size_t i = whole; i < size; i++)
        sum[i - whole] += (double)a[i] * (double)b[i];
    for (int half = LANES / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            sum[k] += sum[k + half];
    return sum[0];
}

double gs_kinetic(const float *r, size_t size) {
    return 0.5 * gs_dot(r, r, size);
}

/* Twice in one pass, as a path's inner kicks are. */
static void kick_twice(const float *restrict kick, const float *restrict g, float *restrict r, size_t size) {
    for (size_t i = 0; i < size; i++) {
        float change = kick[i] * g[i];
        r[i] = r[i] + change + change;
    }
}

static void kick_once(const float *restrict kick, const float *restrict g, float *restrict r, size_t size) {
    for (size_t i = 0; i < size; i++)
        r[i] += kick[i] * g[i];
}

static void drift_all(const float *restrict drift, const float *restrict r, float *restrict x, size_t size) {
    for (size_t i = 0; i < size; i++)
        x[i] += drift[i] * r[i];
}

void gs_leapfrog(const float *kick, const float *g, float *r, int kicks, const float *drift, float *x, size_t size) {
    if (kicks == 2)
        kick_twice(kick, g, r, size);
    else
        kick_once(kick, g, r, size);
    if (x)
        drift_all(drift, r, x, size);
}

void gs_add_scaled(float *y, double a, const float *s, const float *x, size_t size) {
    float factor = (float)a;
    if (s)
        for (size_t i = 0; i < size; i++)
            y[i] += factor * s[i] * x[i];
    else
        for (size_t i = 0; i < size; i++)
            y[i] += factor * x[i];
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
