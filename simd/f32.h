/* The operations of the multiply-add kernel on f32: see mac in kernels.h. A dot product is one product deep. */
#ifndef GS_F32_H
#define GS_F32_H

#include "vec.h"

/* Rows and planes per tile: what the registers of vec.h hold. */
#define GS_MAC_ROWS_f32 GS_TILE_ROWS
#define GS_MAC_PLANES_f32 GS_TILE_PLANES

static inline gs_v v_broadcast_f32(const float *x) {
    return v_set1(*x);
}
static inline gs_v v_weights_f32(const float *w) {
    return v_load(w);
}
static inline gs_v v_sums_f32(const float *init) {
    return init ? v_load(init) : v_set1(0.0f);
}
static inline gs_v v_dot_f32(gs_v x, gs_v w, gs_v sum) {
    return v_fma(x, w, sum);
}
static inline gs_v v_result_f32(gs_v sum) {
    return sum;
}
#endif
