/* 16 float lanes as one AVX-512 register; the operations are described in scalar/vec.h. */
#ifndef GS_VEC_H
#define GS_VEC_H

#ifdef GS_EMULATE_AVX512 /* SIMDe runs the same source on a CPU without AVX-512, for tests */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#else
#include <immintrin.h>
#endif
#include <math.h>
#include <stdint.h>
#include <string.h>

/* 24 accumulators; the integer registers hold 12 pointers and no more */
#define GS_TILE_ROWS 12
#define GS_TILE_PLANES 2

typedef __m512 gs_v;
typedef __m512i gs_vi;

#ifdef GS_EMULATE_AVX512 /* SIMDe 0.7 lacks these; computed by halves */
typedef union gs_halves {
    gs_v v;
    gs_vi vi;
    __m256 f[2];
    __m256i i[2];
    float lane[16];
} gs_halves;
static inline gs_v gs_cvtepi32_ps(gs_vi x) {
    gs_halves h = {.vi = x};
    return (gs_halves){.f = {_mm256_cvtepi32_ps(h.i[0]), _mm256_cvtepi32_ps(h.i[1])}}.v;
}
static inline gs_vi gs_srai_epi32(gs_vi x, unsigned n) {
    gs_halves h = {.vi = x};
    return (gs_halves){.i = {_mm256_srai_epi32(h.i[0], (int)n), _mm256_srai_epi32(h.i[1], (int)n)}}.vi;
}
static inline gs_v gs_maskz_loadu_ps(__mmask16 first, const float *p) {
    gs_halves h = {.v = _mm512_setzero_ps()};
    for (int l = 0; l < 16; l++)
        if (first >> l & 1)
            h.lane[l] = p[l];
    return h.v;
}
static inline void gs_mask_storeu_ps(float *p, __mmask16 first, gs_v x) {
    gs_halves h = {.v = x};
    for (int l = 0; l < 16; l++)
        if (first >> l & 1)
            p[l] = h.lane[l];
}
#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#define _mm512_maskz_loadu_ps gs_maskz_loadu_ps
#define _mm512_mask_storeu_ps gs_mask_storeu_ps
#define _mm512_cvtepi32_ps gs_cvtepi32_ps
#define _mm512_srai_epi32 gs_srai_epi32
#endif

static inline gs_v v_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void v_store(float *p, gs_v x) {
    _mm512_storeu_ps(p, x);
}
static inline gs_v v_load_first(const float *p, int n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
static inline void v_store_first(float *p, gs_v x, int n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), x);
}
static inline gs_v v_set1(float x) {
    return _mm512_set1_ps(x);
}
static inline gs_v v_add(gs_v x, gs_v y) {
    return _mm512_add_ps(x, y);
}
static inline gs_v v_sub(gs_v x, gs_v y) {
    return _mm512_sub_ps(x, y);
}
static inline gs_v v_mul(gs_v x, gs_v y) {
    return _mm512_mul_ps(x, y);
}
static inline gs_v v_div(gs_v x, gs_v y) {
    return _mm512_div_ps(x, y);
}
static inline gs_v v_max(gs_v x, gs_v y) {
    return _mm512_max_ps(x, y);
}
static inline gs_v v_min(gs_v x, gs_v y) {
    return _mm512_min_ps(x, y);
}
static inline gs_v v_fma(gs_v x, gs_v y, gs_v z) {
    return _mm512_fmadd_ps(x, y, z);
}
static inline gs_v v_fms(gs_v x, gs_v y, gs_v z) {
    return _mm512_fmsub_ps(x, y, z);
}
static inline gs_v v_fnma(gs_v x, gs_v y, gs_v z) {
    return _mm512_fnmadd_ps(x, y, z);
}
static inline gs_v v_sqrt(gs_v x) {
    return _mm512_sqrt_ps(x);
}
static inline gs_vi v_words(gs_v x) {
    return _mm512_castps_si512(x);
}
static inline gs_v v_floats(gs_vi x) {
    return _mm512_castsi512_ps(x);
}
static inline gs_v v_abs(gs_v x) {
    return v_floats(_mm512_and_si512(v_words(x), _mm512_set1_epi32(0x7fffffff)));
}
static inline gs_v v_negative(gs_v x, gs_v y, gs_v z) {
    __mmask16 negative = _mm512_cmpgt_epi32_mask(_mm512_setzero_si512(), v_words(x));
    return _mm512_mask_blend_ps(negative, z, y);
}
static inline void v_quarters(gs_v x[4]) {
    enum { LOWER = 0x44, UPPER = 0xee, EVEN = 0x88, ODD = 0xdd };
    gs_v ab_low = _mm512_shuffle_f32x4(x[0], x[1], LOWER), ab_high = _mm512_shuffle_f32x4(x[0], x[1], UPPER);
    gs_v cd_low = _mm512_shuffle_f32x4(x[2], x[3], LOWER), cd_high = _mm512_shuffle_f32x4(x[2], x[3], UPPER);
    x[0] = _mm512_shuffle_f32x4(ab_low, cd_low, EVEN);
    x[1] = _mm512_shuffle_f32x4(ab_low, cd_low, ODD);
    x[2] = _mm512_shuffle_f32x4(ab_high, cd_high, EVEN);
    x[3] = _mm512_shuffle_f32x4(ab_high, cd_high, ODD);
}
static inline gs_v v_from_int(gs_vi x) {
    return _mm512_cvtepi32_ps(x);
}
static inline gs_v v_load_bits(const void *p) {
    return v_floats(_mm512_loadu_si512(p));
}
static inline gs_v v_set1_bits(const void *p) {
    int x;
    memcpy(&x, p, sizeof x);
    return v_floats(_mm512_set1_epi32(x));
}
static inline gs_v v_kept(gs_v x) {
#ifndef GS_EMULATE_AVX512
    __asm__("" : "+v"(x));
#endif
    return x;
}
static inline void v_store_bytes(uint8_t *p, gs_v x) {
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(v_words(x)));
}
static inline void v_store_halves(uint16_t *p, gs_v x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(v_words(x), 16)));
}
static inline void v_store_low_halves(uint16_t *p, gs_v x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(v_words(x)));
}
static inline gs_vi vi_set1(uint32_t x) {
    return _mm512_set1_epi32((int)x);
}
static inline gs_vi vi_iota(void) {
    return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
static inline gs_vi vi_add(gs_vi x, gs_vi y) {
    return _mm512_add_epi32(x, y);
}
static inline gs_vi vi_sub(gs_vi x, gs_vi y) {
    return _mm512_sub_epi32(x, y);
}
static inline gs_vi vi_xor(gs_vi x, gs_vi y) {
    return _mm512_xor_si512(x, y);
}
static inline gs_vi vi_and(gs_vi x, gs_vi y) {
    return _mm512_and_si512(x, y);
}
static inline gs_vi vi_shl(gs_vi x, int n) {
    return _mm512_slli_epi32(x, (unsigned)n);
}
static inline gs_vi vi_shr(gs_vi x, int n) {
    return _mm512_srli_epi32(x, (unsigned)n);
}
static inline gs_vi vi_exponent(gs_vi x) {
    return _mm512_srai_epi32(x, 23);
}
/* The words of even and of odd lanes, each in the lower half of 64 bits; the upper halves may hold anything, since
 * multiplications do not read them. */
typedef struct gs_vw {
    __m512i even, odd;
} gs_vw;

static inline gs_vw vw_spread(gs_vi x) {
    return (gs_vw){x, _mm512_srli_epi64(x, 32)};
}
static inline gs_vi vw_gather(gs_vw x) {
    return _mm512_mask_blend_epi32(0xaaaa, x.even, _mm512_slli_epi64(x.odd, 32));
}
static inline gs_vw vw_mul(gs_vw x, uint32_t m, gs_vw *high) {
    __m512i factor = _mm512_set1_epi32((int)m);
    gs_vw p = {_mm512_mul_epu32(x.even, factor), _mm512_mul_epu32(x.odd, factor)};
    *high = (gs_vw){_mm512_srli_epi64(p.even, 32), _mm512_srli_epi64(p.odd, 32)};
    return p;
}
enum { GS_XOR = 0x96 }; /* the truth table of three words' exclusive or */
static inline gs_vw vw_xor(gs_vw x, gs_vw y, uint32_t k) {
    __m512i z = _mm512_set1_epi32((int)k);
    return (gs_vw){_mm512_ternarylogic_epi32(x.even, y.even, z, GS_XOR),
                   _mm512_ternarylogic_epi32(x.odd, y.odd, z, GS_XOR)};
}
#endif
