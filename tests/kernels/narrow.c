/* Cases of convolutions with few outputs. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { TAPS = 9, SEGMENTS = 8 };

typedef struct narrow_case {
    gs_narrow_args args;
    ptrdiff_t segment[2 * TAPS];
} narrow_case;

/* 3 x 3 taps over two planes, 24 pixels wide. */
static void narrow_timed(kernel_case *c) {
    enum { ROWS = 4, COLUMNS = 24, OUTPUTS = 3 };
    narrow_case *m = CASE_ARGS(c, narrow_case);
    ptrdiff_t row = (COLUMNS + 2) * GS_F32_LANES, plane = (ROWS + 2) * row;
    for (int s = 0; s < 2 * TAPS; s++)
        m->segment[s] = s / TAPS * plane + s % TAPS / 3 * row + s % 3 * GS_F32_LANES;
    m->args = (gs_narrow_args){.x = case_input(c, (size_t)(2 * plane)),
                               .x_row = row,
                               .x_column = GS_F32_LANES,
                               .segment = m->segment,
                               .w = case_input(c, (size_t)2 * TAPS * OUTPUTS * GS_F32_LANES),
                               .bias = case_input(c, OUTPUTS),
                               .y_plane = ROWS * COLUMNS,
                               .y_row = COLUMNS,
                               .rows = ROWS,
                               .columns = COLUMNS,
                               .segments = 2 * TAPS,
                               .outputs = OUTPUTS};
    m->args.y = case_output(c, (size_t)OUTPUTS * ROWS * COLUMNS);
}

static kernel_work narrow_work(const gs_kernels *kernels) {
    (void)kernels;
    double outputs = 4 * 24 * 3, terms = 2 * TAPS * GS_F32_LANES;
    return (kernel_work){.flops = 2 * outputs * terms,
                         .bytes = sizeof(float) * (2 * 6 * 26 * GS_F32_LANES + 3 * terms + outputs)};
}

static void narrow_prepare(kernel_case *c) {
    narrow_case *m = CASE_ARGS(c, narrow_case);
    gs_narrow_args *p = &m->args;
    if (c->timed) {
        narrow_timed(c);
        return;
    }
    p->columns = 1 + c->index % 10;
    p->outputs = 1 + c->index / 10 % GS_NARROW_OUTPUTS_MOST;
    p->rows = 1 + c->index / 40 % 3;
    p->segments = 1 + random_below(&c->random, SEGMENTS);
    int options = c->index / 120; /* nothing, a summand, a summand in place */
    p->x_column = GS_F32_LANES * (1 + random_below(&c->random, 2));
    p->x_row = p->columns * p->x_column + random_below(&c->random, 3) * 8;
    ptrdiff_t extent = (p->rows - 1) * p->x_row + (p->columns - 1) * p->x_column + GS_F32_LANES;
    for (int s = 0; s < p->segments; s++)
        m->segment[s] = (s - p->segments / 2) * 8;
    p->segment = m->segment;
    p->x = case_input(c, (size_t)(extent + (p->segments - 1) * 8)) + p->segments / 2 * 8;
    p->w = case_input(c, (size_t)(p->segments * p->outputs) * GS_F32_LANES);
    p->bias = case_input(c, (size_t)p->outputs);
    p->y_row = p->columns + random_below(&c->random, 3);
    p->y_plane = p->rows * p->y_row + random_below(&c->random, 3);
    p->add_row = options == 2 ? p->y_row : p->columns;
    p->add_plane = options == 2 ? p->y_plane : p->rows * p->columns;
    p->y = case_output(c, (size_t)((p->outputs - 1) * p->y_plane + (p->rows - 1) * p->y_row + p->columns));
    const float *summand = options == 1 ? case_input(c, (size_t)(p->outputs * p->add_plane)) : NULL;
    p->add = options == 2 ? p->y : summand;
    for (int i = 0; options == 2 && i < p->outputs * p->rows * p->columns; i++)
        p->y[i / p->columns / p->rows * p->y_plane + i / p->columns % p->rows * p->y_row + i % p->columns] =
            random_float(&c->random);
}

static void narrow_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->narrow(&CASE_ARGS(c, narrow_case)->args);
}

static void narrow_expect(kernel_case *c) {
    const gs_narrow_args *p = &CASE_ARGS(c, narrow_case)->args;
    for (int i = 0; i < p->outputs * p->rows * p->columns; i++) {
        int o = i / p->columns / p->rows, row = i / p->columns % p->rows, column = i % p->columns;
        double sum = (double)p->bias[o], size = fabs(sum);
        for (int s = 0; s < p->segments; s++)
            for (int l = 0; l < GS_F32_LANES; l++) {
                double term = (double)p->x[row * p->x_row + column * p->x_column + p->segment[s] + l] *
                              (double)p->w[(s * p->outputs + o) * GS_F32_LANES + l];
                sum += term;
                size += fabs(term);
            }
        double add = p->add ? (double)p->add[o * p->add_plane + row * p->add_row + column] : 0;
        case_expect(c, p->y + o * p->y_plane + row * p->y_row + column, case_as_float(sum + add),
                    1.01 * (p->segments + 6) * CASE_ULP * (size + fabs(add)));
    }
}

const kernel_check kernel_check_narrow = {.cases = 10 * GS_NARROW_OUTPUTS_MOST * 3 * 3,
                                          .prepare = narrow_prepare,
                                          .call = narrow_call,
                                          .expect = narrow_expect,
                                          .work = narrow_work};
