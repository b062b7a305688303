#include "engine/method/flat.h"

/* A backend's linear layers want a row. The image must have whole planes of channels. It must also be so small that as
 * many of them go through a step together as share the weights in any case: turn_of in memory.c. */
static bool applies(const gs_builder *b, int n) {
    enum { POSITIONS = 64 };
    const gs_node *node = &b->model->node[n];
    if (node->op != GS_OP_RESHAPE || node->shape.rank != 1 || b->plan->backend)
        return false;
    int v = node->input[0], reader = gs_builder_sole_reader(b, n + GS_VALUE_NODES), buffer = b->value[v].buffer;
    if (reader < 0 || b->model->node[reader].op != GS_OP_LINEAR || buffer < 0)
        return false;
    gs_shape image = b->plan->buffer[buffer].shape;
    return image.rank == 3 && b->plan->buffer[buffer].layout == GS_BLOCKED && image.d[0] % GS_F32_LANES == 0 &&
           image.d[1] * image.d[2] <= POSITIONS;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    (void)method;
    gs_builder_set_value(b, n + GS_VALUE_NODES, b->value[b->model->node[n].input[0]].buffer);
    return true;
}

bool gs_is_flat_view(const gs_builder *b, int v) {
    int buffer = b->value[v].buffer;
    return buffer >= 0 && gs_value_shape(b->model, v).rank == 1 && b->plan->buffer[buffer].shape.rank == 3;
}

GS_DEFINE_METHOD(flat) = {.name = "flat", .applies = applies, .prepare = prepare};
