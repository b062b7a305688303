/* Sums, differences, products, quotients and comparisons, element by element; an operand may be a single number or have
 * one element per channel. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "engine/program.h"

/* One operand: whole, a single number, or one vector per plane. */
typedef enum form { WHOLE, NUMBER, CHANNELS } form;
typedef struct operand {
    form form;
    gs_view view; /* WHOLE: all; CHANNELS: plane */
} operand;

typedef struct binary {
    gs_binary op;
    operand operand[2];
    gs_view out;
} binary;

static gs_binary binary_of(const gs_node *node) {
    switch (node->op) {
    case GS_OP_ADD:
        return GS_BINARY_ADD;
    case GS_OP_SUB:
        return GS_BINARY_SUB;
    case GS_OP_MUL:
        return GS_BINARY_MUL;
    case GS_OP_DIV:
        return GS_BINARY_DIV;
    case GS_OP_GREATER:
        return GS_BINARY_GREATER;
    case GS_OP_MINIMUM:
        return GS_BINARY_MINIMUM;
    case GS_OP_MAXIMUM:
        return GS_BINARY_MAXIMUM;
    default:
        return GS_BINARY_COUNT;
    }
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    if (binary_of(node) == GS_BINARY_COUNT)
        return false;
    bool whole = false;
    for (int i = 0; i < 2; i++) {
        gs_shape shape = gs_builder_shape(b, n, i);
        bool same = gs_same_sizes(shape, node->shape);
        if (!same && !gs_is_channel_vector(shape, node->shape.d[0]) && gs_shape_size(shape) > 1)
            return false;
        whole = whole || same;
    }
    return whole;
}

/* Operands are whole or single numbers. */
static bool abreast(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    for (int i = 0; i < 2; i++) {
        gs_shape shape = gs_builder_shape(b, n, i);
        if (!gs_same_sizes(shape, node->shape) && gs_shape_size(shape) > 1)
            return false;
    }
    return true;
}

/* The result's layout: blocked if an operand is a vector of channels, or is itself blocked and has channels enough to
 * fill the lanes; else that of the first operand that has the result's shape. */
static gs_layout choose_layout(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_layout layout = GS_PLANAR;
    bool whole = false, channel = false, blocked = false;
    for (int i = 0; i < 2; i++) {
        gs_shape shape = gs_builder_shape(b, n, i);
        int buffer = b->value[node->input[i]].buffer; /* -1: belongs to the condition and is not loaded */
        gs_layout own = buffer < 0 ? GS_PLANAR : b->plan->buffer[buffer].layout;
        bool same = gs_same_sizes(shape, node->shape), vector = gs_is_channel_vector(shape, node->shape.d[0]);
        if (same && (!whole || buffer >= 0))
            layout = own;
        whole = whole || same;
        blocked = blocked || (same && own == GS_BLOCKED);
        channel = channel || (vector && gs_shape_size(shape) > 1 && (!same || buffer < 0));
    }
    return channel || (blocked && node->shape.d[0] % GS_F32_LANES == 0) ? GS_BLOCKED : layout;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_layout layout = choose_layout(b, n);
    gs_source source[2];
    for (int i = 0; i < 2; i++) {
        int v = node->input[i];
        gs_shape shape = gs_value_shape(b->model, v);
        bool small = b->abreast || gs_shape_size(shape) == 1 || gs_is_channel_vector(shape, node->shape.d[0]);
        if (small && !gs_value_per_sample(b->model, v)) {
            source[i] = gs_builder_from_condition(b, v);
            continue;
        }
        int buffer = gs_builder_buffer_in(b, v, layout);
        if (buffer < 0)
            return false;
        source[i] = gs_builder_from_buffer(b, buffer);
    }
    gs_step *s = gs_builder_add_node(b, method, n, source, layout);
    if (s)
        ((binary *)s->own)->op = binary_of(node);
    return s != NULL;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    binary *own = step->own;
    own->out = gs_view_of(plan, step->out);
    size_t size = gs_shape_size(plan->buffer[step->out].shape);
    for (int k = 0; k < 2; k++) {
        const gs_source *s = &step->source[k];
        operand *o = &own->operand[k];
        bool buffer = s->kind == GS_SOURCE_BUFFER;
        o->form = buffer && gs_shape_size(s->shape) == size ? WHOLE : gs_shape_size(s->shape) == 1 ? NUMBER : CHANNELS;
        if (o->form == WHOLE)
            o->view = gs_view_of(plan, s->index);
        else if (o->form == CHANNELS)
            o->view.plane = buffer ? gs_floats(plan->buffer[s->index].plane) : GS_F32_LANES;
    }
    return GS_OK;
}

/* An operand's data for an image, whose planes and rows follow each other as its view says; `splat` holds a single
 * number in all lanes. */
static const float *data_of(const gs_step *step, const gs_worker *worker, int k, int image, float *splat) {
    const float *data = gs_source_at(worker, step, k, image);
    if (((const binary *)step->own)->operand[k].form != NUMBER)
        return data;
    for (int l = 0; l < GS_F32_LANES; l++)
        splat[l] = *data;
    return splat;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const binary *own = step->own;
    const gs_view *out = &own->out, *a = &own->operand[0].view, *b = &own->operand[1].view;
    ptrdiff_t advance[2];
    for (int k = 0; k < 2; k++)
        advance[k] = own->operand[k].form == WHOLE ? GS_F32_LANES : 0;
    for (int i = i0; i < i1; i++) {
        float splat[2][GS_F32_LANES];
        const float *x[2];
        for (int k = 0; k < 2; k++)
            x[k] = data_of(step, worker, k, i, splat[k]);
        float *y = gs_buffer_at(worker, step->out, i);
        for (int p = 0; p < out->planes; p++)
            for (int r = 0; r < out->rows; r++)
                worker->plan->kernels->binary(own->op, x[0] + p * a->plane + r * a->row, advance[0],
                                              x[1] + p * b->plane + r * b->row, advance[1],
                                              y + p * out->plane + r * out->row, (size_t)out->columns);
    }
}

static void encode(const gs_plan *plan, const gs_step *step, gs_program *program) {
    size_t size = gs_shape_size(plan->buffer[step->out].shape);
    gs_program_op op = {.kind = GS_PROGRAM_BINARY,
                        .count = (int)size,
                        .out = gs_program_buffer(plan, step->out, 0),
                        .binary = ((const binary *)step->own)->op};
    for (int k = 0; k < 2; k++) {
        op.in[k] = gs_program_source(plan, step, k, 0);
        op.step[k] = gs_shape_size(step->source[k].shape) == size;
    }
    gs_program_add(program, op);
}

GS_DEFINE_METHOD(binary) = {.name = "binary",
                            .own_bytes = sizeof(binary),
                            .applies = applies,
                            .abreast = abreast,
                            .encode = encode,
                            .prepare = prepare,
                            .place = place,
                            .run = run};
