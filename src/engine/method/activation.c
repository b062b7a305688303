#include "engine/method/activation.h"

gs_activation gs_activation_of(const gs_node *node) {
    switch (node->op) {
    case GS_OP_RELU:
        return GS_ACT_RELU;
    case GS_OP_LEAKY_RELU:
        return GS_ACT_LEAKY_RELU;
    case GS_OP_SILU:
        return GS_ACT_SILU;
    case GS_OP_SIGMOID:
        return GS_ACT_SIGMOID;
    case GS_OP_TANH:
        return GS_ACT_TANH;
    case GS_OP_ELU:
        return GS_ACT_ELU;
    case GS_OP_GELU:
        return node->attributes.tanh_form ? GS_ACT_GELU_TANH : GS_ACT_GELU;
    case GS_OP_SOFTPLUS:
        return GS_ACT_SOFTPLUS;
    case GS_OP_EXP:
        return GS_ACT_EXP;
    case GS_OP_SQRT:
        return GS_ACT_SQRT;
    case GS_OP_RECIPROCAL:
        return GS_ACT_RECIPROCAL;
    case GS_OP_SQUARE:
        return GS_ACT_SQUARE;
    case GS_OP_ABS:
        return GS_ACT_ABS;
    case GS_OP_SIGN:
        return GS_ACT_SIGN;
    case GS_OP_FLOOR:
        return GS_ACT_FLOOR;
    case GS_OP_CLAMP:
        return GS_ACT_CLAMP;
    case GS_OP_ERF:
        return GS_ACT_ERF;
    case GS_OP_POWER:
        return GS_ACT_POWER;
    default:
        return GS_ACT_COUNT;
    }
}

bool gs_film_of(const gs_builder *b, int n, gs_op op, int *x, int *vector) {
    const gs_node *node = &b->model->node[n];
    for (int i = 0; node->op == op && i < 2; i++) {
        gs_shape shape = gs_builder_shape(b, n, i), other = gs_builder_shape(b, n, 1 - i);
        *x = node->input[i];
        *vector = node->input[1 - i];
        if (gs_value_per_sample(b->model, *x) && !gs_value_per_sample(b->model, *vector) &&
            gs_same_sizes(shape, node->shape) && shape.rank == node->shape.rank &&
            gs_is_channel_vector(other, node->shape.d[0]))
            return true;
    }
    return false;
}

void gs_film_absorb(gs_builder *b, gs_step *step, int k, gs_op op, int *v) {
    int x, vector, n = gs_builder_sole_reader(b, *v);
    if (n < 0 || !gs_film_of(b, n, op, &x, &vector))
        return;
    step->source[k] = gs_builder_from_condition(b, vector);
    gs_builder_absorb(b, n, v);
}

gs_step *gs_film_add_step(gs_builder *b, const gs_method *method, int n, int *v) {
    const gs_node *node = &b->model->node[n];
    int in = gs_builder_buffer_in(b, node->input[0], GS_BLOCKED);
    int out = in < 0 ? -1 : gs_builder_add_buffer(b, node->shape, GS_BLOCKED);
    gs_step *s = gs_builder_add_step(b, method, n, 3, out);
    if (!s)
        return NULL;
    s->source[0] = gs_builder_from_buffer(b, in);
    *v = n + GS_VALUE_NODES;
    gs_film_absorb(b, s, 1, GS_OP_MUL, v);
    gs_film_absorb(b, s, 2, GS_OP_ADD, v);
    return s;
}

const float *gs_film_at(const gs_step *step, const gs_worker *worker, int k, int image, int plane) {
    const gs_source *s = &step->source[k];
    return s->kind == GS_SOURCE_CONDITION ? worker->condition[image] + s->offset + GS_F32_LANES * plane : NULL;
}

bool gs_activation_set(gs_builder *b, gs_step *step, gs_applied *applied, int n) {
    const gs_node *node = &b->model->node[n];
    applied->activation = gs_activation_of(node);
    applied->parameter = (float)node->attributes.scale;
    applied->limit = (float)node->attributes.shift;
    int slope = b->value[n + GS_VALUE_NODES].slope, v = n + GS_VALUE_NODES, x, vector;
    if (slope < 0)
        return true;
    gs_layout layout = b->plan->buffer[step->out].layout;
    step->slope = gs_builder_add_buffer(b, node->shape, layout);
    gs_builder_absorb(b, slope, &v);
    int product = layout == GS_BLOCKED ? gs_builder_sole_reader(b, v) : -1;
    if (product >= 0 && gs_film_of(b, product, GS_OP_MUL, &x, &vector)) {
        applied->factor = gs_builder_from_condition(b, vector);
        gs_builder_absorb(b, product, &v);
    }
    gs_builder_set_value(b, v, step->slope);
    return step->slope >= 0;
}

bool gs_activation_absorb(gs_builder *b, gs_step *step, gs_applied *applied, int *v) {
    int n = gs_builder_sole_reader(b, *v);
    if (n < 0 || gs_activation_of(&b->model->node[n]) == GS_ACT_COUNT)
        return true;
    gs_builder_absorb(b, n, v);
    return gs_activation_set(b, step, applied, n);
}

void gs_activation_place(const gs_plan *plan, const gs_step *step, gs_applied *applied) {
    applied->has_slope = step->slope >= 0;
    if (applied->has_slope)
        applied->slope = gs_view_of(plan, step->slope);
}

void gs_activation_run(const gs_applied *applied, const gs_worker *worker, int image, int plane, gs_affine_args *args) {
    static const float one[GS_F32_LANES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    args->activation = applied->activation;
    args->parameter = applied->parameter;
    args->limit = applied->limit;
    if (!applied->has_slope) {
        worker->plan->kernels->affine(args);
        return;
    }
    args->slope = gs_view_at(&applied->slope, worker, image, plane);
    args->slope_row = applied->slope.row;
    args->factor = one;
    if (applied->factor.kind == GS_SOURCE_CONDITION)
        args->factor = worker->condition[image] + applied->factor.offset + GS_F32_LANES * plane;
    worker->plan->kernels->affine_slope(args);
}
