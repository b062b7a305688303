/* The operations of i8 with NEON. Products of two bytes of one lane fit a word of 16 bits together, because no byte is
 * -128. */
#ifndef GS_I8_H
#define GS_I8_H

#define GS_SIGNED_BYTES
#include "bytes.h"

/* 16 accumulators, 4 weights, 4 products, 1 input of 32 registers */
#define GS_MAC_ROWS_i8 4
#define GS_MAC_PLANES_i8 1

static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    for (int k = 0; k < 4; k++) {
        const int8x16_t a = vreinterpretq_s8_f32(x.q[k]), b = vreinterpretq_s8_f32(w.q[k]);
        const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
        sum.q[k] = vreinterpretq_f32_s32(vpadalq_s16(vreinterpretq_s32_f32(sum.q[k]), vpaddq_s16(low, high)));
    }
    return sum;
}

#endif
