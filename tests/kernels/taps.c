/* Cases of convolutions of few planar inputs. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { TAPS = 9, MOST = 12 };

typedef struct taps_case {
    gs_taps_args args;
    ptrdiff_t offset[MOST];
} taps_case;

/* Timed: 3 x 3 taps of one input, 24 pixels wide. */
static void taps_prepare(kernel_case *c) {
    taps_case *m = CASE_ARGS(c, taps_case);
    gs_taps_args *p = &m->args;
    p->columns = c->timed ? 24 : 1 + c->index % 27;
    p->planes = c->timed ? 1 : 1 + c->index / 27 % 3;
    p->relu = c->timed || c->index / 81 % 2;
    int run = c->timed || random_below(&c->random, 2) ? 3 : 1; /* taps side by side, of which kernels may make use */
    p->rows = c->timed ? 4 : 1 + random_below(&c->random, 3);
    p->taps = c->timed ? TAPS : run * (1 + random_below(&c->random, MOST / run));
    p->x_column = c->timed || c->index % 2 ? 1 : 1 + random_below(&c->random, 3);
    p->x_row = (p->columns - 1) * p->x_column + (c->timed ? 3 : 1 + random_below(&c->random, 3));
    ptrdiff_t most = 2 * p->x_row + 2;
    for (int t = 0; t < p->taps; t++)
        m->offset[t] = c->timed  ? t / 3 * p->x_row + t % 3
                       : t % run ? m->offset[t - 1] + 1
                                 : random_below(&c->random, (int)most + 2 - run);
    p->offset = m->offset;
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + (p->columns - 1) * p->x_column + most + 1));
    p->w = case_input(c, (size_t)(p->planes * p->taps) * GS_F32_LANES);
    p->bias = case_input(c, (size_t)p->planes * GS_F32_LANES);
    p->y_row = p->columns * GS_F32_LANES + (c->timed ? 0 : 8 * random_below(&c->random, 3));
    p->y_plane = p->rows * p->y_row + (c->timed ? 0 : 8 * random_below(&c->random, 3));
    p->y = case_output(c, (size_t)((p->planes - 1) * p->y_plane + (p->rows - 1) * p->y_row) +
                              (size_t)p->columns * GS_F32_LANES);
}

static void taps_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->taps(&CASE_ARGS(c, taps_case)->args);
}

static void taps_expect(kernel_case *c) {
    const gs_taps_args *p = &CASE_ARGS(c, taps_case)->args;
    for (int i = 0; i < p->planes * p->rows * p->columns * GS_F32_LANES; i++) {
        int l = i % GS_F32_LANES, column = i / GS_F32_LANES % p->columns, row = i / GS_F32_LANES / p->columns % p->rows,
            plane = i / GS_F32_LANES / p->columns / p->rows;
        double sum = (double)p->bias[plane * GS_F32_LANES + l], size = fabs(sum);
        for (int t = 0; t < p->taps; t++) {
            double term = (double)p->x[row * p->x_row + column * p->x_column + p->offset[t]] *
                          (double)p->w[(plane * p->taps + t) * GS_F32_LANES + l];
            sum += term;
            size += fabs(term);
        }
        case_expect(c, p->y + plane * p->y_plane + row * p->y_row + column * GS_F32_LANES + l,
                    case_as_float(p->relu && sum < 0 ? 0 : sum), 1.01 * (p->taps + 1) * CASE_ULP * size);
    }
}

static kernel_work taps_work(const gs_kernels *kernels) {
    (void)kernels;
    double outputs = 4 * 24 * GS_F32_LANES;
    return (kernel_work){.flops = 2 * outputs * TAPS,
                         .bytes = sizeof(float) * (6 * 26 + TAPS * GS_F32_LANES + outputs)};
}

const kernel_check kernel_check_taps = {
    .cases = 27 * 3 * 2 * 3, .prepare = taps_prepare, .call = taps_call, .expect = taps_expect, .work = taps_work};
