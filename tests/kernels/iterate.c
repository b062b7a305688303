/* Cases of chains of multiply-adds. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { TIMED_STEPS = 64 };

typedef struct iterate_args {
    int count;
    float factor, term;
    long steps;
} iterate_args;

static void iterate_prepare(kernel_case *c) {
    iterate_args *p = CASE_ARGS(c, iterate_args);
    p->count = c->timed ? c->kernels->mac_traits.rows : 1 + c->index % 27;
    p->factor = random_float(&c->random);
    p->term = random_float(&c->random);
    p->steps = c->timed ? TIMED_STEPS : c->index / 27;
    case_output(c, (size_t)p->count * GS_F32_LANES);
    for (int i = 0; i < p->count; i++)
        case_fill(c, c->out + i * GS_F32_LANES);
}

static void iterate_call(const kernel_case *c, const gs_kernels *kernels) {
    const iterate_args *p = CASE_ARGS(c, iterate_args);
    kernels->iterate(c->out, p->count, p->factor, p->term, p->steps);
}

static void iterate_expect(kernel_case *c) {
    const iterate_args *p = CASE_ARGS(c, iterate_args);
    for (size_t i = 0; i < c->extent; i++) {
        float x = c->out[i];
        for (long s = 0; s < p->steps; s++)
            x = fmaf(p->factor, x, p->term);
        case_expect(c, c->out + i, (double)x, 0);
    }
}

static kernel_work iterate_work(const gs_kernels *k) {
    return (kernel_work){.flops = 2.0 * TIMED_STEPS * GS_F32_LANES * k->mac_traits.rows};
}

const kernel_check kernel_check_iterate = {
    .cases = 27 * 5, .prepare = iterate_prepare, .call = iterate_call, .expect = iterate_expect, .work = iterate_work};
