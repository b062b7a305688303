/* Operations that work element by element on two inputs, whose sizes of 1 stretch, and what their derivatives need. */
#include <math.h>

#include "op/check.h"
#include "op/reverse.h"

static gs_status infer(gs_check *c) {
    gs_shape a = c->in[0], b = c->in[1];
    uint64_t d[GS_RANK_MAX];
    for (int i = 0; i < GS_RANK_MAX; i++) {
        if (a.d[i] != b.d[i] && a.d[i] != 1 && b.d[i] != 1)
            return gs_check_fail(c, "inputs (%d, %d, %d) and (%d, %d, %d), expected equal sizes or 1", a.d[0], a.d[1],
                                 a.d[2], b.d[0], b.d[1], b.d[2]);
        d[i] = (uint64_t)(a.d[i] > b.d[i] ? a : b).d[i];
    }
    return gs_check_result(c, a.rank > b.rank ? a.rank : b.rank, d[0], d[1], d[2]);
}

static double combine(gs_op op, double x, double y) {
    switch (op) {
    case GS_OP_ADD:
        return x + y;
    case GS_OP_SUB:
        return x - y;
    case GS_OP_MUL:
        return x * y;
    case GS_OP_DIV:
        return x / y;
    case GS_OP_MINIMUM:
        return x < y || isnan(x) ? x : y;
    case GS_OP_MAXIMUM:
        return x > y || isnan(x) ? x : y;
    default:
        return x > y;
    }
}

static void reference(const gs_call *c) {
    const int *d = c->node->shape.d;
    double *out = c->out;
    for (int i = 0; i < d[0]; i++)
        for (int j = 0; j < d[1]; j++)
            for (int k = 0; k < d[2]; k++)
                *out++ = combine(c->node->op, c->in[0][gs_stretched(c->shape[0], i, j, k)],
                                 c->in[1][gs_stretched(c->shape[1], i, j, k)]);
}

/* ---- Derivatives ---- */

/* Add to an operand of node n its derivative, given the derivative `a` with respect to the stretched operand. */
static void give_operand(gs_reverse *r, int n, int input, int a) {
    gs_reverse_give(r, n, input, gs_reverse_unstretch(r, n, a, r->node[n].shape, gs_reverse_input(r, n, input)));
}

static void add_derivative(gs_reverse *r, int n, int dy) {
    for (int i = 0; i < 2; i++)
        if (gs_reverse_wants(r, n, i))
            give_operand(r, n, i, dy);
}

static void sub_derivative(gs_reverse *r, int n, int dy) {
    if (gs_reverse_wants(r, n, 0))
        give_operand(r, n, 0, dy);
    if (gs_reverse_wants(r, n, 1))
        give_operand(r, n, 1, gs_reverse_scale(r, n, dy, -1));
}

static void mul_derivative(gs_reverse *r, int n, int dy) {
    for (int i = 0; i < 2; i++)
        if (gs_reverse_wants(r, n, i))
            give_operand(r, n, i, gs_reverse_product(r, n, dy, r->node[n].input[1 - i]));
}

/* For y = a/b: dy/b, and -y dy/b. */
static void div_derivative(gs_reverse *r, int n, int dy) {
    int a = gs_reverse_binary(r, GS_OP_DIV, n, dy, r->node[n].input[1]);
    if (gs_reverse_wants(r, n, 0))
        give_operand(r, n, 0, a);
    if (gs_reverse_wants(r, n, 1)) {
        int y_a = gs_reverse_binary(r, GS_OP_MUL, n, a, n + GS_VALUE_NODES);
        give_operand(r, n, 1, gs_reverse_scale(r, n, y_a, -1));
    }
}

/* dy to the operand that is taken, half of it to both where they are equal: (1 + [a > b] - [b > a])/2 is the share of
 * a in the maximum. */
static void extremum_derivative(gs_reverse *r, int n, int dy) {
    int a = r->node[n].input[0], b = r->node[n].input[1];
    int above = gs_reverse_binary(r, GS_OP_GREATER, n, a, b), below = gs_reverse_binary(r, GS_OP_GREATER, n, b, a);
    int difference = gs_reverse_binary(r, GS_OP_SUB, n, above, below);
    bool maximum = r->node[n].op == GS_OP_MAXIMUM;
    for (int i = 0; i < 2; i++)
        if (gs_reverse_wants(r, n, i)) {
            int share = gs_reverse_affine(r, n, difference, maximum == (i == 0) ? 0.5 : -0.5, 0.5);
            give_operand(r, n, i, gs_reverse_product(r, n, dy, share));
        }
}

/* The derivative of a step is 0: it passes nothing. */
static void greater_derivative(gs_reverse *r, int n, int dy) {
    (void)r;
    (void)n;
    (void)dy;
}

/* ---- Records ---- */

#define RECORD .inputs = {2, 2}, .takes = "two", .infer = infer, .reference = reference
#define BROADCASTING \
    "; broadcasting: shapes aligned *at the left* (channels first), missing trailing sizes are 1, size 1 stretches"

const gs_operation gs_op_add = {.name = "add", RECORD, .derivative = add_derivative, .result = "a + b" BROADCASTING};
const gs_operation gs_op_sub = {
    .name = "sub", RECORD, .derivative = sub_derivative, .result = "a - b, broadcasting like `add`"};
const gs_operation gs_op_mul = {.name = "mul",
                                RECORD,
                                .derivative = mul_derivative,
                                .result =
                                    "a b, broadcasting like `add`; the native backend makes products below 2^-100 0"};
const gs_operation gs_op_div = {
    .name = "div", RECORD, .derivative = div_derivative, .result = "a/b, broadcasting like `add`"};

const gs_operation gs_op_greater = {.name = "greater",
                                    RECORD,
                                    .derivative = greater_derivative,
                                    .result = "1 where a > b, else 0, broadcasting like `add`; its derivative is 0"};
#define EXTREMUM ", broadcasting like `add`; where they are equal, each has half the derivative"
const gs_operation gs_op_minimum = {
    .name = "minimum", RECORD, .derivative = extremum_derivative, .result = "the smaller of a and b" EXTREMUM};
const gs_operation gs_op_maximum = {
    .name = "maximum", RECORD, .derivative = extremum_derivative, .result = "the larger of a and b" EXTREMUM};

/* ---- Stretching ---- */

static void stretch_reference(const gs_call *c) {
    const int *d = c->node->shape.d;
    double *out = c->out;
    for (int i = 0; i < d[0]; i++)
        for (int j = 0; j < d[1]; j++)
            for (int k = 0; k < d[2]; k++)
                *out++ = c->in[0][gs_stretched(c->shape[0], i, j, k)];
}

/* Repeats sizes of 1 up to the result's shape. */
const gs_operation gs_op_stretch = {.name = "stretch", .reference = stretch_reference};

static void unstretch_reference(const gs_call *c) {
    const double *dy = c->in[0];
    const int *d = c->shape[0].d;
    gs_call_clear(c);
    for (int i = 0; i < d[0]; i++)
        for (int j = 0; j < d[1]; j++)
            for (int k = 0; k < d[2]; k++)
                c->out[gs_stretched(c->node->shape, i, j, k)] += *dy++;
}

/* Sums over the dimensions that are 1 in the result's shape. */
const gs_operation gs_op_unstretch = {.name = "unstretch", .reference = unstretch_reference};
