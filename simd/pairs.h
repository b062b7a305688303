/* What the operations of i16 have in common on all instruction sets, which differ in v_dot_i16, their tile, and how a
 * vector of weights is loaded: see mac and convert in kernels.h. */
#ifndef GS_PAIRS_H
#define GS_PAIRS_H

#include "kernels.h"
#include "vec.h"

#define GS_MAC_EXACTNESS_i16 GS_EXACT
#define v_broadcast_i16(x) v_set1_bits(x)
#define v_sums_i16(init) ((init) ? v_load_bits(init) : v_set1(0.0f))
#ifndef v_weights_i16
#define v_weights_i16(w) v_load_bits(w)
#endif
#define v_result_i16(sum) v_from_int(v_words(sum))

/* One rounding, to the integers from 1.5 2^23 onwards, whose lower half for q is q. v_max takes NaN for the least. */
static inline void v_store_i16(int16_t *y, gs_v x, const float *inv) {
    const float zero = 0x1.8p23f;
    const gs_v q = v_fma(x, v_load(inv), v_set1(zero));
    v_store_low_halves((uint16_t *)y,
                       v_min(v_max(q, v_set1(zero - GS_I16_INPUT_MOST)), v_set1(zero + GS_I16_INPUT_MOST)));
}

#endif
