#include "triad.h"

#include <omp.h>

#include "base/base.h"

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
