/* The operations of i8 with AVX2, whose products of bytes saturate: bytes become words, those of even and of odd place
 * apart. */
#ifndef GS_I8_H
#define GS_I8_H

#include "bytes.h"

/* With 4 rows, which need no more than the registers, it is slower, for the weights' bytes are taken apart more often.
 */
#define GS_MAC_ROWS_i8 6
#define GS_MAC_PLANES_i8 1

static inline __m256i gs_dot_i8(__m256i x, __m256i w, __m256i sum) {
    const __m256i even =
        _mm256_madd_epi16(_mm256_and_si256(x, _mm256_set1_epi16(0xff)), _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(w, 8));
    return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
}
static inline gs_v v_dot_i8(gs_v x, gs_v w, gs_v sum) {
    const gs_vi a = v_words(x), b = v_words(w), s = v_words(sum);
    return v_floats((gs_vi){gs_dot_i8(a.a, b.a, s.a), gs_dot_i8(a.b, b.b, s.b)});
}

#endif
