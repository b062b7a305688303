/* Cases of Winograd's transforms. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { POINTS = GS_WINOGRAD_MOST + 2 };

/* Those of a type; `most` rows of a tile use all of them. */
typedef struct points {
    int most, sizes, count;
    double at[POINTS];
} points;
static const points f32_points = {5, 3, 7, {0.375, -0.375, 0.875, -0.875, INFINITY, 2, -2}};
static const points narrow_points = {4, 2, 6, {0.625, -0.625, 1.5, -1.5, INFINITY, 0}};

/* A matrix, and what its computation in factors adds up in absolute values. */
typedef struct matrix {
    double value[POINTS][POINTS], size[POINTS][POINTS];
} matrix;

/* B^T of tiles of m: row i is the product of x - q over all finite points q of the tile but its own, as coefficients of
 * x^k, times point i - q over those that the tile lacks. */
static matrix input_matrix(const points *p, int m) {
    const double *point = p->at;
    matrix b = {0};
    for (int i = 0; i < m + 2; i++) {
        b.value[i][0] = b.size[i][0] = 1;
        for (int j = 0; j < p->count; j++) {
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
static matrix output_matrix(const points *p, int m) {
    const double *point = p->at;
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
    return (kernel_work){.elements = f32_points.count * f32_points.count * GS_F32_LANES};
}

static kernel_work narrow_tile_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = narrow_points.count * narrow_points.count * GS_F32_LANES};
}

/* A tile's rows or columns, of which `index` chooses, but in the case that is timed. */
static int tile_side(const kernel_case *c, const points *of, int index) {
    return c->timed ? of->most : GS_WINOGRAD_LEAST + index % of->sizes;
}

/* What vectors V are stored as; with a type of integers there are factors, one vector for each. */
static void winograd_in_prepare_as(kernel_case *c, const points *of, const case_element *element, bool scaled) {
    gs_winograd_in_args *p = CASE_ARGS(c, gs_winograd_in_args);
    p->rows = tile_side(c, of, c->index);
    p->columns = tile_side(c, of, c->index / of->sizes);
    int width = 16 * (p->columns + 2);
    p->row = width + (c->timed ? 0 : 16 * random_below(&c->random, 4) + random_below(&c->random, 2));
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->v_row = (p->columns + 2) * p->step + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->x = case_input(c, (size_t)((p->rows + 1) * p->row + width));
    if (scaled) {
        p->inv_row = width + random_below(&c->random, 2) * 16;
        p->inv = case_factors(c, element, (size_t)((p->rows + 1) * p->inv_row + width));
    }
    p->v = case_output_of(c, element, (size_t)((p->rows + 1) * p->v_row + (p->columns + 1) * p->step + 16));
}

/* In the kernel infinities and NaN spread further than in the formula, so the bounds hold only for finite inputs. */
static void winograd_in_expect_of(kernel_case *c, const points *of) {
    const gs_winograd_in_args *p = CASE_ARGS(c, gs_winograd_in_args);
    const matrix rows = input_matrix(of, p->rows), columns = input_matrix(of, p->columns);
    for (int i = 0; i < p->rows + 2; i++)
        for (int j = 0; j < p->columns + 2; j++)
            for (int l = 0; l < 16; l++) {
                double size, value = transformed(&rows, &columns, i, j, p->x + l, p->row, 16, &size);
                const float *inv = p->inv ? p->inv + i * p->inv_row + j * 16 + l : NULL;
                case_expect_stored(c, i * p->v_row + j * p->step + l, value,
                                   c->specials ? INFINITY : 6 * CASE_ULP * size, inv);
            }
}

static void winograd_out_prepare_of(kernel_case *c, const points *of) {
    gs_winograd_out_args *p = CASE_ARGS(c, gs_winograd_out_args);
    int options = c->index / (of->sizes * of->sizes), add = options % 3; /* none, apart, in place */
    bool mul = options / 3 % 2;
    p->relu = options / 6 % 2;
    p->rows = tile_side(c, of, c->index);
    p->columns = tile_side(c, of, c->index / of->sizes);
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

static void winograd_out_expect_of(kernel_case *c, const points *of) {
    const gs_winograd_out_args *p = CASE_ARGS(c, gs_winograd_out_args);
    const matrix rows = output_matrix(of, p->rows), columns = output_matrix(of, p->columns);
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

/* The rows of a type, whose vectors V have elements of their own, with factors or not. */
#define WINOGRAD_IN_OF(type, points, element, scaled, timed_work, in_cases)                       \
    static void type##_in_prepare(kernel_case *c) {                                               \
        winograd_in_prepare_as(c, &(points), &(element), scaled);                                 \
    }                                                                                             \
    static void type##_in_call(const kernel_case *c, const gs_kernels *kernels) {                 \
        kernels->GS_MEMBER(winograd_in, type)(CASE_ARGS(c, gs_winograd_in_args));                 \
    }                                                                                             \
    static void type##_in_expect(kernel_case *c) {                                                \
        winograd_in_expect_of(c, &(points));                                                      \
    }                                                                                             \
    const kernel_check GS_MEMBER(kernel_check_winograd_in, type) = {.cases = in_cases,            \
                                                                    .prepare = type##_in_prepare, \
                                                                    .call = type##_in_call,       \
                                                                    .expect = type##_in_expect,   \
                                                                    .work = timed_work};

#define WINOGRAD_OUT_OF(type, points, timed_work, out_cases)                                        \
    static void type##_out_prepare(kernel_case *c) {                                                \
        winograd_out_prepare_of(c, &(points));                                                      \
    }                                                                                               \
    static void type##_out_call(const kernel_case *c, const gs_kernels *kernels) {                  \
        kernels->GS_MEMBER(winograd_out, type)(CASE_ARGS(c, gs_winograd_out_args));                 \
    }                                                                                               \
    static void type##_out_expect(kernel_case *c) {                                                 \
        winograd_out_expect_of(c, &(points));                                                       \
    }                                                                                               \
    const kernel_check GS_MEMBER(kernel_check_winograd_out, type) = {.cases = out_cases,            \
                                                                     .prepare = type##_out_prepare, \
                                                                     .call = type##_out_call,       \
                                                                     .expect = type##_out_expect,   \
                                                                     .work = timed_work};
WINOGRAD_IN_OF(f32, f32_points, case_f32, false, tile_work, 3 * 3 * 5)
WINOGRAD_OUT_OF(f32, f32_points, tile_work, 3 * 3 * 3 * 2 * 3)
WINOGRAD_IN_OF(i16, f32_points, case_i16, true, tile_work, 3 * 3 * 14)
WINOGRAD_IN_OF(i8, narrow_points, case_u8, true, narrow_tile_work, 2 * 2 * 14)
WINOGRAD_OUT_OF(i8, narrow_points, narrow_tile_work, 2 * 2 * 3 * 2 * 3)
WINOGRAD_IN_OF(bf16, narrow_points, case_bf16, false, narrow_tile_work, 2 * 2 * 14)
WINOGRAD_OUT_OF(bf16, narrow_points, narrow_tile_work, 2 * 2 * 3 * 2 * 3)
