/* The cases of the kernels of simd/paths.inc. */
#include <math.h>
#include <string.h>

#include "kernels/cases.h"

/* Counts around whole vectors and whole vectors of four. */
enum { COUNTS = 53 };

static size_t count_of(const kernel_case *c, int options) {
    return c->timed ? CASE_PLANE : (size_t)(1 + c->index / options % COUNTS);
}

/* ---- leapfrog ---- */

typedef struct leapfrog_args {
    gs_leapfrog_args args;
    const float *r, *x; /* before */
} leapfrog_args;

static void leapfrog_prepare(kernel_case *c) {
    leapfrog_args *p = CASE_ARGS(c, leapfrog_args);
    int options = c->timed ? 7 : c->index % 8;
    size_t count = count_of(c, 8);
    p->args = (gs_leapfrog_args){.count = count, .kicks = options & 1 ? 2 : 1};
    p->args.half = case_input(c, GS_F32_LANES);
    p->args.whole = case_input(c, GS_F32_LANES);
    p->args.scale = options & 2 ? case_input(c, count) : NULL;
    p->args.g = case_input(c, count);
    p->r = case_input(c, count);
    p->x = options & 4 ? case_input(c, count) : NULL;
    p->args.r = case_output(c, p->x ? 2 * count : count);
    memcpy(p->args.r, p->r, count * sizeof *p->r);
    if (p->x)
        p->args.x = memcpy(p->args.r + count, p->x, count * sizeof *p->x);
}

static void leapfrog_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->leapfrog(&CASE_ARGS(c, leapfrog_args)->args);
}

static void leapfrog_expect(kernel_case *c) {
    const leapfrog_args *p = CASE_ARGS(c, leapfrog_args);
    const gs_leapfrog_args *a = &p->args;
    for (size_t i = 0; i < a->count; i++) {
        float scale = a->scale ? a->scale[i] : 1, half = a->half[i % 16] * scale, whole = a->whole[i % 16] * scale;
        float change = half * a->g[i], r = p->r[i] + change;
        r = a->kicks == 2 ? r + change : r;
        case_expect(c, a->r + i, (double)r, 0);
        if (!p->x)
            continue;
        float way = whole * r, x = p->x[i] + way;
        case_expect(c, a->x + i, (double)x, 0);
    }
}

const kernel_check kernel_check_leapfrog = {.cases = 8 * COUNTS,
                                            .prepare = leapfrog_prepare,
                                            .call = leapfrog_call,
                                            .expect = leapfrog_expect,
                                            .work = case_plane_work};

/* ---- dot ---- */

typedef struct dot_args {
    const float *a, *b;
    size_t count;
} dot_args;

static void dot_prepare(kernel_case *c) {
    dot_args *p = CASE_ARGS(c, dot_args);
    p->count = count_of(c, 2);
    p->a = case_input(c, p->count);
    p->b = !c->timed && c->index % 2 ? p->a : case_input(c, p->count);
    case_output(c, 2);
}

static void dot_call(const kernel_case *c, const gs_kernels *kernels) {
    const dot_args *p = CASE_ARGS(c, dot_args);
    const double sum = kernels->dot(p->a, p->b, p->count);
    case_put_doubles(c->out, &sum, 1);
}

/* A dot product of elements `step` floats apart, expected at `out`. */
static void expect_dot(kernel_case *c, const float *out, const float *a, const float *b, size_t count, size_t step) {
    double sum[16] = {0};
    for (size_t i = 0; i < count; i++)
        sum[i % 16] += (double)a[i * step] * (double)b[i * step];
    for (int half = 8; half; half /= 2)
        for (int l = 0; l < half; l++)
            sum[l] += sum[l + half];
    case_expect_double(c, out, sum[0]);
}

static void dot_expect(kernel_case *c) {
    const dot_args *p = CASE_ARGS(c, dot_args);
    expect_dot(c, c->out, p->a, p->b, p->count, 1);
}

const kernel_check kernel_check_dot = {
    .cases = 2 * COUNTS, .prepare = dot_prepare, .call = dot_call, .expect = dot_expect, .work = case_plane_work};

/* ---- squares16 ---- */

typedef struct squares16_args {
    const float *x;
    size_t count;
} squares16_args;

static void squares16_prepare(kernel_case *c) {
    squares16_args *p = CASE_ARGS(c, squares16_args);
    p->count = c->timed ? CASE_PLANE / 16 : count_of(c, 1);
    p->x = case_input(c, 16 * p->count);
    case_output(c, 32);
}

static void squares16_call(const kernel_case *c, const gs_kernels *kernels) {
    const squares16_args *p = CASE_ARGS(c, squares16_args);
    double square[16];
    kernels->squares16(p->x, p->count, square);
    case_put_doubles(c->out, square, 16);
}

static void squares16_expect(kernel_case *c) {
    const squares16_args *p = CASE_ARGS(c, squares16_args);
    for (int l = 0; l < 16; l++)
        expect_dot(c, c->out + 2 * l, p->x + l, p->x + l, p->count, 16);
}

const kernel_check kernel_check_squares16 = {.cases = COUNTS,
                                             .prepare = squares16_prepare,
                                             .call = squares16_call,
                                             .expect = squares16_expect,
                                             .work = case_plane_work};

/* ---- turns ---- */

/* Of positive momenta no path turns. */
static const float *momenta(kernel_case *c, size_t count, bool positive) {
    float *x = case_input(c, count);
    for (size_t i = 0; positive && i < count; i++)
        x[i] = fabsf(x[i]);
    return x;
}

static void turns_prepare(kernel_case *c) {
    gs_turns_args *p = CASE_ARGS(c, gs_turns_args);
    int options = c->timed ? 1 : c->index % 4;
    bool positive = options & 1, two = options & 2;
    size_t count = count_of(c, 4);
    p->count = count;
    p->a_first = p->a_last = p->a_sum = momenta(c, count, positive);
    p->b_first = p->b_last = p->b_sum = momenta(c, count, positive);
    if (!two) {
        p->a_last = momenta(c, count, positive);
        p->a_sum = momenta(c, count, positive);
        p->b_last = momenta(c, count, positive);
        p->b_sum = momenta(c, count, positive);
    }
    p->sum = case_output(c, count + 1) + 1;
}

static void turns_call(const kernel_case *c, const gs_kernels *kernels) {
    c->out[0] = (float)kernels->turns(CASE_ARGS(c, gs_turns_args));
}

static bool points_back(const gs_turns_args *p, const float *end, const float *a, const float *b) {
    double sum[4] = {0};
    for (size_t i = 0; i < p->count; i++)
        sum[i % 4] += (double)end[i] * ((double)a[i] + (double)b[i]);
    return !(sum[0] + sum[2] + (sum[1] + sum[3]) > 0);
}

static void turns_expect(kernel_case *c) {
    const gs_turns_args *p = CASE_ARGS(c, gs_turns_args);
    bool turns = points_back(p, p->a_first, p->a_sum, p->b_sum) || points_back(p, p->b_last, p->a_sum, p->b_sum) ||
                 points_back(p, p->a_first, p->a_sum, p->b_first) || points_back(p, p->b_first, p->a_sum, p->b_first) ||
                 points_back(p, p->a_last, p->a_last, p->b_sum) || points_back(p, p->b_last, p->a_last, p->b_sum);
    case_expect(c, c->out, turns, 0);
    for (size_t i = 0; i < p->count; i++) {
        float sum = p->a_sum[i] + p->b_sum[i];
        case_expect(c, p->sum + i, (double)sum, 0);
    }
}

const kernel_check kernel_check_turns = {
    .cases = 4 * COUNTS, .prepare = turns_prepare, .call = turns_call, .expect = turns_expect, .work = case_plane_work};
