/* Moments of features and the Frechet distance between Gaussians. */
#include <math.h>

#include <lapacke.h>

#include "base/base.h"

/* covariance += (x - mean)(x - mean)^T over n rows x of d floats; only the upper triangle is computed. */
static void add_outer_products(const float *features, size_t n, size_t d, const double *mean, double *centred,
                               double *covariance) {
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < d; i++)
            centred[i] = (double)features[k * d + i] - mean[i];
        for (size_t i = 0; i < d; i++)
            for (size_t j = i; j < d; j++)
                covariance[i * d + j] += centred[i] * centred[j];
    }
}

gs_status gs_feature_moments(const float *features, size_t n, int d, double *mean, double *covariance,
                             gs_error *error) {
    if (n < 2 || d < 1) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "moments of %zu rows of %d features; at least 2 rows of 1 are needed",
                       n, d);
    }
    size_t size = (size_t)d;
    double *centred = gs_alloc(size, sizeof *centred);
    if (!centred)
        return gs_fail_memory(error, "the moments of the features");
    for (size_t i = 0; i < size; i++)
        mean[i] = 0.0;
    for (size_t i = 0; i < size * size; i++)
        covariance[i] = 0.0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < size; i++)
            mean[i] += (double)features[k * size + i];
    for (size_t i = 0; i < size; i++)
        mean[i] /= (double)n;
    add_outer_products(features, n, size, mean, centred, covariance);
    for (size_t i = 0; i < size; i++) {
        for (size_t j = i; j < size; j++) {
            covariance[i * size + j] /= (double)(n - 1);
            covariance[j * size + i] = covariance[i * size + j];
        }
    }
    gs_free(centred);
    return GS_OK;
}

/* out = a b for square matrices, b symmetric or not. */
static void multiply(const double *a, const double *b, size_t d, double *out) {
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++)
            out[i * d + j] = 0.0;
        for (size_t k = 0; k < d; k++)
            for (size_t j = 0; j < d; j++)
                out[i * d + j] += a[i * d + k] * b[k * d + j];
    }
}

/* The non-negative square root of an eigenvalue of a matrix that is positive semi-definite up to rounding. */
static double root(double eigenvalue) {
    return eigenvalue > 0.0 ? sqrt(eigenvalue) : 0.0;
}

/* out = V diag(sqrt(w)) V^T, from eigenvectors stored as rows. */
static void compose_root(const double *vectors, const double *values, size_t d, double *out) {
    for (size_t i = 0; i < d * d; i++)
        out[i] = 0.0;
    for (size_t k = 0; k < d; k++) {
        const double *v = vectors + k * d;
        double r = root(values[k]);
        for (size_t i = 0; i < d; i++)
            for (size_t j = 0; j < d; j++)
                out[i * d + j] += r * v[i] * v[j];
    }
}

/* tr (C1 C2)^(1/2). C1 C2 is not symmetric, but has the eigenvalues of S C2 S with S = C1^(1/2), which is symmetric and
 * positive semi-definite. work: 3 d^2 + d. NaN when LAPACK fails. */
static double trace_of_root(const double *cov1, const double *cov2, size_t d, double *work) {
    double *vectors = work, *s = work + d * d, *product = s + d * d, *values = product + d * d;
    for (size_t i = 0; i < d * d; i++)
        vectors[i] = cov1[i];
    lapack_int order = (lapack_int)d;
    if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', order, vectors, order, values) != 0)
        return NAN;
    compose_root(vectors, values, d, s);
    multiply(s, cov2, d, product);
    multiply(product, s, d, vectors);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++) {
            vectors[i * d + j] = 0.5 * (vectors[i * d + j] + vectors[j * d + i]);
            vectors[j * d + i] = vectors[i * d + j];
        }
    }
    if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'U', order, vectors, order, values) != 0)
        return NAN;
    double sum = 0.0;
    for (size_t i = 0; i < d; i++)
        sum += root(values[i]);
    return sum;
}

gs_status gs_frechet_distance(const double *mean1, const double *cov1, const double *mean2, const double *cov2, int d,
                              double *distance, gs_error *error) {
    size_t size = (size_t)d, room;
    if (d < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "a Frechet distance in %d dimensions; at least 1 is needed", d);
    if (!gs_mul_size(size, 3 * size + 1, &room))
        return gs_fail_memory(error, "the Frechet distance");
    double *work = gs_alloc(room, sizeof *work);
    if (!work)
        return gs_fail_memory(error, "the Frechet distance");
    double sum = 0.0;
    for (size_t i = 0; i < size; i++) {
        double difference = mean1[i] - mean2[i];
        sum += difference * difference + cov1[i * size + i] + cov2[i * size + i];
    }
    sum -= 2.0 * trace_of_root(cov1, cov2, size, work);
    *distance = sum < 0.0 ? 0.0 : sum; /* rounding errors; NaN stays NaN */
    gs_free(work);
    return GS_OK;
}
