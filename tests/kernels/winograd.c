/* Cases of Winograd's transforms. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

static const double matrix_b[6][6] = {{1, -1.5, -2, 1.5, 1, 0}, {0, -1, 0.5, 2.5, 1, 0},  {0, 1, -2.5, 0.5, 1, 0},
                                      {0, -2, -1, 2, 1, 0},     {0, 0.5, -1, -0.5, 1, 0}, {0, 1, -1.5, -2, 1.5, 1}};
static const double matrix_a[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 0.5, -2, 0}, {0, 1, 1, 0.25, 4, 0}, {0, 1, -1, 0.125, -8, 1}};

/* Element (i, j) of M d M^T for a matrix of six columns, d(r, s) = d[r * row + s * column]; *size with absolute values.
 */
static double transformed(const double m[][6], int i, int j, const float *d, ptrdiff_t row, ptrdiff_t column,
                          double *size) {
    double sum = 0;
    *size = 0;
    for (int r = 0; r < 6; r++)
        for (int s = 0; s < 6; s++) {
            if (m[i][r] == 0 || m[j][s] == 0)
                continue;
            double term = m[i][r] * m[j][s] * (double)d[r * row + s * column];
            sum += term;
            *size += fabs(term);
        }
    return sum;
}

static kernel_work tile_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = 36 * GS_F32_LANES};
}

/* In the kernel infinities and NaN spread further than in the formula, so the bounds hold only for finite inputs. */
typedef struct winograd_in_args {
    const float *x;
    ptrdiff_t row, step;
} winograd_in_args;

static void winograd_in_prepare(kernel_case *c) {
    winograd_in_args *p = CASE_ARGS(c, winograd_in_args);
    p->row = 96 + (c->timed ? 0 : 16 * random_below(&c->random, 4) + random_below(&c->random, 2));
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->x = case_input(c, (size_t)(5 * p->row + 96));
    case_output(c, (size_t)(35 * p->step + 16));
}

static void winograd_in_call(const kernel_case *c, const gs_kernels *kernels) {
    const winograd_in_args *p = CASE_ARGS(c, winograd_in_args);
    kernels->winograd_in(p->x, p->row, c->out, p->step);
}

static void winograd_in_expect(kernel_case *c) {
    const winograd_in_args *p = CASE_ARGS(c, winograd_in_args);
    for (int t = 0; t < 36; t++)
        for (int l = 0; l < 16; l++) {
            double size, value = transformed(matrix_b, t / 6, t % 6, p->x + l, p->row, 16, &size);
            case_expect(c, c->out + t * p->step + l, value, c->specials ? INFINITY : 6 * CASE_ULP * size);
        }
}

static void winograd_out_prepare(kernel_case *c) {
    gs_winograd_out_args *p = CASE_ARGS(c, gs_winograd_out_args);
    int add = c->index / 16 % 3; /* none, apart, in place */
    bool mul = c->index / 48 % 2;
    p->relu = c->index / 96 % 2;
    p->rows = c->timed ? 4 : 1 + c->index % 4;
    p->columns = c->timed ? 4 : 1 + c->index / 4 % 4;
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->y_row = p->columns * 16 + (c->timed ? 0 : 16 * random_below(&c->random, 3));
    p->add_row = add == 2 ? p->y_row : p->columns * 16 + 16 * random_below(&c->random, 3);
    p->m = case_input(c, (size_t)(35 * p->step + 16));
    p->bias = case_input(c, 16);
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->mul_row = p->columns * 16 + 16 * random_below(&c->random, 3);
    p->mul = mul ? case_input(c, (size_t)((p->rows - 1) * p->mul_row + p->columns * 16)) : NULL;
    p->add = add == 0 ? NULL : add == 2 ? p->y : case_input(c, (size_t)((p->rows - 1) * p->add_row + p->columns * 16));
    for (int i = 0; add == 2 && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

static void winograd_out_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->winograd_out(CASE_ARGS(c, gs_winograd_out_args));
}

static void winograd_out_expect(kernel_case *c) {
    const gs_winograd_out_args *p = CASE_ARGS(c, gs_winograd_out_args);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns; j++)
            for (int l = 0; l < 16; l++) {
                double size, value = transformed(matrix_a, i, j, p->m + l, 6 * p->step, p->step, &size);
                double add = p->add ? (double)p->add[i * p->add_row + j * 16 + l] : 0, bias = (double)p->bias[l];
                double mul = p->mul ? (double)p->mul[i * p->mul_row + j * 16 + l] : 1;
                double result = (value + bias + add) * mul;
                case_expect(c, p->y + i * p->y_row + j * 16 + l, p->relu && result < 0 ? 0 : result,
                            c->specials ? INFINITY : 9 * CASE_ULP * (size + fabs(bias) + fabs(add)) * fabs(mul));
            }
}

const kernel_check kernel_check_winograd_in = {.cases = 40,
                                               .prepare = winograd_in_prepare,
                                               .call = winograd_in_call,
                                               .expect = winograd_in_expect,
                                               .work = tile_work};

const kernel_check kernel_check_winograd_out = {.cases = 16 * 3 * 2 * 2,
                                                .prepare = winograd_out_prepare,
                                                .call = winograd_out_call,
                                                .expect = winograd_out_expect,
                                                .work = tile_work};
