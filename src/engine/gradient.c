/* Reverse mode, symbolically: from the network's output backwards, each node adds to the derivatives of a number with
 * respect to its inputs, as its operation's record says. The number is the energy or, of other networks, the product
 * v.F(x) of the output and a vector that comes with the images. These are nodes like all others, so that one planner
 * fuses them, chooses their kernels and lays out their memory, and what depends only on (sigma, label) is computed once
 * per level. Griewank & Walther 2008, "Evaluating derivatives", section 3.2. */
#include "engine/gradient.h"

#include <string.h>

#include "base/arena.h"
#include "op/operation.h"
#include "op/reverse.h"

/* What the derivatives begin with, of dE/dE the constant 1; its value. */
static int add_seed(gs_reverse *r, int output, bool energy) {
    if (!energy)
        return gs_reverse_seed(r, output - GS_VALUE_NODES);
    float *one;
    int v = gs_reverse_constant(r, output - GS_VALUE_NODES, (gs_shape){.rank = 1, .d = {1, 1, 1}}, &one);
    if (one)
        *one = 1;
    return v;
}

/* Adds the nodes of the gradient, whose value goes to *gradient. */
static gs_status differentiate(gs_reverse *r, const gs_model *model, int *gradient, gs_error *error) {
    int nodes = r->nodes, output = model->output[0];
    r->adjoint[output] = add_seed(r, output, model->info.kind == GS_KIND_ENERGY);
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
    if (r->adjoint[GS_VALUE_X] < 0) /* it depends on x through steps alone */
        r->adjoint[GS_VALUE_X] = gs_reverse_scale(r, output - GS_VALUE_NODES, GS_VALUE_X, 0);
    if (!r->failed)
        *gradient = gs_reverse_full(r, output - GS_VALUE_NODES, r->adjoint[GS_VALUE_X], r->input[GS_VALUE_X]);
    if (r->large)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "gradient: node '%.80s': its derivative needs values of more than %d elements", r->large,
                       GS_SIZE_MAX);
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
    gs_status status = differentiate(&r, model, &copy->output[1], error);
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
    if (model->info.kind == GS_KIND_CLASSIFIER)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "gradient: model '%s' is a %s: expected an energy, score, noise, denoiser or decoder model",
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
