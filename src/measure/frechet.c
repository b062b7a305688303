/* Moments of features and the Frechet distance between Gaussians. */
#include <math.h>

#include <lapacke.h>

#include "measure/frechet.h"

/* Whether row k is in subset `set`, for which one bit of each row's mask stands; without masks every row is. */
static bool is_in(const uint64_t *members, int set, size_t k) {
    return !members || members[k] >> set & 1;
}

/* covariance += (x - mean)(x - mean)^T over rows x of d floats, only the upper triangle is computed. */
static void add_outer_products(const float *features, const uint64_t *members, int set, size_t n, size_t d,
                               const double *mean, double *centred, double *covariance) {
    for (size_t k = 0; k < n; k++) {
        if (!is_in(members, set, k))
            continue;
        for (size_t i = 0; i < d; i++)
            centred[i] = (double)features[k * d + i] - mean[i];
        for (size_t i = 0; i < d; i++)
            for (size_t j = i; j < d; j++)
                covariance[i * d + j] += centred[i] * centred[j];
    }
}

size_t gs_subset_moments(const float *features, const uint64_t *members, int set, size_t n, size_t d, double *mean,
                         double *covariance, double *work) {
    size_t count = 0;
    for (size_t i = 0; i < d; i++)
        mean[i] = 0.0;
    for (size_t i = 0; i < d * d; i++)
        covariance[i] = 0.0;
    for (size_t k = 0; k < n; k++) {
        if (!is_in(members, set, k))
            continue;
        count++;
        for (size_t i = 0; i < d; i++)
            mean[i] += (double)features[k * d + i];
    }
    for (size_t i = 0; i < d; i++)
        mean[i] /= (double)count;
    add_outer_products(features, members, set, n, d, mean, work, covariance);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = i; j < d; j++) {
            covariance[i * d + j] /= (double)count - 1;
            covariance[j * d + i] = covariance[i * d + j];
        }
    }
    return count;
}

gs_status gs_feature_moments(const float *features, size_t n, int d, double *mean, double *covariance,
                             gs_error *error) {
    if (n < 2 || d < 1) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "moments of %zu rows of %d features; at least 2 rows of 1 are needed",
                       n, d);
    }
    double *work = gs_alloc((size_t)d, sizeof *work);
    if (!work)
        return gs_fail_memory(error, "the moments of the features");
    gs_subset_moments(features, NULL, 0, n, (size_t)d, mean, covariance, work);
    gs_free(work);
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

bool gs_covariance_root(const double *covariance, size_t d, double *out, double *work) {
    double *vectors = work, *values = work + d * d;
    for (size_t i = 0; i < d * d; i++)
        vectors[i] = covariance[i];
    lapack_int order = (lapack_int)d;
    if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', order, vectors, order, values) != 0)
        return false;
    compose_root(vectors, values, d, out);
    return true;
}

/* tr (C1 C2)^(1/2). C1 C2 is not symmetric, but has the eigenvalues of S C2 S with S = C1^(1/2), which is symmetric and
 * positive semi-definite. work: 2 d^2 + d. NaN when LAPACK fails. */
static double trace_of_root(const double *s, const double *cov2, size_t d, double *work) {
    double *product = work, *square = work + d * d, *values = square + d * d;
    lapack_int order = (lapack_int)d;
    multiply(s, cov2, d, product);
    multiply(product, s, d, square);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++) {
            square[i * d + j] = 0.5 * (square[i * d + j] + square[j * d + i]);
            square[j * d + i] = square[i * d + j];
        }
    }
    if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'U', order, square, order, values) != 0)
        return NAN;
    double sum = 0.0;
    for (size_t i = 0; i < d; i++)
        sum += root(values[i]);
    return sum;
}

double gs_frechet_to(const double *mean1, const double *cov1, const double *root1, const double *mean2,
                     const double *cov2, size_t d, double *work) {
    double sum = 0.0;
    for (size_t i = 0; i < d; i++) {
        double difference = mean1[i] - mean2[i];
        sum += difference * difference + cov1[i * d + i] + cov2[i * d + i];
    }
    sum -= 2.0 * trace_of_root(root1, cov2, d, work);
    return sum < 0.0 ? 0.0 : sum; /* rounding; a NaN stays */
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
    double *free_space = work + size * size;
    bool has_root = gs_covariance_root(cov1, size, work, free_space);
    *distance = has_root ? gs_frechet_to(mean1, cov1, work, mean2, cov2, size, free_space) : NAN;
    gs_free(work);
    return GS_OK;
}
