/* Statistics of both programs: order statistics, distributions, tests. Thread-safe. */
#ifndef GS_MEASURE_STATISTICS_H
#define GS_MEASURE_STATISTICS_H

#include "base/base.h"

/* Sort ascending. */
void gs_sort(double *x, size_t n);

/* How many of n sorted values are below x or, with `or_equal`, at most x. */
size_t gs_count_below(const double *sorted, size_t n, double x, bool or_equal);

/* The share of the n m pairs of sorted a and b in which b is above a, ties counting half (Mann & Whitney 1947), which
 * is the area under a ROC curve; and its standard error for the choice of both (DeLong et al. 1988), NaN where n or m
 * is 1. */
void gs_mann_whitney(const double *a, size_t n, const double *b, size_t m, double *share, double *error);

/* The median of n >= 1 sorted values: the mean of the middle ones. */
double gs_median(const double *sorted, size_t n);

/* Quantile p in [0, 1] of n values, of which the finite ones are sorted to the front: interpolated linearly between
 * order statistics (type 7 of Hyndman & Fan 1996). NaN if no value is finite. */
double gs_quantile(const double *sorted, size_t finite, double p);

/* Move the finite ones of n values to the front, in ascending order; returns their number. The elements after them are
 * undefined.
 */
size_t gs_sort_finite(double *values, size_t n);

/* The q-quantile of n >= 1 sorted values by nearest rank: sorted[ceil(q n) - 1], 0 < q <= 1. */
double gs_rank_quantile(const double *sorted, size_t n, double q);

/* An upper bound of the q-quantile of the distribution from which n independent values come, which fails with
 * probability 1 - confidence at most: the k-th value with P(Binomial(n, q) < k) >= confidence (David & Nagaraja 2003,
 * section 7.1); NaN if n is too small for any k. */
double gs_rank_quantile_bound(const double *sorted, size_t n, double q, double confidence);

/* z with Phi(z) = p, the quantile of the standard normal distribution, by Wichura's PPND16 (1988, algorithm AS 241);
 * relative error about 1e-15. -infinity at 0, infinity at 1, NaN outside and for NaN. */
double gs_normal_quantile(double p);

/* P(|T| >= t) of Student's t with a whole number of degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4),
 * and the t >= 0 at which it is p, 1e-12 < p < 1. */
double gs_student(double t, int degrees);
double gs_student_quantile(double p, int degrees);

/* Fisher's exact test of k in n against all_k in all_n others: the probability, with k + all_k fixed, of k or fewer, or
 * of k or more; twice the smaller of both, at most 1. All are whole numbers, k <= n and all_k <= all_n. */
double gs_fisher(double k, double n, double all_k, double all_n);

/* P(W+ >= the observed value) for Wilcoxon's signed-rank statistic if the n values are symmetric around 0 (Hollander,
 * Wolfe & Chicken 2014, section 3.1): small where x is above 0. Zeros are left out; equal magnitudes share their mean
 * rank. For up to 50 values the distribution is exact, by recursion over the ranks of x; for more it is the normal
 * approximation, corrected for ties and continuity. 1 without values; NaN when memory runs out. */
double gs_wilcoxon(const double *x, size_t n);

/* Holm's (1979) adjusted p of n tests: reject those for which it is at most the level. `adjusted` has room for n. */
void gs_holm(const double *p, double *adjusted, size_t n);

/* For n >= 1 sorted values: an interval between order statistics that contains the median of their distribution with a
 * probability of 99 % or more; from the least to the greatest value if n is below 8. */
void gs_median_interval(const double *sorted, size_t n, double *low, double *high);

/* Values in short. */
enum { GS_SUMMARY_QUANTILES = 7, GS_SUMMARY_MEDIAN = 3 };

typedef struct gs_summary {
    size_t n, finite; /* values, and those that are finite, which the rest is about; NaN where there are too few */
    double mean, sd;  /* sd: by n - 1 */
    double quantile[GS_SUMMARY_QUANTILES]; /* 0, 5, 25, 50, 75, 95 and 100 % */
} gs_summary;

/* Summarize the values k with labels[k] == label, or all of them where `labels` is NULL. Errors: GS_ERROR_MEMORY. */
gs_status gs_summarize(const float *values, const int *labels, int label, size_t n, gs_summary *summary,
                       gs_error *error);

/* The shares of n values in `bins` equal parts of [low, high], low < high; others, and those that are not finite, count
 * as none of them. */
void gs_histogram(const float *values, size_t n, double low, double high, int bins, double *shares);

#endif
