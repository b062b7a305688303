/* 16 float lanes as four NEON registers of 64-bit ARM; the operations are described in scalar/vec.h. */
#ifndef GS_VEC_H
#define GS_VEC_H

#include <arm_neon.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* 24 accumulators, 4 weights, 1 broadcast of 32 registers */
#define GS_TILE_ROWS 6
#define GS_TILE_PLANES 1

typedef struct gs_v {
    float32x4_t q[4];
} gs_v;
typedef struct gs_vi {
    uint32x4_t q[4];
} gs_vi;

/* One expression for each of the four registers k. */
#define GS_QUARTERS(type, expression)                                               \
    do {                                                                            \
        type r_;                                                                    \
        _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++) r_.q[k] = (expression); \
        return r_;                                                                  \
    } while (0)

static inline gs_v v_load(const float *p) {
    GS_QUARTERS(gs_v, vld1q_f32(p + 4 * k));
}
static inline void v_store(float *p, gs_v x) {
    for (int k = 0; k < 4; k++)
        vst1q_f32(p + 4 * k, x.q[k]);
}
static inline gs_v v_set1(float x) {
    GS_QUARTERS(gs_v, vdupq_n_f32(x));
}
static inline gs_v v_add(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vaddq_f32(x.q[k], y.q[k]));
}
static inline gs_v v_sub(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vsubq_f32(x.q[k], y.q[k]));
}
static inline gs_v v_mul(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vmulq_f32(x.q[k], y.q[k]));
}
static inline gs_v v_div(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vdivq_f32(x.q[k], y.q[k]));
}
/* Not vmaxq_f32 and vminq_f32, which return NaN when either operand is NaN. */
static inline gs_v v_max(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vbslq_f32(vcgtq_f32(x.q[k], y.q[k]), x.q[k], y.q[k]));
}
static inline gs_v v_min(gs_v x, gs_v y) {
    GS_QUARTERS(gs_v, vbslq_f32(vcltq_f32(x.q[k], y.q[k]), x.q[k], y.q[k]));
}
static inline gs_v v_fma(gs_v x, gs_v y, gs_v z) {
    GS_QUARTERS(gs_v, vfmaq_f32(z.q[k], x.q[k], y.q[k]));
}
static inline gs_v v_fms(gs_v x, gs_v y, gs_v z) {
    GS_QUARTERS(gs_v, vfmaq_f32(vnegq_f32(z.q[k]), x.q[k], y.q[k]));
}
static inline gs_v v_fnma(gs_v x, gs_v y, gs_v z) {
    GS_QUARTERS(gs_v, vfmsq_f32(z.q[k], x.q[k], y.q[k]));
}
static inline gs_v v_sqrt(gs_v x) {
    GS_QUARTERS(gs_v, vsqrtq_f32(x.q[k]));
}
static inline gs_v v_abs(gs_v x) {
    GS_QUARTERS(gs_v, vabsq_f32(x.q[k]));
}
static inline gs_vi v_words(gs_v x) {
    GS_QUARTERS(gs_vi, vreinterpretq_u32_f32(x.q[k]));
}
static inline gs_v v_floats(gs_vi x) {
    GS_QUARTERS(gs_v, vreinterpretq_f32_u32(x.q[k]));
}
static inline gs_v v_negative(gs_v x, gs_v y, gs_v z) {
    GS_QUARTERS(gs_v, vbslq_f32(vcltzq_s32(vreinterpretq_s32_f32(x.q[k])), y.q[k], z.q[k]));
}
static inline void v_quarters(gs_v x[4]) {
    gs_v y[4] = {x[0], x[1], x[2], x[3]};
    _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++) for (int q = 0; q < 4; q++) x[q].q[k] = y[k].q[q];
}
static inline gs_v v_from_int(gs_vi x) {
    GS_QUARTERS(gs_v, vcvtq_f32_s32(vreinterpretq_s32_u32(x.q[k])));
}
static inline gs_v v_load_first(const float *p, int n) {
    float part[16] = {0};
    memcpy(part, p, (size_t)n * sizeof *p);
    return v_load(part);
}
static inline void v_store_first(float *p, gs_v x, int n) {
    float part[16];
    v_store(part, x);
    memcpy(p, part, (size_t)n * sizeof *p);
}
static inline gs_v v_load_bits(const void *p) {
    const uint8_t *from = p;
    GS_QUARTERS(gs_v, vreinterpretq_f32_u8(vld1q_u8(from + 16 * k)));
}
static inline gs_v v_set1_bits(const void *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    GS_QUARTERS(gs_v, vreinterpretq_f32_u32(vdupq_n_u32(x)));
}
static inline gs_v v_kept(gs_v x) {
    return x;
}
static inline void v_store_bytes(uint8_t *p, gs_v x) {
    const gs_vi w = v_words(x);
    const uint16x8_t low = vuzp1q_u16(vreinterpretq_u16_u32(w.q[0]), vreinterpretq_u16_u32(w.q[1]));
    const uint16x8_t high = vuzp1q_u16(vreinterpretq_u16_u32(w.q[2]), vreinterpretq_u16_u32(w.q[3]));
    vst1q_u8(p, vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high)));
}
static inline void v_store_halves(uint16_t *p, gs_v x) {
    const gs_vi w = v_words(x);
    vst1q_u16(p, vuzp2q_u16(vreinterpretq_u16_u32(w.q[0]), vreinterpretq_u16_u32(w.q[1])));
    vst1q_u16(p + 8, vuzp2q_u16(vreinterpretq_u16_u32(w.q[2]), vreinterpretq_u16_u32(w.q[3])));
}
static inline void v_store_low_halves(uint16_t *p, gs_v x) {
    const gs_vi w = v_words(x);
    vst1q_u16(p, vuzp1q_u16(vreinterpretq_u16_u32(w.q[0]), vreinterpretq_u16_u32(w.q[1])));
    vst1q_u16(p + 8, vuzp1q_u16(vreinterpretq_u16_u32(w.q[2]), vreinterpretq_u16_u32(w.q[3])));
}
static inline gs_vi vi_set1(uint32_t x) {
    GS_QUARTERS(gs_vi, vdupq_n_u32(x));
}
static inline gs_vi vi_iota(void) {
    const uint32_t first[4] = {0, 1, 2, 3};
    GS_QUARTERS(gs_vi, vaddq_u32(vld1q_u32(first), vdupq_n_u32(4 * (uint32_t)k)));
}
static inline gs_vi vi_add(gs_vi x, gs_vi y) {
    GS_QUARTERS(gs_vi, vaddq_u32(x.q[k], y.q[k]));
}
static inline gs_vi vi_sub(gs_vi x, gs_vi y) {
    GS_QUARTERS(gs_vi, vsubq_u32(x.q[k], y.q[k]));
}
static inline gs_vi vi_xor(gs_vi x, gs_vi y) {
    GS_QUARTERS(gs_vi, veorq_u32(x.q[k], y.q[k]));
}
static inline gs_vi vi_and(gs_vi x, gs_vi y) {
    GS_QUARTERS(gs_vi, vandq_u32(x.q[k], y.q[k]));
}
/* A shift by a register: negative counts shift right. */
static inline gs_vi vi_shl(gs_vi x, int n) {
    GS_QUARTERS(gs_vi, vshlq_u32(x.q[k], vdupq_n_s32(n)));
}
static inline gs_vi vi_shr(gs_vi x, int n) {
    GS_QUARTERS(gs_vi, vshlq_u32(x.q[k], vdupq_n_s32(-n)));
}
static inline gs_vi vi_exponent(gs_vi x) {
    GS_QUARTERS(gs_vi, vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(x.q[k]), 23)));
}

typedef gs_vi gs_vw;

static inline gs_vw vw_spread(gs_vi x) {
    return x;
}
static inline gs_vi vw_gather(gs_vw x) {
    return x;
}
static inline gs_vw vw_mul(gs_vw x, uint32_t m, gs_vw *high) {
    uint32x4_t factor = vdupq_n_u32(m);
    for (int k = 0; k < 4; k++) {
        uint32x4_t a = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(x.q[k]), vget_low_u32(factor)));
        uint32x4_t b = vreinterpretq_u32_u64(vmull_high_u32(x.q[k], factor));
        x.q[k] = vuzp1q_u32(a, b);
        high->q[k] = vuzp2q_u32(a, b);
    }
    return x;
}
static inline gs_vw vw_xor(gs_vw x, gs_vw y, uint32_t z) {
    GS_QUARTERS(gs_vw, veorq_u32(veorq_u32(x.q[k], y.q[k]), vdupq_n_u32(z)));
}
#undef GS_QUARTERS
#endif
