/* Reverse mode, symbolically: from the energy backwards, each node adds to the derivatives of the energy with respect
 * to its inputs, as its operation's record says. These are nodes like all others, so that one planner fuses them,
 * chooses their kernels and lays out their memory, and what depends only on (sigma, label) is computed once per level.
 * Griewank & Walther 2008, "Evaluating derivatives", section 3.2. */
#include "engine/gradient.h"

#include <string.h>

#include "base/arena.h"
#include "op/operation.h"
#include "op/reverse.h"

/* dE/dE: the constant 1; its value. */
static int add_seed(gs_reverse *r, int energy) {
    static const float one = 1;
    gs_tensor *tensor = gs_arena_alloc(r->arena, 1, sizeof *tensor);
    gs_shape shape = {.rank = 1, .d = {1, 1, 1}};
    int v = gs_reverse_add(r, GS_OP_CONSTANT, energy - GS_VALUE_NODES, energy, -1, shape);
    gs_node *node = &r->node[v - GS_VALUE_NODES];
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

/* Adds the nodes of the gradient, whose value goes to *gradient. */
static gs_status differentiate(gs_reverse *r, int energy, int *gradient, gs_error *error) {
    int nodes = r->nodes;
    r->adjoint[energy] = add_seed(r, energy);
    for (int n = nodes - 1; n >= 0 && !r->failed; n--) {
        const gs_operation *operation = gs_operation_of(r->node[n].op);
        int dy = r->adjoint[n + GS_VALUE_NODES];
        if (dy < 0 || !r->node[n].per_sample)
            continue;
        if (!operation->derivative)
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "gradient: node '%.80s': %s has no derivative here",
                           r->node[n].name, operation->name);
        operation->derivative(r, n, dy);
    }
    if (!r->failed)
        *gradient = gs_reverse_full(r, energy - GS_VALUE_NODES, r->adjoint[GS_VALUE_X], r->input[GS_VALUE_X]);
    return r->failed ? gs_fail_memory(error, "making the gradient") : GS_OK;
}

/* The copy shares everything with `model` but the array of nodes. */
static gs_status make(gs_arena *arena, const gs_model *model, gs_model **graph, gs_error *error) {
    size_t values = (size_t)model->nodes + GS_VALUE_NODES;
    gs_reverse r = {.arena = arena, .nodes = model->nodes, .room = 4 * model->nodes + 16};
    gs_model *copy = gs_arena_alloc(arena, 1, sizeof *copy);
    r.node = gs_arena_alloc(arena, (size_t)r.room, sizeof *r.node);
    r.adjoint = gs_arena_alloc(arena, values, sizeof *r.adjoint);
    if (!copy || !r.node || !r.adjoint)
        return gs_fail_memory(error, "making the gradient");
    memcpy(r.node, model->node, (size_t)model->nodes * sizeof *r.node);
    for (int v = 0; v < GS_VALUE_NODES; v++)
        r.input[v] = gs_value_shape(model, v);
    for (size_t v = 0; v < values; v++)
        r.adjoint[v] = -1;
    *copy = *model;
    gs_status status = differentiate(&r, model->output[0], &copy->output[1], error);
    copy->memory = arena;
    copy->node = r.node;
    copy->nodes = r.nodes;
    copy->info.outputs = 2;
    copy->info.output_size[1] = gs_shape_size(r.input[GS_VALUE_X]);
    *graph = copy;
    return status;
}

gs_status gs_gradient_graph(const gs_model *model, gs_model **graph, gs_error *error) {
    *graph = NULL;
    if (model->info.kind != GS_KIND_ENERGY)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "gradient: model '%s' is a %s, expected an energy",
                       model->info.name, gs_kind_name(model->info.kind));
    gs_arena *arena = gs_arena_create();
    if (!arena)
        return gs_fail_memory(error, "making the gradient");
    gs_status status = make(arena, model, graph, error);
    if (status) {
        gs_arena_free(arena);
        *graph = NULL;
    }
    return status;
}
