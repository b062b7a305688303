/* softmax: y_i = exp(x_i)/sum of exp(x_k) along one dimension. */
#include <math.h>

#include "base/math64.h"
#include "op/operation.h"
#include "op/reverse.h"

static const char *const over[] = {[GS_SOFTMAX_CHANNELS] = "channels", [GS_SOFTMAX_LAST] = "last", NULL};

/* `count` elements `step` apart. Their maximum is subtracted, so that no exponential overflows; the result is NaN where
 * an element is NaN or plus infinity, or all are minus infinity. */
static void softmax(const double *x, double *out, size_t count, size_t step) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        most = x[i * step] > most ? x[i * step] : most;
    for (size_t i = 0; i < count; i++)
        sum += out[i * step] = gs_exp64(x[i * step] - most);
    for (size_t i = 0; i < count; i++)
        out[i * step] /= sum;
}

/* The elements along the dimension: `count` of them, `step` apart; line i begins at element first_of(..., i). */
typedef struct lines {
    size_t lines, count, step;
} lines;

static lines lines_of(const gs_node *node) {
    int along = node->attributes.over == GS_SOFTMAX_LAST ? node->shape.rank - 1 : 0;
    lines l = {.count = (size_t)node->shape.d[along], .step = 1};
    for (int i = along + 1; i < node->shape.rank; i++)
        l.step *= (size_t)node->shape.d[i];
    l.lines = gs_shape_size(node->shape) / l.count;
    return l;
}

static size_t first_of(const lines *l, size_t line) {
    return line / l->step * l->step * l->count + line % l->step;
}

static void reference(const gs_call *c) {
    lines l = lines_of(c->node);
    for (size_t line = 0; line < l.lines; line++) {
        size_t first = first_of(&l, line);
        softmax(c->in[0] + first, c->out + first, l.count, l.step);
    }
}

static void derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_SOFTMAX_ADJOINT, true);
}

const gs_operation gs_op_softmax = {
    .name = "softmax",
    .inputs = {1, 1},
    .takes = "any",
    .attributes = GS_ATTRIBUTES({"over", GS_CHOICE, GS_AT(over), .required = true, .choices = over, .shown = "over "}),
    .result = "exp(x)/sum of exp(x), with the sum over the first dimension or the last",
    .reference = reference,
    .derivative = derivative,
};

/* dx_i = y_i (dy_i - sum of y_k dy_k). As the sum of y is 1, all dy may have that of the largest y subtracted, which
 * keeps the digits where y is almost 1; plans compute this in double precision for the same reason. */
static void adjoint_line(const double *dy, const double *x, double *out, size_t count, size_t step) {
    size_t top = 0;
    double sum = 0;
    softmax(x, out, count, step);
    for (size_t i = 1; i < count; i++)
        top = out[i * step] > out[top * step] ? i : top;
    for (size_t i = 0; i < count; i++)
        sum += out[i * step] * (dy[i * step] - dy[top * step]);
    for (size_t i = 0; i < count; i++)
        out[i * step] *= dy[i * step] - dy[top * step] - sum;
}

static void adjoint_reference(const gs_call *c) {
    lines l = lines_of(c->node);
    for (size_t line = 0; line < l.lines; line++) {
        size_t first = first_of(&l, line);
        adjoint_line(c->in[0] + first, c->in[1] + first, c->out + first, l.count, l.step);
    }
}

/* From dy and x to dx. */
const gs_operation gs_op_softmax_adjoint = {.name = "softmax_adjoint", .reference = adjoint_reference};
