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
    for (int i = 0; i < node->inputs; i++)
        if (!gs_builder_source(b, node->input[i], GS_PLANAR, &source[i]))
            return false;
    return gs_builder_add_node(b, method, n, source, GS_PLANAR) != NULL;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    size_t size = gs_shape_size(plan->buffer[step->out].shape);
    for (int image = i0; image < i1; image++) {
        double *free_space = worker->room;
        const double *in[GS_INPUT_MAX];
        for (int k = 0; k < step->sources; k++) {
            const float *x = gs_source_at(worker, step, k, image);
            in[k] = free_space;
            for (size_t i = 0, count = gs_shape_size(step->source[k].shape); i < count; i++)
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
