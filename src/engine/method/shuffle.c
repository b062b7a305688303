/* Pixel shuffles, between planar buffers. */
#include "engine/builder.h"

typedef struct shuffle {
    gs_shape small; /* (C r^2, H, W); the larger one is (C, r H, r W) */
    int factor;
    bool enlarges;
} shuffle;

static bool enlarges(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_PIXEL_SHUFFLE;
}

static bool reduces(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_PIXEL_UNSHUFFLE;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = gs_builder_add_simple(b, method, n, GS_PLANAR);
    if (!s)
        return false;
    bool enlarge = enlarges(b, n);
    *(shuffle *)s->own = (shuffle){
        .small = enlarge ? s->source[0].shape : node->shape, .factor = node->attributes.factor, .enlarges = enlarge};
    return true;
}

/* Copy one to the other. */
static void copy(const shuffle *own, float *small, float *large) {
    int height = own->small.d[1], width = own->small.d[2], factor = own->factor, square = factor * factor;
    for (int c = 0; c < own->small.d[0]; c++) {
        int di = c % square / factor, dj = c % factor;
        for (int r = 0; r < height; r++) {
            float *l = large + ((c / square * height + r) * factor + di) * width * factor + dj;
            for (int k = 0; k < width; k++, small++)
                if (own->enlarges)
                    l[k * factor] = *small;
                else
                    *small = l[k * factor];
        }
    }
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const shuffle *own = step->own;
    for (int i = i0; i < i1; i++) {
        float *x = gs_buffer_at(worker, step->source[0].index, i), *y = gs_buffer_at(worker, step->out, i);
        copy(own, own->enlarges ? x : y, own->enlarges ? y : x);
    }
}

GS_DEFINE_METHOD(shuffle) = {
    .name = "shuffle", .own_bytes = sizeof(shuffle), .applies = enlarges, .prepare = prepare, .run = run};
GS_DEFINE_METHOD(unshuffle) = {
    .name = "unshuffle", .own_bytes = sizeof(shuffle), .applies = reduces, .prepare = prepare, .run = run};
