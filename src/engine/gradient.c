/* Reverse mode, symbolically: from the energy backwards, each node adds to the derivatives of the energy with respect
 * to its inputs. These are nodes like all others, so that one planner fuses them, chooses their kernels and lays out
 * their memory, and what depends only on (sigma, label) is computed once per level. Griewank & Walther 2008,
 * "Evaluating derivatives", section 3.2.
 *
 * A derivative may have size 1 in a dimension where its value has more: it is then the same for all of these elements,
 * as after a mean. Operations that broadcast accept it as it is; full() stretches it for the others. */
#include "engine/gradient.h"

#include <stdio.h>
#include <string.h>

#include "model/arena.h"

typedef struct reverse {
    gs_model *graph;
    gs_arena *arena;
    int room;     /* for nodes */
    int *adjoint; /* per value of the model: the value that is the energy's derivative with respect to it, or -1 */
    bool failed;  /* memory ran out */
} reverse;

/* ---- Nodes ---- */

static gs_shape shape_of(const reverse *r, int v) {
    return gs_value_shape(r->graph, v);
}

static bool same_sizes(gs_shape a, gs_shape b) {
    return !memcmp(a.d, b.d, sizeof a.d);
}

static bool reserve(reverse *r) {
    gs_model *graph = r->graph;
    if (graph->nodes < r->room)
        return true;
    int room = 2 * r->room;
    gs_node *moved = gs_arena_alloc(r->arena, (size_t)room, sizeof *moved);
    if (!moved)
        return false;
    memcpy(moved, graph->node, (size_t)graph->nodes * sizeof *moved);
    graph->node = moved;
    r->room = room;
    return true;
}

/* Add a node with the attributes and tensors of node `of`; returns its value. Inputs of -1 are left out. */
static int add_node(reverse *r, gs_op op, int of, int a, int b, gs_shape shape) {
    const gs_node *source = &r->graph->node[of];
    char name[300];
    snprintf(name, sizeof name, "%s'", source->name);
    gs_node node = {.name = gs_arena_string(r->arena, name),
                    .op = op,
                    .inputs = b < 0 ? 1 : 2,
                    .input = gs_arena_alloc(r->arena, 2, sizeof(int)),
                    .attributes = source->attributes,
                    .weight = source->weight,
                    .shape = shape,
                    .per_sample = gs_value_per_sample(r->graph, a) || (b >= 0 && gs_value_per_sample(r->graph, b))};
    if (!node.name || !node.input || !reserve(r)) {
        r->failed = true;
        return a;
    }
    node.attributes.of = of;
    node.input[0] = a;
    node.input[1] = b;
    r->graph->node[r->graph->nodes] = node;
    return r->graph->nodes++ + GS_VALUE_NODES;
}

static int affine(reverse *r, int of, int a, double scale) {
    int v = add_node(r, GS_OP_AFFINE, of, a, -1, shape_of(r, a));
    gs_attributes *attributes = &r->graph->node[v - GS_VALUE_NODES].attributes;
    attributes->scale = scale;
    attributes->shift = 0;
    return v;
}

static int slice(reverse *r, int of, int a, int begin, gs_shape shape) {
    int v = add_node(r, GS_OP_SLICE, of, a, -1, shape);
    gs_attributes *attributes = &r->graph->node[v - GS_VALUE_NODES].attributes;
    attributes->begin = begin;
    attributes->end = begin + shape.d[0];
    return v;
}

static int binary(reverse *r, gs_op op, int of, int a, int b) {
    gs_shape s = shape_of(r, a), t = shape_of(r, b);
    if (t.rank > s.rank)
        s.rank = t.rank;
    for (int i = 0; i < GS_RANK_MAX; i++)
        s.d[i] = s.d[i] > t.d[i] ? s.d[i] : t.d[i];
    return add_node(r, op, of, a, b, s);
}

/* Derivative `a` in exactly this shape. */
static int full(reverse *r, int of, int a, gs_shape shape) {
    gs_shape have = shape_of(r, a);
    if (same_sizes(have, shape))
        return have.rank == shape.rank ? a : add_node(r, GS_OP_RESHAPE, of, a, -1, shape);
    return add_node(r, GS_OP_STRETCH, of, a, -1, shape);
}

/* From the derivative with respect to a value of shape `from` to the derivative with respect to what was stretched to
 * it. */
static int unstretch(reverse *r, int of, int a, gs_shape from, gs_shape shape) {
    return same_sizes(from, shape) ? a : add_node(r, GS_OP_UNSTRETCH, of, full(r, of, a, from), -1, shape);
}

/* ---- Rules: what node n, given the derivative dy with respect to its result, passes to its inputs ---- */

static void give(reverse *r, int n, int input, int a) {
    int v = r->graph->node[n].input[input];
    r->adjoint[v] = r->adjoint[v] < 0 ? a : binary(r, GS_OP_ADD, n, r->adjoint[v], a);
}

static bool wants(const reverse *r, int n, int input) {
    return gs_value_per_sample(r->graph, r->graph->node[n].input[input]);
}

static gs_shape input_shape(const reverse *r, int n, int input) {
    return shape_of(r, r->graph->node[n].input[input]);
}

/* An operation of adjoints.def on dy, and on x if it takes x. */
static void give_node(reverse *r, int n, int dy, gs_op op, bool takes_x) {
    dy = full(r, n, dy, r->graph->node[n].shape);
    give(r, n, 0, add_node(r, op, n, dy, takes_x ? r->graph->node[n].input[0] : -1, input_shape(r, n, 0)));
}

static void reverse_conv2d(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_CONV2D_ADJOINT, false);
}
static void reverse_linear(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_LINEAR_ADJOINT, false);
}
static void reverse_norm(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_NORM_ADJOINT, true);
}
/* The result has size 1 where it was summed, or rank 1 where its shape is (C): both stretch. */
static void reverse_sum(reverse *r, int n, int dy) {
    give(r, n, 0, dy);
}

static void reverse_mean(reverse *r, int n, int dy) {
    double count = (double)(gs_shape_size(input_shape(r, n, 0)) / gs_shape_size(r->graph->node[n].shape));
    give(r, n, 0, affine(r, n, dy, 1 / count));
}

static void reverse_pool(reverse *r, int n, int dy) {
    gs_shape shape = r->graph->node[n].shape;
    if (r->graph->node[n].op == GS_OP_ADAPTIVE_AVG_POOL && shape.d[1] == 1 && shape.d[2] == 1)
        reverse_mean(r, n, dy);
    else
        give_node(r, n, dy, GS_OP_POOL_ADJOINT, false);
}
static void reverse_max_pool(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_MAX_POOL_ADJOINT, true);
}
static void reverse_upsample(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_UPSAMPLE_ADJOINT, false);
}
static void reverse_reshape(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_RESHAPE, false);
}
static void reverse_slice(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_UNSLICE, false);
}
static void reverse_shuffle(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_PIXEL_UNSHUFFLE, false);
}
static void reverse_unshuffle(reverse *r, int n, int dy) {
    give_node(r, n, dy, GS_OP_PIXEL_SHUFFLE, false);
}

static void reverse_function(reverse *r, int n, int dy) {
    int x = r->graph->node[n].input[0];
    give(r, n, 0, binary(r, GS_OP_MUL, n, dy, add_node(r, GS_OP_SLOPE, n, x, -1, shape_of(r, x))));
}

static void reverse_neg(reverse *r, int n, int dy) {
    give(r, n, 0, affine(r, n, dy, -1));
}

static void reverse_affine(reverse *r, int n, int dy) {
    give(r, n, 0, affine(r, n, dy, r->graph->node[n].attributes.scale));
}

/* Add to an operand of node n its derivative, given the derivative `a` with respect to the stretched operand. */
static void give_operand(reverse *r, int n, int input, int a) {
    give(r, n, input, unstretch(r, n, a, r->graph->node[n].shape, input_shape(r, n, input)));
}

static void reverse_add(reverse *r, int n, int dy) {
    for (int i = 0; i < 2; i++)
        if (wants(r, n, i))
            give_operand(r, n, i, dy);
}

static void reverse_sub(reverse *r, int n, int dy) {
    if (wants(r, n, 0))
        give_operand(r, n, 0, dy);
    if (wants(r, n, 1))
        give_operand(r, n, 1, affine(r, n, dy, -1));
}

static void reverse_mul(reverse *r, int n, int dy) {
    for (int i = 0; i < 2; i++)
        if (wants(r, n, i))
            give_operand(r, n, i, binary(r, GS_OP_MUL, n, dy, r->graph->node[n].input[1 - i]));
}

/* For y = a/b: dy/b, and -y dy/b. */
static void reverse_div(reverse *r, int n, int dy) {
    int a = binary(r, GS_OP_DIV, n, dy, r->graph->node[n].input[1]);
    if (wants(r, n, 0))
        give_operand(r, n, 0, a);
    if (wants(r, n, 1))
        give_operand(r, n, 1, affine(r, n, binary(r, GS_OP_MUL, n, a, n + GS_VALUE_NODES), -1));
}

static void reverse_concat(reverse *r, int n, int dy) {
    dy = full(r, n, dy, r->graph->node[n].shape);
    for (int i = 0, begin = 0; i < r->graph->node[n].inputs; i++) {
        gs_shape shape = input_shape(r, n, i);
        if (wants(r, n, i))
            give(r, n, i, slice(r, n, dy, begin, shape));
        begin += shape.d[0];
    }
}

typedef void rule(reverse *r, int n, int dy);

/* Operations missing here never depend on x. */
static rule *const rules[GS_OP_COUNT] = {
    [GS_OP_CONV2D] = reverse_conv2d,
    [GS_OP_LINEAR] = reverse_linear,
    [GS_OP_GROUP_NORM] = reverse_norm,
    [GS_OP_LAYER_NORM] = reverse_norm,
    [GS_OP_INSTANCE_NORM] = reverse_norm,
    [GS_OP_RELU] = reverse_function,
    [GS_OP_LEAKY_RELU] = reverse_function,
    [GS_OP_SILU] = reverse_function,
    [GS_OP_GELU] = reverse_function,
    [GS_OP_ELU] = reverse_function,
    [GS_OP_TANH] = reverse_function,
    [GS_OP_SIGMOID] = reverse_function,
    [GS_OP_SOFTPLUS] = reverse_function,
    [GS_OP_EXP] = reverse_function,
    [GS_OP_LOG] = reverse_function,
    [GS_OP_SQRT] = reverse_function,
    [GS_OP_SIN] = reverse_function,
    [GS_OP_COS] = reverse_function,
    [GS_OP_RECIPROCAL] = reverse_function,
    [GS_OP_SQUARE] = reverse_function,
    [GS_OP_NEG] = reverse_neg,
    [GS_OP_AFFINE] = reverse_affine,
    [GS_OP_ADD] = reverse_add,
    [GS_OP_SUB] = reverse_sub,
    [GS_OP_MUL] = reverse_mul,
    [GS_OP_DIV] = reverse_div,
    [GS_OP_CONCAT] = reverse_concat,
    [GS_OP_SLICE] = reverse_slice,
    [GS_OP_RESHAPE] = reverse_reshape,
    [GS_OP_UPSAMPLE_NEAREST] = reverse_upsample,
    [GS_OP_AVG_POOL] = reverse_pool,
    [GS_OP_ADAPTIVE_AVG_POOL] = reverse_pool,
    [GS_OP_MAX_POOL] = reverse_max_pool,
    [GS_OP_PIXEL_SHUFFLE] = reverse_shuffle,
    [GS_OP_PIXEL_UNSHUFFLE] = reverse_unshuffle,
    [GS_OP_SUM] = reverse_sum,
    [GS_OP_MEAN] = reverse_mean,
};

/* ---- The graph ---- */

/* dE/dE: the constant 1; its value. */
static int add_seed(reverse *r) {
    static const float one = 1;
    int energy = r->graph->output[0];
    gs_tensor *tensor = gs_arena_alloc(r->arena, 1, sizeof *tensor);
    int v = add_node(r, GS_OP_CONSTANT, energy - GS_VALUE_NODES, energy, -1, (gs_shape){.rank = 1, .d = {1, 1, 1}});
    gs_node *node = &r->graph->node[v - GS_VALUE_NODES];
    if (!tensor || r->failed) {
        r->failed = true;
        return v;
    }
    *tensor = (gs_tensor){.name = node->name, .rank = 1, .shape = {1}, .size = 1, .data = &one};
    node->inputs = 0;
    node->weight = tensor;
    node->per_sample = false;
    return v;
}

static gs_status differentiate(reverse *r, int nodes, gs_error *error) {
    r->adjoint[r->graph->output[0]] = add_seed(r);
    for (int n = nodes - 1; n >= 0 && !r->failed; n--) {
        const gs_node *node = &r->graph->node[n];
        int dy = r->adjoint[n + GS_VALUE_NODES];
        if (dy < 0 || !node->per_sample)
            continue;
        if (!rules[node->op])
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "gradient: node '%.80s': %s has no derivative here", node->name,
                           gs_op_name(node->op));
        rules[node->op](r, n, dy);
    }
    if (r->failed)
        return gs_fail_memory(error, "the gradient");
    gs_model *graph = r->graph;
    graph->output[1] = full(r, graph->output[0] - GS_VALUE_NODES, r->adjoint[GS_VALUE_X], shape_of(r, GS_VALUE_X));
    graph->info.outputs = 2;
    graph->info.output_size[1] = gs_shape_size(shape_of(r, GS_VALUE_X));
    return r->failed ? gs_fail_memory(error, "the gradient") : GS_OK;
}

/* The copy shares everything with `model` but the array of nodes. */
static gs_status make(reverse *r, const gs_model *model, gs_error *error) {
    size_t values = (size_t)model->nodes + GS_VALUE_NODES;
    r->room = 4 * model->nodes + 16;
    r->graph = gs_arena_alloc(r->arena, 1, sizeof *r->graph);
    gs_node *nodes = gs_arena_alloc(r->arena, (size_t)r->room, sizeof *nodes);
    r->adjoint = gs_arena_alloc(r->arena, values, sizeof *r->adjoint);
    if (!r->graph || !nodes || !r->adjoint)
        return gs_fail_memory(error, "the gradient");
    *r->graph = *model;
    r->graph->memory = r->arena;
    r->graph->node = nodes;
    memcpy(nodes, model->node, (size_t)model->nodes * sizeof *nodes);
    for (size_t v = 0; v < values; v++)
        r->adjoint[v] = -1;
    return differentiate(r, model->nodes, error);
}

gs_status gs_gradient_graph(const gs_model *model, gs_model **graph, gs_error *error) {
    *graph = NULL;
    if (model->info.kind != GS_KIND_ENERGY)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "gradient: model '%s' is a %s, expected an energy",
                       model->info.name, gs_kind_name(model->info.kind));
    reverse r = {.arena = gs_arena_create()};
    if (!r.arena)
        return gs_fail_memory(error, "the gradient");
    gs_status status = make(&r, model, error);
    if (status)
        gs_arena_free(r.arena);
    else
        *graph = r.graph;
    return status;
}
