#include "regression/pairs.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "measure/statistics.h"

static double shifted(const double *r, size_t n, double sign, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = sign * r[i] - log1p(BENCH_PAIRS_TESTED);
    return gs_wilcoxon(scratch, n);
}

static bool judge_row(bench_pairs *row, bench_pairs_verdict *v, double *slower, double *faster) {
    double *scratch = gs_alloc(row->count, sizeof *scratch);
    if (!scratch)
        return false;
    *slower = v->p = shifted(row->head, row->count, 1, scratch);
    *faster = shifted(row->head, row->count, -1, scratch);
    gs_free(scratch);
    gs_sort(row->head, row->count);
    gs_sort(row->control, row->count);
    v->median = gs_median(row->head, row->count);
    v->control = gs_median(row->control, row->count);
    gs_median_interval(row->head, row->count, &v->low, &v->high);
    v->unsteady = !(fabs(v->control) <= log1p(BENCH_PAIRS_CONTROL));
    return !isnan(*slower) && !isnan(*faster);
}

bool bench_pairs_judge(bench_pairs *rows, size_t n, bench_pairs_verdict *verdicts) {
    double *p = gs_alloc(n, 4 * sizeof *p), *faster = p + n, *adjusted = faster + n, *adjusted_faster = adjusted + n;
    bool good = p != NULL;
    for (size_t i = 0; i < n && good; i++)
        good = judge_row(&rows[i], &verdicts[i], &p[i], &faster[i]);
    if (good) {
        gs_holm(p, adjusted, n);
        gs_holm(faster, adjusted_faster, n);
    }
    for (size_t i = 0; i < n && good; i++) {
        bench_pairs_verdict *v = &verdicts[i];
        double least = log1p(BENCH_PAIRS_SLOWER);
        v->adjusted = adjusted[i];
        v->faster = adjusted_faster[i];
        bool alarm = v->adjusted <= BENCH_PAIRS_LEVEL && v->median >= least;
        v->noisy = alarm && v->unsteady;
        v->slower = alarm && !v->unsteady;
        v->quicker = !v->unsteady && v->faster <= BENCH_PAIRS_LEVEL && v->median <= -least;
    }
    gs_free(p);
    return good;
}
