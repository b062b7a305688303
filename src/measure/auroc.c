/* How well a score tells two sets of images apart. */
#include <math.h>

#include "measure/statistics.h"

static gs_status check(const double *x, size_t n, const char *whose, gs_error *error) {
    if (!n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s scores: there are none: expected at least one", whose);
    for (size_t k = 0; k < n; k++)
        if (isnan(x[k]))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s scores: number %zu is not a number", whose, k);
    return GS_OK;
}

static double *sorted_copy(const double *x, size_t n) {
    double *copy = gs_alloc(n, sizeof *copy);
    for (size_t k = 0; copy && k < n; k++)
        copy[k] = x[k];
    if (copy)
        gs_sort(copy, n);
    return copy;
}

/* Sets that do not overlap have no variance. The standard error of Hanley & McNeil (1982) at the area that one more
 * score of the smaller set on either side would leave, (k + 1) / (k + 2), says how little such sets tell. */
static double error_apart(size_t n, size_t m) {
    double k = (double)(n < m ? n : m), area = (k + 1) / (k + 2), square = area * area;
    double of_in = area / (2 - area) - square, of_out = 2 * square / (1 + area) - square;
    double variance = area * (1 - area) + ((double)n - 1) * of_in + ((double)m - 1) * of_out;
    return sqrt(variance / ((double)n * (double)m));
}

gs_status gs_auroc(const double *in, size_t n, const double *out, size_t m, double *auroc, double *error_of,
                   gs_error *error) {
    gs_status status = check(in, n, "the first", error);
    if (!status)
        status = check(out, m, "the second", error);
    if (status)
        return status;
    double *a = sorted_copy(in, n), *b = sorted_copy(out, m);
    if (a && b)
        gs_mann_whitney(a, n, b, m, auroc, error_of);
    else
        status = gs_fail_memory(error, "the scores");
    if (!status && *error_of == 0 && (*auroc == 0 || *auroc == 1))
        *error_of = error_apart(n, m);
    gs_free(a);
    gs_free(b);
    return status;
}

/* A corner of the curve: how many scores of both sets are at a threshold or above. */
typedef struct corner {
    size_t in, out;
} corner;

/* The corner at the next threshold, which takes all scores that are equal to it. */
static corner lower(const double *a, size_t n, const double *b, size_t m, corner c) {
    bool is_in = c.in < n && (c.out == m || a[n - 1 - c.in] > b[m - 1 - c.out]);
    double threshold = is_in ? a[n - 1 - c.in] : b[m - 1 - c.out];
    while (c.in < n && a[n - 1 - c.in] >= threshold)
        c.in++;
    while (c.out < m && b[m - 1 - c.out] >= threshold)
        c.out++;
    return c;
}

static void draw(const double *a, size_t n, const double *b, size_t m, size_t points, double *rate) {
    corner at = {0, 0}, next = lower(a, n, b, m, at);
    for (size_t k = 0; k < points; k++) {
        double wanted = (double)k / (double)(points - 1) * (double)n;
        while ((at.in < n || at.out < m) && (double)next.in <= wanted) {
            at = next;
            next = at.in < n || at.out < m ? lower(a, n, b, m, at) : at;
        }
        double part = next.in > at.in ? (wanted - (double)at.in) / (double)(next.in - at.in) : 0;
        rate[k] = ((double)at.out + part * (double)(next.out - at.out)) / (double)m;
    }
}

gs_status gs_roc(const double *in, size_t n, const double *out, size_t m, size_t points, double *rate,
                 gs_error *error) {
    gs_status status = check(in, n, "the first", error);
    if (!status)
        status = check(out, m, "the second", error);
    if (!status && points < 2)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "%zu points: expected at least 2", points);
    if (status)
        return status;
    double *a = sorted_copy(in, n), *b = sorted_copy(out, m);
    if (a && b)
        draw(a, n, b, m, points, rate);
    else
        status = gs_fail_memory(error, "the scores");
    gs_free(a);
    gs_free(b);
    return status;
}
