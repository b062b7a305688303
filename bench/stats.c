#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_sort(double *x, size_t n) {
    qsort(x, n, sizeof *x, compare);
}

double bench_median(const double *sorted, size_t n) {
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double bench_quantile(const double *sorted, size_t n, double q) {
    size_t rank = (size_t)ceil(q * (double)n);
    return sorted[(rank > 0 ? rank : 1) - 1];
}

double bench_quantile_bound(const double *sorted, size_t n, double q, double confidence) {
    double below = 0, count = (double)n;
    for (size_t k = 1; k <= n; k++) { /* below: P(Binomial(n, q) < k) */
        double j = (double)(k - 1);
        below += exp(lgamma(count + 1) - lgamma(j + 1) - lgamma(count - j + 1) + j * log(q) + (count - j) * log1p(-q));
        if (below >= confidence)
            return sorted[k - 1];
    }
    return (double)NAN;
}
