/* The statistics of paired ratios, r = ln(head/base) for each pair. A row is slower if a one-sided Wilcoxon test of r >
 * ln 1.03, corrected for all rows by Holm's method, has p <= 0.01 and the median of r is at least ln 1.05. */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/* The shares by which the head must be slower, for the test and in the median, and by which the base may differ from
 * itself.
 */
#define BENCH_PAIRS_TESTED 0.03
#define BENCH_PAIRS_SLOWER 0.05
#define BENCH_PAIRS_CONTROL 0.02
#define BENCH_PAIRS_LEVEL 0.01

/* P(W+ >= the observed value) for Wilcoxon's signed-rank statistic if the n values are symmetric around 0 (Hollander,
 * Wolfe & Chicken 2014, section 3.1): small where x is above 0. Zeros are left out; equal magnitudes share their mean
 * rank. For up to 50 values the distribution is exact, by recursion over the ranks of x; for more it is the normal
 * approximation, corrected for ties and continuity. 1 without values; NaN when memory runs out. */
double bench_wilcoxon(const double *x, size_t n);

/* Holm's (1979) adjusted p of n tests: reject those for which it is at most the level. `adjusted` has room for n. */
void bench_holm(const double *p, double *adjusted, size_t n);

/* For n >= 1 sorted values: an interval between order statistics that contains the median of their distribution with a
 * probability of 99 % or more; from the least to the greatest value if n is below 8. */
void bench_median_interval(const double *sorted, size_t n, double *low, double *high);

/* The pairs of one row: r of the head over the base, and of the base over itself. */
typedef struct bench_pairs {
    double *head, *control;
    size_t count;
} bench_pairs;

typedef struct bench_pairs_verdict {
    double median, low, high; /* of r; the interval is 99 % */
    double p, adjusted;       /* for r > ln 1.03; adjusted by Holm's method */
    double faster;            /* adjusted p for -r > ln 1.03 */
    double control;           /* median */
    bool unsteady;            /* the control is off by more than 2 % */
    bool noisy;               /* slower, but unsteady, so that nothing can be said */
    bool slower, quicker;     /* slower and not unsteady */
} bench_pairs_verdict;

/* Judge n rows together, each with at least one pair; sorts the pairs. False when memory runs out. */
bool bench_pairs_judge(bench_pairs *rows, size_t n, bench_pairs_verdict *verdicts);

#endif
