#include "runner.h"

#include <math.h>
#include <string.h>

#include "again.h"
#include "measure/statistics.h"

static const double GIGA = 1e9, MEGA = 1e6, MILLI = 1e-3, CONFIDENCE = 0.99;

/* ---- Figures ---- */

/* Whether a smaller figure is better. */
static bool is_time(const bench_row *row) {
    return !strcmp(row->unit, "ms");
}

/* Seconds per call. */
static double call_s(const bench_row *row, const bench_repetition *r) {
    return r->real_s / ((double)r->iterations * row->calls);
}

static bool same_peak(const bench_row *a, const bench_row *b) {
    return a->threads == b->threads && !strcmp(a->isa, b->isa) && !strcmp(a->dtype, b->dtype);
}

double bench_peak_of(const bench_rows *rows, const bench_row *row) {
    double most = 0;
    for (int r = 0; r < rows->count; r++)
        for (int k = 0; k < rows->row[r].repetitions; k++)
            if (same_peak(&rows->row[r], row))
                most = fmax(most, fmax(rows->row[r].repetition[k].conditions.peak[0],
                                       rows->row[r].repetition[k].conditions.peak[1]));
    return most;
}

bool bench_peak_is_new(const bench_rows *rows, int i) {
    for (int k = 0; k < i; k++)
        if (same_peak(&rows->row[k], &rows->row[i]))
            return false;
    return true;
}

/* All calls of all repetitions, sorted; NULL when memory runs out. */
static double *pool(const bench_row *row, size_t *count) {
    *count = 0;
    for (int k = 0; k < row->repetitions; k++)
        *count += row->repetition[k].samples;
    double *all = gs_alloc(*count, sizeof *all), *at = all;
    for (int k = 0; all && k < row->repetitions; k++) {
        memcpy(at, row->repetition[k].sample, row->repetition[k].samples * sizeof *at);
        at += row->repetition[k].samples;
    }
    if (all)
        gs_sort(all, *count);
    return all;
}

static void percentiles(bench_row *row) {
    size_t n;
    double *all = pool(row, &n);
    if (all && n) {
        row->value = gs_rank_quantile(all, n, 0.5) / MILLI;
        bench_figure_add(row, "p90", "ms", gs_rank_quantile(all, n, 0.9) / MILLI);
        bench_figure_add(row, "p99", "ms", gs_rank_quantile(all, n, 0.99) / MILLI);
        bench_figure_add(row, "p99 below", "ms", gs_rank_quantile_bound(all, n, 0.99, CONFIDENCE) / MILLI);
        bench_figure_add(row, "most", "ms", all[n - 1] / MILLI);
        bench_figure_add(row, "calls", "", (double)n);
    }
    if (n < BENCH_CALLS_P99)
        bench_doubt(row, "%zu calls, expected %d for p99", n, BENCH_CALLS_P99);
    gs_free(all);
}

/* The median, least and greatest of the repetitions: rates, or milliseconds per call. */
static void summarise(const bench_rows *rows, bench_row *row) {
    double *rate = gs_alloc((size_t)row->repetitions, sizeof *rate);
    size_t n = (size_t)row->repetitions;
    for (int k = 0; rate && k < row->repetitions; k++) {
        double seconds = call_s(row, &row->repetition[k]);
        rate[k] = is_time(row) ? seconds / MILLI : row->items / seconds;
    }
    if (rate) {
        gs_sort(rate, n);
        row->value = gs_median(rate, n);
        row->low = rate[0];
        row->high = rate[n - 1];
        double call = is_time(row) ? row->value * MILLI : row->items / row->value;
        if (row->operations > 0) {
            if (strcmp(row->unit, "FLOP/s"))
                bench_figure_add(row, "GFLOP/s", "", row->operations / call / GIGA);
            if (bench_peak_of(rows, row) > 0)
                bench_figure_add(row, "of peak", "%", 100 * row->operations / call / bench_peak_of(rows, row));
        }
        if (row->ess_per_item > 0)
            bench_figure_add(row, "ESS/s", "", row->ess_per_item * row->value);
        if (row->plan_bytes)
            bench_figure_add(row, "plan", "MB", (double)row->plan_bytes / MEGA);
    }
    gs_free(rate);
    if (row->single)
        percentiles(row);
}

/* The row that is the same except that it has one thread. */
static const bench_row *find_single(const bench_rows *rows, const bench_row *row) {
    for (int i = 0; i < rows->count; i++) {
        const bench_row *r = &rows->row[i];
        bool same_backend =
            r->backend == row->backend || (r->backend && row->backend && !strcmp(r->backend, row->backend));
        bool same_scenario = r->scenario == row->scenario;
        if (r->threads == 1 && r->value > 0 && r->kind == row->kind && r->suite == row->suite &&
            r->model == row->model && r->batch == row->batch && !strcmp(r->isa, row->isa) &&
            !strcmp(r->dtype, row->dtype) && same_backend && same_scenario && r->what_length == row->what_length &&
            !strncmp(r->name + r->what_at, row->name + row->what_at, r->what_length))
            return r;
    }
    return NULL;
}

/* R(T) / (T R(1)), and the same over that of the multiply-add peaks. */
static void scale(const bench_rows *rows, bench_row *row) {
    const bench_row *one = row->threads > 1 && row->value > 0 && !is_time(row) ? find_single(rows, row) : NULL;
    if (!one)
        return;
    double scaling = row->value / (row->threads * one->value),
           peaks = bench_peak_of(rows, row) / (row->threads * bench_peak_of(rows, one));
    bench_figure_add(row, "scaling", "%", 100 * scaling);
    bench_figure_add(row, "of peaks' scaling", "%", 100 * scaling / peaks);
}

/* ---- Validity ---- */

/* Judges together all repetitions that count; again.h has the same rules for single ones. */
static void doubt_conditions(bench_row *row) {
    bench_conditions sum = {.peak = {1, 1}};
    double worst = 0;
    for (int k = 0; k < row->repetitions; k++) {
        const bench_conditions *c = &row->repetition[k].conditions;
        double moved = bench_peak_moved(c);
        if (isnan(moved)) {
            bench_doubt(row, "no multiply-add peak of %s %s to calibrate by", row->isa, row->dtype);
            return;
        }
        worst = fmax(worst, moved);
        sum.stolen += c->stolen;
        sum.waited += c->waited;
        sum.process_s += c->process_s;
    }
    if (worst > BENCH_PEAK_TOLERANCE)
        bench_doubt(row, "peak moved %.0f %%", 100 * worst);
    if (bench_stolen_share(&sum) >= BENCH_TAKEN_MOST)
        bench_doubt(row, "hypervisor took %.0f %%", 100 * bench_stolen_share(&sum));
    if (bench_waited_share(&sum) >= BENCH_TAKEN_MOST)
        bench_doubt(row, "other programs took %.0f %%", 100 * bench_waited_share(&sum));
}

static void doubt_build(bench_row *row) {
#if !defined(__OPTIMIZE__)
    bench_doubt(row, "the build is not optimised");
#endif
#if defined(GS_SANITIZED)
    bench_doubt(row, "the build has sanitizers");
#endif
    if (row->ran && strcmp(row->ran, row->isa))
        bench_doubt(row, "%s ran", row->ran);
    if (row->backend && strcmp(row->backend, "native") && strcmp(row->isa, gs_isa_best()))
        bench_doubt(row, "%s picks its own instruction set", row->backend);
}

static void judge(const bench_rows *rows, bench_row *row, bool interrupted) {
    if (!row->repetitions) {
        if (!row->failed)
            bench_doubt(row, interrupted ? "interrupted" : "not measured");
        return;
    }
    summarise(rows, row);
    if (row->repetitions < BENCH_REPETITIONS_LEAST)
        bench_doubt(row, "%d repetitions, expected at least %d", row->repetitions, BENCH_REPETITIONS_LEAST);
    doubt_conditions(row);
    doubt_build(row);
    if (row->check == BENCH_CHECK_OPEN && !row->failed)
        bench_doubt(row, "output not checked");
}

void bench_judge(bench_result *result) {
    bench_rows *rows = result->rows;
    for (int i = 0; i < rows->count; i++)
        judge(rows, &rows->row[i], result->interrupted);
    for (int i = 0; i < rows->count; i++) {
        scale(rows, &rows->row[i]);
        result->failed += rows->row[i].failed;
        result->invalid += rows->row[i].reasons > 0;
    }
}
