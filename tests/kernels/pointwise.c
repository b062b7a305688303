/* Cases of sums over planes and of arithmetic. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { MOMENTS_GAP = 24 };

static void moments_prepare(kernel_case *c) {
    gs_moments_args *p = CASE_ARGS(c, gs_moments_args);
    p->rows = c->timed ? CASE_ROWS : 1 + c->index % 9;
    p->columns = c->timed ? CASE_COLUMNS : 1 + c->index / 9 % 9;
    p->row = p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    float *x = case_input(c, (size_t)((p->rows - 1) * p->row + p->columns * 16));
    float mean = c->index % 2 && !c->timed ? 100 : 0;
    for (int i = 0; i < (p->rows - 1) * p->row + p->columns * 16; i++)
        x[i] += mean;
    p->x = x;
    p->first = case_output(c, 2 * MOMENTS_GAP + 16);
    p->sum = p->first + MOMENTS_GAP;
    p->square = p->sum + MOMENTS_GAP;
}

static void moments_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->moments(CASE_ARGS(c, gs_moments_args));
}

static void moments_expect(kernel_case *c) {
    const gs_moments_args *p = CASE_ARGS(c, gs_moments_args);
    for (int l = 0; l < 16; l++) {
        double first = (double)p->x[l], sum = 0, square = 0, size = 0, n = p->rows * p->columns;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++) {
                double d = (double)p->x[i * p->row + j * 16 + l] - first;
                sum += d;
                size += fabs(d);
                square += d * d;
            }
        case_expect(c, p->first + l, first, 0);
        case_expect(c, p->sum + l, sum, 1.01 * (n + 1) * CASE_ULP * size);
        case_expect(c, p->square + l, square, 1.01 * (n + 3) * CASE_ULP * square);
    }
}

const kernel_check kernel_check_moments = {.cases = 9 * 9 * 2,
                                           .prepare = moments_prepare,
                                           .call = moments_call,
                                           .expect = moments_expect,
                                           .work = case_plane_work};

/* ---- products, blend ---- */

enum { GAP = 24 };

static void products_prepare(kernel_case *c) {
    gs_products_args *p = CASE_ARGS(c, gs_products_args);
    p->rows = c->timed ? CASE_ROWS : 1 + c->index % 9;
    p->columns = c->timed ? CASE_COLUMNS : 1 + c->index / 9 % 9;
    p->x_row = p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->g_row = p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    p->g = case_input(c, (size_t)((p->rows - 1) * p->g_row + p->columns * 16));
    p->center = case_input(c, 16);
    p->sum = case_output(c, GAP + 16);
    p->product = p->sum + GAP;
}

static void products_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->products(CASE_ARGS(c, gs_products_args));
}

static void products_expect(kernel_case *c) {
    const gs_products_args *p = CASE_ARGS(c, gs_products_args);
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
        case_expect(c, p->sum + l, sum, 1.01 * n * CASE_ULP * size);
        case_expect(c, p->product + l, case_as_float(product), 1.01 * (n + 2) * CASE_ULP * product_size);
    }
}

const kernel_check kernel_check_products = {.cases = 9 * 9 * 2,
                                            .prepare = products_prepare,
                                            .call = products_call,
                                            .expect = products_expect,
                                            .work = case_plane_work};

static void blend_prepare(kernel_case *c) {
    gs_blend_args *p = CASE_ARGS(c, gs_blend_args);
    bool in_place = !c->timed && c->index % 3 == 2;
    p->rows = c->timed ? CASE_ROWS : 1 + c->index % 4;
    p->columns = c->timed ? CASE_COLUMNS : 1 + c->index / 4 % 10;
    p->y_row = p->columns * 16 + (c->timed ? 0 : 16 * random_below(&c->random, 2));
    p->x_row = p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 20));
    p->g_row = in_place ? p->y_row : p->columns * 16 + (c->timed ? 0 : random_below(&c->random, 20));
    p->a = case_input(c, 16);
    p->b = case_input(c, 16);
    p->c = case_input(c, 16);
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->g = in_place ? p->y : case_input(c, (size_t)((p->rows - 1) * p->g_row + p->columns * 16));
    for (int i = 0; in_place && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

static void blend_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->blend(CASE_ARGS(c, gs_blend_args));
}

static void blend_expect(kernel_case *c) {
    const gs_blend_args *p = CASE_ARGS(c, gs_blend_args);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            float inner = fmaf(p->g[i * p->g_row + j], p->b[j % 16], p->c[j % 16]);
            float value = fmaf(p->x[i * p->x_row + j], p->a[j % 16], inner);
            case_expect(c, p->y + i * p->y_row + j, (double)value, 0);
        }
}

const kernel_check kernel_check_blend = {
    .cases = 4 * 10 * 3, .prepare = blend_prepare, .call = blend_call, .expect = blend_expect, .work = case_plane_work};

/* ---- binary, axpby ---- */

typedef struct binary_args {
    gs_binary op;
    const float *x, *y;
    ptrdiff_t step[2];
    size_t count;
} binary_args;

static void binary_prepare(kernel_case *c) {
    binary_args *p = CASE_ARGS(c, binary_args);
    int options = c->timed ? 3 : c->index / GS_BINARY_COUNT % 4;
    p->op = c->timed ? GS_BINARY_MUL : (gs_binary)(c->index % GS_BINARY_COUNT);
    p->count = c->timed ? CASE_ROWS * CASE_COLUMNS : (size_t)(1 + c->index / (4 * GS_BINARY_COUNT));
    for (int i = 0; i < 2; i++)
        p->step[i] = options >> i & 1 ? 16 : 0;
    p->x = case_input(c, p->step[0] ? p->count * 16 : 16);
    p->y = case_input(c, p->step[1] ? p->count * 16 : 16);
    case_output(c, p->count * 16);
}

static void binary_call(const kernel_case *c, const gs_kernels *kernels) {
    const binary_args *p = CASE_ARGS(c, binary_args);
    kernels->binary(p->op, p->x, p->step[0], p->y, p->step[1], c->out, p->count);
}

double case_binary(gs_binary op, double x, double y) {
    switch (op) {
    case GS_BINARY_ADD:
        return x + y;
    case GS_BINARY_SUB:
        return x - y;
    case GS_BINARY_MUL:
        return x * y;
    case GS_BINARY_DIV:
        return x / y;
    case GS_BINARY_GREATER:
        return x > y;
    default:
        return isnan(x) || isnan(y) ? NAN : (op == GS_BINARY_MINIMUM) == (x < y) ? x : y;
    }
}

static void binary_expect(kernel_case *c) {
    const binary_args *p = CASE_ARGS(c, binary_args);
    for (size_t i = 0; i < p->count * 16; i++) {
        double x = (double)p->x[(ptrdiff_t)(i / 16) * p->step[0] + (ptrdiff_t)(i % 16)],
               y = (double)p->y[(ptrdiff_t)(i / 16) * p->step[1] + (ptrdiff_t)(i % 16)];
        case_expect(c, c->out + i, (double)(float)case_binary(p->op, x, y), 0);
    }
}

const kernel_check kernel_check_binary = {.cases = GS_BINARY_COUNT * 4 * 9,
                                          .prepare = binary_prepare,
                                          .call = binary_call,
                                          .expect = binary_expect,
                                          .work = case_plane_work};

typedef struct axpby_args {
    float a, b;
    const float *x;
    size_t count;
} axpby_args;

/* In every third case b is 0; y then holds canaries, which are NaN. */
static void axpby_prepare(kernel_case *c) {
    axpby_args *p = CASE_ARGS(c, axpby_args);
    p->count = c->timed ? CASE_ROWS * CASE_COLUMNS : (size_t)(1 + c->index / 3);
    p->a = random_float(&c->random);
    p->b = c->timed ? 0.5F : c->index % 3 ? random_float(&c->random) : 0;
    p->x = case_input(c, p->count * 16);
    case_output(c, p->count * 16);
    for (size_t i = 0; p->b != 0 && i < p->count; i++)
        case_fill(c, c->out + i * 16);
}

static void axpby_call(const kernel_case *c, const gs_kernels *kernels) {
    const axpby_args *p = CASE_ARGS(c, axpby_args);
    kernels->axpby(p->a, p->x, p->b, c->out, p->count);
}

static void axpby_expect(kernel_case *c) {
    const axpby_args *p = CASE_ARGS(c, axpby_args);
    for (size_t i = 0; i < p->count * 16; i++) {
        float value = p->b == 0 ? p->a * p->x[i] : fmaf(p->a, p->x[i], p->b * c->out[i]);
        case_expect(c, c->out + i, (double)value, 0);
    }
}

const kernel_check kernel_check_axpby = {
    .cases = 3 * 17, .prepare = axpby_prepare, .call = axpby_call, .expect = axpby_expect, .work = case_plane_work};
