/* Softmax over the last dimension, some lines at a time. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "engine/share.h"

#include <string.h>

enum { LANES = GS_F32_LANES, ROWS = 16 };

typedef struct softmax {
    int lines, count;
} softmax;

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->op == GS_OP_SOFTMAX && node->attributes.over == GS_SOFTMAX_LAST;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_PLANAR);
    if (!s)
        return false;
    gs_shape shape = b->model->node[n].shape;
    softmax *own = s->own;
    own->count = shape.d[shape.rank - 1];
    own->lines = (int)(gs_shape_size(shape) / (size_t)own->count);
    return true;
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    size_t row = (size_t)gs_whole(((const softmax *)step->own)->count);
    return (gs_cost){.room_bytes = (ROWS * (row + LANES) + row) * sizeof(float)};
}

/* Lines that follow each other, by way of `room`, where they are whole vectors. */
static void run_lines(const gs_kernels *kernels, const float *x, float *y, int lines, int count, float *room) {
    size_t row = (size_t)gs_whole(count), bytes = (size_t)count * sizeof *x;
    float *factor = room + ROWS * row, *line = factor + ROWS * LANES;
    for (int i = 0; i < lines; i++)
        memcpy(room + (size_t)i * row, x + (ptrdiff_t)i * count, bytes);
    kernels->softmax(&(gs_softmax_args){.x = room,
                                        .x_row = (ptrdiff_t)row,
                                        .y = room,
                                        .y_row = (ptrdiff_t)row,
                                        .factor = factor,
                                        .rows = lines,
                                        .columns = count,
                                        .seen = count,
                                        .scale = GS_LOG2_E});
    for (int i = 0; i < lines; i++) {
        kernels->binary(GS_BINARY_MUL, room + (size_t)i * row, LANES, factor + (ptrdiff_t)i * LANES, 0, line,
                        row / LANES);
        memcpy(y + (ptrdiff_t)i * count, line, bytes);
    }
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const softmax *own = step->own;
    gs_share share = gs_share_of(worker, own->lines);
    memset(worker->room, 0, ROWS * (size_t)gs_whole(own->count) * sizeof(float));
    for (int image = i0; image < i1; image++) {
        const float *x = gs_buffer_at(worker, step->source[0].index, image);
        float *y = gs_buffer_at(worker, step->out, image);
        for (int line = share.begin; line < share.end; line += ROWS) {
            int left = share.end - line;
            ptrdiff_t at = (ptrdiff_t)line * own->count;
            run_lines(worker->plan->kernels, x + at, y + at, left < ROWS ? left : ROWS, own->count, worker->room);
        }
    }
}

GS_DEFINE_METHOD(softmax) = {.name = "softmax",
                             .own_bytes = sizeof(softmax),
                             .applies = applies,
                             .prepare = prepare,
                             .run = run,
                             .shares = true,
                             .cost = cost};
