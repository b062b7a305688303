/* Steps that only move data, and pools by another backend. */
#include "engine/backend.h"
#include "engine/build.h"

#include <string.h>

/* Whole planes one after the other when blocked, else planar. */
bool gs_build_concat(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_layout layout = GS_BLOCKED;
    for (int i = 0; i < node->inputs; i++) {
        if (!gs_value_per_sample(b->model, node->input[i]))
            return gs_build_reference(b, n);
        if (i + 1 < node->inputs && gs_value_shape(b->model, node->input[i]).d[0] % 16)
            layout = GS_PLANAR;
    }
    gs_source source[GS_INPUT_MAX];
    for (int i = 0; i < node->inputs; i++) {
        int in = buffer_in(b, node->input[i], layout);
        if (in < 0)
            return false;
        source[i] = from_buffer(b, in);
    }
    int out = add_buffer(b, node->shape, layout);
    gs_step *s = add_step(b, gs_concat_run, "concat", n, node->inputs, out);
    if (!s)
        return false;
    s->planar = layout == GS_PLANAR;
    memcpy(s->source, source, (size_t)node->inputs * sizeof *source);
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}

/* Steps with one operand in a given layout that need no preparation. */
static bool build_move(builder *b, int n, gs_layout layout, gs_step_run *run, const char *method) {
    int in = buffer_in(b, b->model->node[n].input[0], layout);
    int out = in < 0 ? -1 : add_buffer(b, b->model->node[n].shape, layout);
    gs_step *s = add_step(b, run, method, n, 1, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, in);
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}

bool gs_build_pool(builder *b, int n) {
    return gs_is_foreign(b, &b->model->node[n]) ? build_move(b, n, GS_BLOCKED, b->plan->backend->run, NULL)
                                                : gs_build_window(b, n);
}

/* Whole planes when blocked, else planar. */
bool gs_build_slice(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->attributes.begin % 16 || node->shape.d[0] % 16
               ? build_move(b, n, GS_PLANAR, gs_planar_slice_run, "copy")
               : build_move(b, n, GS_BLOCKED, gs_slice_run, "slice");
}
bool gs_build_upsample(builder *b, int n) {
    return build_move(b, n, GS_BLOCKED, gs_upsample_run, "upsample");
}
bool gs_build_shuffle(builder *b, int n) {
    return build_move(b, n, GS_PLANAR, gs_shuffle_run, "shuffle");
}
bool gs_build_unshuffle(builder *b, int n) {
    return build_move(b, n, GS_PLANAR, gs_unshuffle_run, "unshuffle");
}
/* A planar copy with another shape. */
bool gs_build_reshape(builder *b, int n) {
    return build_move(b, n, GS_PLANAR, gs_planar_slice_run, "copy");
}
