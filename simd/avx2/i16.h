/* The operations of i16 with AVX2, by products of words that are added in pairs. */
#ifndef GS_I16_H
#define GS_I16_H

#include "pairs.h"

#define GS_MAC_ROWS_i16 6
#define GS_MAC_PLANES_i16 1

static inline gs_v v_dot_i16(gs_v x, gs_v w, gs_v sum) {
    const gs_vi a = v_words(x), b = v_words(w), s = v_words(sum);
    return v_floats((gs_vi){_mm256_add_epi32(s.a, _mm256_madd_epi16(a.a, b.a)),
                            _mm256_add_epi32(s.b, _mm256_madd_epi16(a.b, b.b))});
}

#endif
