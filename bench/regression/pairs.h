/* The statistics of paired ratios. r = ln(head/base) of each pair; a row is slower when a one-sided Wilcoxon test of
 * r > ln 1.03, corrected for all rows by Holm's method, has p <= 0.01, and the median of r is at least ln 1.05. */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/* Shares by which the head must be slower, for the test and in the median; and by which the base beside itself may be.
 */
#define BENCH_PAIRS_TESTED 0.03
#define BENCH_PAIRS_SLOWER 0.05
#define BENCH_PAIRS_CONTROL 0.02
#define BENCH_PAIRS_LEVEL 0.01

/* P(W+ >= what x has) of Wilcoxon's signed-rank statistic when the n values are symmetric around 0 (Hollander, Wolfe &
 * Chicken 2014, section 3.1): small where x is above 0. Zeros are left out, equal magnitudes share their mean rank. Up
 * to 50 values the distribution is exact, by recursion over the ranks that x has; beyond, it is normal, corrected for
 * ties and continuity. 1 without values; NaN when memory ends. */
double bench_wilcoxon(const double *x, size_t n);

/* Holm's (1979) adjusted p of n tests: reject where it is at most the level. `adjusted` has room for n. */
void bench_holm(const double *p, double *adjusted, size_t n);

/* Of n >= 1 sorted values: an interval that has the median of where they come from with 99 % probability or more,
 * between order statistics; all of them where n is below 8. */
void bench_median_interval(const double *sorted, size_t n, double *low, double *high);

/* Pairs of one row: r of the head over the base, and of the base over itself. */
typedef struct bench_pairs {
    double *head, *control;
    size_t count;
} bench_pairs;

typedef struct bench_pairs_verdict {
    double median, low, high; /* of r, the interval 99 % */
    double p, adjusted;       /* of r > ln 1.03; by Holm's method */
    double faster;            /* adjusted p of -r > ln 1.03 */
    double control;           /* median */
    bool unsteady;            /* the control is off by more than 2 % */
    bool noisy;               /* slower, but unsteady: nothing is said */
    bool slower, quicker;     /* and not unsteady */
} bench_pairs_verdict;

/* Judge n rows with a pair or more each together; sorts the pairs. False when memory ends. */
bool bench_pairs_judge(bench_pairs *rows, size_t n, bench_pairs_verdict *verdicts);

#endif
