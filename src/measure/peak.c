#include "measure/peak.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/os.h"
#include "base/parallel.h"
#include "kernels.h"

enum { STEPS = 256, MEASUREMENTS = 12, SCALAR_SHARE = 64, CHAINS_MOST = GS_MAC_ROWS_MOST * GS_MAC_PLANES_MOST };
static const double MEASURE_S = 1e-3;

const char gs_peak_above[] =
    "Above 100 % of the peak: Winograd's method multiplies less than the direct convolutions that are counted.";

/* ---- The types ---- */

/* The number 1 as an input and as a weight. */
#define INPUT_ONE_f32 1.0f
#define WEIGHT_ONE_f32 1.0f
#define INPUT_ONE_i8 129
#define WEIGHT_ONE_i8 1
#define INPUT_ONE_i16 1
#define WEIGHT_ONE_i16 1
#define INPUT_ONE_bf16 0x3f80
#define WEIGHT_ONE_bf16 0x3f80
#define INPUT_ONE_bf16_exact INPUT_ONE_bf16
#define WEIGHT_ONE_bf16_exact WEIGHT_ONE_bf16

/* Products of 1 with 1: of each type, its tile and its kernel `iterate`. */
#define GS_KERNEL(op, type, family, exactness, result, parameters, what)
#define GS_MAC(op, type, family, exactness, input, weight, sum, depth, what)         \
    static const gs_mac_traits *traits_of_##type(const gs_kernels *k) {              \
        return &k->GS_MEMBER(op##_traits, type);                                     \
    }                                                                                \
    static void run_##type(const gs_kernels *k, float *out, int count, long steps) { \
        input x[depth];                                                              \
        weight w[(depth)*GS_F32_LANES];                                              \
        for (int i = 0; i < (depth)*GS_F32_LANES; i++) {                             \
            x[i % (depth)] = INPUT_ONE_##type;                                       \
            w[i] = WEIGHT_ONE_##type;                                                \
        }                                                                            \
        k->GS_MEMBER(iterate, type)(out, count, x, w, steps);                        \
    }
#include "kernels.def"
#undef GS_MAC
#undef GS_KERNEL

typedef struct peak_type {
    const char *name;
    const gs_mac_traits *(*traits)(const gs_kernels *k);
    void (*run)(const gs_kernels *k, float *out, int count, long steps);
} peak_type;

static const peak_type types[] = {
#define GS_DTYPE(ID, name, mac, stored, what) {name, traits_of_##mac, run_##mac},
#include "model/dtypes.def"
};

const char *gs_peak_type(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(types) ? types[i].name : NULL;
}

/* ---- Runs ---- */

typedef struct work {
    const gs_kernels *kernels;
    const peak_type *type;
    int chains;
    long steps;
} work;

/* Scalar C, whose multiply-adds are calls, does a small share of the others' blocks. Without chains: this build lacks
 * the instruction set, or there is no such type. */
static work work_of(const char *isa, const char *type, long blocks) {
    work w = {.kernels = gs_kernels_find(isa), .type = types};
    while (w.type < types + GS_COUNT(types) && strcmp(w.type->name, type))
        w.type++;
    if (!w.kernels || w.type == types + GS_COUNT(types))
        return w;
    const gs_mac_traits *traits = w.type->traits(w.kernels);
    w.chains = traits->rows * traits->planes;
    w.steps = (w.kernels->base ? blocks : (blocks + SCALAR_SHARE - 1) / SCALAR_SHARE) * STEPS;
    return w;
}

static double operations(const work *w) {
    return w->chains ? 2.0 * GS_F32_LANES * w->chains * w->type->traits(w->kernels)->depth * (double)w->steps : 0;
}

double gs_peak_result(const char *isa, const char *type, long blocks) {
    const work w = work_of(isa, type, blocks);
    float out[CHAINS_MOST * GS_F32_LANES];
    double sum = 0;
    if (!w.chains)
        return (double)NAN;
    w.type->run(w.kernels, out, w.chains, w.steps);
    for (int i = 0; i < w.chains * GS_F32_LANES; i++)
        sum += (double)out[i];
    return 2 * sum / operations(&w);
}

static void run_turn(void *context, size_t turn, int thread) {
    const work *w = context;
    float out[CHAINS_MOST * GS_F32_LANES];
    (void)turn;
    (void)thread;
    w->type->run(w->kernels, out, w->chains, w->steps);
}

double gs_peak_run(const char *isa, const char *type, int threads, long blocks) {
    work w = work_of(isa, type, blocks);
    if (w.chains)
        gs_parallel_for(threads, (size_t)threads, run_turn, &w);
    return operations(&w);
}

double gs_peak_measure(const char *isa, const char *type, int threads) {
    double best = 0, flops = gs_peak_run(isa, type, threads, 1);
    for (int i = 0; flops > 0 && i < MEASUREMENTS; i++) {
        double start = gs_now_s(), elapsed = 0, done = 0;
        while (elapsed < MEASURE_S) {
            done += gs_peak_run(isa, type, threads, 64);
            elapsed = gs_now_s() - start;
        }
        best = fmax(best, done * threads / elapsed);
    }
    return best;
}
