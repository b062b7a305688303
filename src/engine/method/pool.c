/* Pools, their adjoints, and other sums over windows of positions, one window of one plane at a time. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "op/window.h"

#include <string.h>

/* Positions begin ... end - 1 of one dimension. */
typedef struct span {
    int begin, end;
} span;

/* The windows of a node: those of its rows times those of its columns. */
typedef struct windows {
    gs_window_op op;
    int count[2];
    span *span[2]; /* (count) by dimension; one allocation */
    double cells;  /* what sums are divided by; 0: the window's positions */
    gs_view in, out;
    gs_view top; /* adjoint of the largest: the pool's operand */
} windows;

/* ---- Planning ---- */

/* The largest, or sums and means over so few positions that one chain of additions is exact enough; the reference
 * computes the others in float64. For few channels a change of layout is not worth it. */
static bool reduces(const gs_builder *b, int n) {
    enum { MOST = 1024 };
    const gs_node *node = &b->model->node[n];
    gs_shape from = gs_builder_shape(b, n, 0);
    size_t positions = (size_t)from.d[1] * (size_t)from.d[2];
    int have = b->value[node->input[0]].buffer;
    bool blocked = from.d[0] >= GS_F32_LANES || (have >= 0 && b->plan->buffer[have].layout == GS_BLOCKED);
    bool few = positions > 1 && (positions <= MOST || node->op == GS_OP_MAX);
    return node->attributes.over == GS_OVER_POSITIONS && blocked && few;
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    switch (node->op) {
    case GS_OP_AVG_POOL:
    case GS_OP_MAX_POOL:
    case GS_OP_ADAPTIVE_AVG_POOL:
    case GS_OP_UPSAMPLE_ADJOINT:
        return true;
    case GS_OP_UNSTRETCH: /* over all positions; the reference computes the others */
        return gs_is_channel_vector(node->shape, gs_builder_shape(b, n, 0).d[0]);
    case GS_OP_SUM:
    case GS_OP_MEAN:
    case GS_OP_MAX:
        return reduces(b, n);
    default:
        return false;
    }
}

static bool adjoint_applies(const gs_builder *b, int n) {
    gs_op op = b->model->node[n].op;
    return op == GS_OP_POOL_ADJOINT || op == GS_OP_MAX_POOL_ADJOINT;
}

/* The step, with room for the spans of the windows from which results of this shape are computed. */
static gs_step *add_step(gs_builder *b, const gs_method *method, int n, gs_shape results) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_BLOCKED);
    if (!s)
        return NULL;
    windows *own = s->own;
    own->count[0] = results.d[1];
    own->count[1] = results.d[2];
    own->span[0] = gs_alloc((size_t)own->count[0] + (size_t)own->count[1], sizeof(span));
    if (!own->span[0])
        return NULL;
    own->span[1] = own->span[0] + own->count[0];
    return s;
}

/* The spans of a pool with an operand of this shape. */
static void set_pool(windows *own, const gs_node *pool, gs_shape in) {
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < own->count[d]; i++)
            gs_window_ends(pool, d, i, own->count[d], in.d[d + 1], &own->span[d][i].begin, &own->span[d][i].end);
    if (pool->op == GS_OP_AVG_POOL && pool->attributes.count_padding)
        own->cells = (double)pool->attributes.kernel[0] * pool->attributes.kernel[1];
}

/* Adjacent spans of `scale` positions. */
static void set_even(windows *own, const int scale[2]) {
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < own->count[d]; i++)
            own->span[d][i] = (span){i * scale[d], (i + 1) * scale[d]};
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = add_step(b, method, n, node->shape);
    if (!s)
        return false;
    windows *own = s->own;
    gs_shape in = s->source[0].shape;
    own->op = node->op == GS_OP_MAX_POOL || node->op == GS_OP_MAX ? GS_WINDOW_MAX : GS_WINDOW_SUM;
    bool whole =
        node->op == GS_OP_UNSTRETCH || node->op == GS_OP_SUM || node->op == GS_OP_MEAN || node->op == GS_OP_MAX;
    if (whole)
        set_even(own, (int[2]){in.d[1], in.d[2]});
    else if (node->op == GS_OP_UPSAMPLE_ADJOINT)
        set_even(own, node->attributes.extent);
    else
        set_pool(own, node, in);
    if (node->op == GS_OP_UNSTRETCH || node->op == GS_OP_SUM || node->op == GS_OP_UPSAMPLE_ADJOINT)
        own->cells = 1;
    return true;
}

static bool prepare_adjoint(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = add_step(b, method, n, gs_builder_shape(b, n, 0));
    if (!s)
        return false;
    windows *own = s->own;
    own->op = node->op == GS_OP_MAX_POOL_ADJOINT ? GS_WINDOW_TOP : GS_WINDOW_SPREAD;
    set_pool(own, &b->model->node[node->attributes.of], node->shape);
    return true;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    windows *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    own->top = own->op == GS_WINDOW_TOP ? gs_view_of_source(plan, step, 1) : own->out;
    return GS_OK;
}

static void free_windows(const gs_plan *plan, gs_step *step) {
    (void)plan;
    gs_free(((windows *)step->own)->span[0]);
}

/* ---- Running ---- */

/* Windows w ... w + count - 1 of a row, which the kernel takes at once: they have one size and distance. */
static int count_alike(const windows *own, int w) {
    const span *s = own->span[1] + w;
    int left = own->count[1] - w, count = 1;
    while (count < left && s[count].end - s[count].begin == s->end - s->begin &&
           s[count].begin - s[count - 1].begin == s[1].begin - s->begin)
        count++;
    return count;
}

/* The arguments of the kernel for such windows: their size, scale, and strides in a buffer. */
static gs_window_args arguments(const windows *own, int h, int w, ptrdiff_t row) {
    const span *v = own->span[0] + h, *u = own->span[1] + w;
    int rows = v->end - v->begin, columns = u->end - u->begin, count = count_alike(own, w);
    double cells = own->cells > 0 ? own->cells : (double)rows * columns;
    return (gs_window_args){.op = own->op,
                            .x_row = row,
                            .y_row = row,
                            .x_shift = count > 1 ? (u[1].begin - u->begin) * (ptrdiff_t)GS_F32_LANES : 0,
                            .count = count,
                            .rows = rows,
                            .columns = columns,
                            .scale = (float)(1 / cells)};
}

static ptrdiff_t offset_in(const gs_view *view, int row, int column) {
    return row * view->row + column * GS_F32_LANES;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const windows *own = step->own;
    const gs_view *in = &own->in, *out = &own->out;
    for (int h = 0; h < own->count[0]; h++)
        for (int w = 0; w < own->count[1];) {
            gs_window_args args = arguments(own, h, w, in->row);
            args.y_shift = GS_F32_LANES;
            for (int i = i0; i < i1; i++)
                for (int p = 0; p < out->planes; p++) {
                    args.x = gs_view_at(in, worker, i, p) + offset_in(in, own->span[0][h].begin, own->span[1][w].begin);
                    args.y = gs_view_at(out, worker, i, p) + offset_in(out, h, w);
                    worker->plan->kernels->window(&args);
                }
            w += args.count;
        }
}

static void clear(const gs_view *view, const gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < view->planes; p++)
            for (int r = 0; r < view->rows; r++)
                memset(gs_view_at(view, worker, i, p) + r * view->row, 0, (size_t)view->columns * GS_VECTOR_BYTES);
}

static void run_adjoint(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const windows *own = step->own;
    const gs_view *dy = &own->in, *out = &own->out, *x = &own->top;
    clear(out, worker, i0, i1);
    for (int h = 0; h < own->count[0]; h++)
        for (int w = 0; w < own->count[1];) {
            int row = own->span[0][h].begin, column = own->span[1][w].begin;
            gs_window_args args = arguments(own, h, w, x->row);
            args.y_row = out->row;
            args.y_shift = args.x_shift;
            args.x_shift = own->op == GS_WINDOW_TOP ? args.x_shift : 0;
            args.g_shift = GS_F32_LANES;
            for (int i = i0; i < i1; i++)
                for (int p = 0; p < out->planes; p++) {
                    if (own->op == GS_WINDOW_TOP)
                        args.x = gs_view_at(x, worker, i, p) + offset_in(x, row, column);
                    args.g = gs_view_at(dy, worker, i, p) + offset_in(dy, h, w);
                    args.y = gs_view_at(out, worker, i, p) + offset_in(out, row, column);
                    worker->plan->kernels->window(&args);
                }
            w += args.count;
        }
}

GS_DEFINE_METHOD(window) = {.name = "window",
                            .own_bytes = sizeof(windows),
                            .applies = applies,
                            .prepare = prepare,
                            .place = place,
                            .run = run,
                            .free = free_windows};
GS_DEFINE_METHOD(window_adjoint) = {.name = "window",
                                    .own_bytes = sizeof(windows),
                                    .applies = adjoint_applies,
                                    .prepare = prepare_adjoint,
                                    .place = place,
                                    .run = run_adjoint,
                                    .free = free_windows};
