/* Turns the validated graph into steps: for each node that an output needs, the first method of methods.def that
 * applies makes them. */
#include "engine/build.h"

#include "engine/builder.h"
#include "engine/method/activation.h"

static const gs_method *const methods[GS_METHODS] = {
#define GS_METHOD(name) &gs_method_##name,
#include "engine/methods.def"
#undef GS_METHOD
};

static bool may_use(const gs_plan *plan, const gs_method *m) {
    return (!m->backend || m->backend == plan->backend) && m->dtype == plan->dtype;
}

/* The reference is last and applies to every node. */
static const gs_method *choose(const gs_builder *b, int n) {
    const gs_method *const *m = methods;
    while (!may_use(b->plan, *m) || !(*m)->applies(b, n))
        m++;
    return *m;
}

/* Mark the values that the outputs need and count their readers. A slope that an activation's step also computes reads
 * nothing itself. */
static void count_users(gs_builder *b) {
    for (int k = 0; k < b->model->info.outputs; k++) {
        b->needed[b->model->output[k]] = true;
        b->users[b->model->output[k]] += 1;
    }
    for (int n = b->model->nodes - 1; n >= 0; n--) {
        const gs_node *node = &b->model->node[n];
        if (!b->needed[n + GS_VALUE_NODES])
            continue;
        if (node->op == GS_OP_SLOPE && gs_activation_of(&b->model->node[node->attributes.of]) != GS_ACT_COUNT) {
            b->slope[node->attributes.of] = n;
            continue;
        }
        for (int i = 0; i < node->inputs; i++) {
            int v = node->input[i];
            b->needed[v] = true;
            b->users[v] += 1;
            b->reader[v] = n;
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
    gs_builder_set_value(b, GS_VALUE_X, x);
    for (int n = 0; n < b->model->nodes; n++) {
        if (!b->needed[n + GS_VALUE_NODES] || b->absorbed[n] || !b->model->node[n].per_sample)
            continue;
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
    return true;
}

static bool allocate(gs_builder *b, size_t values) {
    b->needed = gs_alloc(values, sizeof *b->needed);
    b->reader = gs_alloc(values, sizeof *b->reader);
    b->users = gs_alloc(values, sizeof *b->users);
    b->buffer = gs_alloc(values, sizeof *b->buffer);
    b->slope = gs_alloc(values, sizeof *b->slope);
    b->absorbed = gs_alloc(values, sizeof *b->absorbed);
    bool ok = b->needed && b->reader && b->users && b->buffer && b->slope && b->absorbed;
    for (int layout = 0; layout < GS_LAYOUTS; layout++) {
        b->other[layout] = gs_alloc(values, sizeof **b->other);
        ok = ok && b->other[layout];
    }
    for (size_t v = 0; ok && v < values; v++) {
        b->buffer[v] = b->reader[v] = b->slope[v] = -1;
        for (int layout = 0; layout < GS_LAYOUTS; layout++)
            b->other[layout][v] = -1;
    }
    return ok;
}

static void release(gs_builder *b) {
    gs_free(b->needed);
    gs_free(b->reader);
    gs_free(b->users);
    gs_free(b->buffer);
    gs_free(b->slope);
    gs_free(b->absorbed);
    for (int layout = 0; layout < GS_LAYOUTS; layout++)
        gs_free(b->other[layout]);
}

gs_status gs_plan_build(gs_plan *plan, gs_error *error) {
    size_t values = (size_t)plan->model->nodes + GS_VALUE_NODES;
    gs_builder b = {.plan = plan, .model = plan->model};
    plan->condition_offset = gs_alloc(values, sizeof *plan->condition_offset);
    bool ok = allocate(&b, values) && plan->condition_offset;
    for (size_t v = 0; ok && v < values; v++)
        plan->condition_offset[v] = SIZE_MAX;
    if (ok) {
        count_users(&b);
        ok = build_nodes(&b);
    }
    release(&b);
    return ok ? GS_OK : gs_fail_memory(error, "the plan");
}
