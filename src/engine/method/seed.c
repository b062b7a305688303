/* The vector of a vector-Jacobian product: a buffer that a run fills as it does that of the images. */
#include "engine/builder.h"

static bool applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_SEED;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    (void)method;
    int buffer = gs_builder_add_buffer(b, b->model->node[n].shape, GS_PLANAR);
    if (buffer < 0)
        return false;
    b->plan->seed_buffer = buffer;
    b->plan->owner[n] = -1;
    gs_builder_set_value(b, n + GS_VALUE_NODES, buffer);
    return true;
}

GS_DEFINE_METHOD(seed) = {.name = "seed", .applies = applies, .prepare = prepare};
