#include "engine/reference.h"

#include <string.h>

#include "op/operation.h"

void gs_reference_node(const gs_model *model, int node, const double *const *in, double *out) {
    const gs_node *n = &model->node[node];
    gs_call call = {.node = n, .in = in, .out = out};
    if (n->op > GS_OP_COUNT)
        call.of = &model->node[n->attributes.of];
    for (int i = 0; i < n->inputs; i++)
        call.shape[i] = gs_value_shape(model, n->input[i]);
    gs_op_evaluate(&call);
}

/* ---- The whole graph ---- */

/* The number of the last node that uses each value, so that values can be freed when they are no longer needed. */
static void find_last_uses(const gs_model *model, int *last) {
    for (int i = 0; i < model->nodes; i++)
        for (int k = 0; k < model->node[i].inputs; k++)
            last[model->node[i].input[k]] = i;
    for (int i = 0; i < model->info.outputs; i++)
        last[model->output[i]] = model->nodes;
}

static bool evaluate_node(const gs_model *model, int i, const int *last, double **values, const double *seed) {
    const gs_node *n = &model->node[i];
    const double *in[GS_INPUT_MAX];
    for (int k = 0; k < n->inputs; k++)
        in[k] = values[n->input[k]];
    double *out = gs_alloc(gs_shape_size(n->shape), sizeof *out);
    if (!out)
        return false;
    values[i + GS_VALUE_NODES] = out;
    if (n->op == GS_OP_SEED)
        memcpy(out, seed, gs_shape_size(n->shape) * sizeof *out);
    else
        gs_reference_node(model, i, in, out);
    for (int k = 0; k < n->inputs; k++) {
        int v = n->input[k];
        if (v >= GS_VALUE_NODES && last[v] == i) {
            gs_free(values[v]);
            values[v] = NULL;
        }
    }
    return true;
}

static bool evaluate_nodes(const gs_model *model, double **values, int *last, const double *seed,
                           double *const out[2]) {
    find_last_uses(model, last);
    for (int i = 0; i < model->nodes; i++)
        if (last[i + GS_VALUE_NODES] && !evaluate_node(model, i, last, values, seed))
            return false;
    for (int i = 0; i < model->info.outputs; i++)
        if (out[i])
            memcpy(out[i], values[model->output[i]], model->info.output_size[i] * sizeof(double));
    return true;
}

gs_status gs_reference_product(const gs_model *model, const double *x, const double *seed, double sigma, int label,
                               double *out0, double *out1, gs_error *error) {
    size_t count = (size_t)model->nodes + GS_VALUE_NODES, size = gs_shape_size(gs_value_shape(model, GS_VALUE_X));
    double **values = gs_alloc(count, sizeof *values);
    int *last = gs_alloc(count, sizeof *last);
    double *inputs = gs_alloc(size + 2, sizeof *inputs);
    bool done = values && last && inputs;
    if (done) {
        memcpy(inputs, x, size * sizeof *x);
        inputs[size] = sigma;
        inputs[size + 1] = label;
        values[GS_VALUE_X] = inputs;
        values[GS_VALUE_SIGMA] = inputs + size;
        values[GS_VALUE_LABEL] = inputs + size + 1;
        done = evaluate_nodes(model, values, last, seed, (double *const[2]){out0, out1});
    }
    for (size_t i = GS_VALUE_NODES; values && i < count; i++)
        gs_free(values[i]);
    gs_free(values);
    gs_free(last);
    gs_free(inputs);
    return done ? GS_OK : gs_fail_memory(error, "evaluating the reference");
}

gs_status gs_reference_evaluate(const gs_model *model, const double *x, double sigma, int label, double *out0,
                                double *out1, gs_error *error) {
    return gs_reference_product(model, x, NULL, sigma, label, out0, out1, error);
}
