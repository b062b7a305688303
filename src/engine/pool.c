/* Pools, their adjoints, and other sums over windows of positions, one window of one plane at a time. */
#include "engine/plan.h"
#include "op/window.h"

#include <string.h>

/* The window from which result (h, w) of a node is computed. */
static gs_window window_of(const gs_node *node, gs_shape in, int h, int w) {
    const int *scale = node->attributes.scale2;
    bool mean = node->op == GS_OP_MEAN;
    if (node->op == GS_OP_UNSTRETCH || node->op == GS_OP_SUM || mean) /* to one position */
        return (gs_window){0, in.d[1], 0, in.d[2], mean ? (double)in.d[1] * in.d[2] : 1};
    if (node->op == GS_OP_UPSAMPLE_ADJOINT)
        return (gs_window){h * scale[0], (h + 1) * scale[0], w * scale[1], (w + 1) * scale[1], 1};
    return gs_window_at(node, in, h, w);
}

static gs_window_args arguments(gs_window_op op, gs_window v, const gs_buffer *x) {
    return (gs_window_args){.op = op,
                            .x_row = x->row,
                            .y_row = x->row,
                            .rows = v.bottom - v.top,
                            .columns = v.right - v.left,
                            .scale = (float)(1 / v.cells)};
}

static ptrdiff_t offset_in(const gs_buffer *b, int plane, int row, int column) {
    return plane * b->plane + row * b->row + column * 16;
}

void gs_window_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    const gs_node *node = &plan->model->node[step->node];
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    gs_window_op op = node->op == GS_OP_MAX_POOL ? GS_WINDOW_MAX : GS_WINDOW_SUM;
    for (int h = 0; h < out->shape.d[1]; h++)
        for (int w = 0; w < out->shape.d[2]; w++) {
            gs_window v = window_of(node, in->shape, h, w);
            gs_window_args args = arguments(op, v, in);
            for (int i = i0; i < i1; i++)
                for (int p = 0; p < gs_planes(out->shape); p++) {
                    args.x = gs_buffer_at(worker, step->source[0].index, i) + offset_in(in, p, v.top, v.left);
                    args.y = gs_buffer_at(worker, step->out, i) + offset_in(out, p, h, w);
                    plan->kernels->window(&args);
                }
        }
}

static void clear(const gs_worker *worker, int buffer, int i0, int i1) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < gs_planes(b->shape); p++)
            for (int r = 0; r < b->shape.d[1]; r++)
                memset(gs_buffer_at(worker, buffer, i) + offset_in(b, p, r, 0), 0, (size_t)b->shape.d[2] * 64);
}

void gs_pool_adjoint_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    const gs_node *node = &plan->model->node[step->node], *of = &plan->model->node[node->attributes.of];
    const gs_buffer *dy = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    bool max = node->op == GS_OP_MAX_POOL_ADJOINT;
    const gs_buffer *x = max ? &plan->buffer[step->source[1].index] : out;
    clear(worker, step->out, i0, i1);
    for (int h = 0; h < dy->shape.d[1]; h++)
        for (int w = 0; w < dy->shape.d[2]; w++) {
            gs_window v = gs_window_at(of, out->shape, h, w);
            gs_window_args args = arguments(max ? GS_WINDOW_TOP : GS_WINDOW_SPREAD, v, x);
            args.y_row = out->row;
            for (int i = i0; i < i1; i++)
                for (int p = 0; p < gs_planes(out->shape); p++) {
                    if (max)
                        args.x = gs_buffer_at(worker, step->source[1].index, i) + offset_in(x, p, v.top, v.left);
                    args.g = gs_buffer_at(worker, step->source[0].index, i) + offset_in(dy, p, h, w);
                    args.y = gs_buffer_at(worker, step->out, i) + offset_in(out, p, v.top, v.left);
                    plan->kernels->window(&args);
                }
        }
}
