/* The operations of i8 with AVX-VNNI. */
#ifndef GS_I8_H
#define GS_I8_H

#include "bytes.h"

#define GS_MAC_ROWS_i8 6
#define GS_MAC_PLANES_i8 1

/* As in AVX-512's, GCC 12 would copy the intrinsic's sums. */
static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.a) : "x"(x.a), "x"(w.a));
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.b) : "x"(x.b), "x"(w.b));
    return sum;
}

#endif
