/* The operations of i8 with AVX-512, whose products of bytes saturate: bytes become words, those of even and of odd
 * place apart. */
#ifndef GS_I8_H
#define GS_I8_H

#include "bytes.h"

#define GS_MAC_ROWS_i8 12
#define GS_MAC_PLANES_i8 2

static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    const __m512i a = v_words(x), b = v_words(w);
    const __m512i even =
        _mm512_madd_epi16(_mm512_and_si512(a, _mm512_set1_epi16(0xff)), _mm512_srai_epi16(_mm512_slli_epi16(b, 8), 8));
    const __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16(a, 8), _mm512_srai_epi16(b, 8));
    return v_floats(_mm512_add_epi32(v_words(sum), _mm512_add_epi32(even, odd)));
}

#endif
