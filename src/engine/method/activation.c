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
        return node->attributes.tanh_form ? GS_ACT_COUNT : GS_ACT_GELU;
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
    default:
        return GS_ACT_COUNT;
    }
}

bool gs_activation_set(gs_builder *b, gs_step *step, gs_applied *applied, int n) {
    const gs_node *node = &b->model->node[n];
    applied->activation = gs_activation_of(node);
    applied->parameter = (float)node->attributes.scale;
    int slope = b->value[n + GS_VALUE_NODES].slope, v = n + GS_VALUE_NODES; /* absorb reads v */
    if (slope < 0)
        return true;
    step->slope = gs_builder_add_buffer(b, node->shape, b->plan->buffer[step->out].layout);
    gs_builder_absorb(b, slope, &v);
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
    args->activation = applied->activation;
    args->parameter = applied->parameter;
    if (!applied->has_slope) {
        worker->plan->kernels->affine(args);
        return;
    }
    args->slope = gs_view_at(&applied->slope, worker, image, plane);
    args->slope_row = applied->slope.row;
    worker->plan->kernels->affine_slope(args);
}
