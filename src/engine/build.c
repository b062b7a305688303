/* Turns the validated graph into steps: for each node that an output needs, the first method of methods.def that
 * applies makes them. */
#include "engine/build.h"

#include "engine/method/activation.h"
#include "engine/small.h"
#include "engine/typed.h"

static const gs_method *const methods[GS_METHODS] = {
#define GS_METHOD(name) &gs_method_##name,
#include "engine/methods.def"
#undef GS_METHOD
};

static bool may_use(const gs_builder *b, const gs_method *m) {
    return (!m->backend || m->backend == b->plan->backend) && m->element == b->plan->element &&
           (!b->abreast || m->abreast);
}

/* The reference is last and applies to every node. */
static const gs_method *choose(const gs_builder *b, int n) {
    const gs_method *const *m = methods;
    while (!may_use(b, *m) || !(*m)->applies(b, n))
        m++;
    return *m;
}

/* Mark the values that the outputs need and count their readers. A slope that an activation's step also computes reads
 * nothing itself. */
static void count_users(gs_builder *b) {
    for (int k = 0; k < b->model->info.outputs; k++) {
        b->value[b->model->output[k]].needed = true;
        b->value[b->model->output[k]].users += 1;
    }
    for (int n = b->model->nodes - 1; n >= 0; n--) {
        const gs_node *node = &b->model->node[n];
        if (!b->value[n + GS_VALUE_NODES].needed)
            continue;
        if (node->op == GS_OP_SLOPE && gs_activation_of(&b->model->node[node->attributes.of]) != GS_ACT_COUNT) {
            b->value[node->attributes.of + GS_VALUE_NODES].slope = n;
            b->value[n + GS_VALUE_NODES].is_slope = true;
            continue;
        }
        for (int i = 0; i < node->inputs; i++) {
            gs_planned *v = &b->value[node->input[i]];
            v->needed = true;
            v->users += 1;
            v->reader = n;
        }
    }
}

/* The step that completes each output. */
static void find_ends(gs_builder *b) {
    gs_plan *plan = b->plan;
    for (int s = 0; s < plan->steps; s++)
        for (int k = 0; k < b->model->info.outputs; k++)
            if (plan->step[s].out == plan->output_buffer[k])
                plan->output_end[k] = s + 1;
}

static bool build_nodes(gs_builder *b) {
    int x = gs_builder_add_buffer(b, gs_value_shape(b->model, GS_VALUE_X), GS_PLANAR);
    if (x < 0)
        return false;
    b->plan->x_buffer = x;
    b->plan->seed_buffer = -1;
    gs_builder_set_value(b, GS_VALUE_X, x);
    for (int n = 0; n < b->model->nodes; n++) {
        const gs_planned *v = &b->value[n + GS_VALUE_NODES];
        if (!v->needed || v->absorbed || !b->model->node[n].per_sample)
            continue;
        b->plan->owner[n] = n;
        const gs_method *method = choose(b, n);
        if (!method->prepare(b, method, n))
            return false;
    }
    for (int k = 0; k < b->model->info.outputs; k++) {
        b->plan->output_buffer[k] = gs_builder_buffer_in(b, b->model->output[k], GS_PLANAR);
        if (b->plan->output_buffer[k] < 0)
            return false;
    }
    find_ends(b);
    return gs_plan_type_buffers(b->plan);
}

gs_status gs_plan_build(gs_plan *plan, gs_error *error) {
    size_t values = (size_t)plan->model->nodes + GS_VALUE_NODES;
    gs_builder b = {.plan = plan, .model = plan->model};
    b.value = gs_alloc(values, sizeof *b.value);
    plan->condition_offset = gs_alloc(values, sizeof *plan->condition_offset + sizeof *plan->owner);
    bool ok = b.value && plan->condition_offset;
    plan->owner = ok ? (int *)(plan->condition_offset + values) : NULL;
    for (int n = 0; ok && n < plan->model->nodes; n++)
        plan->owner[n] = -1;
    for (size_t v = 0; ok && v < values; v++) {
        b.value[v] = (gs_planned){.reader = -1, .slope = -1, .buffer = -1};
        for (int layout = 0; layout < GS_LAYOUTS; layout++)
            b.value[v].other[layout] = -1;
        plan->condition_offset[v] = SIZE_MAX;
    }
    plan->band_at = SIZE_MAX;
    if (gs_is_quantised(&plan->product[1]) && plan->model->quantization.bands > 1) {
        plan->band_at = plan->condition_size;
        plan->condition_size += GS_F32_LANES;
    }
    if (ok) {
        count_users(&b);
        b.abreast = gs_small_suits(&b, methods);
        ok = build_nodes(&b);
    }
    gs_free(b.value);
    return ok ? GS_OK : gs_fail_memory(error, "the plan");
}
