/* permute: an array's dimensions in another order, which is what transposing, cutting into patches and dividing into
 * heads come down to. */
#include <stdio.h>
#include <string.h>

#include "op/check.h"
#include "op/reverse.h"

/* Whether `order` has each of 0 ... count - 1 once. */
static bool is_order(const gs_list *order) {
    unsigned found = 0;
    for (int i = 0; i < order->count; i++)
        found |= 1U << order->d[i];
    return found == (1U << order->count) - 1;
}

/* The number of elements of an array of these sizes, or past 2^26 any number above that. */
static uint64_t elements(const gs_list *sizes) {
    uint64_t count = 1;
    for (int i = 0; i < sizes->count && count <= GS_SIZE_MAX; i++)
        count *= (uint64_t)sizes->d[i];
    return count;
}

/* The attribute `result` was read into the result's shape. */
static gs_status infer(gs_check *c) {
    const gs_attributes *a = &c->node->attributes;
    gs_shape wanted = c->node->shape;
    size_t size = gs_shape_size(c->in[0]);
    gs_status status =
        gs_check_result(c, wanted.rank, (uint64_t)wanted.d[0], (uint64_t)wanted.d[1], (uint64_t)wanted.d[2]);
    if (status)
        return status;
    if (elements(&a->seen) != size)
        return gs_check_fail(c, "attribute 'shape': a product other than %zu, the elements of the input", size);
    if (gs_shape_size(wanted) != size)
        return gs_check_fail(c, "attribute 'result': %zu elements, the input has %zu", gs_shape_size(wanted), size);
    if (a->order.count != a->seen.count)
        return gs_check_fail(c, "attribute 'order': found %d numbers, expected %d as in 'shape'", a->order.count,
                             a->seen.count);
    if (!is_order(&a->order))
        return gs_check_fail(c, "attribute 'order': expected each of 0 ... %d once", a->order.count - 1);
    return GS_OK;
}

static void reference(const gs_call *c) {
    const gs_list *seen = &c->node->attributes.seen, *order = &c->node->attributes.order;
    size_t stride[GS_DIMENSIONS_MAX], size = gs_shape_size(c->node->shape);
    int at[GS_DIMENSIONS_MAX] = {0};
    stride[seen->count - 1] = 1;
    for (int i = seen->count - 1; i > 0; i--)
        stride[i - 1] = stride[i] * (size_t)seen->d[i];
    for (size_t i = 0; i < size; i++) {
        size_t from = 0;
        for (int k = 0; k < order->count; k++)
            from += stride[order->d[k]] * (size_t)at[k];
        c->out[i] = c->in[0][from];
        for (int k = order->count - 1; k >= 0 && ++at[k] == seen->d[order->d[k]]; k--)
            at[k] = 0;
    }
}

/* Back: the sizes as they are in the result, in the inverse order. */
static void derivative(gs_reverse *r, int n, int dy) {
    const gs_list seen = r->node[n].attributes.seen, order = r->node[n].attributes.order;
    int v =
        gs_reverse_add(r, GS_OP_PERMUTE, n, gs_reverse_full(r, n, dy, r->node[n].shape), -1, gs_reverse_input(r, n, 0));
    for (int k = 0; k < order.count && !r->failed; k++) {
        gs_attributes *a = &r->node[v - GS_VALUE_NODES].attributes;
        a->seen.d[k] = seen.d[order.d[k]];
        a->order.d[order.d[k]] = k;
    }
    gs_reverse_give(r, n, 0, v);
}

/* " 4x2x8 in order 1 0 2" */
static void describe(const gs_node *node, char *text, size_t room) {
    const gs_list *seen = &node->attributes.seen, *order = &node->attributes.order;
    size_t used = 0;
    for (int i = 0; i < 2 * seen->count && used < room; i++) {
        bool first = i < seen->count;
        used += (size_t)snprintf(text + used, room - used, "%s%d",
                                 i == 0             ? " "
                                 : i == seen->count ? " in order "
                                 : first            ? "x"
                                                    : " ",
                                 first ? seen->d[i] : order->d[i - seen->count]);
    }
}

const gs_operation gs_op_permute = {
    .name = "permute",
    .inputs = {1, 1},
    .takes = "any",
    .attributes = GS_ATTRIBUTES(
        {"shape", GS_LIST, GS_AT(seen), .required = true, .low = 1, .high = GS_SIZE_MAX, .form = "of 1 ... 6 sizes"},
        {"order", GS_LIST, GS_AT(order), .required = true, .low = 0, .high = GS_DIMENSIONS_MAX - 1,
         .form = "of their numbers 0 ..."},
        {"result", GS_SIZES, offsetof(gs_node, shape), .required = true, .low = 1, .high = GS_SIZE_MAX,
         .form = "of rank 1 ... 3"}),
    .result = "the input seen as an array of `shape`, its dimensions in this order (the first of the result is number "
              "`order[0]`), row-major, seen as `result`",
    .infer = infer,
    .reference = reference,
    .derivative = derivative,
    .describe = describe,
};
