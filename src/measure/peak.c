#include "measure/peak.h"

#include <math.h>

#include "base/os.h"
#include "base/parallel.h"
#include "kernels.h"

enum { STEPS = 256, MEASUREMENTS = 12, SCALAR_SHARE = 64 };
static const double MEASURE_S = 1e-3;

const char gs_peak_above[] =
    "Above 100 % of the peak: Winograd's method multiplies less than the direct convolutions that are counted.";

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

double gs_peak_result(const char *isa, long blocks) {
    const gs_kernels *k = gs_kernels_find(isa);
    return k ? run(k, blocks) : (double)NAN;
}

typedef struct team {
    const gs_kernels *kernels;
    long blocks;
} team;

static void run_turn(void *context, size_t turn, int thread) {
    const team *t = context;
    (void)turn;
    (void)thread;
    run(t->kernels, t->blocks);
}

double gs_peak_run(const char *isa, int threads, long blocks) {
    const gs_kernels *k = gs_kernels_find(isa);
    if (!k)
        return 0;
    team t = {k, blocks};
    gs_parallel_for(threads, (size_t)threads, run_turn, &t);
    return 2.0 * GS_F32_LANES * k->mac_traits.rows * STEPS * (double)share_of(k, blocks);
}

double gs_peak_measure(const char *isa, int threads) {
    double best = 0, flops = gs_peak_run(isa, threads, 1);
    for (int i = 0; flops > 0 && i < MEASUREMENTS; i++) {
        double start = gs_now_s(), elapsed = 0, done = 0;
        while (elapsed < MEASURE_S) {
            done += gs_peak_run(isa, threads, 64);
            elapsed = gs_now_s() - start;
        }
        best = fmax(best, done * threads / elapsed);
    }
    return best;
}
