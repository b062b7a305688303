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
