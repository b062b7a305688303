/* Cases of mac on 8-bit integers. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

#define MAC_TYPE i8
#define MAC_STORED &case_u8

/* -127 ... 127, in every third case these two alone, so that sums are as large as they get. */
static int draw_integer(kernel_case *c) {
    return c->index % 3 ? random_below(&c->random, 255) - 127 : random_below(&c->random, 2) ? 127 : -127;
}

static const uint8_t *draw_inputs(kernel_case *c, size_t count) {
    uint8_t *x = case_room(c, count);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)(draw_integer(c) + 128);
    return x;
}

static const int8_t *draw_weights(kernel_case *c, size_t count) {
    int8_t *w = case_room(c, count);
    for (size_t i = 0; i < count; i++)
        w[i] = (int8_t)draw_integer(c);
    return w;
}

static double value_of_input(uint8_t x) {
    return x - 128;
}

static double value_of_weight(int8_t w) {
    return w;
}

/* Of `init` there is no choice. */
static void draw_rest(kernel_case *c, gs_i8_mac_args *p, bool biased) {
    int depth = c->kernels->mac_traits_i8.depth;
    int32_t *init = case_room(c, (size_t)p->planes * GS_F32_LANES * sizeof *init);
    for (int i = 0; i < p->planes * GS_F32_LANES; i++) {
        init[i] = 0;
        for (int k = 0; k < p->segments * p->length; k++)
            init[i] -= 128 * p->w[i / GS_F32_LANES * p->w_plane + gs_mac_at(depth, k, i % GS_F32_LANES)];
    }
    p->init = init;
    p->scale = case_input(c, (size_t)p->planes * GS_F32_LANES);
    p->bias = biased ? case_input(c, (size_t)p->planes * GS_F32_LANES) : NULL;
}

/* Factors for sums of such size. */
static const float *draw_inverse(kernel_case *c, size_t count) {
    float *inv = case_factors(c, &case_u8, count);
    for (size_t i = 0; i < count; i++)
        inv[i] *= 0x1p-18F;
    return inv;
}

static int finish(const gs_i8_mac_args *p, int i, double *sum, double *size) {
    double bias = p->bias ? (double)p->bias[i] : 0;
    *sum *= (double)p->scale[i];
    *size = fabs(*sum) + fabs(bias);
    *sum += bias;
    return 2;
}

#include "kernels/mac.inc"
