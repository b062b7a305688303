/* resample and its adjoint: sums of few elements along one dimension, by a table of those that each result takes. Along
 * rows or columns of channels, whole vectors; along others, and of a few channels, the elements of planar buffers. */
#include "engine/builder.h"
#include "engine/method/view.h"

#include <string.h>

typedef struct resample {
    int axis;
    size_t results;
    ptrdiff_t *start;    /* (results + 1) of each result's entries */
    ptrdiff_t *offset;   /* of their elements: the number, and once strides are known, floats from the first */
    float *weight;       /* or NULL: all are 1 */
    gs_view in, out;     /* of blocked buffers */
    size_t outer, inner; /* of planar ones: (outer, size, inner), the sizes before and after the dimension */
    size_t in_size;
} resample;

/* ---- The table ---- */

static bool is_adjoint(const gs_node *node) {
    return node->op == GS_OP_RESAMPLE_ADJOINT;
}

/* The result that entry i of the index adds to, and the element that it takes, or false if it is none. */
static bool entry_of(const gs_node *node, size_t i, size_t *result, size_t *element) {
    const gs_tensor *index = node->weight;
    if (index->data[i] < 0)
        return false;
    size_t row = i / index->shape[1], from = (size_t)index->data[i];
    *result = is_adjoint(node) ? from : row;
    *element = is_adjoint(node) ? row : from;
    return true;
}

/* Count the entries of each result, and put them one behind the other in the order of the index. */
static bool make_table(resample *own, const gs_node *node) {
    const gs_tensor *index = node->weight;
    size_t result, element;
    own->start = gs_alloc(own->results + 1, sizeof *own->start);
    own->offset = gs_alloc(index->size, sizeof *own->offset);
    own->weight = node->bias ? gs_alloc(index->size, sizeof *own->weight) : NULL;
    if (!own->start || !own->offset || (node->bias && !own->weight))
        return false;
    for (size_t i = 0; i < index->size; i++)
        if (entry_of(node, i, &result, &element))
            own->start[result + 1]++;
    for (size_t k = 0; k < own->results; k++)
        own->start[k + 1] += own->start[k];
    for (size_t i = 0; i < index->size; i++)
        if (entry_of(node, i, &result, &element)) {
            ptrdiff_t at = own->start[result]++;
            own->offset[at] = (ptrdiff_t)element;
            if (own->weight)
                own->weight[at] = node->bias->data[i];
        }
    memmove(own->start + 1, own->start, own->results * sizeof *own->start);
    own->start[0] = 0;
    return true;
}

static void free_table(const gs_plan *plan, gs_step *step) {
    (void)plan;
    resample *own = step->own;
    gs_free(own->start);
    gs_free(own->offset);
    gs_free(own->weight);
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const resample *own = step->own;
    size_t entries = own->start ? (size_t)own->start[own->results] : 0;
    return (gs_cost){.weight_bytes = entries * (sizeof *own->offset + (own->weight ? sizeof *own->weight : 0))};
}

/* ---- Planning ---- */

static bool planar_applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_RESAMPLE || is_adjoint(&b->model->node[n]);
}

/* Where fewer channels than half a vector's lie planar, a change of layout costs more than it saves. */
static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    int buffer = b->value[node->input[0]].buffer;
    bool blocked = buffer >= 0 && b->plan->buffer[buffer].layout == GS_BLOCKED;
    return planar_applies(b, n) && node->attributes.over > 0 && (blocked || 2 * node->shape.d[0] >= GS_F32_LANES);
}

static bool prepare_in(gs_builder *b, const gs_method *method, int n, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    gs_step *s = gs_builder_add_simple(b, method, n, layout);
    if (!s)
        return false;
    resample *own = s->own;
    gs_shape in = s->source[0].shape;
    own->axis = node->attributes.over;
    own->results = (size_t)node->shape.d[own->axis];
    own->in_size = (size_t)in.d[own->axis];
    own->outer = own->inner = 1;
    for (int i = 0; i < GS_RANK_MAX; i++)
        *(i < own->axis ? &own->outer : &own->inner) *= i == own->axis ? 1 : (size_t)in.d[i];
    return make_table(own, node);
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    return prepare_in(b, method, n, GS_BLOCKED);
}

static bool prepare_planar(gs_builder *b, const gs_method *method, int n) {
    return prepare_in(b, method, n, GS_PLANAR);
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    resample *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    for (ptrdiff_t e = 0; e < own->start[own->results]; e++)
        own->offset[e] *= own->axis == 1 ? own->in.row : GS_F32_LANES;
    return GS_OK;
}

/* ---- Running ---- */

/* Rows of the kernel are planes, whose rows are summed, or rows, whose columns are. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const resample *own = step->own;
    bool along_rows = own->axis == 1;
    gs_resample_args args = {.start = own->start,
                             .offset = own->offset,
                             .weight = own->weight,
                             .x_row = along_rows ? own->in.plane : own->in.row,
                             .y_row = along_rows ? own->out.plane : own->out.row,
                             .y_step = along_rows ? own->out.row : GS_F32_LANES,
                             .rows = along_rows ? own->out.planes : own->out.rows,
                             .results = (int)own->results,
                             .vectors = along_rows ? own->out.columns : 1};
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < (along_rows ? 1 : own->out.planes); p++) {
            args.x = gs_view_at(&own->in, worker, i, p);
            args.y = gs_view_at(&own->out, worker, i, p);
            worker->plan->kernels->resample(&args);
        }
}

GS_DEFINE_METHOD(resample) = {.name = "resample",
                              .own_bytes = sizeof(resample),
                              .applies = applies,
                              .prepare = prepare,
                              .place = place,
                              .run = run,
                              .free = free_table,
                              .cost = cost};

/* In double precision, as the reference. */
static void add(const resample *own, const float *x, float *y, size_t result) {
    for (size_t k = 0; k < own->inner; k++) {
        double sum = 0;
        for (ptrdiff_t e = own->start[result]; e < own->start[result + 1]; e++)
            sum += (own->weight ? (double)own->weight[e] : 1) * (double)x[(size_t)own->offset[e] * own->inner + k];
        y[k] = (float)sum;
    }
}

/* The element that is all of this result; -1: there is none. */
static ptrdiff_t single(const resample *own, size_t result) {
    bool one = !own->weight && own->start[result + 1] - own->start[result] == 1;
    return one ? own->offset[own->start[result]] : -1;
}

/* One line of elements: those that follow each other in both are copied at once. */
static void run_line(const resample *own, const float *x, float *y) {
    for (size_t i = 0; i < own->results;) {
        ptrdiff_t from = single(own, i);
        size_t count = 1;
        while (from >= 0 && i + count < own->results && single(own, i + count) == from + (ptrdiff_t)count)
            count++;
        if (from >= 0 && count * own->inner == 1)
            y[i] = x[from];
        else if (from >= 0)
            memcpy(y + i * own->inner, x + (size_t)from * own->inner, count * own->inner * sizeof *y);
        else
            add(own, x, y + i * own->inner, i);
        i += count;
    }
}

static void run_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const resample *own = step->own;
    for (int i = i0; i < i1; i++) {
        const float *x = gs_buffer_at(worker, step->source[0].index, i);
        float *y = gs_buffer_at(worker, step->out, i);
        for (size_t o = 0; o < own->outer; o++)
            run_line(own, x + o * own->in_size * own->inner, y + o * own->results * own->inner);
    }
}

GS_DEFINE_METHOD(resample_planar) = {.name = "resample",
                                     .own_bytes = sizeof(resample),
                                     .applies = planar_applies,
                                     .prepare = prepare_planar,
                                     .run = run_planar,
                                     .free = free_table,
                                     .cost = cost};
