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

/* Rows of `small` between which those of `large` are woven, for factors 2, the most common, and others. */
static void weave(float *restrict large, const float *restrict even, const float *restrict odd, int width) {
    for (int k = 0; k < width; k++) {
        large[2 * k] = even[k];
        large[2 * k + 1] = odd[k];
    }
}

static void unweave(const float *restrict large, float *restrict even, float *restrict odd, int width) {
    for (int k = 0; k < width; k++) {
        even[k] = large[2 * k];
        odd[k] = large[2 * k + 1];
    }
}

static void copy_row(const shuffle *own, float *small, float *large, ptrdiff_t plane) {
    int width = own->small.d[2], factor = own->factor;
    if (factor == 2 && own->enlarges) {
        weave(large, small, small + plane, width);
        return;
    }
    if (factor == 2) {
        unweave(large, small, small + plane, width);
        return;
    }
    for (int dj = 0; dj < factor; dj++, small += plane)
        for (int k = 0; k < width; k++)
            if (own->enlarges)
                large[k * factor + dj] = small[k];
            else
                small[k] = large[k * factor + dj];
}

/* Copy one to the other: row by row of the larger one, which takes turns among `factor` channels of the other. */
static void copy(const shuffle *own, float *small, float *large) {
    int height = own->small.d[1], width = own->small.d[2], factor = own->factor;
    ptrdiff_t plane = (ptrdiff_t)height * width;
    for (int c = 0; c < own->small.d[0]; c += factor)
        for (int r = 0; r < height; r++) {
            int above = c / (factor * factor) * height + r, di = c % (factor * factor) / factor;
            copy_row(own, small + c * plane + (ptrdiff_t)r * width,
                     large + ((ptrdiff_t)above * factor + di) * width * factor, plane);
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
