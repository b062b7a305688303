/* Activations and affine maps, element by element, in the layout that their operand has. */
#include "engine/method/activation.h"

typedef struct affine {
    float scale, shift;
    gs_applied applied;
    gs_view in, out;
} affine;

static bool is_affine(const gs_node *node) {
    return node->op == GS_OP_AFFINE || node->op == GS_OP_NEG;
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return is_affine(node) || gs_activation_of(node) != GS_ACT_COUNT;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    int in = b->value[node->input[0]].buffer, v = n + GS_VALUE_NODES;
    int out = gs_builder_add_buffer(b, node->shape, b->plan->buffer[in].layout);
    gs_step *s = gs_builder_add_step(b, method, n, 1, out);
    if (!s)
        return false;
    affine *own = s->own;
    own->scale = 1;
    s->source[0] = gs_builder_from_buffer(b, in);
    bool ok;
    if (is_affine(node)) {
        own->scale = node->op == GS_OP_NEG ? -1.0f : (float)node->attributes.scale;
        own->shift = (float)node->attributes.shift;
        ok = gs_activation_absorb(b, s, &own->applied, &v);
    } else {
        ok = gs_activation_set(b, s, &own->applied, n);
    }
    gs_builder_set_value(b, v, out);
    return ok;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    affine *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    gs_activation_place(plan, step, &own->applied);
    return GS_OK;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const affine *own = step->own;
    float scale[GS_F32_LANES], shift[GS_F32_LANES];
    for (int l = 0; l < GS_F32_LANES; l++) {
        scale[l] = own->scale;
        shift[l] = own->shift;
    }
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < own->out.planes; p++) {
            gs_affine_args args = {.x = gs_view_at(&own->in, worker, i, p),
                                   .x_row = own->in.row,
                                   .scale = scale,
                                   .shift = shift,
                                   .y = gs_view_at(&own->out, worker, i, p),
                                   .y_row = own->out.row,
                                   .rows = own->out.rows,
                                   .columns = own->out.columns};
            gs_activation_run(&own->applied, worker, i, p, &args);
        }
}

GS_DEFINE_METHOD(affine) = {
    .name = "affine", .own_bytes = sizeof(affine), .applies = applies, .prepare = prepare, .place = place, .run = run};
