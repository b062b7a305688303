/* Cases of sums by a table. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { RESULTS = 9, EACH = 3, ELEMENTS = 8 };

typedef struct resample_case {
    gs_resample_args args;
    ptrdiff_t start[CASE_COLUMNS + 1], offset[2 * CASE_COLUMNS];
} resample_case;

/* Timed: twice as wide as before, by two elements each. */
static void resample_prepare(kernel_case *c) {
    resample_case *m = CASE_ARGS(c, resample_case);
    gs_resample_args *p = &m->args;
    int elements = c->timed ? CASE_COLUMNS / 2 : 1 + random_below(&c->random, ELEMENTS);
    p->rows = c->timed ? CASE_ROWS : 1 + c->index % 3;
    p->results = c->timed ? CASE_COLUMNS : 1 + c->index / 3 % RESULTS;
    p->vectors = c->timed ? 1 : 1 + c->index / 27 % 3;
    bool weighted = c->timed || c->index / 81 % 2, ordered = random_below(&c->random, 2);
    ptrdiff_t vector = p->vectors * GS_F32_LANES;
    for (int i = 0; i < p->results; i++) {
        int each = c->timed ? 2 : random_below(&c->random, EACH + 1), entry = (int)m->start[i];
        m->start[i + 1] = entry + each;
        for (int k = 0; k < each; k++) {
            int element = c->timed || ordered ? (i / 2 + k) % elements : random_below(&c->random, elements);
            m->offset[entry + k] = element * vector;
        }
    }
    p->start = m->start;
    p->offset = m->offset;
    p->weight = weighted ? case_input(c, (size_t)m->start[p->results] + 1) : NULL;
    p->x_row = elements * vector + (c->timed ? 0 : random_below(&c->random, 20));
    p->x = case_input(c, (size_t)((p->rows - 1) * p->x_row + elements * vector));
    p->y_step = vector + (c->timed ? 0 : 8 * random_below(&c->random, 3));
    p->y_row = p->results * p->y_step + (c->timed ? 0 : 8 * random_below(&c->random, 3));
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + (p->results - 1) * p->y_step + vector));
}

static void resample_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->resample(&CASE_ARGS(c, resample_case)->args);
}

static void expect_element(kernel_case *c, const gs_resample_args *p, int row, int i, int k) {
    double sum = 0, size = 0;
    for (ptrdiff_t e = p->start[i]; e < p->start[i + 1]; e++) {
        double weight = p->weight ? (double)p->weight[e] : 1,
               term = weight * (double)p->x[row * p->x_row + p->offset[e] + k];
        sum += term;
        size += fabs(term);
    }
    case_expect(c, p->y + row * p->y_row + i * p->y_step + k, case_as_float(sum), 1.01 * EACH * CASE_ULP * size);
}

static void resample_expect(kernel_case *c) {
    const gs_resample_args *p = &CASE_ARGS(c, resample_case)->args;
    for (int row = 0; row < p->rows; row++)
        for (int i = 0; i < p->results; i++)
            for (int k = 0; k < p->vectors * GS_F32_LANES; k++)
                expect_element(c, p, row, i, k);
}

const kernel_check kernel_check_resample = {.cases = 3 * RESULTS * 3 * 2 * 2,
                                            .prepare = resample_prepare,
                                            .call = resample_call,
                                            .expect = resample_expect,
                                            .work = case_plane_work};
