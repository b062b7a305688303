/* Steps for pools, for sums, and for the operations that occur only in gradients (GS_ADJOINT in op/ops.def). */
#include "engine/build.h"

/* Steps with one operand or two, all blocked, that need no preparation. */
static gs_step *build_blocked(builder *b, int n, gs_step_run *run, const char *method) {
    const gs_node *node = &b->model->node[n];
    int in[2] = {0};
    for (int i = 0; i < node->inputs; i++) {
        in[i] = buffer_in(b, node->input[i], GS_BLOCKED);
        if (in[i] < 0)
            return NULL;
    }
    int out = add_buffer(b, node->shape, GS_BLOCKED);
    gs_step *s = add_step(b, run, method, n, node->inputs, out);
    if (!s)
        return NULL;
    for (int i = 0; i < node->inputs; i++)
        s->source[i] = from_buffer(b, in[i]);
    b->buffer[n + GS_VALUE_NODES] = out;
    return s;
}

bool gs_build_window(builder *b, int n) {
    return build_blocked(b, n, gs_window_run, "window") != NULL;
}

bool gs_build_pool_adjoint(builder *b, int n) {
    return build_blocked(b, n, gs_pool_adjoint_run, "window") != NULL;
}

bool gs_build_norm_adjoint(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    const gs_node *of = &b->model->node[node->attributes.of];
    if (!gs_norm_by_channel(of))
        return gs_build_reference(b, n);
    gs_step *s = build_blocked(b, n, gs_norm_adjoint_run, "norm");
    if (!s)
        return false;
    s->groups = gs_norm_groups(of);
    s->eps = of->attributes.eps;
    s->gamma = of->weight ? of->weight->data : NULL;
    want_scratch(b, (size_t)gs_planes(node->shape) * 16 * 9); /* see norm.c */
    return true;
}

static bool is_vector(gs_shape shape, int channels) {
    return shape.d[0] == channels && shape.d[1] == 1 && shape.d[2] == 1;
}

bool gs_build_stretch(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_shape from = gs_value_shape(b->model, node->input[0]);
    if (!is_vector(from, node->shape.d[0]) && gs_shape_size(from) > 1)
        return gs_build_reference(b, n);
    return build_blocked(b, n, gs_stretch_run, "copy") != NULL;
}

/* Sums over all positions; the reference computes the others. */
bool gs_build_unstretch(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return is_vector(node->shape, gs_value_shape(b->model, node->input[0]).d[0]) ? gs_build_window(b, n)
                                                                                 : gs_build_reference(b, n);
}

/* Sums and means over so few positions that one chain of additions is exact enough; the reference computes the others
 * in float64. For few channels a change of layout is not worth it. */
bool gs_build_reduction(builder *b, int n) {
    enum { MOST = 1024 };
    const gs_node *node = &b->model->node[n];
    gs_shape from = gs_value_shape(b->model, node->input[0]);
    size_t positions = (size_t)from.d[1] * (size_t)from.d[2];
    int have = b->buffer[node->input[0]];
    bool blocked = from.d[0] >= 16 || (have >= 0 && b->plan->buffer[have].layout == GS_BLOCKED);
    bool few = positions > 1 && positions <= MOST;
    return node->attributes.over == GS_OVER_POSITIONS && blocked && few ? gs_build_window(b, n)
                                                                        : gs_build_reference(b, n);
}

/* Whole planes when blocked, else planar. */
bool gs_build_unslice(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    int begin = node->attributes.begin, end = begin + gs_value_shape(b->model, node->input[0]).d[0];
    bool whole = begin % 16 == 0 && (end % 16 == 0 || end == node->shape.d[0]);
    gs_layout layout = whole ? GS_BLOCKED : GS_PLANAR;
    int in = buffer_in(b, node->input[0], layout), out = in < 0 ? -1 : add_buffer(b, node->shape, layout);
    gs_step *s = add_step(b, gs_unslice_run, whole ? "slice" : "copy", n, 1, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, in);
    s->planar = !whole;
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}
