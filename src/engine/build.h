/* The state that the planner's parts (build.c, build_gradient.c, build_move.c) share while they turn a graph into
 * steps. */
#ifndef GS_BUILD_H
#define GS_BUILD_H

#include <string.h>

#include "engine/plan.h"

/* Working state of the planner. */
typedef struct builder {
    gs_plan *plan;
    const gs_model *model;
    int *users;             /* per value: needed nodes that read it, outputs included */
    int *reader;            /* per value: the last of these nodes, or -1 */
    bool *needed;           /* per value: whether an output depends on it */
    int *buffer;            /* per value: its primary buffer, or -1 */
    int *other[GS_LAYOUTS]; /* per value: its buffer in this layout, where that is not the primary one, or -1 */
    int *fused_add;         /* per node: the add node that is computed as it stores, or -1 */
    int *slope;             /* per node: the node of its slope, where the same step computes that, or -1 */
    bool *absorbed;         /* per node: whether another node's step computes it */
    int room_buffers, room_steps;
    gs_error *error;
} builder;

static inline bool reserve(void **array, int *room, int count, size_t size) {
    if (count < *room)
        return true;
    int larger = *room ? 2 * *room : 64;
    void *moved = gs_alloc((size_t)larger, size);
    if (!moved)
        return false;
    if (*array)
        memcpy(moved, *array, (size_t)count * size);
    gs_free(*array);
    *array = moved;
    *room = larger;
    return true;
}

/* Vectors (rank 1) are the same in both layouts and count as blocked. */
static inline int add_buffer(builder *b, gs_shape shape, gs_layout layout) {
    gs_plan *p = b->plan;
    if (shape.rank == 1)
        layout = GS_BLOCKED;
    if (!reserve((void **)&p->buffer, &b->room_buffers, p->buffers, sizeof *p->buffer))
        return -1;
    p->buffer[p->buffers] = (gs_buffer){.shape = shape, .layout = layout, .first = -1, .last = -1};
    return p->buffers++;
}

static inline gs_step *add_step(builder *b, gs_step_run *run, const char *method, int node, int sources, int out) {
    gs_plan *p = b->plan;
    if (out < 0 || !reserve((void **)&p->step, &b->room_steps, p->steps, sizeof *p->step))
        return NULL;
    gs_step *s = &p->step[p->steps];
    *s = (gs_step){.run = run, .method = method, .node = node, .sources = sources, .out = out, .slope = -1, .scale = 1};
    s->source = gs_alloc((size_t)sources, sizeof *s->source);
    if (!s->source)
        return NULL;
    p->steps++;
    return s;
}

static inline gs_source from_buffer(builder *b, int buffer) {
    return (gs_source){.kind = GS_SOURCE_BUFFER, .index = buffer, .shape = b->plan->buffer[buffer].shape};
}

/* Reserve room for value v in the condition vector. */
static inline gs_source from_condition(builder *b, int v) {
    gs_plan *p = b->plan;
    gs_shape shape = gs_value_shape(b->model, v);
    if (p->condition_offset[v] == SIZE_MAX) {
        p->condition_offset[v] = p->condition_size;
        p->condition_size += (gs_shape_size(shape) + 15) / 16 * 16;
    }
    return (gs_source){.kind = GS_SOURCE_CONDITION, .offset = p->condition_offset[v], .shape = shape};
}

/* A buffer that holds a value of the condition, for steps that take only buffers. */
static inline bool load_condition(builder *b, int v) {
    int out = add_buffer(b, gs_value_shape(b->model, v), GS_PLANAR);
    gs_step *s = add_step(b, gs_load_run, "load", -1, 1, out);
    if (!s)
        return false;
    s->source[0] = from_condition(b, v);
    b->buffer[v] = out;
    return true;
}

/* Value v's buffer in this layout, made by a change of layout if need be; -1 when memory runs out. */
static inline int buffer_in(builder *b, int v, gs_layout layout) {
    if (b->buffer[v] < 0 && !load_condition(b, v))
        return -1;
    static const struct {
        gs_step_run *run;
        const char *name;
    } change[GS_LAYOUTS] = {
        {gs_to_planar_run, "to-planar"}, {gs_to_blocked_run, "to-blocked"}, {gs_to_padded_run, "to-padded"}};
    int have = b->buffer[v];
    gs_shape shape = b->plan->buffer[have].shape;
    if (shape.rank == 1 || b->plan->buffer[have].layout == layout)
        return have;
    if (layout == GS_PADDED)
        have = buffer_in(b, v, GS_PLANAR);
    if (have >= 0 && b->other[layout][v] < 0) {
        int out = add_buffer(b, shape, layout);
        gs_step *s = add_step(b, change[layout].run, change[layout].name, -1, 1, out);
        if (!s)
            return -1;
        s->source[0] = from_buffer(b, have);
        b->other[layout][v] = out;
    }
    return have < 0 ? -1 : b->other[layout][v];
}

static inline int max_int(int a, int b) {
    return a > b ? a : b;
}

/* A convolution reads its input with a halo. */
static inline void want_halo(builder *b, int buffer, int before, int after) {
    gs_buffer *buf = &b->plan->buffer[buffer];
    buf->before = max_int(buf->before, before);
    buf->after = max_int(buf->after, after);
}

static inline void want_scratch(builder *b, size_t floats) {
    if (floats > b->plan->tiles_size)
        b->plan->tiles_size = floats;
}

/* How an operation's steps are made; false when memory runs out. These are the functions of build_gradient.c and
 * build_move.c, and the one for any operation. */
typedef bool build_node(builder *b, int n);
build_node gs_build_reference, gs_build_window, gs_build_pool_adjoint, gs_build_norm_adjoint, gs_build_stretch,
    gs_build_unstretch, gs_build_reduction, gs_build_unslice, gs_build_concat, gs_build_pool, gs_build_slice,
    gs_build_upsample, gs_build_shuffle, gs_build_unshuffle, gs_build_reshape;

/* Whether the plan's backend computes the node instead of our kernels. */
bool gs_is_foreign(const builder *b, const gs_node *node);

/* Whether a norm scales and shifts by channel, over groups of whole channels; and the number of groups. */
static inline bool gs_norm_by_channel(const gs_node *node) {
    size_t channels = (size_t)node->shape.d[0];
    return (!node->weight || node->weight->size == channels) && (!node->bias || node->bias->size == channels) &&
           (node->op != GS_OP_LAYER_NORM || node->attributes.over == GS_OVER_ALL);
}
static inline int gs_norm_groups(const gs_node *node) {
    return node->op == GS_OP_LAYER_NORM      ? 1
           : node->op == GS_OP_INSTANCE_NORM ? node->shape.d[0]
                                             : node->attributes.groups;
}

#endif
