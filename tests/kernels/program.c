/* The cases of programs: each operation, with a copy of its result after it. What activations compute is the kernels
 * affine's and affine_slope's. */
#include <math.h>

#include "kernels/cases.h"

enum { IN, NUMBERS, OUT };

typedef enum way { BOTH, REPEATED, SPREAD_FIRST, SPREAD_SECOND, SPREAD_ONE, WAYS } way;
enum {
    AFFINES = 2,
    BINARIES = (int)GS_BINARY_COUNT * (int)WAYS,
    SUMS = 2,
    KINDS = AFFINES + BINARIES + SUMS + 2,
    COUNTS = 19
};

typedef struct program_case {
    gs_program_args args;
    gs_program_op op[2];
    way way;
    const float *x, *numbers;
} program_case;

static void set_binary(program_case *p, int option) {
    gs_program_op *op = p->op;
    op->kind = GS_PROGRAM_BINARY;
    op->binary = (gs_binary)(option / WAYS);
    p->way = (way)(option % WAYS);
    op->in[0].base = p->way == SPREAD_FIRST ? NUMBERS : IN;
    op->in[1].base = p->way == SPREAD_SECOND || p->way == SPREAD_ONE ? NUMBERS : IN;
    op->in[1].at = op->in[1].base == IN ? op->count : 0;
    op->step[0] = 1;
    op->step[1] = p->way != REPEATED && p->way != SPREAD_ONE;
}

static void set_kind(program_case *p, int option) {
    gs_program_op *op = p->op;
    if (option < AFFINES) {
        static const gs_activation activations[AFFINES] = {GS_ACT_NONE, GS_ACT_SQUARE};
        op->kind = GS_PROGRAM_AFFINE;
        op->activation = activations[option];
        op->has_slope = option > 0;
        op->scale = 0.75F;
        op->shift = -0.125F;
    } else if (option < AFFINES + BINARIES) {
        set_binary(p, option - AFFINES);
    } else if (option < AFFINES + BINARIES + SUMS) {
        op->kind = GS_PROGRAM_SUM;
        op->divisor = option == AFFINES + BINARIES ? 1 : op->count;
    } else {
        op->kind = option == KINDS - 1 ? GS_PROGRAM_CLEAR : GS_PROGRAM_COPY;
    }
}

static int results(const gs_program_op *op) {
    return op->kind == GS_PROGRAM_SUM ? 1 : op->count;
}

/* The result, its copy, and the slope. */
static void program_prepare(kernel_case *c) {
    program_case *p = CASE_ARGS(c, program_case);
    int count = c->timed ? CASE_PLANE / GS_F32_LANES : 1 + c->index / KINDS;
    p->op[0].count = count;
    set_kind(p, c->timed ? AFFINES + (int)GS_BINARY_MUL * (int)WAYS : c->index % KINDS);
    int made = results(p->op);
    p->op[0].out = (gs_program_place){OUT, 0};
    p->op[0].slope = (gs_program_place){OUT, 2 * made};
    p->op[1] = (gs_program_op){.kind = GS_PROGRAM_COPY, .count = made, .in = {{OUT, 0}}, .out = {OUT, made}};
    p->x = case_input(c, (size_t)count * 2 * GS_F32_LANES);
    p->numbers = case_input(c, (size_t)count);
    float *out = case_output(c, (size_t)made * GS_F32_LANES * (p->op[0].has_slope ? 3 : 2));
    p->args = (gs_program_args){.op = p->op,
                                .ops = 2,
                                .base = {(float *)p->x, (float *)p->numbers, out},
                                .stride = {GS_F32_LANES, 1, GS_F32_LANES}};
}

static void program_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->program(&CASE_ARGS(c, program_case)->args);
}

/* Lane l of element i of operand k of a binary operation. */
static double operand(const program_case *p, int k, int i, int l) {
    const gs_program_op *op = p->op;
    ptrdiff_t element = op->in[k].at + i * op->step[k];
    return (double)(op->in[k].base == NUMBERS ? p->numbers[element] : p->x[element * GS_F32_LANES + l]);
}

static double sum_of(const program_case *p, int l) {
    double sum[8] = {0};
    for (int i = 0; i < p->op[0].count; i++)
        sum[i % 8] += (double)p->x[i * GS_F32_LANES + l];
    return (((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))) / p->op[0].divisor;
}

static double affine_of(const gs_program_op *op, float x, double *slope) {
    double t = (double)fmaf(x, op->scale, op->shift);
    *slope = 2 * t;
    return op->activation == GS_ACT_SQUARE ? t * t : t;
}

static double value_of(const program_case *p, int i, int l, double *slope) {
    const gs_program_op *op = p->op;
    float x = p->x[i * GS_F32_LANES + l];
    switch (op->kind) {
    case GS_PROGRAM_AFFINE:
        return affine_of(op, x, slope);
    case GS_PROGRAM_BINARY:
        return case_binary(op->binary, operand(p, 0, i, l), operand(p, 1, i, l));
    case GS_PROGRAM_SUM:
        return sum_of(p, l);
    case GS_PROGRAM_COPY:
        return (double)x;
    default:
        return 0;
    }
}

static void program_expect(kernel_case *c) {
    const program_case *p = CASE_ARGS(c, program_case);
    int made = results(p->op) * GS_F32_LANES;
    for (int k = 0; k < made; k++) {
        double slope = 0, value = (double)(float)value_of(p, k / GS_F32_LANES, k % GS_F32_LANES, &slope);
        for (int copy = 0; copy < 2; copy++)
            case_expect(c, c->out + copy * made + k, value, 0);
        if (p->op[0].has_slope)
            case_expect(c, c->out + 2 * made + k, (double)(float)slope, 0);
    }
}

const kernel_check kernel_check_program = {.cases = KINDS * COUNTS,
                                           .prepare = program_prepare,
                                           .call = program_call,
                                           .expect = program_expect,
                                           .work = case_plane_work};
