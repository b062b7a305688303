#include "engine/small.h"

/* Elements of the largest value. A single image takes the time of 16, and then one of 128 elements about as long as
 * call by call: 16 lanes of arithmetic that is a 16th of the time. */
enum { SIZE_MOST = 128 };

static bool is_small(gs_shape shape) {
    return gs_shape_size(shape) <= SIZE_MOST;
}

static bool node_suits(const gs_builder *b, const gs_method *const *methods, int n) {
    const gs_node *node = &b->model->node[n];
    if (!is_small(node->shape))
        return false;
    for (int i = 0; i < node->inputs; i++)
        if (!is_small(gs_builder_shape(b, n, i)))
            return false;
    for (int m = 0; m < GS_METHODS; m++)
        if (methods[m]->abreast && methods[m]->applies(b, n))
            return methods[m]->abreast(b, n);
    return false;
}

bool gs_small_suits(const gs_builder *b, const gs_method *const *methods) {
    if (b->plan->backend || !is_small(gs_value_shape(b->model, GS_VALUE_X)))
        return false;
    for (int n = 0; n < b->model->nodes; n++) {
        const gs_planned *v = &b->value[n + GS_VALUE_NODES];
        bool computed = v->needed && b->model->node[n].per_sample;
        if (computed && v->is_slope ? !is_small(b->model->node[n].shape) : computed && !node_suits(b, methods, n))
            return false;
    }
    for (int k = 0; k < b->model->info.outputs; k++)
        if (!gs_value_per_sample(b->model, b->model->output[k]))
            return false;
    return true;
}
