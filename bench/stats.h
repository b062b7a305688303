/* Order statistics. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

/* Sort ascending. */
void bench_sort(double *x, size_t n);

/* The median of n >= 1 sorted values: the mean of the middle ones. */
double bench_median(const double *sorted, size_t n);

/* The q-quantile of n >= 1 sorted values by nearest rank: sorted[ceil(q n) - 1], 0 < q <= 1. */
double bench_quantile(const double *sorted, size_t n, double q);

/* An upper bound of the q-quantile of the distribution from which n independent values come, which fails with
 * probability 1 - confidence at most: the k-th value with P(Binomial(n, q) < k) >= confidence (David & Nagaraja 2003,
 * section 7.1); NaN if n is too small for any k. */
double bench_quantile_bound(const double *sorted, size_t n, double q, double confidence);

/* P(|T| >= t) of Student's t with a whole number of degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4),
 * and the t >= 0 at which it is p, 1e-12 < p < 1. */
double bench_student(double t, int degrees);
double bench_student_quantile(double p, int degrees);

/* Fisher's exact test of k in n against all_k in all_n others: the probability, with k + all_k fixed, of k or fewer, or
 * of k or more; twice the smaller of both, at most 1. All are whole numbers, k <= n and all_k <= all_n. */
double bench_fisher(double k, double n, double all_k, double all_n);

/* The number of calls that a percentile needs at 99 % confidence, by the rule of MLPerf LoadGen. */
enum { BENCH_CALLS_P99 = 662, BENCH_CALLS_P90 = 64 };

#endif
