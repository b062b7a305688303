/* The operations of i16 with NEON, whose multiply-adds widen words one lane apart: a vector of weights is loaded as the
 * even ones of 4 lanes beside their odd ones, quarter by quarter. It multiplies as many as f32 does. */
#ifndef GS_I16_H
#define GS_I16_H

#define v_weights_i16(w) gs_weights_i16(w)
#include "pairs.h"

#define GS_MAC_ROWS_i16 GS_TILE_ROWS
#define GS_MAC_PLANES_i16 GS_TILE_PLANES

static inline gs_v gs_weights_i16(const int16_t *w) {
    gs_v r;
    for (int k = 0; k < 4; k++) {
        const int16x4x2_t pairs = vld2_s16(w + 8 * k);
        r.q[k] = vreinterpretq_f32_s16(vcombine_s16(pairs.val[0], pairs.val[1]));
    }
    return r;
}
static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
    const int16x4_t a = vget_low_s16(vreinterpretq_s16_f32(x.q[0]));
    for (int k = 0; k < 4; k++) {
        const int16x8_t b = vreinterpretq_s16_f32(w.q[k]);
        const int32x4_t even = vmlal_lane_s16(vreinterpretq_s32_f32(sum.q[k]), vget_low_s16(b), a, 0);
        sum.q[k] = vreinterpretq_f32_s32(vmlal_high_lane_s16(even, b, a, 1));
    }
    return sum;
}

#endif
