/* Any operation, one image at a time, by its specification in double precision. */
#include "engine/reference.h"

#include "engine/builder.h"

static bool applies(const gs_builder *b, int n) {
    (void)b;
    (void)n;
    return true;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_source source[GS_INPUT_MAX];
    for (int i = 0; i < node->inputs; i++) {
        int v = node->input[i];
        if (!gs_value_per_sample(b->model, v)) {
            source[i] = gs_builder_from_condition(b, v);
            continue;
        }
        int buffer = gs_builder_buffer_in(b, v, GS_PLANAR);
        if (buffer < 0)
            return false;
        source[i] = gs_builder_from_buffer(b, buffer);
    }
    int out = gs_builder_add_buffer(b, node->shape, GS_PLANAR);
    gs_step *s = gs_builder_add_step(b, method, n, node->inputs, out);
    if (!s)
        return false;
    for (int i = 0; i < node->inputs; i++)
        s->source[i] = source[i];
    gs_builder_set_value(b, n + GS_VALUE_NODES, out);
    return true;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    size_t size = gs_shape_size(plan->buffer[step->out].shape);
    for (int image = i0; image < i1; image++) {
        double *free_space = worker->room;
        const double *in[GS_INPUT_MAX];
        for (int k = 0; k < step->sources; k++) {
            const gs_source *s = &step->source[k];
            const float *x = s->kind == GS_SOURCE_BUFFER ? gs_buffer_at(worker, s->index, image)
                                                         : worker->condition[image] + s->offset;
            in[k] = free_space;
            for (size_t i = 0, count = gs_shape_size(s->shape); i < count; i++)
                *free_space++ = (double)x[i];
        }
        gs_reference_node(plan->model, step->node, in, free_space);
        float *y = gs_buffer_at(worker, step->out, image);
        for (size_t i = 0; i < size; i++)
            y[i] = (float)free_space[i];
    }
}

/* The operands and the result in double precision. */
static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    size_t doubles = gs_shape_size(plan->buffer[step->out].shape);
    for (int i = 0; i < step->sources; i++)
        doubles += gs_shape_size(step->source[i].shape);
    return (gs_cost){.room_bytes = doubles * sizeof(double)};
}

GS_DEFINE_METHOD(reference) = {.name = "reference", .applies = applies, .prepare = prepare, .run = run, .cost = cost};
