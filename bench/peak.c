#include "peak.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "base/base.h"
#include "io/progress.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { STEPS = 256, MEASUREMENTS = 12 };
static const double MEASURE_S = 1e-3;

/* A loop of `chains` independent multiply-adds: enough to fill the pipelines (latency times instructions per cycle),
 * but few enough to stay in registers; GCC does not unroll more than 16. The result is used so that the compiler
 * computes it. */
#define PEAK_LOOP(name, attribute, type, chains, set, fma, first_lane) \
    attribute static float name(long blocks) {                         \
        type a[chains], m = set(0.999f), k = set(0.001f);              \
        for (int i = 0; i < (chains); i++)                             \
            a[i] = set(0.5f + 0.01f * (float)i);                       \
        for (long s = 0; s < blocks * STEPS; s++)                      \
            for (int i = 0; i < (chains); i++)                         \
                a[i] = fma;                                            \
        float sum = 0;                                                 \
        for (int i = 0; i < (chains); i++)                             \
            sum += first_lane;                                         \
        return sum;                                                    \
    }

#define SAME(x) (x)
PEAK_LOOP(peak_scalar, , float, 8, SAME, fmaf(a[i], m, k), a[i])
#if defined(__x86_64__)
PEAK_LOOP(peak_avx2, __attribute__((target("avx2,fma"))), __m256, 12, _mm256_set1_ps, _mm256_fmadd_ps(a[i], m, k),
          _mm256_cvtss_f32(a[i]))
PEAK_LOOP(peak_avx512, __attribute__((target("avx512f"))), __m512, 12, _mm512_set1_ps, _mm512_fmadd_ps(a[i], m, k),
          _mm512_cvtss_f32(a[i]))
#elif defined(__aarch64__)
PEAK_LOOP(peak_neon, , float32x4_t, 16, vdupq_n_f32, vfmaq_f32(k, a[i], m), vgetq_lane_f32(a[i], 0))
#endif

static const struct {
    const char *isa;
    float (*run)(long blocks);
    int lanes, chains;
    long share; /* blocks of the others for one of this */
} peaks[] = {{"scalar", peak_scalar, 1, 8, 8},
#if defined(__x86_64__)
             {"avx2", peak_avx2, 8, 12, 1},
             {"avx512", peak_avx512, 16, 12, 1}
#elif defined(__aarch64__)
             {"neon", peak_neon, 4, 16, 1}
#endif
};

static int find(const char *isa) {
    for (size_t i = 0; i < GS_COUNT(peaks); i++)
        if (!strcmp(peaks[i].isa, isa))
            return (int)i;
    return -1;
}

double bench_peak_result(const char *isa, long blocks) {
    int p = find(isa);
    return p < 0 ? (double)NAN : (double)peaks[p].run((blocks + peaks[p].share - 1) / peaks[p].share) / peaks[p].chains;
}

double bench_peak_run(const char *isa, int threads, long blocks) {
    int p = find(isa);
    if (p < 0)
        return 0;
    blocks = (blocks + peaks[p].share - 1) / peaks[p].share;
    volatile float used = 0;
#pragma omp parallel num_threads(threads)
    {
        float sum = peaks[p].run(blocks);
#pragma omp critical
        used = used + sum;
    }
    return 2.0 * peaks[p].lanes * peaks[p].chains * STEPS * (double)blocks;
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
