/* Activations and affine maps, element by element, in the layout that their operand has; and maps by channel, whose
 * scale and shift are vectors of the condition, with the activation that follows. */
#include "engine/method/activation.h"
#include "engine/program.h"

typedef struct affine {
    float scale, shift;
    gs_applied applied;
    gs_view in, out;
} affine;

static bool is_affine(const gs_node *node) {
    return node->op == GS_OP_AFFINE || node->op == GS_OP_NEG;
}

/* Whether node n is a product or a sum with a vector of the condition, and more follows that one step can compute. With
 * a single channel, the blocked layout would fill one lane of each vector. */
static bool begins_film(const gs_builder *b, int n) {
    int x, vector, next = gs_builder_sole_reader(b, n + GS_VALUE_NODES);
    bool scales = gs_film_of(b, n, GS_OP_MUL, &x, &vector), shifts = gs_film_of(b, n, GS_OP_ADD, &x, &vector);
    if (next < 0 || (!scales && !shifts) || b->model->node[n].shape.d[0] == 1)
        return false;
    return gs_activation_of(&b->model->node[next]) != GS_ACT_COUNT ||
           (scales && gs_film_of(b, next, GS_OP_ADD, &x, &vector));
}

/* A map by channel is one step, which rounds once where a product and a sum round twice. */
static bool abreast(const gs_builder *b, int n) {
    return gs_value_per_sample(b->model, b->model->node[n].input[0]) && !begins_film(b, n);
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return is_affine(node) || gs_activation_of(node) != GS_ACT_COUNT || begins_film(b, n);
}

/* Node n is a map by channel: let the step compute it and what follows. */
static bool prepare_film(gs_builder *b, gs_step *s, int n, int vector, int *v) {
    affine *own = s->own;
    bool scales = b->model->node[n].op == GS_OP_MUL;
    s->source[scales ? 1 : 2] = gs_builder_from_condition(b, vector);
    if (scales)
        gs_film_absorb(b, s, 2, GS_OP_ADD, v);
    return gs_activation_absorb(b, s, &own->applied, v);
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    int v = n + GS_VALUE_NODES, x, vector;
    bool film = gs_film_of(b, n, node->op, &x, &vector) && begins_film(b, n);
    x = film ? x : node->input[0];
    int in = film ? gs_builder_buffer_in(b, x, GS_BLOCKED) : b->value[x].buffer;
    int out = in < 0 ? -1 : gs_builder_add_buffer(b, node->shape, b->plan->buffer[in].layout);
    gs_step *s = gs_builder_add_step(b, method, n, 3, out);
    if (!s)
        return false;
    affine *own = s->own;
    own->scale = 1;
    s->source[0] = gs_builder_from_buffer(b, in);
    bool ok;
    if (film) {
        ok = prepare_film(b, s, n, vector, &v);
    } else if (is_affine(node)) {
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
            const float *film_scale = gs_film_at(step, worker, 1, i, p),
                        *film_shift = gs_film_at(step, worker, 2, i, p);
            gs_affine_args args = {.x = gs_view_at(&own->in, worker, i, p),
                                   .x_row = own->in.row,
                                   .scale = film_scale ? film_scale : scale,
                                   .shift = film_shift ? film_shift : shift,
                                   .y = gs_view_at(&own->out, worker, i, p),
                                   .y_row = own->out.row,
                                   .rows = own->out.rows,
                                   .columns = own->out.columns};
            gs_activation_run(&own->applied, worker, i, p, &args);
        }
}

static void encode(const gs_plan *plan, const gs_step *step, gs_program *program) {
    const affine *own = step->own;
    const gs_buffer *out = &plan->buffer[step->out];
    gs_program_op op = {.kind = GS_PROGRAM_AFFINE,
                        .count = (int)gs_shape_size(out->shape),
                        .in = {gs_program_source(plan, step, 0, 0)},
                        .out = gs_program_buffer(plan, step->out, 0),
                        .scale = own->scale,
                        .shift = own->shift,
                        .activation = own->applied.activation,
                        .parameter = own->applied.parameter,
                        .limit = own->applied.limit,
                        .has_slope = step->slope >= 0};
    if (op.has_slope)
        op.slope = gs_program_buffer(plan, step->slope, 0);
    gs_program_add(program, op);
}

GS_DEFINE_METHOD(affine) = {.name = "affine",
                            .own_bytes = sizeof(affine),
                            .applies = applies,
                            .abreast = abreast,
                            .encode = encode,
                            .prepare = prepare,
                            .place = place,
                            .run = run};
