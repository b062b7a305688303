/* The operations of i16 with AVX-512, by products of words that are added in pairs. */
#ifndef GS_I16_H
#define GS_I16_H

#include "pairs.h"

#define GS_MAC_ROWS_i16 12
#define GS_MAC_PLANES_i16 2

static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
    return v_floats(_mm512_add_epi32(v_words(sum), _mm512_madd_epi16(v_words(x), v_words(w))));
}

#endif
