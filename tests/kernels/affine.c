/* Cases of the activations. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

static void affine_prepare(kernel_case *c) {
    gs_affine_args *p = CASE_ARGS(c, gs_affine_args);
    p->activation = c->timed ? GS_ACT_SILU : (gs_activation)(c->index % GS_ACT_COUNT);
    int size = c->index / GS_ACT_COUNT;
    bool in_place = size % 3 == 2;
    p->rows = c->timed ? CASE_ROWS : 1 + size % 4;
    p->columns = c->timed ? CASE_COLUMNS : 1 + size / 4 % 10;
    p->y_row = p->columns * 16 + (c->timed ? 0 : 16 * random_below(&c->random, 2));
    p->x_row = in_place ? p->y_row : p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 20));
    p->parameter = p->activation == GS_ACT_POWER ? (float)(size % 5) - 1.5F : 0.3F;
    p->limit = ACTIVATION_LIMIT;
    float *scale = case_input(c, 16);
    p->shift = case_input(c, 16);
    for (int l = 0; l < 16; l++)
        scale[l] *= (float)(1 << c->index % 8);
    p->scale = scale;
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->x = in_place ? p->y : case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    for (int i = 0; in_place && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

static void affine_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->affine(CASE_ARGS(c, gs_affine_args));
}

static void affine_expect(kernel_case *c) {
    const gs_affine_args *p = CASE_ARGS(c, gs_affine_args);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            double t = (double)fmaf(p->x[i * p->x_row + j], p->scale[j % 16], p->shift[j % 16]);
            double exact = activation_exact(p->activation, t, (double)p->parameter);
            case_expect(c, p->y + i * p->y_row + j, exact,
                        activation_allowed(p->activation, t, exact, (double)p->parameter));
        }
}

const kernel_check kernel_check_affine = {.cases = GS_ACT_COUNT * 40 * 3,
                                          .prepare = affine_prepare,
                                          .call = affine_call,
                                          .expect = affine_expect,
                                          .work = case_plane_work};

/* ---- affine_slope ---- */

/* y, a gap, and the slopes; either y or the slopes may take the place of x. */
static void affine_slope_prepare(kernel_case *c) {
    gs_affine_args *p = CASE_ARGS(c, gs_affine_args);
    affine_prepare(c);
    int size = c->index / GS_ACT_COUNT;
    c->slots = 2; /* the scale and shift of affine_prepare */
    float *factor = case_input(c, 16);
    for (int l = 0; l < 16; l++)
        factor[l] = 0.25F * (float)(l % 9 - 4);
    p->factor = factor;
    ptrdiff_t extent = (p->rows - 1) * p->y_row + p->columns * 16,
              gap = c->timed ? 0 : 16 * random_below(&c->random, 3);
    p->slope_row = size % 3 == 1 ? p->y_row + 16 : p->y_row;
    ptrdiff_t slopes = (p->rows - 1) * p->slope_row + p->columns * 16;
    p->y = case_output(c, (size_t)(extent + gap + slopes));
    p->slope = p->y + extent + gap;
    p->x_row = size % 3 == 2 ? p->y_row : p->slope_row;
    float *place = size % 3 == 2 ? p->y : p->slope;
    p->x = size % 3 ? place : case_input(c, (size_t)slopes);
    for (int i = 0; size % 3 && i < p->rows * p->columns; i++)
        case_fill(c, place + i / p->columns * p->x_row + i % p->columns * 16);
}

static void affine_slope_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->affine_slope(CASE_ARGS(c, gs_affine_args));
}

static void affine_slope_expect(kernel_case *c) {
    const gs_affine_args *p = CASE_ARGS(c, gs_affine_args);
    affine_expect(c);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            double t = (double)fmaf(p->x[i * p->x_row + j], p->scale[j % 16], p->shift[j % 16]);
            double exact = slope_exact(p->activation, t, (double)p->parameter), factor = (double)p->factor[j % 16];
            double allowed = slope_allowed(p->activation, exact) + CASE_ULP * fabs(exact);
            case_expect(c, p->slope + i * p->slope_row + j, exact * factor, allowed * fabs(factor) + 1e-45);
        }
}

const kernel_check kernel_check_affine_slope = {.cases = GS_ACT_COUNT * 40 * 3,
                                                .prepare = affine_slope_prepare,
                                                .call = affine_slope_call,
                                                .expect = affine_slope_expect,
                                                .work = case_plane_work};
