/* The peak rates of this machine. */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "kernels.h"
#include "measure/peak.h"
#include "system.h"
#include "triad.h"

/* ---- Multiply-adds ---- */

enum { FMA_BLOCKS = 4096 };

static gs_status nothing(bench_row *row, gs_error *error) {
    (void)error;
    row->ran = row->isa;
    return GS_OK;
}

static gs_status fma_call(bench_row *row, gs_error *error) {
    if (gs_peak_run(row->isa, row->dtype, row->threads, FMA_BLOCKS) > 0)
        return GS_OK;
    return gs_fail(error, GS_ERROR_UNSUPPORTED, "no multiply-add loop for %s %s", row->isa, row->dtype);
}

/* Check that sums of products of 1 with 1 are their numbers, exactly. */
static gs_status fma_check(bench_row *row, gs_error *error) {
    (void)error;
    double mean = gs_peak_result(row->isa, row->dtype, FMA_BLOCKS);
    if (!(fabs(mean - 1) <= 0))
        bench_wrong(row, "products of 1 with 1 are %.9g on average, expected 1", mean);
    return GS_OK;
}

static const bench_kind fma_kind = {0, nothing, fma_call, fma_check, NULL, NULL};

/* One row per type. */
static void add_fma(bench_rows *rows, const bench_variant *v) {
    bench_variant typed = *v;
    for (int i = 0; (typed.dtype = gs_peak_type(i)); i++) {
        bench_row *row = bench_row_add(rows, "machine", NULL, "fma", &typed, &fma_kind);
        row->unit = "FLOP/s";
        row->items = gs_peak_run(v->isa, typed.dtype, 1, FMA_BLOCKS) * v->threads;
    }
}

/* ---- Memory ---- */

static gs_status triad_open(bench_row *row, gs_error *error) {
    bench_triad *triad = row->state;
    *triad = bench_triad_new((size_t)row->items, row->threads);
    return triad->a && triad->b && triad->c ? GS_OK : gs_fail_memory(error, "large arrays");
}

static gs_status triad_call(bench_row *row, gs_error *error) {
    (void)error;
    bench_triad_run(row->state, 3);
    return GS_OK;
}

static gs_status triad_check(bench_row *row, gs_error *error) {
    (void)error;
    const bench_triad *triad = row->state;
    for (size_t i = 0; i < triad->count; i++)
        if (triad->a[i] != 7) { /* 1 + 3 x 2 */
            bench_wrong(row, "element %zu", i);
            break;
        }
    if (row->items < 2 * bench_last_cache())
        bench_figure_add(row, "of the last cache", "%", 100 * row->items / bench_last_cache());
    return GS_OK;
}

static void triad_close(bench_row *row) {
    bench_triad_free(row->state);
}

static const bench_kind triad_kind = {sizeof(bench_triad), triad_open, triad_call, triad_check, triad_close, NULL};

/* Arrays four times as large as the last cache, as the STREAM benchmark asks for, but no larger than this. */
static void add_triad(bench_rows *rows, const bench_variant *v) {
    const double least = 96e6, most = 384e6;
    bench_row *row = bench_row_add(rows, "machine", NULL, "triad", v, &triad_kind);
    row->unit = "bytes/s";
    row->items = floor(fmin(most, fmax(least, 4 * bench_last_cache())) / 192) * 192;
}

/* ---- Random numbers ---- */

enum { NORMALS_BLOCKS = 1024, BLOCK = 64 };

static gs_status normals_call(bench_row *row, gs_error *error) {
    const gs_kernels *kernels = gs_kernels_find(row->isa);
    float *out = row->state;
    (void)error;
#pragma omp parallel for num_threads(row->threads)
    for (int t = 0; t < row->threads; t++) {
        gs_normals_args args = {.counter = {0, 0, 0, (uint32_t)t},
                                .count = NORMALS_BLOCKS,
                                .out = out + (size_t)t * NORMALS_BLOCKS * BLOCK};
        kernels->normals(&args);
    }
    return GS_OK;
}

static gs_status normals_open(bench_row *row, gs_error *error) {
    row->ran = gs_kernels_find(row->isa)->isa;
    row->state = gs_alloc((size_t)row->threads * NORMALS_BLOCKS * BLOCK, sizeof(float));
    return row->state ? GS_OK : gs_fail_memory(error, "random numbers");
}

/* Check that the mean and variance of the numbers are within six standard errors. */
static gs_status normals_check(bench_row *row, gs_error *error) {
    (void)error;
    const float *x = row->state;
    double n = (double)row->threads * NORMALS_BLOCKS * BLOCK, sum = 0, square = 0;
    for (size_t i = 0; i < (size_t)n; i++) {
        sum += (double)x[i];
        square += (double)x[i] * (double)x[i];
    }
    if (!(fabs(sum) < 6 * sqrt(n)) || !(fabs(square - n) < 6 * sqrt(2 * n)))
        bench_wrong(row, "mean %.3g, mean square %.3g", sum / n, square / n);
    return GS_OK;
}

static const bench_kind normals_kind = {0, normals_open, normals_call, normals_check, NULL, NULL};

static void add_normals(bench_rows *rows, const bench_variant *v) {
    bench_row *row = bench_row_add(rows, "machine", NULL, "normals", v, &normals_kind);
    row->unit = "bytes/s";
    row->items = (double)v->threads * NORMALS_BLOCKS * BLOCK * sizeof(float);
}

void bench_add_machine(bench_rows *rows) {
    bench_axes axes = {.threads = {1, {1}}, .all_isas = true, .no_backend = true};
    int processors = bench_processors();
    if (processors > 1)
        axes.threads.values[axes.threads.count++] = processors;
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);) {
        bool best = rows->settings->isa.count || !strcmp(v.isa, gs_isa_best()), all = best || !rows->settings->quick;
        if (all || v.threads == 1)
            add_fma(rows, &v);
        if (all)
            add_normals(rows, &v);
        if (best)
            add_triad(rows, &v);
    }
}
