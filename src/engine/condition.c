/* The part of the graph that depends only on (sigma, label), computed in float64 by the reference. */
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
