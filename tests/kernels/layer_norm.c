/* Cases of normalisation over channels. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { LANES = GS_F32_LANES, TIMED_COLUMNS = 32, TIMED_CHANNELS = 64 };

static int planes_of(const gs_layer_norm_args *p) {
    return (p->channels + LANES - 1) / LANES;
}

static void layer_norm_prepare(kernel_case *c) {
    gs_layer_norm_args *p = CASE_ARGS(c, gs_layer_norm_args);
    p->rows = c->timed ? 1 : 1 + c->index / 9 % 3;
    p->columns = c->timed ? TIMED_COLUMNS : 1 + c->index % 9;
    p->channels = c->timed ? TIMED_CHANNELS : 1 + random_below(&c->random, 50);
    p->eps = c->index % 2 ? 1e-5F : 0.25F;
    bool same = !c->timed && c->index / 27 % 2;
    int gap = c->timed ? 0 : random_below(&c->random, 20);
    p->x_row = p->columns * LANES + gap;
    p->x_plane = p->rows * p->x_row + gap;
    p->y_row = same ? p->x_row : p->columns * LANES + 3;
    p->y_plane = same ? p->x_plane : p->rows * p->y_row + 5;
    p->scale = case_input(c, (size_t)(planes_of(p) * LANES));
    p->shift = case_input(c, (size_t)(planes_of(p) * LANES));
    ptrdiff_t end = (p->rows - 1) * p->x_row + p->columns * LANES;
    if (!same)
        p->x = case_input(c, (size_t)((planes_of(p) - 1) * p->x_plane + end));
    end = (p->rows - 1) * p->y_row + p->columns * LANES;
    p->y = case_output(c, (size_t)((planes_of(p) - 1) * p->y_plane + end));
    for (int i = 0; same && i < planes_of(p) * p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns / p->rows * p->y_plane + i / p->columns % p->rows * p->y_row +
                         i % p->columns * LANES);
    p->x = same ? p->y : p->x;
}

static void layer_norm_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->layer_norm(CASE_ARGS(c, gs_layer_norm_args));
}

/* One pixel. Lanes past the last channel may become anything. */
static void expect_pixel(kernel_case *c, const gs_layer_norm_args *p, const float *x, const float *y) {
    double mean = 0, size = 0, variance = 0, n = p->channels, ulps = (planes_of(p) + 8) * CASE_ULP;
    for (int i = 0; i < p->channels; i++) {
        double value = (double)x[i / LANES * p->x_plane + i % LANES];
        mean += value / n;
        size += fabs(value) / n;
    }
    for (int i = 0; i < p->channels; i++) {
        double d = (double)x[i / LANES * p->x_plane + i % LANES] - mean;
        variance += d * d / n;
    }
    double off = ulps * size, spread = variance + (double)p->eps, factor = 1 / sqrt(spread);
    double relative = 2 * ulps + (sqrt(variance) * off + off * off) / spread;
    for (int i = 0; i < planes_of(p) * LANES; i++) {
        double d = (double)x[i / LANES * p->x_plane + i % LANES] - mean, scale = (double)p->scale[i];
        double shift = (double)p->shift[i], value = d * factor * scale + shift;
        double allowed = fabs(scale) * factor * (off + fabs(d) * relative) + 2 * CASE_ULP * (fabs(value) + fabs(shift));
        case_expect(c, y + i / LANES * p->y_plane + i % LANES, value, i < p->channels ? allowed : INFINITY);
    }
}

static void layer_norm_expect(kernel_case *c) {
    const gs_layer_norm_args *p = CASE_ARGS(c, gs_layer_norm_args);
    for (int i = 0; i < p->rows * p->columns; i++)
        expect_pixel(c, p, p->x + i / p->columns * p->x_row + i % p->columns * LANES,
                     p->y + i / p->columns * p->y_row + i % p->columns * LANES);
}

static kernel_work layer_norm_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = TIMED_COLUMNS * TIMED_CHANNELS};
}

const kernel_check kernel_check_layer_norm = {.cases = 54 * 7,
                                              .prepare = layer_norm_prepare,
                                              .call = layer_norm_call,
                                              .expect = layer_norm_expect,
                                              .work = layer_norm_work};
