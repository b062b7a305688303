/* Cases of pools. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

/* Few different values, so that windows have more than one largest element. */
static void make_ties(kernel_case *c, float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(x[i]) && random_below(&c->random, 2))
            x[i] = (float)random_below(&c->random, 3) * 0.5F;
}

static void window_prepare(kernel_case *c) {
    gs_window_args *p = CASE_ARGS(c, gs_window_args);
    p->op = c->timed ? GS_WINDOW_SUM : (gs_window_op)(c->index % GS_WINDOW_COUNT);
    p->rows = c->timed ? CASE_ROWS : 1 + c->index / GS_WINDOW_COUNT % 7;
    p->columns = c->timed ? CASE_COLUMNS : 1 + c->index / GS_WINDOW_COUNT / 7 % 7;
    p->scale = random_float(&c->random);
    p->count = c->timed ? 1 : 1 + c->index / GS_WINDOW_COUNT / 49 % 3;
    bool reads_x = p->op != GS_WINDOW_SPREAD, whole = p->op == GS_WINDOW_SPREAD || p->op == GS_WINDOW_TOP;
    /* windows overlap, but for those of which something is added to */
    p->x_shift = !reads_x ? 0 : whole ? p->columns * 16 : 16;
    p->g_shift = whole ? 16 + random_below(&c->random, 3) : 0;
    p->y_shift = whole ? p->columns * 16 : 16 + random_below(&c->random, 3);
    p->x_row = (p->count - 1) * p->x_shift + p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 20));
    p->y_row = p->count * p->columns * 16 + 16 * random_below(&c->random, 3);
    size_t inputs = (size_t)((p->rows - 1) * p->x_row + (p->count - 1) * p->x_shift + p->columns * 16);
    float *x = reads_x ? case_input(c, inputs) : NULL;
    if (x)
        make_ties(c, x, inputs);
    p->x = x;
    p->g = whole ? case_input(c, (size_t)((p->count - 1) * p->g_shift + 16)) : NULL;
    p->y = case_output(c, whole ? (size_t)((p->rows - 1) * p->y_row + p->count * p->columns * 16)
                                : (size_t)((p->count - 1) * p->y_shift + 16));
    int columns = p->count * p->columns;
    for (int i = 0; whole && i < p->rows * columns; i++)
        case_fill(c, p->y + i / columns * p->y_row + i % columns * 16);
}

static void window_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->window(CASE_ARGS(c, gs_window_args));
}

/* Element k of a window's lane l. */
static double window_x(const gs_window_args *p, int k, int l) {
    return (double)p->x[k / p->columns * p->x_row + k % p->columns * 16 + l];
}

static void expect_sum(kernel_case *c, const gs_window_args *p, int l) {
    int n = p->rows * p->columns;
    double sum = 0, size = 0;
    for (int k = 0; k < n; k++) {
        sum += window_x(p, k, l);
        size += fabs(window_x(p, k, l));
    }
    case_expect(c, p->y + l, sum * (double)p->scale, 1.01 * (n + 1) * CASE_ULP * size * fabs((double)p->scale));
}

/* The largest element, or the gradient to its first occurrence. */
static void expect_top(kernel_case *c, const gs_window_args *p, int l) {
    int n = p->rows * p->columns, top = 0;
    bool any_nan = false;
    for (int k = 0; k < n; k++) {
        any_nan = any_nan || isnan(window_x(p, k, l));
        if (window_x(p, k, l) > window_x(p, top, l))
            top = k;
    }
    if (p->op == GS_WINDOW_MAX) {
        case_expect(c, p->y + l, any_nan ? (double)NAN : window_x(p, top, l), 0);
        return;
    }
    for (int k = 0; k < n; k++) {
        float *y = p->y + k / p->columns * p->y_row + k % p->columns * 16 + l;
        case_expect(c, y, (double)(k == top ? *y + p->g[l] : *y), 0);
    }
}

static void expect_spread(kernel_case *c, const gs_window_args *p, int l) {
    for (int k = 0; k < p->rows * p->columns; k++) {
        float *y = p->y + k / p->columns * p->y_row + k % p->columns * 16 + l;
        case_expect(c, y, (double)fmaf(p->scale, p->g[l], *y), 0);
    }
}

static void window_expect(kernel_case *c) {
    gs_window_args p = *CASE_ARGS(c, gs_window_args);
    for (int i = 0; i < p.count; i++, p.x += p.x_shift, p.g += p.g_shift, p.y += p.y_shift)
        for (int l = 0; l < 16; l++)
            (p.op == GS_WINDOW_SUM ? expect_sum : p.op == GS_WINDOW_SPREAD ? expect_spread : expect_top)(c, &p, l);
}

const kernel_check kernel_check_window = {.cases = GS_WINDOW_COUNT * 7 * 7 * 3,
                                          .prepare = window_prepare,
                                          .call = window_call,
                                          .expect = window_expect,
                                          .work = case_plane_work};
