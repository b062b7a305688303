/* The operations of i8 in plain C, for scalar C and for instruction sets that have none of their own. */
#ifndef GS_I8_H
#define GS_I8_H

#include "bytes.h"

#include <string.h>

#define GS_MAC_ROWS_i8 6
#define GS_MAC_PLANES_i8 1

static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    uint8_t a[GS_VECTOR_BYTES];
    int8_t b[GS_VECTOR_BYTES];
    int32_t s[GS_F32_LANES];
    memcpy(a, &x, sizeof a);
    memcpy(b, &w, sizeof b);
    memcpy(s, &sum, sizeof s);
    for (int i = 0; i < GS_VECTOR_BYTES; i++)
        s[i / 4] += a[i] * b[i];
    memcpy(&sum, s, sizeof s);
    return sum;
}

#endif
