/* The operations of i16 with AVX-VNNI. */
#ifndef GS_I16_H
#define GS_I16_H

#include "pairs.h"

#define GS_MAC_ROWS_i16 6
#define GS_MAC_PLANES_i16 1

/* As in AVX-512's, GCC 12 would copy the intrinsic's sums. */
static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum.a) : "x"(x.a), "x"(w.a));
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum.b) : "x"(x.b), "x"(w.b));
    return sum;
}

#endif
