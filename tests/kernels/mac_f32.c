/* Cases of mac on floats. */
#include "kernels/cases.h"

#define MAC_TYPE f32

static const float *draw_inputs(kernel_case *c, size_t count) {
    return case_input(c, count);
}

static const float *draw_weights(kernel_case *c, size_t count) {
    return case_input(c, count);
}

static double value_of_input(float x) {
    return (double)x;
}

static double value_of_weight(float w) {
    return (double)w;
}

static void draw_rest(kernel_case *c, gs_mac_args *p, bool init) {
    p->init = init ? case_input(c, (size_t)p->planes * GS_F32_LANES) : NULL;
}

static int finish(const gs_mac_args *p, int i, double *sum, double *size) {
    double init = p->init ? (double)p->init[i] : 0;
    *sum += init;
    *size += init < 0 ? -init : init;
    return p->segments * p->length;
}

#include "kernels/mac.inc"
