/* Cases of mac on 16-bit integers. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

#define MAC_TYPE i16
#define MAC_STORED &case_i16

/* -most ... most, in every third case these two alone, so that sums are as large as they get. */
static int draw_integer(kernel_case *c, int most) {
    return c->index % 3 ? random_below(&c->random, 2 * most + 1) - most : random_below(&c->random, 2) ? most : -most;
}

static int16_t *draw_integers(kernel_case *c, size_t count, int most) {
    int16_t *x = case_room(c, count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = (int16_t)draw_integer(c, most);
    return x;
}

static const int16_t *draw_inputs(kernel_case *c, size_t count) {
    return draw_integers(c, count, GS_I16_INPUT_MOST);
}

/* Half of what the sum of as many weights as a lane has allows: the other half is what sums begin with. */
static const int16_t *draw_weights(kernel_case *c, size_t count) {
    const gs_i16_mac_args *p = CASE_ARGS(c, gs_i16_mac_args);
    int most = GS_I16_WEIGHTS_MOST / 2 / (p->segments * p->length);
    return draw_integers(c, count, most < INT16_MAX ? most : INT16_MAX);
}

static double value_of_input(int16_t x) {
    return x;
}

static double value_of_weight(int16_t w) {
    return w;
}

static void draw_rest(kernel_case *c, gs_i16_mac_args *p, bool begun) {
    int32_t *init = case_room(c, (size_t)p->planes * GS_F32_LANES * sizeof *init);
    for (int i = 0; i < p->planes * GS_F32_LANES; i++)
        init[i] = draw_integer(c, INT32_MAX / 2 - 1);
    p->init = begun ? init : NULL;
    p->scale = case_input(c, (size_t)p->planes * GS_F32_LANES);
    p->bias = c->index % 2 ? case_input(c, (size_t)p->planes * GS_F32_LANES) : NULL;
}

/* Factors for sums of such size. */
static const float *draw_inverse(kernel_case *c, size_t count) {
    float *inv = case_factors(c, &case_i16, count);
    for (size_t i = 0; i < count; i++)
        inv[i] *= 0x1p-22F;
    return inv;
}

static int finish(const gs_i16_mac_args *p, int i, double *sum, double *size) {
    double bias = p->bias ? (double)p->bias[i] : 0;
    *sum = (*sum + (p->init ? p->init[i] : 0)) * (double)p->scale[i];
    *size = fabs(*sum) + fabs(bias);
    *sum += bias;
    return 2;
}

#include "kernels/mac.inc"
