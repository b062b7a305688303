/* Buffers as the kernels for float32 take them. */
#ifndef GS_VIEW_H
#define GS_VIEW_H

#include "engine/data.h"

/* Planes of rows of vectors, with strides in floats; a planar buffer is a single run of vectors. */
typedef struct gs_view {
    int buffer;
    int planes, rows, columns;
    ptrdiff_t plane, row;
} gs_view;

static inline ptrdiff_t gs_floats(ptrdiff_t bytes) {
    return bytes / (ptrdiff_t)sizeof(float);
}

/* The floats of as many whole vectors as hold n. */
static inline int gs_whole(int n) {
    return (n + GS_F32_LANES - 1) / GS_F32_LANES * GS_F32_LANES;
}

static inline gs_view gs_view_of(const gs_plan *plan, int buffer) {
    const gs_buffer *b = &plan->buffer[buffer];
    if (b->layout == GS_PLANAR)
        return (gs_view){.buffer = buffer, .planes = 1, .rows = 1, .columns = (int)(b->image / GS_VECTOR_BYTES)};
    return (gs_view){.buffer = buffer,
                     .planes = b->planes,
                     .rows = b->shape.d[1],
                     .columns = b->shape.d[2],
                     .plane = gs_floats(b->plane),
                     .row = gs_floats(b->row)};
}

/* The view of a step's operand k, which is a buffer. */
static inline gs_view gs_view_of_source(const gs_plan *plan, const gs_step *step, int k) {
    return gs_view_of(plan, step->source[k].index);
}

/* The first vector of a plane of image `i`. */
static inline float *gs_view_at(const gs_view *view, const gs_worker *worker, int i, int plane) {
    return (float *)gs_buffer_at(worker, view->buffer, i) + plane * view->plane;
}

#endif
