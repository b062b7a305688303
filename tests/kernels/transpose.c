/* Cases of transposition. */
#include "kernels/cases.h"

#include "support/random.h"

typedef struct transpose_args {
    const float *x;
    ptrdiff_t x_row, y_row;
} transpose_args;

enum { SIDE = 16 };

static void transpose16_prepare(kernel_case *c) {
    transpose_args *p = CASE_ARGS(c, transpose_args);
    p->x_row = SIDE + (c->timed ? 0 : random_below(&c->random, 20));
    p->y_row = SIDE + (c->timed ? 0 : random_below(&c->random, 20));
    p->x = case_input(c, (size_t)((SIDE - 1) * p->x_row + SIDE));
    case_output(c, (size_t)((SIDE - 1) * p->y_row + SIDE));
}

static void transpose16_call(const kernel_case *c, const gs_kernels *kernels) {
    const transpose_args *p = CASE_ARGS(c, transpose_args);
    kernels->transpose16(p->x, p->x_row, c->out, p->y_row);
}

static void transpose16_expect(kernel_case *c) {
    const transpose_args *p = CASE_ARGS(c, transpose_args);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            case_expect(c, c->out + j * p->y_row + i, (double)p->x[i * p->x_row + j], 0);
}

static kernel_work transpose16_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = SIDE * SIDE};
}

const kernel_check kernel_check_transpose16 = {.cases = 70,
                                               .prepare = transpose16_prepare,
                                               .call = transpose16_call,
                                               .expect = transpose16_expect,
                                               .work = transpose16_work};
