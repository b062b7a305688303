/* The vector of 16 float lanes in which every kernel is written, in plain C with compilers' vectors of 4: the reference
 * for all others.
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
#include "v4.h"

/* rows and planes per tile of the multiply-add kernel */
#define GS_TILE_ROWS 6
#define GS_TILE_PLANES 1

/* Fours of lanes take a third of the time to compile of loops over single ones. */
typedef uint32_t gs_v4u __attribute__((vector_size(16)));
typedef struct gs_v {
    gs_v4 f[GS_F32_LANES / 4];
} gs_v;
typedef struct gs_vi {
    gs_v4u w[GS_F32_LANES / 4];
} gs_vi;

/* A function that is called, without the sanitizers' checks. */
#define GS_CALLED static __attribute__((unused, noinline, no_sanitize("address", "thread", "undefined")))
/* With the sanitizers' checks of every lane inlined into every kernel, compilation takes minutes; loads and stores keep
 * their checks. */
#if defined(GS_SANITIZED) || defined(__SANITIZE_ADDRESS__)
#define GS_ARITHMETIC GS_CALLED
#else
#define GS_ARITHMETIC static inline
#endif

#define GS_EACH_LANE for (int l = 0; l < GS_F32_LANES; l++)
#define GS_LANE(x) x[l / 4][l % 4]
#define GS_EACH_FOUR for (int i = 0; i < GS_F32_LANES / 4; i++)

static inline gs_v v_load(const float *p) {
    gs_v r;
    memcpy(&r, p, sizeof r);
    return r;
}
static inline void v_store(float *p, gs_v a) {
    memcpy(p, &a, sizeof a);
}
static inline gs_v v_load_first(const float *p, int n) {
    gs_v r = {{{0}}};
    memcpy(&r, p, (size_t)n * sizeof *p);
    return r;
}
static inline void v_store_first(float *p, gs_v a, int n) {
    memcpy(p, &a, (size_t)n * sizeof *p);
}
static inline gs_v v_load_bits(const void *p) {
    gs_v r;
    memcpy(&r, p, sizeof r);
    return r;
}
GS_ARITHMETIC gs_v v_set1(float x) {
    gs_v r;
    GS_EACH_FOUR r.f[i] = (gs_v4){x, x, x, x};
    return r;
}
static inline gs_v v_set1_bits(const void *p) {
    float x;
    memcpy(&x, p, sizeof x);
    return v_set1(x);
}
static inline gs_v v_kept(gs_v a) {
    return a;
}
static inline void v_store_bytes(uint8_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint8_t)GS_LANE(w.w);
}
static inline void v_store_halves(uint16_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint16_t)(GS_LANE(w.w) >> 16);
}
static inline void v_store_low_halves(uint16_t *p, gs_v a) {
    gs_vi w;
    memcpy(&w, &a, sizeof w);
    GS_EACH_LANE p[l] = (uint16_t)GS_LANE(w.w);
}

/* a where the mask's lane is all ones, b where it is 0 */
static inline gs_v4 gs_select(gs_v4i mask, gs_v4 a, gs_v4 b) {
    return (gs_v4)((mask & (gs_v4i)a) | (~mask & (gs_v4i)b));
}

#define GS_BINARY(name, expression)           \
    GS_ARITHMETIC gs_v name(gs_v a, gs_v b) { \
        GS_EACH_FOUR a.f[i] = (expression);   \
        return a;                             \
    }
GS_BINARY(v_add, a.f[i] + b.f[i])
GS_BINARY(v_sub, a.f[i] - b.f[i])
GS_BINARY(v_mul, a.f[i] * b.f[i])
GS_BINARY(v_div, a.f[i] / b.f[i])
GS_BINARY(v_max, gs_select(a.f[i] > b.f[i], a.f[i], b.f[i]))
GS_BINARY(v_min, gs_select(a.f[i] < b.f[i], a.f[i], b.f[i]))

/* A machine without the instruction calls a function for each lane; so many calls are not inlined. */
#ifdef __FP_FAST_FMAF
#define GS_FMA GS_ARITHMETIC
#else
#define GS_FMA GS_CALLED
#endif
GS_FMA void v_fma_lanes(float *y, const float *a, const float *b, const float *c) {
    GS_EACH_LANE y[l] = fmaf(a[l], b[l], c[l]);
}
GS_ARITHMETIC gs_v v_fma(gs_v a, gs_v b, gs_v c) {
    v_fma_lanes((float *)&c, (const float *)&a, (const float *)&b, (const float *)&c);
    return c;
}
GS_ARITHMETIC gs_v v_fms(gs_v a, gs_v b, gs_v c) {
    GS_EACH_FOUR c.f[i] = -c.f[i];
    return v_fma(a, b, c);
}
GS_ARITHMETIC gs_v v_fnma(gs_v a, gs_v b, gs_v c) {
    GS_EACH_FOUR a.f[i] = -a.f[i];
    return v_fma(a, b, c);
}
GS_ARITHMETIC gs_v v_sqrt(gs_v a) {
    GS_EACH_LANE GS_LANE(a.f) = sqrtf(GS_LANE(a.f));
    return a;
}
GS_ARITHMETIC gs_v v_abs(gs_v a) {
    GS_EACH_FOUR a.f[i] = (gs_v4)((gs_v4i)a.f[i] & INT32_MAX);
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
    GS_EACH_FOUR b.f[i] = gs_select((gs_v4i)x.f[i] >> 31, a.f[i], b.f[i]);
    return b;
}
GS_ARITHMETIC void v_quarters(gs_v x[4]) {
    gs_v y[4];
    for (int k = 0; k < 4; k++)
        for (int q = 0; q < 4; q++)
            y[q].f[k] = x[k].f[q];
    memcpy(x, y, sizeof y);
}
GS_ARITHMETIC gs_v v_from_int(gs_vi a) {
    gs_v r;
    GS_EACH_FOUR r.f[i] = __builtin_convertvector((gs_v4i)a.w[i], gs_v4);
    return r;
}
GS_ARITHMETIC gs_vi vi_set1(uint32_t x) {
    gs_vi r;
    GS_EACH_FOUR r.w[i] = (gs_v4u){x, x, x, x};
    return r;
}
GS_ARITHMETIC gs_vi vi_iota(void) {
    gs_vi r = vi_set1(0);
    GS_EACH_LANE GS_LANE(r.w) = (uint32_t)l;
    return r;
}

#define GS_BINARY_WORDS(name, operator)               \
    GS_ARITHMETIC gs_vi name(gs_vi a, gs_vi b) {      \
        GS_EACH_FOUR a.w[i] = a.w[i] operator b.w[i]; \
        return a;                                     \
    }
GS_BINARY_WORDS(vi_add, +)
GS_BINARY_WORDS(vi_sub, -)
GS_BINARY_WORDS(vi_xor, ^)
GS_BINARY_WORDS(vi_and, &)

GS_ARITHMETIC gs_vi vi_shl(gs_vi a, int n) {
    GS_EACH_FOUR a.w[i] <<= n;
    return a;
}
GS_ARITHMETIC gs_vi vi_shr(gs_vi a, int n) {
    GS_EACH_FOUR a.w[i] >>= n;
    return a;
}
/* Arithmetic shift right by 23. */
GS_ARITHMETIC gs_vi vi_exponent(gs_vi a) {
    GS_EACH_FOUR a.w[i] = (gs_v4u)((gs_v4i)a.w[i] >> 23);
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
    *high = a;
    GS_EACH_LANE GS_LANE(high->w) = (uint32_t)((uint64_t)GS_LANE(a.w) * m >> 32);
    GS_EACH_FOUR a.w[i] *= m;
    return a;
}
GS_ARITHMETIC gs_vw vw_xor(gs_vw a, gs_vw b, uint32_t k) {
    GS_EACH_FOUR a.w[i] ^= b.w[i] ^ k;
    return a;
}
#undef GS_FMA
#undef GS_BINARY
#undef GS_BINARY_WORDS
#endif
