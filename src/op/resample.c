/* resample: along one dimension, each result is a sum of few elements by a table. Crops, padding of all kinds, strides,
 * flips, rolls, repetition, resizing and running sums are all this. */
#include <math.h>
#include <stdio.h>

#include "op/check.h"
#include "op/reverse.h"

/* The array (outer, size, inner) that has the dimension in its middle. */
typedef struct lines {
    size_t outer, size, inner;
} lines;

static lines lines_of(gs_shape shape, int axis) {
    lines l = {.outer = 1, .size = (size_t)shape.d[axis], .inner = 1};
    for (int i = 0; i < axis; i++)
        l.outer *= (size_t)shape.d[i];
    for (int i = axis + 1; i < shape.rank; i++)
        l.inner *= (size_t)shape.d[i];
    return l;
}

static gs_status infer(gs_check *c) {
    const gs_tensor *index = c->node->weight, *weight = c->node->bias;
    gs_shape result = c->in[0];
    int axis = c->node->attributes.over;
    if (axis >= result.rank)
        return gs_check_fail(c, "attribute 'axis': found %d, expected less than the input's rank %d", axis,
                             result.rank);
    if (index->rank != 2)
        return gs_check_fail(c, "index '%.60s': rank %d, expected shape (n, t)", index->name, index->rank);
    if (index->shape[0] > GS_SIZE_MAX)
        return gs_check_fail(c, "index '%.60s': %zu rows, expected at most %d", index->name, index->shape[0],
                             GS_SIZE_MAX);
    for (size_t i = 0; i < index->size; i++) {
        double from = (double)index->data[i];
        if (!(from >= -1 && from < (double)result.d[axis] && floor(from) == from))
            return gs_check_fail(c, "index '%.60s': value %zu is %g, expected a whole number of -1 ... %d", index->name,
                                 i, from, result.d[axis] - 1);
    }
    gs_status status = gs_check_tensor(c, "weight", weight, 2, index->shape);
    result.d[axis] = (int)index->shape[0];
    return status
               ? status
               : gs_check_result(c, result.rank, (uint64_t)result.d[0], (uint64_t)result.d[1], (uint64_t)result.d[2]);
}

/* Add the elements of row `from` times a number to row `to`, where rows are `inner` elements of (outer, size, inner).
 */
static void add_rows(const double *in, lines from, size_t from_row, double *out, lines to, size_t to_row, double by) {
    for (size_t o = 0; o < from.outer; o++) {
        const double *x = in + (o * from.size + from_row) * from.inner;
        double *y = out + (o * to.size + to_row) * to.inner;
        for (size_t i = 0; i < from.inner; i++)
            y[i] += by * x[i];
    }
}

/* From x to the result, or back from dy to dx. */
static void move_rows(const gs_call *c, bool back) {
    const gs_tensor *index = c->node->weight, *weight = c->node->bias;
    lines in = lines_of(c->shape[0], c->node->attributes.over),
          out = lines_of(c->node->shape, c->node->attributes.over);
    gs_call_clear(c);
    for (size_t i = 0; i < index->size; i++) {
        if (index->data[i] < 0)
            continue;
        size_t row = i / index->shape[1], element = (size_t)index->data[i];
        add_rows(c->in[0], in, back ? row : element, c->out, out, back ? element : row,
                 weight ? (double)weight->data[i] : 1);
    }
}

static void reference(const gs_call *c) {
    move_rows(c, false);
}

static void adjoint_reference(const gs_call *c) {
    move_rows(c, true);
}

static void derivative(gs_reverse *r, int n, int dy) {
    int full = gs_reverse_full(r, n, dy, r->node[n].shape);
    int v = gs_reverse_add(r, GS_OP_RESAMPLE_ADJOINT, n, full, -1, gs_reverse_input(r, n, 0));
    if (!r->failed)
        r->node[v - GS_VALUE_NODES].bias = r->node[n].bias;
    gs_reverse_give(r, n, 0, v);
}

static void describe(const gs_node *node, char *text, size_t room) {
    const gs_tensor *index = node->weight;
    snprintf(text, room, " axis %d, %zu of %zu each", node->attributes.over, index->shape[0], index->shape[1]);
}

const gs_operation gs_op_resample = {
    .name = "resample",
    .inputs = {1, 1},
    .takes = "any",
    .weight = {.name = "index", .form = "(n, t) of whole numbers", .required = true},
    .bias = {.name = "weight", .form = "(n, t)"},
    .attributes = GS_ATTRIBUTES({"axis", GS_INTEGER, GS_AT(over), .required = true, .low = 0, .high = GS_RANK_MAX - 1}),
    .result = "along the dimension `axis` (0: the first), out[i] = sum of weight[i, j] x[index[i, j]] over j; an index "
              "of -1 adds nothing, missing weights are 1",
    .infer = infer,
    .reference = reference,
    .derivative = derivative,
    .describe = describe,
};

/* From dy to dx: dx[index[i, j]] is the sum of weight[i, j] dy[i]. */
const gs_operation gs_op_resample_adjoint = {.name = "resample_adjoint", .reference = adjoint_reference};
