/* The operations of i16 with VNNI. */
#ifndef GS_I16_H
#define GS_I16_H

#include "pairs.h"

#define GS_MAC_ROWS_i16 12
#define GS_MAC_PLANES_i16 2

/* As for i8, GCC 12 copies the intrinsic's sums. */
static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
#ifdef GS_EMULATE_AVX512
    return v_floats(_mm512_dpwssd_epi32(v_words(sum), v_words(x), v_words(w)));
#else
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
#endif
}

#endif
