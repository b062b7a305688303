#include "study/linear.h"

#include <math.h>
#include <string.h>

/* ---- The covariance ---- */

/* Sums of x x^T. Most pixels are black, and add nothing. */
static void add_image(const float *image, size_t pixels, double *mean, double *moments) {
    for (size_t i = 0; i < pixels; i++) {
        double v = (double)image[i];
        mean[i] += v;
        for (size_t j = 0; v != 0 && j < pixels; j++)
            moments[i * pixels + j] += v * (double)image[j];
    }
}

static void find_covariance(const float *images, size_t n, size_t pixels, double *mean, double *covariance) {
    for (size_t k = 0; k < n; k++)
        add_image(images + k * pixels, pixels, mean, covariance);
    for (size_t i = 0; i < pixels; i++)
        mean[i] /= (double)n;
    for (size_t i = 0; i < pixels; i++)
        for (size_t j = 0; j < pixels; j++)
            covariance[i * pixels + j] = covariance[i * pixels + j] / (double)n - mean[i] * mean[j];
}

/* ---- Its tridiagonal form (Householder 1958; Golub & Van Loan 2013, section 8.3.1) ---- */

/* The vector v of the reflection that makes of x the first axis times *length. Returns 2 / v^T v; 0: there is nothing
 * to reflect. */
static double reflection(const double *x, size_t n, double *v, double *length) {
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += x[i] * x[i];
    *length = x[0] > 0 ? -sqrt(square) : sqrt(square);
    memcpy(v, x, n * sizeof *v);
    v[0] -= *length;
    return square > 0 ? 1 / (square - *length * x[0]) : 0;
}

/* A -= v w^T + w v^T, w = p - (beta / 2 p^T v) v, p = beta A v, on the last m rows and columns. */
static void reflect(double *a, size_t pixels, size_t m, const double *v, double beta, double *w) {
    double *corner = a + (pixels - m) * (pixels + 1), along = 0;
    memset(w, 0, m * sizeof *w);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            w[j] += beta * v[i] * corner[i * pixels + j];
    for (size_t i = 0; i < m; i++)
        along += beta / 2 * w[i] * v[i];
    for (size_t i = 0; i < m; i++)
        w[i] -= along * v[i];
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            corner[i * pixels + j] -= v[i] * w[j] + w[i] * v[j];
}

/* work: 2 pixels. */
static void make_tridiagonal(double *a, size_t pixels, double *diagonal, double *beside, double *work) {
    double *v = work, *w = work + pixels;
    for (size_t k = 0; k < pixels; k++) {
        size_t m = pixels - k - 1;
        diagonal[k] = a[k * (pixels + 1)];
        double beta = m ? reflection(a + k * pixels + k + 1, m, v, &beside[k + 1]) : 0;
        if (beta > 0)
            reflect(a, pixels, m, v, beta, w);
    }
}

/* ---- The denoiser ---- */

gs_status gs_linear_create(const float *images, size_t n, size_t pixels, gs_linear *linear, gs_error *error) {
    size_t square;
    double *covariance = gs_mul_size(pixels, pixels, &square) ? gs_alloc(square, sizeof *covariance) : NULL;
    double *work = gs_alloc(pixels, 2 * sizeof *work);
    *linear = (gs_linear){.pixels = pixels,
                          .mean = gs_alloc(pixels, sizeof *linear->mean),
                          .diagonal = gs_alloc(pixels, sizeof *linear->diagonal),
                          .beside = gs_alloc(pixels, sizeof *linear->beside)};
    bool enough = covariance && work && linear->mean && linear->diagonal && linear->beside;
    if (enough) {
        find_covariance(images, n, pixels, linear->mean, covariance);
        for (size_t i = 0; i < pixels; i++)
            linear->variance += covariance[i * (pixels + 1)];
        make_tridiagonal(covariance, pixels, linear->diagonal, linear->beside, work);
    } else {
        gs_linear_free(linear);
    }
    gs_free(covariance);
    gs_free(work);
    return enough ? GS_OK : gs_fail_memory(error, "the covariance of pixels");
}

void gs_linear_free(gs_linear *linear) {
    gs_free(linear->mean);
    gs_free(linear->diagonal);
    gs_free(linear->beside);
    *linear = (gs_linear){0};
}

/* tr C (C + s)^-1 = pixels - s tr (C + s)^-1, and the latter trace is the derivative of log det (C + s) by s, whose
 * pivots are p_i = c_i + s - b_i^2 / p_(i-1). */
double gs_linear_loss(const gs_linear *linear, double sigma) {
    double s = sigma * sigma, pivot = 1, slope = 0, trace = 0;
    for (size_t i = 0; i < linear->pixels; i++) {
        double ratio = linear->beside[i] / pivot; /* beside[0] is 0 */
        slope = 1 + ratio * ratio * slope;
        pivot = linear->diagonal[i] + s - ratio * linear->beside[i];
        trace += slope / pivot;
    }
    return (double)linear->pixels - s * trace;
}
