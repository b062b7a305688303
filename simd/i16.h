/* The operations of i16 in plain C, for scalar C. */
#ifndef GS_I16_H
#define GS_I16_H

#include "pairs.h"

#include <string.h>

#define GS_MAC_ROWS_i16 6
#define GS_MAC_PLANES_i16 1

static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
    int16_t a[2 * GS_F32_LANES], b[2 * GS_F32_LANES];
    int32_t s[GS_F32_LANES];
    memcpy(a, &x, sizeof a);
    memcpy(b, &w, sizeof b);
    memcpy(s, &sum, sizeof s);
    for (int l = 0; l < GS_F32_LANES; l++)
        s[l] += a[2 * l] * b[2 * l] + a[2 * l + 1] * b[2 * l + 1];
    memcpy(&sum, s, sizeof s);
    return sum;
}

#endif
