/* Cases of the softmax of scores. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { LANES = GS_F32_LANES, TIMED_ROWS = 24, TIMED_COLUMNS = 196 };

static int whole(int columns) {
    return (columns + LANES - 1) / LANES * LANES;
}

/* y and the factors are one output, the factors behind the rows. */
static void set_output(kernel_case *c, gs_softmax_args *p) {
    ptrdiff_t rows = (p->rows - 1) * p->y_row + whole(p->columns);
    p->y = case_output(c, (size_t)(rows + p->rows * LANES));
    p->factor = p->y + rows;
}

static void softmax_timed(kernel_case *c) {
    gs_softmax_args *p = CASE_ARGS(c, gs_softmax_args);
    ptrdiff_t row = whole(TIMED_COLUMNS);
    *p = (gs_softmax_args){.x = case_input(c, (size_t)(TIMED_ROWS * row)),
                           .x_row = row,
                           .y_row = row,
                           .rows = TIMED_ROWS,
                           .columns = TIMED_COLUMNS,
                           .seen = TIMED_COLUMNS,
                           .scale = 1};
    set_output(c, p);
}

static kernel_work softmax_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = TIMED_ROWS * TIMED_COLUMNS};
}

static void softmax_prepare(kernel_case *c) {
    gs_softmax_args *p = CASE_ARGS(c, gs_softmax_args);
    if (c->timed) {
        softmax_timed(c);
        return;
    }
    int options = c->index / 60; /* a mask, causal, in place */
    p->rows = 1 + c->index % 6;
    p->columns = 1 + random_below(&c->random, 50);
    p->seen = options & 2 ? 1 + random_below(&c->random, p->columns + 4) : p->columns;
    p->more = options & 2 ? random_below(&c->random, 3) : 0;
    p->scale = c->index % 2 ? 4 * random_float(&c->random) : 1;
    p->x_row = whole(p->columns) + random_below(&c->random, 20);
    p->y_row = options & 4 ? p->x_row : whole(p->columns) + random_below(&c->random, 20);
    set_output(c, p);
    for (int i = 0; options & 4 && i < p->rows; i++)
        for (int j = 0; j < whole(p->columns); j += LANES)
            case_fill(c, p->y + i * p->y_row + j);
    p->x = options & 4 ? p->y : case_input(c, (size_t)((p->rows - 1) * p->x_row + whole(p->columns)));
    p->mask_row = p->columns + random_below(&c->random, 3);
    int last = p->seen + (p->rows - 1) * p->more;
    last = last < p->columns ? last : p->columns; /* of the last row no more may be read */
    p->mask = options & 1 ? case_input(c, (size_t)((p->rows - 1) * p->mask_row + last)) : NULL;
}

static void softmax_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->softmax(CASE_ARGS(c, gs_softmax_args));
}

static const double log2_e = 1.4426950408889634;

/* In powers of 2. */
static double score(const gs_softmax_args *p, int row, int column, double *size) {
    double t = (double)p->x[row * p->x_row + column] * (double)p->scale;
    double mask = p->mask ? log2_e * (double)p->mask[row * p->mask_row + column] : 0;
    *size = fabs(t) + fabs(mask);
    return t + mask;
}

static void expect_row(kernel_case *c, const gs_softmax_args *p, int row) {
    int seen = p->seen + row * p->more, n = seen < p->columns ? seen : p->columns;
    double most = -INFINITY, largest = 0, sum = 0, error = 0, size;
    bool finite = true;
    for (int j = 0; j < n; j++) {
        double t = score(p, row, j, &size);
        finite = finite && !isnan(t) && t < INFINITY;
        most = t > most ? t : most;
        largest = isfinite(size) && size > largest ? size : largest;
    }
    finite = finite && most > -INFINITY;
    for (int j = 0; j < whole(p->columns); j++) {
        double y = j < n ? exp2(score(p, row, j, &size) - most) : 0;
        double allowed = j < n ? 3e-7 * y + 2e-30 + 6 * CASE_ULP * largest * y : 0;
        case_expect(c, p->y + row * p->y_row + j, finite ? y : 0, finite ? allowed : INFINITY);
        sum += y;
        error += allowed;
    }
    for (int l = 0; l < LANES; l++)
        case_expect(c, p->factor + row * LANES + l, finite ? 1 / sum : NAN,
                    finite ? error / (sum * sum) * 1.01 + 20 * CASE_ULP / sum : 0);
}

static void softmax_expect(kernel_case *c) {
    const gs_softmax_args *p = CASE_ARGS(c, gs_softmax_args);
    for (int row = 0; row < p->rows; row++)
        expect_row(c, p, row);
}

const kernel_check kernel_check_softmax = {
    .cases = 60 * 8, .prepare = softmax_prepare, .call = softmax_call, .expect = softmax_expect, .work = softmax_work};

/* ---- weigh ---- */

enum { WEIGH_ROWS = 40 };

typedef struct weigh_case {
    gs_weigh_args args;
    gs_softmax_args scores; /* the same rows */
    float *outs[WEIGH_ROWS];
} weigh_case;

/* Weights, factors and results are one output. */
static void weigh_prepare(kernel_case *c) {
    weigh_case *w = CASE_ARGS(c, weigh_case);
    gs_weigh_args *p = &w->args;
    p->rows = c->timed ? TIMED_ROWS : 1 + c->index % 27;
    p->columns = c->timed ? TIMED_COLUMNS : 1 + random_below(&c->random, 60);
    p->x_row = whole(p->columns) + (c->timed ? 0 : random_below(&c->random, 20));
    ptrdiff_t x = (p->rows - 1) * p->x_row + whole(p->columns), rows = p->rows * LANES;
    p->x = case_output(c, (size_t)(x + 2 * rows));
    p->factor = p->x + x;
    for (int i = 0; i < p->rows; i++) {
        float *row = p->x + i * p->x_row;
        for (int j = 0; j < whole(p->columns); j += LANES)
            case_fill(c, row + j);
        for (int j = p->columns; j < whole(p->columns); j++)
            row[j] = -INFINITY;
        w->outs[i] = p->factor + rows + i * LANES;
    }
    p->v = case_input(c, (size_t)(p->columns * LANES));
    p->out = w->outs;
    w->scores = (gs_softmax_args){.x = p->x,
                                  .x_row = p->x_row,
                                  .y = p->x,
                                  .y_row = p->x_row,
                                  .factor = p->factor,
                                  .rows = p->rows,
                                  .columns = p->columns,
                                  .seen = p->columns,
                                  .scale = 1};
}

static void weigh_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->weigh(&CASE_ARGS(c, weigh_case)->args);
}

/* The weighted means of the values, by what is expected of weights and factors. */
static void expect_means(kernel_case *c, const gs_weigh_args *p, int row) {
    ptrdiff_t first = p->x + row * p->x_row - c->out;
    double factor = c->expected[p->factor + row * LANES - c->out];
    for (int l = 0; l < LANES; l++) {
        double sum = 0, size = 0, error = 0;
        for (int j = 0; j < p->columns; j++) {
            double value = (double)p->v[j * LANES + l];
            sum += c->expected[first + j] * value;
            size += fabs(c->expected[first + j] * value);
            error += c->allowed[first + j] * fabs(value);
        }
        bool finite = isfinite(factor) && isfinite(size) && isfinite(error);
        error += size * c->allowed[p->factor + row * LANES - c->out] / factor + (p->columns + 2) * CASE_ULP * size;
        case_expect(c, p->out[row] + l, finite ? sum * factor : 0, finite ? 1.01 * error * factor + 1e-30 : INFINITY);
    }
}

static void weigh_expect(kernel_case *c) {
    const weigh_case *w = CASE_ARGS(c, weigh_case);
    for (int row = 0; row < w->args.rows; row++) {
        expect_row(c, &w->scores, row);
        for (int j = w->args.columns; j < whole(w->args.columns); j++)
            case_expect(c, w->args.x + row * w->args.x_row + j, 0, 1e-30);
        expect_means(c, &w->args, row);
    }
}

static kernel_work weigh_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = TIMED_ROWS * TIMED_COLUMNS};
}

const kernel_check kernel_check_weigh = {
    .cases = 27 * 12, .prepare = weigh_prepare, .call = weigh_call, .expect = weigh_expect, .work = weigh_work};
