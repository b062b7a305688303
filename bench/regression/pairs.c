#include "regression/pairs.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "measure/statistics.h"

enum { EXACT_MOST = 50 };

/* ---- Wilcoxon ---- */

/* Twice the mean rank of the sorted magnitudes i ... j - 1, counted from 0, which is a whole number. */
static size_t twice_rank(size_t i, size_t j) {
    return i + 1 + j;
}

/* P(sum of a random half of the doubled ranks >= w): each is taken or not, with probability 1/2. */
static double exact(const size_t *ranks, size_t n, size_t w) {
    double chance[EXACT_MOST * (EXACT_MOST + 1) + 1] = {1}, p = 0;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most += ranks[i];
        for (size_t s = most + 1; s-- > 0;)
            chance[s] = (chance[s] + (s >= ranks[i] ? chance[s - ranks[i]] : 0)) / 2;
    }
    for (size_t s = w; s <= most; s++)
        p += chance[s];
    return p;
}

static double normal(double n, double w, double ties) {
    double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    return erfc((w - mean - 0.5) / sqrt(2 * variance)) / 2;
}

double bench_wilcoxon(const double *x, size_t n) {
    double *magnitude = gs_alloc(n + 1, sizeof *magnitude), ties = 0;
    size_t *ranks = gs_alloc(n + 1, sizeof *ranks), used = 0, w = 0;
    if (!magnitude || !ranks) {
        gs_free(magnitude);
        gs_free(ranks);
        return (double)NAN;
    }
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0)
            magnitude[used++] = fabs(x[i]);
    gs_sort(magnitude, used);
    for (size_t i = 0, j; i < used; i = j) {
        for (j = i + 1; j < used && magnitude[j] == magnitude[i];)
            j++;
        double tied = (double)(j - i);
        ties += tied * tied * tied - tied;
        for (size_t k = i; k < j; k++)
            ranks[k] = twice_rank(i, j);
        for (size_t k = 0; k < n; k++)
            w += x[k] == magnitude[i] ? ranks[i] : 0;
    }
    double p = !used ? 1 : used > EXACT_MOST ? normal((double)used, (double)w / 2, ties) : exact(ranks, used, w);
    gs_free(magnitude);
    gs_free(ranks);
    return p;
}

/* ---- Several tests ---- */

void bench_holm(const double *p, double *adjusted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = 0;
        for (size_t k = 0; k < n; k++) { /* the largest value among the tests up to this one */
            size_t below = 0;
            for (size_t j = 0; p[k] <= p[i] && j < n; j++)
                below += p[j] < p[k];
            if (p[k] <= p[i])
                adjusted[i] = fmax(adjusted[i], fmin(1, p[k] * (double)(n - below)));
        }
    }
}

/* ---- Medians ---- */

void bench_median_interval(const double *sorted, size_t n, double *low, double *high) {
    double term = pow(0.5, (double)n), below = 0; /* P(Binomial(n, 1/2) < k) */
    size_t k = 0;
    while (below + term <= 0.005) {
        below += term;
        term *= (double)(n - k) / (double)(k + 1);
        k++;
    }
    size_t first = k ? k - 1 : 0;
    *low = sorted[first];
    *high = sorted[n - 1 - first];
}

static double shifted(const double *r, size_t n, double sign, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = sign * r[i] - log1p(BENCH_PAIRS_TESTED);
    return bench_wilcoxon(scratch, n);
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
    bench_median_interval(row->head, row->count, &v->low, &v->high);
    v->unsteady = !(fabs(v->control) <= log1p(BENCH_PAIRS_CONTROL));
    return !isnan(*slower) && !isnan(*faster);
}

bool bench_pairs_judge(bench_pairs *rows, size_t n, bench_pairs_verdict *verdicts) {
    double *p = gs_alloc(n, 4 * sizeof *p), *faster = p + n, *adjusted = faster + n, *adjusted_faster = adjusted + n;
    bool good = p != NULL;
    for (size_t i = 0; i < n && good; i++)
        good = judge_row(&rows[i], &verdicts[i], &p[i], &faster[i]);
    if (good) {
        bench_holm(p, adjusted, n);
        bench_holm(faster, adjusted_faster, n);
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
