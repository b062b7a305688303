/* Processors have the same dot products of bfloat16 at very different rates. On Zen 4 and 5 a core does twice as many
 * products by them as by multiply-adds of float32 whose operands are floats, on an Intel Xeon (family 6, model 207)
 * whose AMX is hidden half as many: 89 GFLOP/s instead of 178. There 112 GFLOP/s come of multiply-adds of float32 that
 * take pairs of bfloat16 apart, with which these are compared here. */
#include "engine/rates.h"

#include "base/os.h"

enum { STEPS = 512, TRIES = 9, CHAINS_MOST = GS_MAC_ROWS_MOST * GS_MAC_PLANES_MOST };

/* Below this rate, multiply-adds are taken. It is far from what processors have on either side, 0.8 and 3, so that what
 * else runs does not change the choice. */
static const double least_rate = 1.3;

/* Seconds per product, of the fastest of few tries, so that what else runs does not count. */
static double best_of(double best, double start, int chains) {
    double each = (gs_now_s() - start) / chains;
    return best < 0 || each < best ? each : best;
}

double gs_rate_of_bf16(const gs_kernels *k) {
    enum { DEPTH = 2 };
    const int exact = k->mac_traits_bf16_exact.rows * k->mac_traits_bf16_exact.planes,
              native = k->mac_traits_bf16.rows * k->mac_traits_bf16.planes;
    float out[CHAINS_MOST * GS_F32_LANES];
    const uint16_t pair[DEPTH] = {0}, pairs[DEPTH * GS_F32_LANES] = {0};
    double slow = -1, fast = -1;
    for (int i = 0; i < TRIES; i++) {
        double start = gs_now_s();
        k->iterate_bf16_exact(out, exact, pair, pairs, STEPS / DEPTH);
        slow = best_of(slow, start, exact);
        start = gs_now_s();
        k->iterate_bf16(out, native, pair, pairs, STEPS / DEPTH);
        fast = best_of(fast, start, native);
    }
    return fast > 0 ? slow / fast : 1;
}

const gs_kernels *gs_kernels_at_rate(const gs_kernels *kernels, double rate) {
    const gs_kernels *k = kernels;
    while (rate < least_rate && k->base && k->mac_traits_bf16.exactness == GS_APPROXIMATE)
        k = k->base;
    return k;
}
