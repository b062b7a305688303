/* Cases for the kernels of gradients and pools. */
#include <math.h>

#include "support/kernel_checks.h"
#include "support/random.h"

static const double ulp = 0x1p-24; /* relative error of one rounding */

/* ---- affine_slope ---- */

/* y, a gap, and the slopes; either y or the slopes may take the place of x. */
void affine_slope_prepare(kernel_case *c) {
    gs_affine_args *p = &c->affine;
    affine_prepare(c);
    int size = c->index / GS_ACT_COUNT;
    c->slots = 2; /* the scale and shift of affine_prepare */
    ptrdiff_t extent = (p->rows - 1) * p->y_row + p->columns * 16, gap = 16 * random_below(&c->random, 3);
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

void affine_slope_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->affine_slope(&c->affine);
}

void affine_slope_expect(kernel_case *c) {
    const gs_affine_args *p = &c->affine;
    affine_expect(c);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            double t = (double)fmaf(p->x[i * p->x_row + j], p->scale[j % 16], p->shift[j % 16]);
            double exact = slope_exact(p->activation, t, (double)p->parameter);
            case_expect(c, p->slope + i * p->slope_row + j, exact, slope_allowed(p->activation, exact));
        }
}

/* ---- products, blend ---- */

enum { GAP = 24 };

void products_prepare(kernel_case *c) {
    gs_products_args *p = &c->products;
    p->rows = 1 + c->index % 9;
    p->columns = 1 + c->index / 9 % 9;
    p->x_row = p->columns * 16 + random_below(&c->random, 3) * 8;
    p->g_row = p->columns * 16 + random_below(&c->random, 3) * 8;
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    p->g = case_input(c, (size_t)((p->rows - 1) * p->g_row + p->columns * 16));
    p->center = case_input(c, 16);
    p->sum = case_output(c, GAP + 16);
    p->product = p->sum + GAP;
}

void products_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->products(&c->products);
}

void products_expect(kernel_case *c) {
    const gs_products_args *p = &c->products;
    for (int l = 0; l < 16; l++) {
        double sum = 0, product = 0, size = 0, product_size = 0, n = p->rows * p->columns;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++) {
                double g = (double)p->g[i * p->g_row + j * 16 + l];
                double term = g * ((double)p->x[i * p->x_row + j * 16 + l] - (double)p->center[l]);
                sum += g;
                size += fabs(g);
                product += term;
                product_size += fabs(term);
            }
        case_expect(c, p->sum + l, sum, 1.01 * n * ulp * size);
        case_expect(c, p->product + l, case_as_float(product), 1.01 * (n + 2) * ulp * product_size);
    }
}

void blend_prepare(kernel_case *c) {
    gs_blend_args *p = &c->blend;
    bool in_place = c->index % 3 == 2;
    p->rows = 1 + c->index % 4;
    p->columns = 1 + c->index / 4 % 10;
    p->y_row = p->columns * 16 + 16 * random_below(&c->random, 2);
    p->x_row = p->columns * 16 + random_below(&c->random, 20);
    p->g_row = in_place ? p->y_row : p->columns * 16 + random_below(&c->random, 20);
    p->a = case_input(c, 16);
    p->b = case_input(c, 16);
    p->c = case_input(c, 16);
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->g = in_place ? p->y : case_input(c, (size_t)((p->rows - 1) * p->g_row + p->columns * 16));
    for (int i = 0; in_place && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

void blend_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->blend(&c->blend);
}

void blend_expect(kernel_case *c) {
    const gs_blend_args *p = &c->blend;
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            float inner = fmaf(p->g[i * p->g_row + j], p->b[j % 16], p->c[j % 16]);
            float value = fmaf(p->x[i * p->x_row + j], p->a[j % 16], inner);
            case_expect(c, p->y + i * p->y_row + j, (double)value, 0);
        }
}

/* ---- window ---- */

/* Few different values, so that windows have more than one largest element. */
static void make_ties(kernel_case *c, float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(x[i]) && random_below(&c->random, 2))
            x[i] = (float)random_below(&c->random, 3) * 0.5F;
}

void window_prepare(kernel_case *c) {
    gs_window_args *p = &c->window;
    p->op = (gs_window_op)(c->index % GS_WINDOW_COUNT);
    p->rows = 1 + c->index / GS_WINDOW_COUNT % 7;
    p->columns = 1 + c->index / GS_WINDOW_COUNT / 7 % 7;
    p->x_row = p->columns * 16 + random_below(&c->random, 20);
    p->y_row = p->columns * 16 + 16 * random_below(&c->random, 3);
    p->scale = random_float(&c->random);
    bool reads_x = p->op != GS_WINDOW_SPREAD, whole = p->op == GS_WINDOW_SPREAD || p->op == GS_WINDOW_TOP;
    size_t inputs = (size_t)((p->rows - 1) * p->x_row + p->columns * 16);
    float *x = reads_x ? case_input(c, inputs) : NULL;
    if (x)
        make_ties(c, x, inputs);
    p->x = x;
    p->g = whole ? case_input(c, 16) : NULL;
    p->y = case_output(c, whole ? (size_t)((p->rows - 1) * p->y_row + p->columns * 16) : 16);
    for (int i = 0; whole && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

void window_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->window(&c->window);
}

/* Element k of a window's lane l. */
static double window_x(const gs_window_args *p, int k, int l) {
    return (double)p->x[k / p->columns * p->x_row + k % p->columns * 16 + l];
}

static void expect_sum(kernel_case *c, int l) {
    const gs_window_args *p = &c->window;
    int n = p->rows * p->columns;
    double sum = 0, size = 0;
    for (int k = 0; k < n; k++) {
        sum += window_x(p, k, l);
        size += fabs(window_x(p, k, l));
    }
    case_expect(c, p->y + l, sum * (double)p->scale, 1.01 * (n + 1) * ulp * size * fabs((double)p->scale));
}

/* The largest element, or the gradient to its first occurrence. */
static void expect_top(kernel_case *c, int l) {
    const gs_window_args *p = &c->window;
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

static void expect_spread(kernel_case *c, int l) {
    const gs_window_args *p = &c->window;
    for (int k = 0; k < p->rows * p->columns; k++) {
        float *y = p->y + k / p->columns * p->y_row + k % p->columns * 16 + l;
        case_expect(c, y, (double)fmaf(p->scale, p->g[l], *y), 0);
    }
}

void window_expect(kernel_case *c) {
    gs_window_op op = c->window.op;
    for (int l = 0; l < 16; l++)
        (op == GS_WINDOW_SUM ? expect_sum : op == GS_WINDOW_SPREAD ? expect_spread : expect_top)(c, l);
}
