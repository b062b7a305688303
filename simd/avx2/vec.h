/* 16 float lanes as two AVX2 registers; the operations are described in scalar/vec.h. */
#ifndef GS_VEC_H
#define GS_VEC_H

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* 12 accumulators, 2 weights, 1 broadcast of 16 registers */
#define GS_TILE_ROWS 6
#define GS_TILE_PLANES 1

typedef struct gs_v {
    __m256 a, b;
} gs_v;
typedef struct gs_vi {
    __m256i a, b;
} gs_vi;

static inline gs_v v_load(const float *p) {
    return (gs_v){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
static inline void v_store(float *p, gs_v x) {
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
}
/* All bits of the first n lanes. */
static inline gs_vi vi_first(int n) {
    const __m256i most = _mm256_set1_epi32(n);
    return (gs_vi){_mm256_cmpgt_epi32(most, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
                   _mm256_cmpgt_epi32(most, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}
static inline gs_v v_load_first(const float *p, int n) {
    const gs_vi first = vi_first(n);
    return (gs_v){_mm256_maskload_ps(p, first.a), _mm256_maskload_ps(p + 8, first.b)};
}
static inline void v_store_first(float *p, gs_v x, int n) {
    const gs_vi first = vi_first(n);
    _mm256_maskstore_ps(p, first.a, x.a);
    _mm256_maskstore_ps(p + 8, first.b, x.b);
}
static inline gs_v v_set1(float x) {
    return (gs_v){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}

#define GS_BINARY(name, intrinsic)                               \
    static inline gs_v name(gs_v x, gs_v y) {                    \
        return (gs_v){intrinsic(x.a, y.a), intrinsic(x.b, y.b)}; \
    }
GS_BINARY(v_add, _mm256_add_ps)
GS_BINARY(v_sub, _mm256_sub_ps)
GS_BINARY(v_mul, _mm256_mul_ps)
GS_BINARY(v_div, _mm256_div_ps)
GS_BINARY(v_max, _mm256_max_ps)
GS_BINARY(v_min, _mm256_min_ps)

static inline gs_v v_fma(gs_v x, gs_v y, gs_v z) {
    return (gs_v){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
static inline gs_v v_fms(gs_v x, gs_v y, gs_v z) {
    return (gs_v){_mm256_fmsub_ps(x.a, y.a, z.a), _mm256_fmsub_ps(x.b, y.b, z.b)};
}
static inline gs_v v_fnma(gs_v x, gs_v y, gs_v z) {
    return (gs_v){_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)};
}
static inline gs_v v_sqrt(gs_v x) {
    return (gs_v){_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)};
}
static inline gs_v v_abs(gs_v x) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (gs_v){_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
static inline gs_vi v_words(gs_v x) {
    return (gs_vi){_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)};
}
static inline gs_v v_floats(gs_vi x) {
    return (gs_v){_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)};
}
static inline gs_v v_negative(gs_v x, gs_v y, gs_v z) {
    return (gs_v){_mm256_blendv_ps(z.a, y.a, x.a), _mm256_blendv_ps(z.b, y.b, x.b)};
}
static inline void v_quarters(gs_v x[4]) {
    enum { LOWER = 0x20, UPPER = 0x31 };
    gs_v p = x[0], q = x[1], r = x[2], s = x[3];
    x[0] = (gs_v){_mm256_permute2f128_ps(p.a, q.a, LOWER), _mm256_permute2f128_ps(r.a, s.a, LOWER)};
    x[1] = (gs_v){_mm256_permute2f128_ps(p.a, q.a, UPPER), _mm256_permute2f128_ps(r.a, s.a, UPPER)};
    x[2] = (gs_v){_mm256_permute2f128_ps(p.b, q.b, LOWER), _mm256_permute2f128_ps(r.b, s.b, LOWER)};
    x[3] = (gs_v){_mm256_permute2f128_ps(p.b, q.b, UPPER), _mm256_permute2f128_ps(r.b, s.b, UPPER)};
}
static inline gs_v v_from_int(gs_vi x) {
    return (gs_v){_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)};
}
static inline gs_v v_load_bits(const void *p) {
    const __m256i *from = p;
    return v_floats((gs_vi){_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)});
}
static inline gs_v v_set1_bits(const void *p) {
    int x;
    memcpy(&x, p, sizeof x);
    return v_floats((gs_vi){_mm256_set1_epi32(x), _mm256_set1_epi32(x)});
}
static inline gs_v v_kept(gs_v x) {
    return x;
}
/* Each quarter's bytes become one word, those of x.a of even place and those of x.b of odd place. */
static inline void v_store_bytes(uint8_t *p, gs_v x) {
    const __m256i even = _mm256_set1_epi64x((int64_t)0xffffffff0c080400), odd = _mm256_set1_epi64x(0x0c080400ffffffff);
    const gs_vi w = v_words(x);
    const __m256i both = _mm256_or_si256(_mm256_shuffle_epi8(w.a, even), _mm256_shuffle_epi8(w.b, odd));
    _mm_storeu_si128((__m128i *)p, _mm_unpacklo_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1)));
}
static inline void v_store_halves(uint16_t *p, gs_v x) {
    const gs_vi w = v_words(x);
    const __m256i both = _mm256_packus_epi32(_mm256_srli_epi32(w.a, 16), _mm256_srli_epi32(w.b, 16));
    _mm256_storeu_si256((__m256i *)p, _mm256_permute4x64_epi64(both, 0xd8)); /* quarters 0, 2, 1, 3 */
}
static inline void v_store_low_halves(uint16_t *p, gs_v x) {
    const gs_vi w = v_words(x);
    const __m256i low = _mm256_set1_epi32(0xffff);
    const __m256i both = _mm256_packus_epi32(_mm256_and_si256(w.a, low), _mm256_and_si256(w.b, low));
    _mm256_storeu_si256((__m256i *)p, _mm256_permute4x64_epi64(both, 0xd8)); /* quarters 0, 2, 1, 3 */
}
static inline gs_vi vi_set1(uint32_t x) {
    return (gs_vi){_mm256_set1_epi32((int)x), _mm256_set1_epi32((int)x)};
}
static inline gs_vi vi_iota(void) {
    return (gs_vi){_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)};
}

#define GS_BINARY_WORDS(name, intrinsic)                          \
    static inline gs_vi name(gs_vi x, gs_vi y) {                  \
        return (gs_vi){intrinsic(x.a, y.a), intrinsic(x.b, y.b)}; \
    }
GS_BINARY_WORDS(vi_add, _mm256_add_epi32)
GS_BINARY_WORDS(vi_sub, _mm256_sub_epi32)
GS_BINARY_WORDS(vi_xor, _mm256_xor_si256)
GS_BINARY_WORDS(vi_and, _mm256_and_si256)

static inline gs_vi vi_shl(gs_vi x, int n) {
    return (gs_vi){_mm256_slli_epi32(x.a, n), _mm256_slli_epi32(x.b, n)};
}
static inline gs_vi vi_shr(gs_vi x, int n) {
    return (gs_vi){_mm256_srli_epi32(x.a, n), _mm256_srli_epi32(x.b, n)};
}
static inline gs_vi vi_exponent(gs_vi x) {
    return (gs_vi){_mm256_srai_epi32(x.a, 23), _mm256_srai_epi32(x.b, 23)};
}

/* The words of even and of odd lanes, each in the lower half of 64 bits; the upper halves may hold anything, since
 * multiplications do not read them. */
typedef struct gs_vw {
    __m256i even[2], odd[2];
} gs_vw;

static inline gs_vw vw_spread(gs_vi x) {
    return (gs_vw){{x.a, x.b}, {_mm256_srli_epi64(x.a, 32), _mm256_srli_epi64(x.b, 32)}};
}
static inline gs_vi vw_gather(gs_vw x) {
    return (gs_vi){_mm256_blend_epi32(x.even[0], _mm256_slli_epi64(x.odd[0], 32), 0xaa),
                   _mm256_blend_epi32(x.even[1], _mm256_slli_epi64(x.odd[1], 32), 0xaa)};
}
static inline gs_vw vw_mul(gs_vw x, uint32_t m, gs_vw *high) {
    __m256i factor = _mm256_set1_epi32((int)m);
    for (int i = 0; i < 2; i++) {
        x.even[i] = _mm256_mul_epu32(x.even[i], factor);
        x.odd[i] = _mm256_mul_epu32(x.odd[i], factor);
        high->even[i] = _mm256_srli_epi64(x.even[i], 32);
        high->odd[i] = _mm256_srli_epi64(x.odd[i], 32);
    }
    return x;
}
static inline gs_vw vw_xor(gs_vw x, gs_vw y, uint32_t k) {
    __m256i z = _mm256_set1_epi32((int)k);
    for (int i = 0; i < 2; i++) {
        x.even[i] = _mm256_xor_si256(_mm256_xor_si256(x.even[i], y.even[i]), z);
        x.odd[i] = _mm256_xor_si256(_mm256_xor_si256(x.odd[i], y.odd[i]), z);
    }
    return x;
}
#undef GS_BINARY
#undef GS_BINARY_WORDS
#endif
