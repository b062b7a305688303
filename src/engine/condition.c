/* The part of the graph that depends only on (sigma, label), computed in float64 by the reference, and the step that
 * runs the reference inside a plan. */
#include "engine/plan.h"
#include "engine/reference.h"

/* Evaluate in order the nodes that some step needs, and those that they need. Values are allocated as they come and all
 * freed at the end: this runs once per level, before chains move. */
gs_status gs_condition_compute(const gs_plan *plan, double sigma, int label, float *condition, gs_error *error) {
    const gs_model *model = plan->model;
    size_t values = (size_t)model->nodes + GS_VALUE_NODES;
    double number = label;
    double **value = gs_alloc(values, sizeof *value);
    bool ok = value != NULL;
    if (ok) {
        value[GS_VALUE_SIGMA] = &sigma;
        value[GS_VALUE_LABEL] = &number;
    }
    for (int n = 0; ok && n < model->nodes; n++) {
        const gs_node *node = &model->node[n];
        if (node->per_sample || !plan->condition_needed[n + GS_VALUE_NODES])
            continue;
        const double *in[GS_INPUT_MAX];
        for (int i = 0; i < node->inputs; i++)
            in[i] = value[node->input[i]];
        value[n + GS_VALUE_NODES] = gs_alloc(gs_shape_size(node->shape), sizeof(double));
        ok = value[n + GS_VALUE_NODES] != NULL;
        if (ok)
            gs_reference_node(model, n, in, value[n + GS_VALUE_NODES]);
    }
    for (size_t v = 0; ok && v < values; v++) {
        size_t at = plan->condition_offset[v];
        for (size_t i = 0; at != SIZE_MAX && i < gs_shape_size(gs_value_shape(model, (int)v)); i++)
            condition[at + i] = (float)value[v][i];
    }
    for (size_t v = GS_VALUE_NODES; value && v < values; v++)
        gs_free(value[v]);
    gs_free(value);
    return ok ? GS_OK : gs_fail_memory(error, "computing the noise level's part of the network");
}

void gs_reference_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    size_t size = gs_shape_size(plan->buffer[step->out].shape);
    for (int image = i0; image < i1; image++) {
        double *free_space = worker->doubles;
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
