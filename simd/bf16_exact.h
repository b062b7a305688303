/* The operations on bf16 that give the same bytes everywhere: see mac and convert in kernels.h. Inputs
 * and weights lie in pairs; the halves of a pair become floats of the same value, the even one by a shift and the odd
 * one by a mask, and each of the two products is a fused multiply-add of floats. */
#ifndef GS_BF16_EXACT_H
#define GS_BF16_EXACT_H

#include "vec.h"

/* A vector of weights becomes two. Where registers hold one plane, that leaves room for fewer rows: with AVX2, 6 took
 * 10 % more time for 128 inputs. */
#define GS_MAC_ROWS_bf16_exact (GS_TILE_PLANES > 1 ? GS_TILE_ROWS : 4)
#define GS_MAC_PLANES_bf16_exact GS_TILE_PLANES
#define GS_MAC_EXACTNESS_bf16_exact GS_EXACT

#define v_broadcast_bf16_exact(x) v_set1_bits(x)
#define v_weights_bf16_exact(w) v_load_bits(w)
#define v_sums_bf16_exact(init) ((init) ? v_load(init) : v_set1(0.0f))
#define v_result_bf16_exact(sum) (sum)
#define v_store_bf16_exact(y, x, inv) gs_store_bf16(y, x)

static inline gs_v gs_even_bf16(gs_v pairs) {
    return v_floats(vi_shl(v_words(pairs), 16));
}
static inline gs_v gs_odd_bf16(gs_v pairs) {
    return v_floats(vi_and(v_words(pairs), vi_set1(0xffff0000u)));
}
static inline gs_v v_dot_bf16_exact(gs_v x, gs_v w, gs_v sum) {
    return v_fma(gs_odd_bf16(x), gs_odd_bf16(w), v_fma(gs_even_bf16(x), gs_even_bf16(w), sum));
}

/* The lower half is cut off after half a unit of the upper one has been added, less one bit where that is even. */
static inline void gs_store_bf16(uint16_t *y, gs_v x) {
    const gs_vi words = v_words(x), odd = vi_and(vi_shr(words, 16), vi_set1(1));
    const gs_v rounded = v_floats(vi_add(vi_add(words, odd), vi_set1(0x7fff)));
    const gs_v number = v_floats(vi_sub(vi_set1(0x7f800000), v_words(v_abs(x)))); /* negative for NaN */
    v_store_halves(y, v_negative(number, v_floats(vi_set1(0x7fc00000)), rounded));
}

#endif
