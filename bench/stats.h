/* Order statistics. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

/* Sort ascending. */
void bench_sort(double *x, size_t n);

/* Of n >= 1 sorted values: the mean of the middle ones. */
double bench_median(const double *sorted, size_t n);

/* Of n >= 1 sorted values: the nearest rank, sorted[ceil(q n) - 1], 0 < q <= 1. */
double bench_quantile(const double *sorted, size_t n, double q);

/* An upper bound of the q-quantile of where n independent values come from, that fails with probability 1 - confidence
 * at most: the k-th value with P(Binomial(n, q) < k) >= confidence (David & Nagaraja 2003, section 7.1); NaN when n is
 * too small for any k. */
double bench_quantile_bound(const double *sorted, size_t n, double q, double confidence);

/* Calls that a percentile asks for at 99 % confidence: the rule of MLPerf LoadGen. */
enum { BENCH_CALLS_P99 = 662, BENCH_CALLS_P90 = 64 };

#endif
