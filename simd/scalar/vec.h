/* The vector of 16 float lanes in which every kernel is written, as plain C: the reference for all others.
 *
 * gs_v holds floats, gs_vi 32-bit words. v_fma, v_fms and v_fnma are a b + c,
 * a b - c and c - a b, rounded once. v_max(a, b) is a > b ? a : b and v_min(a, b) is
 * a < b ? a : b, so both give b when either is NaN. v_negative(x, a, b) is, lane by lane, a where the sign bit of x
 * is set, else b. v_words and v_floats reinterpret bits; v_from_int converts signed words, rounded once. v_load_bits
 * loads 64 bytes of whatever elements, v_set1_bits puts 4 bytes into every lane, and v_store_bytes stores the lowest
 * byte of every lane, v_store_halves the upper half, v_store_low_halves the lower; all take any alignment.
 * v_quarters(x) transposes four vectors' quarters, which are 4 lanes each: x[q] becomes quarter q of the first, the
 * second ... v_kept(x) is x, in a register where there are many. v_load_first(p, n) has the n < 16 floats at p in its
 * first lanes, and 0 in the others, and v_store_first stores so many; they touch no other memory.
 */
#ifndef GS_VEC_H
#define GS_VEC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

/* rows and planes per tile of the multiply-add kernel */
#define GS_TILE_ROWS 6
#define GS_TILE_PLANES 1

typedef struct gs_v {
    float f[GS_F32_LANES];
} gs_v;
typedef struct gs_vi {
    uint32_t w[GS_F32_LANES];
} gs_vi;

/* With the sanitizers' checks of every lane inlined into every kernel, compilation takes minutes; loads and stores keep
 * their checks. */
#if defined(GS_SANITIZED) || defined(__SANITIZE_ADDRESS__)
#define GS_ARITHMETIC static __attribute__((unused, noinline, no_sanitize("address", "thread", "undefined")))
#else
#define GS_ARITHMETIC static inline
#endif

#define GS_EACH_LANE for (int l = 0; l < GS_F32_LANES; l++)

static inline gs_v v_load(const float *p) {
    gs_v r;
    memcpy(r.f, p, sizeof r.f);
    return r;
}
static inline void v_store(float *p, gs_v a) {
    memcpy(p, a.f, sizeof a.f);
}
static inline gs_v v_load_first(const float *p, int n) {
    gs_v r = {{0}};
    memcpy(r.f, p, (size_t)n * sizeof *p);
    return r;
}
static inline void v_store_first(float *p, gs_v a, int n) {
    memcpy(p, a.f, (size_t)n * sizeof *p);
}
static inline gs_v v_load_bits(const void *p) {
    gs_v r;
    memcpy(r.f, p, sizeof r.f);
    return r;
}
static inline gs_v v_set1_bits(const void *p) {
    gs_v r;
    GS_EACH_LANE memcpy(&r.f[l], p, sizeof r.f[l]);
    return r;
}
static inline gs_v v_kept(gs_v a) {
    return a;
}
static inline void v_store_bytes(uint8_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint8_t)w.w[l];
}
static inline void v_store_halves(uint16_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint16_t)(w.w[l] >> 16);
}
static inline void v_store_low_halves(uint16_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint16_t)w.w[l];
}
GS_ARITHMETIC gs_v v_set1(float x) {
    gs_v r;
    GS_EACH_LANE r.f[l] = x;
    return r;
}

#define GS_BINARY(name, expression)           \
    GS_ARITHMETIC gs_v name(gs_v a, gs_v b) { \
        gs_v r;                               \
        GS_EACH_LANE r.f[l] = (expression);   \
        return r;                             \
    }
GS_BINARY(v_add, a.f[l] + b.f[l])
GS_BINARY(v_sub, a.f[l] - b.f[l])
GS_BINARY(v_mul, a.f[l] * b.f[l])
GS_BINARY(v_div, a.f[l] / b.f[l])
GS_BINARY(v_max, a.f[l] > b.f[l] ? a.f[l] : b.f[l])
GS_BINARY(v_min, a.f[l] < b.f[l] ? a.f[l] : b.f[l])

GS_ARITHMETIC gs_v v_fma(gs_v a, gs_v b, gs_v c) {
    gs_v r;
    GS_EACH_LANE r.f[l] = fmaf(a.f[l], b.f[l], c.f[l]);
    return r;
}
GS_ARITHMETIC gs_v v_fms(gs_v a, gs_v b, gs_v c) {
    gs_v r;
    GS_EACH_LANE r.f[l] = fmaf(a.f[l], b.f[l], -c.f[l]);
    return r;
}
GS_ARITHMETIC gs_v v_fnma(gs_v a, gs_v b, gs_v c) {
    gs_v r;
    GS_EACH_LANE r.f[l] = fmaf(-a.f[l], b.f[l], c.f[l]);
    return r;
}
GS_ARITHMETIC gs_v v_sqrt(gs_v a) {
    GS_EACH_LANE a.f[l] = sqrtf(a.f[l]);
    return a;
}
GS_ARITHMETIC gs_v v_abs(gs_v a) {
    GS_EACH_LANE a.f[l] = fabsf(a.f[l]);
    return a;
}
GS_ARITHMETIC gs_vi v_words(gs_v a) {
    gs_vi r;
    memcpy(&r, &a, sizeof r);
    return r;
}
GS_ARITHMETIC gs_v v_floats(gs_vi a) {
    gs_v r;
    memcpy(&r, &a, sizeof r);
    return r;
}
GS_ARITHMETIC gs_v v_negative(gs_v x, gs_v a, gs_v b) {
    gs_vi w = v_words(x);
    GS_EACH_LANE b.f[l] = w.w[l] >> 31 ? a.f[l] : b.f[l];
    return b;
}
GS_ARITHMETIC void v_quarters(gs_v x[4]) {
    gs_v y[4];
    for (int k = 0; k < 4; k++)
        for (int q = 0; q < 4; q++)
            memcpy(y[q].f + 4 * k, x[k].f + 4 * q, sizeof(float[4]));
    memcpy(x, y, sizeof y);
}
GS_ARITHMETIC gs_v v_from_int(gs_vi a) {
    gs_v r;
    GS_EACH_LANE r.f[l] = (float)(int32_t)a.w[l];
    return r;
}
GS_ARITHMETIC gs_vi vi_set1(uint32_t x) {
    gs_vi r;
    GS_EACH_LANE r.w[l] = x;
    return r;
}
GS_ARITHMETIC gs_vi vi_iota(void) {
    gs_vi r;
    GS_EACH_LANE r.w[l] = (uint32_t)l;
    return r;
}

#define GS_BINARY_WORDS(name, operator)               \
    GS_ARITHMETIC gs_vi name(gs_vi a, gs_vi b) {      \
        GS_EACH_LANE a.w[l] = a.w[l] operator b.w[l]; \
        return a;                                     \
    }
GS_BINARY_WORDS(vi_add, +)
GS_BINARY_WORDS(vi_sub, -)
GS_BINARY_WORDS(vi_xor, ^)
GS_BINARY_WORDS(vi_and, &)

GS_ARITHMETIC gs_vi vi_shl(gs_vi a, int n) {
    GS_EACH_LANE a.w[l] <<= n;
    return a;
}
GS_ARITHMETIC gs_vi vi_shr(gs_vi a, int n) {
    GS_EACH_LANE a.w[l] >>= n;
    return a;
}
/* Arithmetic shift right by 23. */
GS_ARITHMETIC gs_vi vi_exponent(gs_vi a) {
    GS_EACH_LANE a.w[l] = a.w[l] >> 23 | (a.w[l] >> 31 ? 0xfffffe00u : 0u);
    return a;
}
/* Words that are multiplied again and again, laid out as the instruction set multiplies them. vw_mul returns the low
 * halves of the 64-bit products with m and puts the high halves in *high. vw_xor is a ^ b ^ k. */
typedef gs_vi gs_vw;

GS_ARITHMETIC gs_vw vw_spread(gs_vi a) {
    return a;
}
GS_ARITHMETIC gs_vi vw_gather(gs_vw a) {
    return a;
}
GS_ARITHMETIC gs_vw vw_mul(gs_vw a, uint32_t m, gs_vw *high) {
    gs_vw low;
    GS_EACH_LANE {
        uint64_t p = (uint64_t)a.w[l] * m;
        high->w[l] = (uint32_t)(p >> 32);
        low.w[l] = (uint32_t)p;
    }
    return low;
}
GS_ARITHMETIC gs_vw vw_xor(gs_vw a, gs_vw b, uint32_t k) {
    GS_EACH_LANE a.w[l] ^= b.w[l] ^ k;
    return a;
}
#undef GS_BINARY
#undef GS_BINARY_WORDS
#endif
