/* What the operations of i8 have in common on all instruction sets, which differ in v_dot_i8 and their tile: see mac
 * and convert in kernels.h. Where products are of signed bytes, GS_SIGNED_BYTES is defined before. */
#ifndef GS_BYTES_H
#define GS_BYTES_H

#include "kernels.h"
#include "vec.h"

#define GS_MAC_EXACTNESS_i8 GS_EXACT
#ifdef GS_SIGNED_BYTES
#define v_broadcast_i8(x) v_floats(vi_xor(v_words(v_set1_bits(x)), vi_set1(0x80808080u)))
#define v_sums_i8(init) ((void)(init), v_set1(0.0f))
#else
#define v_broadcast_i8(x) v_set1_bits(x)
#define v_sums_i8(init) v_load_bits(init)
#endif
#define v_weights_i8(w) v_load_bits(w)
#define v_result_i8(sum) v_from_int(v_words(sum))

/* One rounding, to the integers from 1.5 2^23 onwards, whose lowest byte for 128 + q is that number. v_max takes NaN
 * for the least. */
static inline void v_store_i8(uint8_t *y, gs_v x, const float *inv) {
    const float zero = 0x1.8p23f + 128;
    const gs_v q = v_fma(x, v_load(inv), v_set1(zero));
    v_store_bytes(y, v_min(v_max(q, v_set1(zero - 127)), v_set1(zero + 127)));
}

#endif
