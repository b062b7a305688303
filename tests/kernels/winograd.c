/* Cases of Winograd's transforms. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { MOST = GS_WINOGRAD_MOST, POINTS = MOST + 2, SIZES = MOST - GS_WINOGRAD_LEAST + 1 };

static const double point[POINTS] = {0.375, -0.375, 0.875, -0.875, INFINITY, 2, -2};

/* A matrix, and what its computation in factors adds up in absolute values. */
typedef struct matrix {
    double value[POINTS][POINTS], size[POINTS][POINTS];
} matrix;

/* B^T of tiles of m: row i is the product of x - q over all finite points q of the tile but its own, as coefficients of
 * x^k, times point i - q over those that the tile lacks. */
static matrix input_matrix(int m) {
    matrix b = {0};
    for (int i = 0; i < m + 2; i++) {
        b.value[i][0] = b.size[i][0] = 1;
        for (int j = 0; j < POINTS; j++) {
            if (j == i || isinf(point[j]) || (j >= m + 2 && isinf(point[i])))
                continue;
            double factor = j < m + 2 ? -point[j] : point[i] - point[j];
            for (int k = POINTS - 1; k >= 0; k--) {
                b.value[i][k] *= factor;
                b.size[i][k] *= fabs(factor);
                b.value[i][k] += j < m + 2 && k > 0 ? b.value[i][k - 1] : 0;
                b.size[i][k] += j < m + 2 && k > 0 ? b.size[i][k - 1] : 0;
            }
        }
    }
    return b;
}

/* A^T: row k is the points' k-th powers. */
static matrix output_matrix(int m) {
    matrix a = {0};
    for (int k = 0; k < m; k++)
        for (int i = 0; i < m + 2; i++) {
            a.value[k][i] = isinf(point[i]) ? k == m - 1 : pow(point[i], k);
            a.size[k][i] = fabs(a.value[k][i]);
        }
    return a;
}

/* Element (i, j) of M d N^T, d(r, s) = d[r * row + s * column]; *size in absolute values. */
static double transformed(const matrix *m, const matrix *n, int i, int j, const float *d, ptrdiff_t row,
                          ptrdiff_t column, double *size) {
    double sum = 0;
    *size = 0;
    for (int r = 0; r < POINTS; r++)
        for (int s = 0; s < POINTS; s++) {
            if (m->size[i][r] == 0 || n->size[j][s] == 0)
                continue;
            double x = (double)d[r * row + s * column];
            sum += m->value[i][r] * n->value[j][s] * x;
            *size += m->size[i][r] * n->size[j][s] * fabs(x);
        }
    return sum;
}

static kernel_work tile_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = POINTS * POINTS * GS_F32_LANES};
}

/* In the kernel infinities and NaN spread further than in the formula, so the bounds hold only for finite inputs. */
static void winograd_in_prepare(kernel_case *c) {
    gs_winograd_in_args *p = CASE_ARGS(c, gs_winograd_in_args);
    p->rows = c->timed ? MOST : GS_WINOGRAD_LEAST + c->index % SIZES;
    p->columns = c->timed ? MOST : GS_WINOGRAD_LEAST + c->index / SIZES % SIZES;
    int width = 16 * (p->columns + 2);
    p->row = width + (c->timed ? 0 : 16 * random_below(&c->random, 4) + random_below(&c->random, 2));
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->v_row = (p->columns + 2) * p->step + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->x = case_input(c, (size_t)((p->rows + 1) * p->row + width));
    p->v = case_output(c, (size_t)((p->rows + 1) * p->v_row + (p->columns + 1) * p->step + 16));
}

static void winograd_in_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->winograd_in(CASE_ARGS(c, gs_winograd_in_args));
}

static void winograd_in_expect(kernel_case *c) {
    const gs_winograd_in_args *p = CASE_ARGS(c, gs_winograd_in_args);
    const matrix rows = input_matrix(p->rows), columns = input_matrix(p->columns);
    for (int i = 0; i < p->rows + 2; i++)
        for (int j = 0; j < p->columns + 2; j++)
            for (int l = 0; l < 16; l++) {
                double size, value = transformed(&rows, &columns, i, j, p->x + l, p->row, 16, &size);
                case_expect(c, p->v + i * p->v_row + j * p->step + l, value,
                            c->specials ? INFINITY : 6 * CASE_ULP * size);
            }
}

static void winograd_out_prepare(kernel_case *c) {
    gs_winograd_out_args *p = CASE_ARGS(c, gs_winograd_out_args);
    int options = c->index / (SIZES * SIZES), add = options % 3; /* none, apart, in place */
    bool mul = options / 3 % 2;
    p->relu = options / 6 % 2;
    p->rows = c->timed ? MOST : GS_WINOGRAD_LEAST + c->index % SIZES;
    p->columns = c->timed ? MOST : GS_WINOGRAD_LEAST + c->index / SIZES % SIZES;
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->m_row = (p->columns + 2) * p->step + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->y_row = p->columns * 16 + (c->timed ? 0 : 16 * random_below(&c->random, 3));
    p->add_row = add == 2 ? p->y_row : p->columns * 16 + 16 * random_below(&c->random, 3);
    p->m = case_input(c, (size_t)((p->rows + 1) * p->m_row + (p->columns + 1) * p->step + 16));
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
    const matrix rows = output_matrix(p->rows), columns = output_matrix(p->columns);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns; j++)
            for (int l = 0; l < 16; l++) {
                double size, value = transformed(&rows, &columns, i, j, p->m + l, p->m_row, p->step, &size);
                double add = p->add ? (double)p->add[i * p->add_row + j * 16 + l] : 0, bias = (double)p->bias[l];
                double mul = p->mul ? (double)p->mul[i * p->mul_row + j * 16 + l] : 1;
                double result = (value + bias + add) * mul;
                case_expect(c, p->y + i * p->y_row + j * 16 + l, p->relu && result < 0 ? 0 : result,
                            c->specials ? INFINITY : 9 * CASE_ULP * (size + fabs(bias) + fabs(add)) * fabs(mul));
            }
}

const kernel_check kernel_check_winograd_in = {.cases = SIZES * SIZES * 5,
                                               .prepare = winograd_in_prepare,
                                               .call = winograd_in_call,
                                               .expect = winograd_in_expect,
                                               .work = tile_work};

const kernel_check kernel_check_winograd_out = {.cases = SIZES * SIZES * 3 * 2 * 3,
                                                .prepare = winograd_out_prepare,
                                                .call = winograd_out_call,
                                                .expect = winograd_out_expect,
                                                .work = tile_work};
