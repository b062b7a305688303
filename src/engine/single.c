#include "engine/single.h"

#include "base/arena.h"

/* The first node reshapes the image to the operand's rank, where that is not 3. */
static void fill(gs_model *single, const gs_model *model, int n, int *input) {
    const gs_node *of = &model->node[n];
    gs_shape in = gs_value_shape(model, of->input[0]);
    int last = in.rank < GS_RANK_MAX;
    input[0] = GS_VALUE_X;
    input[1] = GS_VALUE_NODES;
    single->node[0] = (gs_node){
        .name = of->name, .op = GS_OP_RESHAPE, .inputs = 1, .input = &input[0], .shape = in, .per_sample = true};
    single->node[last] = *of;
    single->node[last].input = &input[last];
    single->node[last].per_sample = true;
    single->nodes = 1 + last;
    single->output[0] = GS_VALUE_NODES + last;
    single->output[1] = -1;
    single->info = (gs_model_info){.name = of->name,
                                   .kind = GS_KIND_SCORE,
                                   .shape = {in.d[0], in.d[1], in.d[2]},
                                   .outputs = 1,
                                   .output_size = {gs_shape_size(of->shape)}};
}

gs_status gs_single_create(const gs_model *model, int n, gs_model **single, gs_error *error) {
    gs_arena *arena = gs_arena_create();
    gs_model *made = arena ? gs_arena_alloc(arena, 1, sizeof *made) : NULL;
    gs_node *nodes = made ? gs_arena_alloc(arena, 2, sizeof *nodes) : NULL;
    int *input = nodes ? gs_arena_alloc(arena, 2, sizeof *input) : NULL;
    *single = NULL;
    if (!input) {
        gs_arena_free(arena);
        return gs_fail_memory(error, "a network of one node");
    }
    made->memory = arena;
    made->node = nodes;
    fill(made, model, n, input);
    *single = made;
    return GS_OK;
}
