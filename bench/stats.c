#include "stats.h"

#include <math.h>
#include <stdbool.h>
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

double bench_student(double t, int degrees) {
    const double half_turn = 3.14159265358979323846;
    double angle = atan(fabs(t) / sqrt(degrees)), c = cos(angle), sum = 0;
    bool odd = degrees % 2 != 0;
    double term = odd ? c : 1; /* the sum's terms are the powers of the cosine of this parity, below `degrees` */
    for (int i = 0; i < degrees / 2; i++) {
        sum += term;
        term *= c * c * (odd ? (2 * i + 2.0) / (2 * i + 3.0) : (2 * i + 1.0) / (2 * i + 2.0));
    }
    return odd ? 1 - (angle + sin(angle) * sum) * 2 / half_turn : 1 - sin(angle) * sum;
}

double bench_student_quantile(double p, int degrees) {
    double low = 0, high = 1;
    while (bench_student(high, degrees) > p && high < 1e15)
        high *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = (low + high) / 2;
        if (bench_student(middle, degrees) > p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static double log_choose(double n, double k) {
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

double bench_fisher(double k, double n, double all_k, double all_n) {
    double sum = k + all_k, below = 0, above = 0;
    for (double j = fmax(0, sum - all_n); j <= fmin(n, sum); j++) {
        double p = exp(log_choose(n, j) + log_choose(all_n, sum - j) - log_choose(n + all_n, sum));
        below += j <= k ? p : 0;
        above += j >= k ? p : 0;
    }
    return fmin(1, 2 * fmin(below, above));
}
