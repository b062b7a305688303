/* Cases of the transforms for convolutions with stride 2. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { MOST = GS_POLYPHASE_MOST, POINTS = MOST + 1, SIZES = MOST - GS_POLYPHASE_LEAST + 1, TIMED_ROWS = 16 };

/* Point i of tiles of m. */
static double point(int m, int i) {
    static const double pairs[] = {0.5, -0.5, 1, -1, 1.75, -1.75};
    return i < m / 2 * 2 ? pairs[i] : i == m / 2 * 2 ? INFINITY : 0;
}

/* Row i of B^T, the product of x - q over all finite points q but its own, as coefficients of x^k; `size` has their
 * absolute values, added up as the factors are. */
static void input_row(int m, int i, double value[POINTS + 1], double size[POINTS + 1]) {
    for (int k = 0; k <= POINTS; k++)
        value[k] = size[k] = k == 0;
    for (int j = 0; j <= m; j++)
        for (int k = POINTS; k >= 0 && j != i && isfinite(point(m, j)); k--) {
            value[k] = -point(m, j) * value[k] + (k > 0 ? value[k - 1] : 0);
            size[k] = fabs(point(m, j)) * size[k] + (k > 0 ? size[k - 1] : 0);
        }
}

static kernel_work row_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = TIMED_ROWS * POINTS * GS_F32_LANES};
}

/* What vectors v are stored as. */
static void polyphase_in_prepare_as(kernel_case *c, const case_element *element) {
    gs_polyphase_in_args *p = CASE_ARGS(c, gs_polyphase_in_args);
    p->size = c->timed ? MOST : GS_POLYPHASE_LEAST + c->index % SIZES;
    p->rows = c->timed ? TIMED_ROWS : 1 + random_below(&c->random, 3);
    p->x_column = c->timed ? 32 : 16 + random_below(&c->random, 20);
    p->x_row = p->size * p->x_column + 16 + (c->timed ? 0 : random_below(&c->random, 20));
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->v_row = p->size * p->step + 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + p->size * p->x_column + 16));
    p->v = case_output_of(c, element, (size_t)((p->rows - 1) * p->v_row + p->size * p->step + 16));
}

static void polyphase_in_prepare(kernel_case *c) {
    polyphase_in_prepare_as(c, &case_f32);
}

static void polyphase_in_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->polyphase_in(CASE_ARGS(c, gs_polyphase_in_args));
}

/* In the kernel infinities and NaN spread further than in the formula, so the bounds hold only for finite inputs. */
static void polyphase_in_expect(kernel_case *c) {
    const gs_polyphase_in_args *p = CASE_ARGS(c, gs_polyphase_in_args);
    for (int i = 0; i <= p->size; i++) {
        double value[POINTS + 1], size[POINTS + 1];
        input_row(p->size, i, value, size);
        for (int r = 0; r < p->rows; r++)
            for (int l = 0; l < GS_F32_LANES; l++) {
                double sum = 0, bound = 0;
                for (int k = 0; k <= p->size; k++) {
                    double x = (double)p->x[r * p->x_row + k * p->x_column + l];
                    sum += value[k] != 0 ? value[k] * x : 0;
                    bound += size[k] * fabs(x);
                }
                case_expect_stored(c, r * p->v_row + i * p->step + l, sum,
                                   c->specials ? INFINITY : 6 * CASE_ULP * bound, NULL);
            }
    }
}

static void polyphase_out_prepare(kernel_case *c) {
    gs_polyphase_out_args *p = CASE_ARGS(c, gs_polyphase_out_args);
    int options = c->index / SIZES;
    bool add = !c->timed && options % 2, mul = !c->timed && options / 2 % 2;
    p->relu = options / 4 % 2;
    p->size = c->timed ? MOST : GS_POLYPHASE_LEAST + c->index % SIZES;
    p->rows = c->timed ? TIMED_ROWS : 1 + random_below(&c->random, 3);
    p->columns = c->timed ? MOST : 1 + random_below(&c->random, p->size);
    int width = p->columns * GS_F32_LANES;
    p->step = 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->m_row = p->size * p->step + 16 + (c->timed ? 0 : random_below(&c->random, 3) * 8);
    p->y_row = width + (c->timed ? 0 : 16 * random_below(&c->random, 3));
    p->add_row = width + 16 * random_below(&c->random, 3);
    p->mul_row = width + 16 * random_below(&c->random, 3);
    p->m = case_input(c, (size_t)((p->rows - 1) * p->m_row + p->size * p->step + 16));
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + width));
    p->mul = mul ? case_input(c, (size_t)((p->rows - 1) * p->mul_row + width)) : NULL;
    p->add = add ? case_input(c, (size_t)((p->rows - 1) * p->add_row + width)) : NULL;
    for (int i = 0; i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * GS_F32_LANES);
}

static void polyphase_out_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->polyphase_out(CASE_ARGS(c, gs_polyphase_out_args));
}

/* Lane l of column j of row r. */
static void expect_pixel(kernel_case *c, const gs_polyphase_out_args *p, int r, int j, int l) {
    const float *m = p->m + r * p->m_row + l;
    float *y = p->y + r * p->y_row + j * GS_F32_LANES + l;
    double sum = (double)*y, size = fabs(sum);
    for (int i = 0; i <= p->size; i++) {
        double q = point(p->size, i), power = isinf(q) ? j == p->size - 1 : pow(q, j);
        if (power == 0)
            continue;
        sum += power * (double)m[i * p->step];
        size += fabs(power * (double)m[i * p->step]);
    }
    double add = p->add ? (double)p->add[r * p->add_row + j * GS_F32_LANES + l] : 0;
    double mul = p->mul ? (double)p->mul[r * p->mul_row + j * GS_F32_LANES + l] : 1;
    double result = (sum + add) * mul;
    case_expect(c, y, p->relu && result < 0 ? 0 : result,
                c->specials ? INFINITY : 8 * CASE_ULP * (size + fabs(add)) * fabs(mul));
}

static void polyphase_out_expect(kernel_case *c) {
    const gs_polyphase_out_args *p = CASE_ARGS(c, gs_polyphase_out_args);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j < p->columns; j++)
            for (int l = 0; l < GS_F32_LANES; l++)
                expect_pixel(c, p, r, j, l);
}

const kernel_check kernel_check_polyphase_in = {.cases = SIZES * 12,
                                                .prepare = polyphase_in_prepare,
                                                .call = polyphase_in_call,
                                                .expect = polyphase_in_expect,
                                                .work = row_work};

static void polyphase_in_bf16_prepare(kernel_case *c) {
    polyphase_in_prepare_as(c, &case_bf16);
}

static void polyphase_in_bf16_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->polyphase_in_bf16(CASE_ARGS(c, gs_polyphase_in_args));
}

const kernel_check kernel_check_polyphase_in_bf16 = {.cases = SIZES * 12,
                                                     .prepare = polyphase_in_bf16_prepare,
                                                     .call = polyphase_in_bf16_call,
                                                     .expect = polyphase_in_expect,
                                                     .work = row_work};

const kernel_check kernel_check_polyphase_out = {.cases = SIZES * 2 * 2 * 2 * 6,
                                                 .prepare = polyphase_out_prepare,
                                                 .call = polyphase_out_call,
                                                 .expect = polyphase_out_expect,
                                                 .work = row_work};
