/* The operations of i8 with VNNI. */
#ifndef GS_I8_H
#define GS_I8_H

#include "bytes.h"

#define GS_MAC_ROWS_i8 12
#define GS_MAC_PLANES_i8 2

/* GCC 12 copies the sums of the intrinsic, whose vectors are of other elements than gs_v, from register to register and
 * to memory: 40 % of the rate. */
static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
#ifdef GS_EMULATE_AVX512
    return v_floats(_mm512_dpbusd_epi32(v_words(sum), v_words(x), v_words(w)));
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
#endif
}

#endif
