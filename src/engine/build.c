/* Turns the validated graph into steps: decides which operations are fused, which layout each value has, and which
 * kernel computes it. */
#include "engine/backend.h"
#include "engine/build.h"

#include <stdlib.h>
#include <string.h>

static bool same_sizes(gs_shape x, gs_shape y) {
    return x.d[0] == y.d[0] && x.d[1] == y.d[1] && x.d[2] == y.d[2];
}

static bool is_channel_vector(gs_shape shape, int channels) {
    return shape.d[0] == channels && shape.d[1] == 1 && shape.d[2] == 1;
}

/* The node that is the only reader of value v, or -1. */
static int sole_user(const builder *b, int v) {
    return b->users[v] == 1 ? b->reader[v] : -1;
}

static bool fast_conv(const gs_node *node) {
    bool linear = node->op == GS_OP_LINEAR || node->op == GS_OP_LINEAR_ADJOINT;
    return linear || ((node->op == GS_OP_CONV2D || node->op == GS_OP_CONV2D_ADJOINT) && node->attributes.groups == 1);
}

/* Whether a derivative of few channels is computed in blocks of pixels. */
static bool in_blocks(const builder *b, const gs_node *node, int block[2]) {
    if (node->op != GS_OP_CONV2D_ADJOINT || !fast_conv(node))
        return false;
    gs_conv conv = gs_conv_of(node, gs_value_shape(b->model, node->input[0]));
    return gs_conv_in_blocks(&conv, block);
}

/* x + conv(y): if the convolution is the later operand and nothing else reads it, it does the addition as it stores. */
static void find_residuals(builder *b) {
    for (int n = 0; n < b->model->nodes; n++) {
        const gs_node *add = &b->model->node[n];
        b->fused_add[n] = -1;
        if (add->op != GS_OP_ADD || !add->per_sample || add->input[0] == add->input[1])
            continue;
        int late = max_int(add->input[0], add->input[1]), early = add->input[0] + add->input[1] - late;
        int conv = late - GS_VALUE_NODES, block[2];
        if (conv < 0 || !fast_conv(&b->model->node[conv]) || in_blocks(b, &b->model->node[conv], block) ||
            sole_user(b, late) != n || !gs_value_per_sample(b->model, early) ||
            !same_sizes(gs_value_shape(b->model, early), b->model->node[conv].shape) ||
            add->shape.rank != b->model->node[conv].shape.rank)
            continue;
        b->fused_add[conv] = n;
    }
}

bool gs_is_foreign(const builder *b, const gs_node *node) {
    const gs_backend *backend = b->plan->backend;
    return backend && backend->takes(node, gs_value_shape(b->model, node->input[0]));
}

/* Fuse a node's sole reader if it is `op` with value v as one operand; *operand is set to the other. */
static int reader_with(const builder *b, int v, gs_op op, int *operand) {
    int n = sole_user(b, v);
    if (n < 0 || b->model->node[n].op != op)
        return -1;
    const int *in = b->model->node[n].input;
    *operand = in[0] == v ? in[1] : in[0];
    return n;
}

/* The activation a node computes, or GS_ACT_COUNT where the reference must. */
static gs_activation activation_of(const gs_node *node) {
    switch (node->op) {
    case GS_OP_RELU:
        return GS_ACT_RELU;
    case GS_OP_LEAKY_RELU:
        return GS_ACT_LEAKY_RELU;
    case GS_OP_SILU:
        return GS_ACT_SILU;
    case GS_OP_SIGMOID:
        return GS_ACT_SIGMOID;
    case GS_OP_TANH:
        return GS_ACT_TANH;
    case GS_OP_ELU:
        return GS_ACT_ELU;
    case GS_OP_GELU:
        return node->attributes.tanh_form ? GS_ACT_COUNT : GS_ACT_GELU;
    case GS_OP_SOFTPLUS:
        return GS_ACT_SOFTPLUS;
    case GS_OP_EXP:
        return GS_ACT_EXP;
    case GS_OP_SQRT:
        return GS_ACT_SQRT;
    case GS_OP_RECIPROCAL:
        return GS_ACT_RECIPROCAL;
    case GS_OP_SQUARE:
        return GS_ACT_SQUARE;
    default:
        return GS_ACT_COUNT;
    }
}

/* Let the step compute activation n, and its slope where the gradient needs it; false when memory runs out. */
static bool set_activation(builder *b, gs_step *s, int n) {
    const gs_node *node = &b->model->node[n];
    s->activation = activation_of(node);
    s->parameter = (float)node->attributes.scale;
    int slope = b->slope[n];
    if (slope < 0)
        return true;
    s->slope = b->buffer[slope + GS_VALUE_NODES] = add_buffer(b, node->shape, b->plan->buffer[s->out].layout);
    b->absorbed[slope] = true;
    return s->slope >= 0;
}

/* Fuse into the step the activation that is the only reader of value *v. */
static bool absorb_activation(builder *b, gs_step *s, int *v) {
    int n = sole_user(b, *v);
    if (n < 0 || activation_of(&b->model->node[n]) == GS_ACT_COUNT)
        return true;
    b->absorbed[n] = true;
    *v = n + GS_VALUE_NODES;
    return set_activation(b, s, n);
}

/* Each function below makes the steps of one node; false when memory runs out. */

bool gs_build_reference(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_source source[GS_INPUT_MAX];
    for (int i = 0; i < node->inputs; i++) {
        int v = node->input[i];
        if (gs_value_per_sample(b->model, v)) {
            int buffer = buffer_in(b, v, GS_PLANAR);
            if (buffer < 0)
                return false;
            source[i] = from_buffer(b, buffer);
        } else {
            source[i] = from_condition(b, v);
        }
    }
    int out = add_buffer(b, node->shape, GS_PLANAR);
    gs_step *s = add_step(b, gs_reference_run, "reference", n, node->inputs, out);
    if (!s)
        return false;
    memcpy(s->source, source, (size_t)node->inputs * sizeof *source);
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}

/* The halo a convolution reads. Winograd's last tile reads up to 4 tiles + 1 - padding. */
static void want_reach(builder *b, int buffer, const gs_conv *conv, bool winograd) {
    for (int i = 0; i < 2; i++) {
        const gs_axis *a = &conv->axis[i];
        int before, after;
        gs_axis_reach(a, &before, &after);
        if (winograd)
            after = max_int(after, (a->size + 3) / 4 * 4 + 2 - a->padding - a->input);
        want_halo(b, buffer, before, after);
    }
}

/* A convolution of few output channels: it computes blocks of pixels, which a second step takes apart. */
static bool build_in_blocks(builder *b, int n, const gs_conv *conv, const int block[2]) {
    const gs_node *node = &b->model->node[n];
    gs_conv blocks;
    float *memory;
    int in = buffer_in(b, node->input[0], GS_BLOCKED);
    if (in < 0 || !gs_conv_make_blocks(conv, block, &blocks, &memory))
        return false;
    int made = add_buffer(b, (gs_shape){.rank = 3, .d = {blocks.outputs, blocks.axis[0].size, blocks.axis[1].size}},
                          GS_BLOCKED);
    gs_step *s = add_step(b, NULL, NULL, n, 1, made);
    bool ok = s != NULL;
    if (ok) {
        s->source[0] = from_buffer(b, in);
        ok = gs_conv_prepare(b->plan, s, &blocks);
        s->method = "direct, in blocks";
    }
    gs_free(memory);
    want_reach(b, in, &blocks, false);
    int out = ok ? add_buffer(b, node->shape, GS_PLANAR) : -1;
    s = add_step(b, gs_from_blocks_run, "from-blocks", n, 1, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, made);
    memcpy(s->tiles, block, sizeof s->tiles);
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}

/* Fuse into a convolution's store the product that is the only reader of value *v, if its other factor has the same
 * shape and is computed already: so a derivative is multiplied by the slope of the preceding activation. Returns the
 * other factor's buffer, or -1. */
static int absorb_factor(builder *b, int *v) {
    int operand, n = reader_with(b, *v, GS_OP_MUL, &operand);
    if (n < 0 || operand == *v || b->buffer[operand] < 0)
        return -1;
    const gs_buffer *buffer = &b->plan->buffer[b->buffer[operand]];
    gs_shape shape = b->model->node[n].shape;
    if (buffer->layout != GS_BLOCKED || !same_sizes(buffer->shape, shape) || buffer->shape.rank != shape.rank ||
        gs_value_shape(b->model, *v).rank != shape.rank || !same_sizes(gs_value_shape(b->model, *v), shape))
        return -1;
    b->absorbed[n] = true;
    *v = n + GS_VALUE_NODES;
    return b->buffer[operand];
}

static bool build_conv(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool foreign = gs_is_foreign(b, node);
    if (!foreign && !fast_conv(node))
        return gs_build_reference(b, n);
    int add = b->fused_add[n], value = (add < 0 ? n : add) + GS_VALUE_NODES;
    gs_conv conv = gs_conv_of(node, gs_value_shape(b->model, node->input[0]));
    int block[2];
    if (!foreign && in_blocks(b, node, block))
        return build_in_blocks(b, n, &conv, block);
    bool plane = !foreign && node->op == GS_OP_CONV2D && conv.inputs == 1;
    int in = buffer_in(b, node->input[0], plane ? GS_PADDED : GS_BLOCKED), residual = -1;
    if (add >= 0) {
        const int *operand = b->model->node[add].input;
        residual = buffer_in(b, operand[0] == n + GS_VALUE_NODES ? operand[1] : operand[0], GS_BLOCKED);
    }
    if (in < 0 || (add >= 0 && residual < 0))
        return false;
    bool winograd = gs_winograd_applies(&conv);
    int factor = foreign ? -1 : absorb_factor(b, &value);
    int out = add_buffer(b, node->shape, GS_BLOCKED);
    gs_step *s = add_step(b, NULL, NULL, n, factor >= 0 ? 3 : add < 0 ? 1 : 2, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, in);
    if (add >= 0) {
        s->source[1] = from_buffer(b, residual);
        b->absorbed[add] = true;
    }
    if (foreign) {
        s->run = b->plan->backend->run;
        b->buffer[value] = out;
        return true;
    }
    if (factor >= 0)
        s->source[2] = from_buffer(b, factor);
    want_reach(b, in, &conv, winograd);
    b->buffer[value] = out;
    if (gs_value_shape(b->model, node->input[0]).rank == 1)
        return gs_linear_prepare(b->plan, s, &conv);
    return winograd ? gs_winograd_prepare(b->plan, s, &conv) : gs_conv_prepare(b->plan, s, &conv);
}

static bool build_norm(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    int channels = node->shape.d[0];
    if (!gs_norm_by_channel(node))
        return gs_build_reference(b, n);
    int in = buffer_in(b, node->input[0], GS_BLOCKED), out = in < 0 ? -1 : add_buffer(b, node->shape, GS_BLOCKED);
    gs_step *s = add_step(b, gs_norm_run, "norm", n, 3, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, in);
    want_scratch(b, (size_t)gs_planes(node->shape) * 16 * 5); /* see norm.c */
    s->groups = gs_norm_groups(node);
    s->eps = node->attributes.eps;
    s->gamma = node->weight ? node->weight->data : NULL;
    s->beta = node->bias ? node->bias->data : NULL;
    int v = n + GS_VALUE_NODES;
    for (int k = 1; k <= 2; k++) { /* x scale, then + shift, from the condition */
        int operand, reader = reader_with(b, v, k == 1 ? GS_OP_MUL : GS_OP_ADD, &operand);
        if (reader < 0 || gs_value_per_sample(b->model, operand) ||
            !is_channel_vector(gs_value_shape(b->model, operand), channels) ||
            b->model->node[reader].shape.rank != node->shape.rank)
            continue;
        s->source[k] = from_condition(b, operand);
        b->absorbed[reader] = true;
        v = reader + GS_VALUE_NODES;
    }
    bool ok = absorb_activation(b, s, &v);
    b->buffer[v] = out;
    return ok;
}

/* An activation or affine map, in the layout its input has. */
static bool build_unary(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool affine = node->op == GS_OP_AFFINE || node->op == GS_OP_NEG;
    if (!affine && activation_of(node) == GS_ACT_COUNT)
        return gs_build_reference(b, n);
    int in = b->buffer[node->input[0]];
    int out = add_buffer(b, node->shape, b->plan->buffer[in].layout);
    gs_step *s = add_step(b, gs_affine_run, "affine", n, 1, out);
    if (!s)
        return false;
    s->source[0] = from_buffer(b, in);
    int v = n + GS_VALUE_NODES;
    bool ok;
    if (affine) {
        s->scale = node->op == GS_OP_NEG ? -1.0f : (float)node->attributes.scale;
        s->shift = (float)node->attributes.shift;
        ok = absorb_activation(b, s, &v);
    } else {
        ok = set_activation(b, s, n);
    }
    b->buffer[v] = out;
    return ok;
}

/* The layout of an element-by-element result: blocked if an operand is a vector of channels, or is itself blocked and
 * has channels enough to fill the lanes; else that of the first operand that has the result's shape. False where the
 * operands stretch in another way. */
static bool choose_binary(const builder *b, const gs_node *node, gs_layout *layout) {
    int whole = -1;
    bool channel = false, blocked = false;
    for (int i = 0; i < 2; i++) {
        gs_shape shape = gs_value_shape(b->model, node->input[i]);
        int buffer = b->buffer[node->input[i]]; /* -1: belongs to the condition and is not loaded */
        gs_layout own = buffer < 0 ? GS_PLANAR : b->plan->buffer[buffer].layout;
        bool same = same_sizes(shape, node->shape), vector = is_channel_vector(shape, node->shape.d[0]);
        if (!same && !vector && gs_shape_size(shape) > 1)
            return false;
        if (same && (whole < 0 || buffer >= 0))
            *layout = own;
        whole = same ? i : whole;
        blocked = blocked || (same && own == GS_BLOCKED);
        channel = channel || (vector && gs_shape_size(shape) > 1 && (!same || buffer < 0));
    }
    if (channel || (blocked && node->shape.d[0] % 16 == 0))
        *layout = GS_BLOCKED;
    return whole >= 0;
}

static bool build_binary(builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_layout layout = GS_PLANAR;
    if (!choose_binary(b, node, &layout))
        return gs_build_reference(b, n);
    gs_source source[2];
    for (int i = 0; i < 2; i++) {
        int v = node->input[i];
        gs_shape shape = gs_value_shape(b->model, v);
        bool small = gs_shape_size(shape) == 1 || is_channel_vector(shape, node->shape.d[0]);
        if (small && !gs_value_per_sample(b->model, v)) {
            source[i] = from_condition(b, v);
            continue;
        }
        int buffer = buffer_in(b, v, layout);
        if (buffer < 0)
            return false;
        source[i] = from_buffer(b, buffer);
    }
    int out = add_buffer(b, node->shape, layout);
    gs_step *s = add_step(b, gs_binary_run, "binary", n, 2, out);
    if (!s)
        return false;
    memcpy(s->source, source, sizeof source);
    s->binary = (gs_binary)(GS_BINARY_ADD + (node->op - GS_OP_ADD));
    b->buffer[n + GS_VALUE_NODES] = out;
    return true;
}

/* How an operation's steps are made; NULL means by the reference. */
static build_node *const builders[GS_OP_ALL] = {
    [GS_OP_CONV2D] = build_conv,
    [GS_OP_LINEAR] = build_conv,
    [GS_OP_CONV2D_ADJOINT] = build_conv,
    [GS_OP_LINEAR_ADJOINT] = build_conv,
    [GS_OP_GROUP_NORM] = build_norm,
    [GS_OP_INSTANCE_NORM] = build_norm,
    [GS_OP_LAYER_NORM] = build_norm,
    [GS_OP_RELU] = build_unary,
    [GS_OP_LEAKY_RELU] = build_unary,
    [GS_OP_SILU] = build_unary,
    [GS_OP_GELU] = build_unary,
    [GS_OP_ELU] = build_unary,
    [GS_OP_TANH] = build_unary,
    [GS_OP_SIGMOID] = build_unary,
    [GS_OP_SOFTPLUS] = build_unary,
    [GS_OP_EXP] = build_unary,
    [GS_OP_SQRT] = build_unary,
    [GS_OP_RECIPROCAL] = build_unary,
    [GS_OP_SQUARE] = build_unary,
    [GS_OP_NEG] = build_unary,
    [GS_OP_AFFINE] = build_unary,
    [GS_OP_ADD] = build_binary,
    [GS_OP_SUB] = build_binary,
    [GS_OP_MUL] = build_binary,
    [GS_OP_DIV] = build_binary,
    [GS_OP_CONCAT] = gs_build_concat,
    [GS_OP_SLICE] = gs_build_slice,
    [GS_OP_RESHAPE] = gs_build_reshape,
    [GS_OP_UPSAMPLE_NEAREST] = gs_build_upsample,
    [GS_OP_AVG_POOL] = gs_build_pool,
    [GS_OP_MAX_POOL] = gs_build_pool,
    [GS_OP_ADAPTIVE_AVG_POOL] = gs_build_pool,
    [GS_OP_SUM] = gs_build_reduction,
    [GS_OP_MEAN] = gs_build_reduction,
    [GS_OP_POOL_ADJOINT] = gs_build_pool_adjoint,
    [GS_OP_MAX_POOL_ADJOINT] = gs_build_pool_adjoint,
    [GS_OP_UPSAMPLE_ADJOINT] = gs_build_window,
    [GS_OP_NORM_ADJOINT] = gs_build_norm_adjoint,
    [GS_OP_STRETCH] = gs_build_stretch,
    [GS_OP_UNSTRETCH] = gs_build_unstretch,
    [GS_OP_UNSLICE] = gs_build_unslice,
    [GS_OP_PIXEL_SHUFFLE] = gs_build_shuffle,
    [GS_OP_PIXEL_UNSHUFFLE] = gs_build_unshuffle,
};

/* Mark the values that the outputs need and count their readers. A slope that an activation's step also computes reads
 * nothing itself. */
static void count_users(builder *b) {
    for (int k = 0; k < b->model->info.outputs; k++) {
        b->needed[b->model->output[k]] = true;
        b->users[b->model->output[k]] += 1;
    }
    for (int n = b->model->nodes - 1; n >= 0; n--) {
        const gs_node *node = &b->model->node[n];
        if (!b->needed[n + GS_VALUE_NODES])
            continue;
        if (node->op == GS_OP_SLOPE && activation_of(&b->model->node[node->attributes.of]) != GS_ACT_COUNT) {
            b->slope[node->attributes.of] = n;
            continue;
        }
        for (int i = 0; i < b->model->node[n].inputs; i++) {
            int v = b->model->node[n].input[i];
            b->needed[v] = true;
            b->users[v] += 1;
            b->reader[v] = n;
        }
    }
}

/* The step that completes each output. */
static void find_ends(builder *b) {
    gs_plan *plan = b->plan;
    for (int s = 0; s < plan->steps; s++)
        for (int k = 0; k < b->model->info.outputs; k++)
            if (plan->step[s].out == plan->output_buffer[k])
                plan->output_end[k] = s + 1;
}

static bool build_nodes(builder *b) {
    b->plan->x_buffer = b->buffer[GS_VALUE_X] = add_buffer(b, gs_value_shape(b->model, GS_VALUE_X), GS_PLANAR);
    if (b->plan->x_buffer < 0)
        return false;
    for (int n = 0; n < b->model->nodes; n++) {
        const gs_node *node = &b->model->node[n];
        if (!b->needed[n + GS_VALUE_NODES] || b->absorbed[n] || !node->per_sample)
            continue;
        if (!(builders[node->op] ? builders[node->op] : gs_build_reference)(b, n))
            return false;
    }
    for (int k = 0; k < b->model->info.outputs; k++) {
        int out = b->model->output[k];
        b->plan->output_buffer[k] = buffer_in(b, out, GS_PLANAR);
        if (b->plan->output_buffer[k] < 0)
            return false;
    }
    find_ends(b);
    return true;
}

gs_status gs_plan_build(gs_plan *plan, gs_error *error) {
    const gs_model *model = plan->model;
    size_t values = (size_t)model->nodes + GS_VALUE_NODES;
    builder b = {.plan = plan, .model = model, .error = error};
    b.needed = gs_alloc(values, sizeof *b.needed);
    b.reader = gs_alloc(values, sizeof *b.reader);
    b.users = gs_alloc(values, sizeof *b.users);
    b.buffer = gs_alloc(values, sizeof *b.buffer);
    bool ok = true;
    for (int layout = 0; layout < GS_LAYOUTS; layout++) {
        b.other[layout] = gs_alloc(values, sizeof **b.other);
        ok = ok && b.other[layout];
    }
    b.fused_add = gs_alloc(values, sizeof *b.fused_add);
    b.slope = gs_alloc(values, sizeof *b.slope);
    b.absorbed = gs_alloc(values, sizeof *b.absorbed);
    plan->condition_offset = gs_alloc(values, sizeof *plan->condition_offset);
    ok = ok && b.needed && b.reader && b.users && b.buffer && b.fused_add && b.slope && b.absorbed &&
         plan->condition_offset;
    if (ok) {
        for (size_t v = 0; v < values; v++) {
            b.buffer[v] = b.reader[v] = b.slope[v] = -1;
            for (int layout = 0; layout < GS_LAYOUTS; layout++)
                b.other[layout][v] = -1;
            plan->condition_offset[v] = SIZE_MAX;
        }
        count_users(&b);
        find_residuals(&b);
        ok = build_nodes(&b);
    }
    gs_free(b.needed);
    gs_free(b.reader);
    gs_free(b.users);
    gs_free(b.buffer);
    for (int layout = 0; layout < GS_LAYOUTS; layout++)
        gs_free(b.other[layout]);
    gs_free(b.fused_add);
    gs_free(b.slope);
    gs_free(b.absorbed);
    return ok ? GS_OK : gs_fail_memory(error, "the plan");
}
