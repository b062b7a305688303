/* The common form of convolutions, and what their methods share while planning. */
#include "engine/method/conv.h"

#include "engine/method/activation.h"
#include "engine/method/layout.h"
#include "engine/method/view.h"

void gs_axis_reach(const gs_axis *a, int *before, int *after) {
    *before = *after = 0;
    for (int phase = 0; phase < gs_axis_phases(a); phase++)
        for (int t = 0, offset; gs_axis_positions(a, phase) > 0 && t < a->kernel; t++) {
            if (!gs_axis_tap(a, phase, t, &offset))
                continue;
            int last = (gs_axis_positions(a, phase) - 1) * gs_axis_step(a) + offset - (a->input - 1);
            *before = -offset > *before ? -offset : *before;
            *after = last > *after ? last : *after;
        }
}

/* ---- The common form ---- */

static gs_axis axis_of(const gs_node *node, gs_shape in, int i, bool adjoint) {
    const gs_attributes *a = &node->attributes;
    gs_axis axis = {.size = node->shape.d[i + 1], .input = in.d[i + 1], .kernel = 1, .stride = 1, .dilation = 1};
    if (node->op == GS_OP_LINEAR || node->op == GS_OP_LINEAR_ADJOINT)
        return axis;
    axis.kernel = a->kernel[i];
    axis.stride = a->stride[i];
    axis.padding = a->padding[i];
    axis.dilation = a->dilation[i];
    axis.adjoint = adjoint;
    return axis;
}

gs_conv gs_conv_of(const gs_node *node, gs_shape in) {
    bool adjoint =
        node->op == GS_OP_CONV2D_ADJOINT || node->op == GS_OP_CONV_TRANSPOSE2D || node->op == GS_OP_LINEAR_ADJOINT;
    gs_conv c = {.inputs = in.d[0], .outputs = node->shape.d[0], .weight = node->weight->data};
    c.axis[0] = axis_of(node, in, 0, adjoint);
    c.axis[1] = axis_of(node, in, 1, adjoint);
    ptrdiff_t taps = (ptrdiff_t)c.axis[0].kernel * c.axis[1].kernel;
    c.out_step = adjoint ? taps : taps * c.inputs;
    c.in_step = adjoint ? taps * c.outputs : taps;
    c.tap_step[0] = c.axis[1].kernel;
    c.tap_step[1] = 1;
    c.bias = node->bias ? node->bias->data : NULL; /* derivatives have none */
    if (!adjoint || c.axis[0].stride > 1 || c.axis[1].stride > 1)
        return c;
    for (int i = 0; i < 2; i++) { /* reversed: tap kernel - 1 - t */
        gs_axis *a = &c.axis[i];
        a->adjoint = false;
        a->padding = (a->kernel - 1) * a->dilation - a->padding;
        c.tap_step[i] = -c.tap_step[i];
    }
    c.weight += taps - 1;
    return c;
}

/* ---- Planning ---- */

bool gs_has_few_phases(const gs_node *node) {
    const gs_attributes *a = &node->attributes;
    int64_t phases = (int64_t)a->stride[0] * a->stride[1];
    return node->op == GS_OP_CONV2D || phases * (a->kernel[0] + a->kernel[1]) <= GS_PHASES_MOST;
}

bool gs_is_conv(const gs_node *node) {
    switch (node->op) {
    case GS_OP_LINEAR:
    case GS_OP_LINEAR_ADJOINT:
        return true;
    case GS_OP_CONV2D:
    case GS_OP_CONV2D_ADJOINT:
    case GS_OP_CONV_TRANSPOSE2D:
        return node->attributes.groups == 1 && gs_has_few_phases(node);
    default:
        return false;
    }
}

/* x + v, if nothing else reads v, which the step of convolution n computes, and x is computed before that: the node of
 * the sum, and its other operand; else -1. */
static int find_sum(const gs_builder *b, int n, int v, int *operand) {
    const gs_node *node = &b->model->node[n];
    int sum = gs_builder_reader(b, v, GS_OP_ADD, operand);
    bool fits = sum >= 0 && gs_is_conv(node) && *operand < n + GS_VALUE_NODES && b->model->node[sum].per_sample &&
                gs_value_per_sample(b->model, *operand) &&
                gs_same_sizes(gs_value_shape(b->model, *operand), node->shape) &&
                b->model->node[sum].shape.rank == node->shape.rank;
    return fits ? sum : -1;
}

/* The product of the convolution's result with a vector of the condition, if a sum with an earlier value follows, and
 * neither has other readers; else -1. */
static int find_gate(const gs_builder *b, int n, int *vector) {
    int v = n + GS_VALUE_NODES, gate = gs_builder_sole_reader(b, v), x, operand;
    bool fits = gate >= 0 && gs_film_of(b, gate, GS_OP_MUL, &x, vector) && x == v &&
                find_sum(b, n, gate + GS_VALUE_NODES, &operand) >= 0;
    return fits ? gate : -1;
}

/* The product that is the only reader of value v, whose other factor has the same shape and is computed already; its
 * buffer is *factor. Else -1. */
static int find_product(const gs_builder *b, int v, int *factor) {
    int operand, n = gs_builder_reader(b, v, GS_OP_MUL, &operand);
    if (n < 0 || operand == v || b->value[operand].buffer < 0)
        return -1;
    *factor = b->value[operand].buffer;
    const gs_buffer *buffer = &b->plan->buffer[*factor];
    gs_shape shape = b->model->node[n].shape, own = gs_value_shape(b->model, v);
    bool fits = buffer->layout == GS_BLOCKED && gs_same_sizes(buffer->shape, shape) &&
                buffer->shape.rank == shape.rank && own.rank == shape.rank && gs_same_sizes(own, shape);
    return fits ? n : -1;
}

int gs_conv_input(gs_builder *b, int v, gs_layout layout) {
    bool own = b->plan->backend && layout == GS_BLOCKED && gs_value_shape(b->model, v).rank > 1;
    int have = gs_builder_buffer_in(b, v, own ? GS_PLANAR : layout);
    if (!own || have < 0)
        return have;
    int in = gs_builder_add_buffer(b, b->plan->buffer[have].shape, layout);
    gs_step *s = gs_builder_add_step(b, gs_methods_to[layout], -1, 1, in);
    if (!s)
        return -1;
    s->source[0] = gs_builder_from_buffer(b, have);
    return in;
}

static gs_step *add_step(gs_builder *b, const gs_method *method, int n, gs_layout layout, gs_layout result,
                         gs_conv_after after) {
    const gs_node *node = &b->model->node[n];
    int v = n + GS_VALUE_NODES, operand, factor, vector;
    int in = gs_conv_input(b, node->input[0], layout), residual = -1;
    int gate = after == GS_CONV_GATES ? find_gate(b, n, &vector) : -1;
    if (gate >= 0)
        gs_builder_absorb(b, gate, &v);
    int sum = find_sum(b, n, v, &operand);
    if (sum >= 0) {
        residual = gs_builder_buffer_in(b, operand, result);
        gs_builder_absorb(b, sum, &v);
    }
    if (in < 0 || (sum >= 0 && residual < 0))
        return NULL;
    int product = after != GS_CONV_ADDS && gate < 0 ? find_product(b, v, &factor) : -1;
    int out = gs_builder_add_buffer(b, node->shape, result);
    gs_step *s = gs_builder_add_step(b, method, n, product >= 0 || gate >= 0 ? 3 : sum >= 0 ? 2 : 1, out);
    if (!s)
        return NULL;
    s->source[0] = gs_builder_from_buffer(b, in);
    if (sum >= 0)
        s->source[1] = gs_builder_from_buffer(b, residual);
    if (gate >= 0)
        s->source[2] = gs_builder_from_condition(b, vector);
    if (product >= 0) {
        s->source[2] = gs_builder_from_buffer(b, factor);
        gs_builder_absorb(b, product, &v);
    }
    gs_builder_set_value(b, v, out);
    return s;
}

gs_step *gs_conv_add_step(gs_builder *b, const gs_method *method, int n, gs_layout layout, gs_conv_after after) {
    return add_step(b, method, n, layout, GS_BLOCKED, after);
}

gs_step *gs_conv_add_planar_step(gs_builder *b, const gs_method *method, int n) {
    return add_step(b, method, n, GS_BLOCKED, GS_PLANAR, GS_CONV_ADDS);
}

bool gs_conv_absorb_relu(gs_builder *b, const gs_step *step) {
    int v = step->node + GS_VALUE_NODES;
    while (b->value[v].buffer != step->out) /* the step may compute later nodes than its own */
        v++;
    int n = gs_builder_sole_reader(b, v);
    if (n < 0 || b->model->node[n].op != GS_OP_RELU || b->value[n + GS_VALUE_NODES].slope >= 0)
        return false;
    gs_builder_absorb(b, n, &v);
    gs_builder_set_value(b, v, step->out);
    return true;
}

void gs_conv_offsets(const gs_conv *conv, const gs_buffer *in, int count, ptrdiff_t step, ptrdiff_t *offset) {
    const gs_axis *y = &conv->axis[0], *x = &conv->axis[1];
    for (int t = 0, row; t < y->kernel; t++)
        for (int u = 0, column; u < x->kernel; u++)
            for (int k = 0; k < count; k++) {
                gs_axis_tap(y, 0, t, &row);
                gs_axis_tap(x, 0, u, &column);
                *offset++ = gs_floats(row * in->row + column * in->column + k * step);
            }
}

void gs_conv_want_halo(gs_builder *b, const gs_step *step, const gs_conv *conv) {
    for (int i = 0; i < 2; i++) {
        int before, after;
        gs_axis_reach(&conv->axis[i], &before, &after);
        gs_builder_want_halo(b, step->source[0].index, before, after);
    }
}

const gs_buffer *gs_conv_operand(const gs_plan *plan, const gs_step *step, int k) {
    bool there = k < step->sources && step->source[k].kind == GS_SOURCE_BUFFER;
    return there ? &plan->buffer[step->source[k].index] : NULL;
}

gs_conv_views gs_conv_views_of(const gs_plan *plan, const gs_step *step) {
    gs_conv_views views = {.in = gs_view_of_source(plan, step, 0), .out = gs_view_of(plan, step->out)};
    if (gs_conv_operand(plan, step, 1))
        views.add = gs_view_of_source(plan, step, 1);
    if (gs_conv_operand(plan, step, 2))
        views.mul = gs_view_of_source(plan, step, 2);
    return views;
}
