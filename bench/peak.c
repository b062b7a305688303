#include "peak.h"

#include <math.h>
#include <omp.h>

#include "base/base.h"
#include "io/progress.h"
#include "kernels.h"

enum { STEPS = 256, MEASUREMENTS = 12, SCALAR_SHARE = 64 };
static const double MEASURE_S = 1e-3;

/* Scalar C, whose multiply-adds are calls, does a small share of the others' blocks. */
static long share_of(const gs_kernels *k, long blocks) {
    return k->base ? blocks : (blocks + SCALAR_SHARE - 1) / SCALAR_SHARE;
}

/* The mean of what the chains of one tile have come to. */
static double run(const gs_kernels *k, long blocks) {
    float x[GS_MAC_ROWS_MOST * GS_F32_LANES];
    int count = k->mac_traits.rows * GS_F32_LANES;
    for (int i = 0; i < count; i++)
        x[i] = 0.5f + 0.001f * (float)i;
    k->iterate(x, k->mac_traits.rows, 0.999f, 0.001f, share_of(k, blocks) * STEPS);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)x[i];
    return sum / count;
}

double bench_peak_result(const char *isa, long blocks) {
    const gs_kernels *k = gs_kernels_find(isa);
    return k ? run(k, blocks) : (double)NAN;
}

double bench_peak_run(const char *isa, int threads, long blocks) {
    const gs_kernels *k = gs_kernels_find(isa);
    if (!k)
        return 0;
#pragma omp parallel num_threads(threads)
    run(k, blocks);
    return 2.0 * GS_F32_LANES * k->mac_traits.rows * STEPS * (double)share_of(k, blocks);
}

double bench_peak_measure(const char *isa, int threads) {
    double best = 0, flops = bench_peak_run(isa, threads, 1);
    for (int i = 0; flops > 0 && i < MEASUREMENTS; i++) {
        double start = gs_now_s(), elapsed = 0, done = 0;
        while (elapsed < MEASURE_S) {
            done += bench_peak_run(isa, threads, 64);
            elapsed = gs_now_s() - start;
        }
        best = fmax(best, done * threads / elapsed);
    }
    return best;
}

bench_triad bench_triad_new(size_t bytes, int threads) {
    bench_triad t = {.count = bytes / 3 / sizeof(float), .threads = threads};
    t.a = gs_alloc(t.count, sizeof *t.a);
    t.b = gs_alloc(t.count, sizeof *t.b);
    t.c = gs_alloc(t.count, sizeof *t.c);
    if (t.a && t.b && t.c) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (size_t i = 0; i < t.count; i++) {
            t.a[i] = 0;
            t.b[i] = 1;
            t.c[i] = 2;
        }
    }
    return t;
}

void bench_triad_run(const bench_triad *t, float s) {
    float *restrict a = t->a;
    const float *restrict b = t->b, *restrict c = t->c;
#pragma omp parallel for schedule(static) num_threads(t->threads)
    for (size_t i = 0; i < t->count; i++)
        a[i] = b[i] + s * c[i];
}

void bench_triad_free(bench_triad *t) {
    gs_free(t->a);
    gs_free(t->b);
    gs_free(t->c);
    *t = (bench_triad){0};
}
