#include "engine/product.h"

#include <math.h>
#include <string.h>

static void pack_f32(void *weight, ptrdiff_t k, const double lane[GS_F32_LANES]) {
    float *w = (float *)weight + k * GS_F32_LANES;
    for (int l = 0; l < GS_F32_LANES; l++)
        w[l] = (float)lane[l];
}

/* The nearest bfloat16, ties to even; of a NaN, one. */
static uint16_t to_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x != x)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void pack_bf16(void *weight, ptrdiff_t k, const double lane[GS_F32_LANES]) {
    enum { DEPTH = sizeof(float) / sizeof(gs_bf16_weight) };
    for (int l = 0; l < GS_F32_LANES; l++)
        ((gs_bf16_weight *)weight)[gs_mac_at(DEPTH, k, l)] = to_bf16((float)lane[l]);
}

/* Integers as they are. */
static void pack_i8(void *weight, ptrdiff_t k, const double lane[GS_F32_LANES]) {
    enum { DEPTH = sizeof(int32_t) / sizeof(gs_i8_weight) };
    for (int l = 0; l < GS_F32_LANES; l++)
        ((gs_i8_weight *)weight)[gs_mac_at(DEPTH, k, l)] = (gs_i8_weight)lane[l];
}

static void pack_i16(void *weight, ptrdiff_t k, const double lane[GS_F32_LANES]) {
    enum { DEPTH = sizeof(int32_t) / sizeof(gs_i16_weight) };
    for (int l = 0; l < GS_F32_LANES; l++)
        ((gs_i16_weight *)weight)[gs_mac_at(DEPTH, k, l)] = (gs_i16_weight)lane[l];
}

/* What only integers have. */
#define SCALED_f32(p)
#define SCALED_bf16(p)
#define SCALED_bf16_exact(p)
#define SCALED_i8(p) .scale = (p)->scale, .bias = (p)->bias, .inv = (p)->inv,
#define SCALED_i16(p) SCALED_i8(p)

/* Products of a type by its kernel. */
#define GS_KERNEL(op, type, family, exactness, result, parameters, what)
#define GS_MAC(op, type, family, exactness, input, weight, sum, depth, what)                     \
    static void op##_of_##type(const gs_kernels *kernels, const gs_products *p) {                \
        kernels->GS_MEMBER(op, type)(&(gs_##type##_##op##_args){.a = (const input *const *)p->a, \
                                                                .segment = p->segment,           \
                                                                .w = p->w,                       \
                                                                .init = p->init,                 \
                                                                SCALED_##type(p).add = p->add,   \
                                                                .mul = p->mul,                   \
                                                                .out = p->out,                   \
                                                                .w_plane = p->w_plane,           \
                                                                .out_plane = p->out_plane,       \
                                                                .add_plane = p->add_plane,       \
                                                                .mul_plane = p->mul_plane,       \
                                                                .out_shift = p->out_shift,       \
                                                                .rows = p->rows,                 \
                                                                .segments = p->segments,         \
                                                                .length = p->length,             \
                                                                .planes = p->planes,             \
                                                                .relu = p->relu,                 \
                                                                .gates = p->gates});             \
    }
#include "kernels.def"
#undef GS_MAC
#undef GS_KERNEL

/* What the types whose inputs are stored as f32, bf16, i8 and i16 have. */
#define CONVERT_f32(kernels) NULL
#define CONVERT_bf16(kernels) (kernels)->GS_MEMBER(convert, bf16)
#define CONVERT_i8(kernels) (kernels)->GS_MEMBER(convert, i8)
#define CONVERT_i16(kernels) (kernels)->GS_MEMBER(convert, i16)
#define TILE_f32(kernels) (kernels)->winograd_out
#define TILE_bf16(kernels) (kernels)->GS_MEMBER(winograd_out, bf16)
#define TILE_i8(kernels) (kernels)->GS_MEMBER(winograd_out, i8)
#define TILE_i16(kernels) TILE_f32(kernels) /* whose points it has */
#define PHASE_f32(kernels) (kernels)->polyphase_in
#define PHASE_bf16(kernels) (kernels)->GS_MEMBER(polyphase_in, bf16)
#define PHASE_i8(kernels) NULL
#define PHASE_i16(kernels) NULL
#define INTEGERS_f32 .input_most = 0
#define INTEGERS_bf16 .input_most = 0
#define INTEGERS_i8 .input_most = 127, .input_offset = 128, .weight_most = 127
#define INTEGERS_i16 .input_most = GS_I16_INPUT_MOST, .weight_most = INT16_MAX, .weights_most = GS_I16_WEIGHTS_MOST

/* With c and -c, or 0. */
#define POINTS(a, b, c) a, -a, b, -b, INFINITY, c, -c
#define POINTS_OF(...) POINTS(__VA_ARGS__)
static const double points_f32[] = {POINTS_OF(GS_WINOGRAD_POINTS_f32)},
                    points_bf16[] = {POINTS_OF(GS_WINOGRAD_POINTS_bf16)},
                    points_i8[] = {POINTS_OF(GS_WINOGRAD_POINTS_i8)},
                    points_i16[] = {POINTS_OF(GS_WINOGRAD_POINTS_i16)};

gs_product_type gs_product_type_of(gs_dtype dtype, const gs_kernels *kernels) {
    switch (dtype) {
#define GS_DTYPE(ID, name, multiplied, stored, what)                                     \
    case GS_DTYPE_##ID:                                                                  \
        return (gs_product_type){.dtype = dtype,                                         \
                                 .traits = kernels->GS_MEMBER(mac_traits, multiplied),   \
                                 .mac = mac_of_##multiplied,                             \
                                 .winograd_in = kernels->GS_MEMBER(winograd_in, stored), \
                                 .winograd_out = TILE_##stored(kernels),                 \
                                 .polyphase_in = PHASE_##stored(kernels),                \
                                 .convert = CONVERT_##stored(kernels),                   \
                                 .winograd_point = points_##stored,                      \
                                 .winograd_points = points_##stored[5] != 0 ? 7 : 6,     \
                                 INTEGERS_##stored,                                      \
                                 .pack = pack_##stored};
#include "model/dtypes.def"
    default:
        return (gs_product_type){0};
    }
}
