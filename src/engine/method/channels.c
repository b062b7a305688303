/* Concatenations and slices of channels, the slices' adjoints, and reshapes: whole planes where channels begin and end
 * with planes, else runs of planar buffers. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "engine/program.h"

#include <string.h>

/* Slices and their adjoints: the first channel. */
typedef struct slice {
    int plane;       /* its plane */
    size_t at, size; /* of its first element, and of all that are copied, elements */
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
    size_t element = gs_element_size(worker->plan->buffer[step->out].element);
    for (int i = i0; i < i1; i++) {
        char *y = gs_buffer_at(worker, step->out, i);
        for (int k = 0; k < step->sources; k++) {
            size_t size = gs_shape_size(step->source[k].shape) * element;
            memcpy(y, gs_buffer_at(worker, step->source[k].index, i), size);
            y += size;
        }
    }
}

static void add_copy(gs_program *program, gs_program_place from, gs_program_place to, size_t count) {
    gs_program_add(program, (gs_program_op){.kind = GS_PROGRAM_COPY, .count = (int)count, .in = {from}, .out = to});
}

static void encode_concat(const gs_plan *plan, const gs_step *step, gs_program *program) {
    size_t at = 0;
    for (int k = 0; k < step->sources; k++) {
        size_t size = gs_shape_size(step->source[k].shape);
        add_copy(program, gs_program_source(plan, step, k, 0), gs_program_buffer(plan, step->out, at), size);
        at += size;
    }
}

GS_DEFINE_METHOD(concat) = {.name = "concat", .applies = concat_applies, .prepare = prepare_blocked, .run = run_concat};
GS_DEFINE_METHOD(concat_planar) = {.name = "concat",
                                   .applies = concat_planar_applies,
                                   .abreast = concat_planar_applies,
                                   .encode = encode_concat,
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

static void set_slice(gs_step *step, const gs_node *node, gs_shape whole, gs_shape part) {
    int begin = node->op == GS_OP_RESHAPE ? 0 : node->attributes.begin;
    size_t channel = gs_shape_size(whole) / (size_t)whole.d[0];
    *(slice *)step->own =
        (slice){.plane = begin / GS_F32_LANES, .at = (size_t)begin * channel, .size = gs_shape_size(part)};
}

static size_t element_of(const gs_step *step, const gs_worker *worker) {
    return gs_element_size(worker->plan->buffer[step->out].element);
}

static bool prepare_slice(gs_builder *b, const gs_method *method, int n, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = gs_builder_add_simple(b, method, n, layout);
    if (s)
        set_slice(s, node, gs_builder_shape(b, n, 0), node->shape);
    return s != NULL;
}

static bool prepare_slice_blocked(gs_builder *b, const gs_method *method, int n) {
    return prepare_slice(b, method, n, GS_BLOCKED);
}

/* Abreast, a reshape is no step: elements are in planar order, whatever the shape. */
static bool prepare_slice_planar(gs_builder *b, const gs_method *method, int n) {
    int v = b->model->node[n].input[0];
    if (!b->abreast || b->model->node[n].op != GS_OP_RESHAPE)
        return prepare_slice(b, method, n, GS_PLANAR);
    b->plan->owner[n] = v == GS_VALUE_X ? -1 : b->plan->owner[v - GS_VALUE_NODES];
    gs_builder_set_value(b, n + GS_VALUE_NODES, b->value[v].buffer);
    return true;
}

static void run_slice(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    for (int i = i0; i < i1; i++)
        copy_planes(worker, step->source[0].index, own->plane, step->out, 0, worker->plan->buffer[step->out].planes, i);
}

static void run_slice_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const slice *own = step->own;
    size_t element = element_of(step, worker);
    for (int i = i0; i < i1; i++)
        memcpy(gs_buffer_at(worker, step->out, i),
               (const char *)gs_buffer_at(worker, step->source[0].index, i) + own->at * element, own->size * element);
}

static void encode_slice(const gs_plan *plan, const gs_step *step, gs_program *program) {
    const slice *own = step->own;
    gs_program_place from = gs_program_source(plan, step, 0, own->at);
    if (!gs_program_alias(plan, step->out, from))
        add_copy(program, from, gs_program_buffer(plan, step->out, 0), own->size);
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
                                  .encode = encode_slice,
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
        set_slice(s, node, node->shape, gs_builder_shape(b, n, 0));
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
    memset(y - out->origin, 0, (size_t)out->image);
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
    size_t element = element_of(step, worker);
    for (int i = i0; i < i1; i++)
        memcpy(clear(step, worker, i) + own->at * element, gs_buffer_at(worker, step->source[0].index, i),
               own->size * element);
}

static void add_clear(gs_program *program, gs_program_place at, size_t count) {
    gs_program_add(program, (gs_program_op){.kind = GS_PROGRAM_CLEAR, .count = (int)count, .out = at});
}

static void encode_unslice(const gs_plan *plan, const gs_step *step, gs_program *program) {
    const slice *own = step->own;
    size_t end = own->at + own->size, all = gs_shape_size(plan->buffer[step->out].shape);
    if (own->at)
        add_clear(program, gs_program_buffer(plan, step->out, 0), own->at);
    add_copy(program, gs_program_source(plan, step, 0, 0), gs_program_buffer(plan, step->out, own->at), own->size);
    if (end < all)
        add_clear(program, gs_program_buffer(plan, step->out, end), all - end);
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
                                    .encode = encode_unslice,
                                    .prepare = prepare_unslice_planar,
                                    .run = run_unslice_planar};
