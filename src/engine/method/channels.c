/* Concatenations and slices of channels, the slices' adjoints, and reshapes: whole planes where channels begin and end
 * with planes, else runs of planar buffers. */
#include "engine/builder.h"
#include "engine/method/view.h"

#include <string.h>

/* Slices and their adjoints: the first channel. */
typedef struct slice {
    int plane;       /* its plane */
    size_t at, size; /* of its first element, and of all that are copied, bytes in a buffer that is planar or abreast */
} slice;

static bool is_whole(int channels) {
    return channels % GS_F32_LANES == 0;
}

/* Copy `planes` blocked planes from plane p0 of `from` to plane q0 of `to`. */
static void copy_planes(const gs_worker *worker, int from, int p0, int to, int q0, int planes, int image) {
    const gs_buffer *in = &worker->plan->buffer[from], *out = &worker->plan->buffer[to];
    const char *x = (const char *)gs_buffer_at(worker, from, image) + p0 * in->plane;
    char *y = (char *)gs_buffer_at(worker, to, image) + q0 * out->plane;
    for (int p = 0; p < planes; p++)
        for (int r = 0; r < in->shape.d[1]; r++)
            memcpy(y + p * out->plane + r * out->row, x + p * in->plane + r * in->row,
                   (size_t)in->shape.d[2] * (size_t)in->column);
}

/* ---- Concatenations ---- */

static bool concat_planar_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool all = node->op == GS_OP_CONCAT;
    for (int i = 0; all && i < node->inputs; i++)
        all = gs_value_per_sample(b->model, node->input[i]);
    return all;
}

static bool concat_applies(const gs_builder *b, int n) {
    bool whole = concat_planar_applies(b, n);
    for (int i = 0; whole && i + 1 < b->model->node[n].inputs; i++)
        whole = is_whole(gs_builder_shape(b, n, i).d[0]);
    return whole;
}

static bool prepare_blocked(gs_builder *b, const gs_method *method, int n) {
    return gs_builder_add_simple(b, method, n, GS_BLOCKED) != NULL;
}

static bool prepare_planar(gs_builder *b, const gs_method *method, int n) {
    return gs_builder_add_simple(b, method, n, GS_PLANAR) != NULL;
}

static void run_concat(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        for (int k = 0, plane = 0; k < step->sources; k++) {
            int planes = worker->plan->buffer[step->source[k].index].planes;
            copy_planes(worker, step->source[k].index, 0, step->out, plane, planes, i);
            plane += planes;
        }
}

/* The padding of the last operand to whole vectors is never read. */
static void run_concat_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int images = gs_buffer_abreast(out);
    size_t element = gs_element_size(out->element) * (size_t)images;
    for (int i = i0; i < i1; i += images) {
        char *y = gs_buffer_at(worker, step->out, i);
        for (int k = 0; k < step->sources; k++) {
            size_t size = gs_shape_size(step->source[k].shape) * element;
            memcpy(y, gs_buffer_at(worker, step->source[k].index, i), size);
            y += size;
        }
    }
}

GS_DEFINE_METHOD(concat) = {.name = "concat", .applies = concat_applies, .prepare = prepare_blocked, .run = run_concat};
GS_DEFINE_METHOD(concat_planar) = {.name = "concat",
                                   .applies = concat_planar_applies,
                                   .abreast = concat_planar_applies,
                                   .prepare = prepare_planar,
                                   .run = run_concat_planar};

/* ---- Slices and reshapes ---- */

/* A slice that attention alone reads is no step: it finds channels of a blocked value wherever they begin. Masks are
 * planar. */
static bool slice_view_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    int reader = gs_builder_sole_reader(b, n + GS_VALUE_NODES), v = node->input[0], buffer = b->value[v].buffer;
    if (node->op != GS_OP_SLICE || reader < 0 || buffer < 0 || b->model->node[reader].op != GS_OP_ATTENTION ||
        (b->model->node[reader].inputs > 3 && b->model->node[reader].input[3] == n + GS_VALUE_NODES))
        return false;
    const gs_buffer *whole = &b->plan->buffer[buffer];
    return v >= GS_VALUE_NODES && whole->layout == GS_BLOCKED &&
           gs_same_sizes(whole->shape, gs_value_shape(b->model, v));
}

static bool prepare_slice_view(gs_builder *b, const gs_method *method, int n) {
    (void)method;
    int v = b->model->node[n].input[0];
    b->plan->owner[n] = b->plan->owner[v - GS_VALUE_NODES];
    gs_builder_set_value(b, n + GS_VALUE_NODES, b->value[v].buffer);
    return true;
}

GS_DEFINE_METHOD(slice_view) = {.name = "slice", .applies = slice_view_applies, .prepare = prepare_slice_view};

static bool slice_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->op == GS_OP_SLICE && is_whole(node->attributes.begin) && is_whole(node->shape.d[0]);
}

/* A reshape is a slice of everything. */
static bool slice_planar_applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_SLICE || b->model->node[n].op == GS_OP_RESHAPE;
}

static void set_slice(gs_builder *b, gs_step *step, const gs_node *node, gs_shape whole, gs_shape part) {
    int begin = node->op == GS_OP_RESHAPE ? 0 : node->attributes.begin;
    const gs_buffer *out = &b->plan->buffer[step->out];
    size_t element = gs_element_size(out->element) * (size_t)gs_buffer_abreast(out);
    size_t channel = gs_shape_size(whole) / (size_t)whole.d[0] * element;
    *(slice *)step->own =
        (slice){.plane = begin / GS_F32_LANES, .at = (size_t)begin * channel, .size = gs_shape_size(part) * element};
}

static bool prepare_slice(gs_builder *b, const gs_method *method, int n, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = gs_builder_add_simple(b, method, n, layout);
    if (s)
        set_slice(b, s, node, s->source[0].shape, node->shape);
    return s != NULL;
}

static bool prepare_slice_blocked(gs_builder *b, const gs_method *method, int n) {
    return prepare_slice(b, method, n, GS_BLOCKED);
}

static bool prepare_slice_planar(gs_builder *b, const gs_method *method, int n) {
    return prepare_slice(b, method, n, GS_PLANAR);
}

static void run_slice(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    for (int i = i0; i < i1; i++)
        copy_planes(worker, step->source[0].index, own->plane, step->out, 0, worker->plan->buffer[step->out].planes, i);
}

static void run_slice_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    for (int i = i0; i < i1; i += gs_buffer_abreast(&worker->plan->buffer[step->out]))
        memcpy(gs_buffer_at(worker, step->out, i),
               (const char *)gs_buffer_at(worker, step->source[0].index, i) + own->at, own->size);
}

GS_DEFINE_METHOD(slice) = {.name = "slice",
                           .own_bytes = sizeof(slice),
                           .applies = slice_applies,
                           .prepare = prepare_slice_blocked,
                           .run = run_slice};
GS_DEFINE_METHOD(slice_planar) = {.name = "copy",
                                  .own_bytes = sizeof(slice),
                                  .applies = slice_planar_applies,
                                  .abreast = slice_planar_applies,
                                  .prepare = prepare_slice_planar,
                                  .run = run_slice_planar};

/* ---- Adjoints of slices: zeros outside the slice ---- */

static bool unslice_planar_applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_UNSLICE;
}

static bool unslice_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    int begin = node->attributes.begin, end = begin + gs_builder_shape(b, n, 0).d[0];
    return unslice_planar_applies(b, n) && is_whole(begin) && (is_whole(end) || end == node->shape.d[0]);
}

static bool prepare_unslice(gs_builder *b, const gs_method *method, int n, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = gs_builder_add_simple(b, method, n, layout);
    if (s)
        set_slice(b, s, node, node->shape, s->source[0].shape);
    return s != NULL;
}

static bool prepare_unslice_blocked(gs_builder *b, const gs_method *method, int n) {
    return prepare_unslice(b, method, n, GS_BLOCKED);
}

static bool prepare_unslice_planar(gs_builder *b, const gs_method *method, int n) {
    return prepare_unslice(b, method, n, GS_PLANAR);
}

static char *clear(const gs_step *step, const gs_worker *worker, int image) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    char *y = gs_buffer_at(worker, step->out, image);
    memset(y - out->origin, 0, (size_t)(out->image * gs_buffer_abreast(out)));
    return y;
}

static void run_unslice(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    int from = step->source[0].index;
    for (int i = i0; i < i1; i++) {
        clear(step, worker, i);
        copy_planes(worker, from, 0, step->out, own->plane, worker->plan->buffer[from].planes, i);
    }
}

static void run_unslice_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    for (int i = i0; i < i1; i += gs_buffer_abreast(&worker->plan->buffer[step->out]))
        memcpy(clear(step, worker, i) + own->at, gs_buffer_at(worker, step->source[0].index, i), own->size);
}

GS_DEFINE_METHOD(unslice) = {.name = "slice",
                             .own_bytes = sizeof(slice),
                             .applies = unslice_applies,
                             .prepare = prepare_unslice_blocked,
                             .run = run_unslice};
GS_DEFINE_METHOD(unslice_planar) = {.name = "copy",
                                    .own_bytes = sizeof(slice),
                                    .applies = unslice_planar_applies,
                                    .abreast = unslice_planar_applies,
                                    .prepare = prepare_unslice_planar,
                                    .run = run_unslice_planar};
