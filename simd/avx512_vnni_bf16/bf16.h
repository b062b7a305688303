/* The operations of the multiply-add kernel on bf16 by the dot products of AVX512_BF16: two fused multiply-adds, the
 * odd element's first, which take what is below the normal range for 0. */
#ifndef GS_BF16_H
#define GS_BF16_H

#include "bf16_exact.h"

#define GS_MAC_ROWS_bf16 GS_TILE_ROWS
#define GS_MAC_PLANES_bf16 GS_TILE_PLANES
#define GS_MAC_EXACTNESS_bf16 GS_APPROXIMATE
#define v_broadcast_bf16(x) v_broadcast_bf16_exact(x)
#define v_weights_bf16(w) v_weights_bf16_exact(w)
#define v_sums_bf16(init) v_sums_bf16_exact(init)
#define v_result_bf16(sum) v_result_bf16_exact(sum)

#ifdef GS_EMULATE_AVX512 /* SIMDe 0.7 lacks them */
#define v_store_bf16(y, x, inv) gs_store_bf16(y, x)
static inline gs_v v_dot_bf16(gs_v x, gs_v w, gs_v sum) {
    return v_fma(gs_even_bf16(x), gs_even_bf16(w), v_fma(gs_odd_bf16(x), gs_odd_bf16(w), sum));
}
#else
static inline gs_v v_dot_bf16(gs_v x, gs_v w, gs_v sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
}

/* Its conversion, too, takes what is below the normal range for 0. */
#define v_store_bf16(y, x, inv) gs_store_normal_bf16(y, x)
static inline void gs_store_normal_bf16(uint16_t *y, gs_v x) {
    enum { SUBNORMAL = 0x20 };
    if (__builtin_expect(_mm512_fpclass_ps_mask(x, SUBNORMAL) != 0, 0))
        gs_store_bf16(y, x);
    else
        _mm256_storeu_si256((__m256i *)y, (__m256i)_mm512_cvtneps_pbh(x));
}
#endif

#endif
