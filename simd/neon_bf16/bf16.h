/* The operations of the multiply-add kernel on bf16 by the dot products of ARM's BF16 extension: the sum of two
 * products and then the sum with it are rounded to odd, and what is below the normal range counts as 0; or, where the
 * processor is told so, by its extended arithmetic. */
#ifndef GS_BF16_H
#define GS_BF16_H

#include "bf16_exact.h"

#define GS_MAC_ROWS_bf16 GS_TILE_ROWS
#define GS_MAC_PLANES_bf16 GS_TILE_PLANES
#define GS_MAC_EXACTNESS_bf16 GS_APPROXIMATE
#define GS_MAC_OWN_SUMS /* sums.inc: by BFMMLA, where there are rows enough */
#define v_broadcast_bf16(x) v_broadcast_bf16_exact(x)
#define v_weights_bf16(w) v_weights_bf16_exact(w)
#define v_sums_bf16(init) v_sums_bf16_exact(init)
#define v_result_bf16(sum) v_result_bf16_exact(sum)
#define v_store_bf16(y, x, inv) gs_store_bf16(y, x)

static inline gs_v v_dot_bf16(gs_v x, gs_v w, gs_v sum) {
    for (int k = 0; k < 4; k++)
        sum.q[k] = vbfdotq_f32(sum.q[k], vreinterpretq_bf16_f32(x.q[k]), vreinterpretq_bf16_f32(w.q[k]));
    return sum;
}

#endif
