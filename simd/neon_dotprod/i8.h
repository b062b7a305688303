/* The operations of i8 with NEON's dot products of signed bytes. */
#ifndef GS_I8_H
#define GS_I8_H

#define GS_SIGNED_BYTES
#include "bytes.h"

#define GS_MAC_ROWS_i8 GS_TILE_ROWS
#define GS_MAC_PLANES_i8 GS_TILE_PLANES

static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    for (int k = 0; k < 4; k++)
        sum.q[k] = vreinterpretq_f32_s32(
            vdotq_s32(vreinterpretq_s32_f32(sum.q[k]), vreinterpretq_s8_f32(x.q[k]), vreinterpretq_s8_f32(w.q[k])));
    return sum;
}

#endif
