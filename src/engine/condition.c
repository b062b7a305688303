/* The condition is computed in float64 by the reference, once per level. Linear layers, which are most of the work, are
 * computed for 16 outputs at a time, from packed weights: each sum has the reference's terms in the reference's order,
 * so that it has the same bytes in a third of the time. */
#include "engine/condition.h"

#include <string.h>

#include "engine/reference.h"
#include "engine/weights.h"

/* What is known of a level: the values, one row of the table per label, and which rows are there. */
typedef struct level {
    double sigma;
    double *value; /* of the whole graph, see gs_condition.at */
    float *table;
    bool *known; /* (K + 1) */
    bool shared; /* the values that do not depend on the label are there */
} level;

struct gs_condition {
    bool *needed;   /* by value: whether a step needs it, or another value that is needed */
    bool *by_label; /* by value: whether it depends on the label */
    size_t *at;     /* by value: where it begins among the doubles of a level */
    size_t doubles;
    float **packed; /* by node: the weights of a linear layer, in the order (outputs / 16, input, lane); or NULL */
    level kept;
};

/* ---- Planning ---- */

/* Mark what the computation visits, and place its values. */
static bool place_values(gs_plan *plan, gs_condition *c) {
    const gs_model *model = plan->model;
    for (int n = model->nodes - 1; n >= 0; n--) {
        bool *needed = &c->needed[n + GS_VALUE_NODES];
        *needed = !model->node[n].per_sample && (*needed || plan->condition_offset[n + GS_VALUE_NODES] != SIZE_MAX);
        for (int i = 0; *needed && i < model->node[n].inputs; i++)
            c->needed[model->node[n].input[i]] = true;
    }
    c->by_label[GS_VALUE_LABEL] = true;
    c->at[GS_VALUE_SIGMA] = 0;
    c->at[GS_VALUE_LABEL] = 1;
    c->doubles = 2;
    for (int n = 0; n < model->nodes; n++) {
        int v = n + GS_VALUE_NODES;
        if (!c->needed[v])
            continue;
        for (int i = 0; i < model->node[n].inputs; i++)
            c->by_label[v] = c->by_label[v] || c->by_label[model->node[n].input[i]];
        c->at[v] = c->doubles;
        if (!gs_add_size(c->doubles, gs_shape_size(model->node[n].shape), &c->doubles))
            return false;
    }
    return true;
}

enum { LANES = 16 };

static float *pack(gs_plan *plan, const gs_node *node) {
    size_t outputs = gs_shape_size(node->shape), inputs = node->weight->size / outputs;
    float *packed = gs_weights_alloc(plan, (outputs + LANES - 1) / LANES * LANES * inputs);
    for (size_t o = 0; packed && o < outputs; o++) {
        float *to = packed + o / LANES * LANES * inputs + o % LANES;
        for (size_t i = 0; i < inputs; i++)
            to[i * LANES] = node->weight->data[o * inputs + i];
    }
    return packed;
}

static void free_level(level *l) {
    gs_free(l->value);
    gs_free(l->table);
    gs_free(l->known);
    *l = (level){0};
}

static bool make_level(const gs_plan *plan, level *l) {
    size_t labels = (size_t)plan->model->info.labels + 1;
    *l = (level){.value = gs_alloc(plan->condition->doubles, sizeof *l->value),
                 .table = gs_alloc(labels, plan->condition_size * sizeof *l->table),
                 .known = gs_alloc(labels, sizeof *l->known)};
    bool ok = l->value && l->table && l->known;
    if (!ok)
        free_level(l);
    return ok;
}

static bool make(gs_plan *plan) {
    const gs_model *model = plan->model;
    size_t values = (size_t)model->nodes + GS_VALUE_NODES;
    gs_condition *c = plan->condition = gs_alloc(1, sizeof *c);
    if (!c)
        return false;
    c->needed = gs_alloc(values, sizeof *c->needed);
    c->by_label = gs_alloc(values, sizeof *c->by_label);
    c->at = gs_alloc(values, sizeof *c->at);
    c->packed = gs_alloc((size_t)model->nodes, sizeof *c->packed);
    bool ok = c->needed && c->by_label && c->at && c->packed && place_values(plan, c);
    for (int n = 0; ok && n < model->nodes; n++)
        if (c->needed[n + GS_VALUE_NODES] && model->node[n].op == GS_OP_LINEAR) {
            c->packed[n] = pack(plan, &model->node[n]);
            ok = c->packed[n] != NULL;
        }
    return ok && make_level(plan, &c->kept);
}

gs_status gs_condition_plan(gs_plan *plan, gs_error *error) {
    return make(plan) ? GS_OK : gs_fail_memory(error, "the plan");
}

void gs_condition_free(gs_plan *plan) {
    gs_condition *c = plan->condition;
    if (!c)
        return;
    free_level(&c->kept);
    gs_free(c->needed);
    gs_free(c->by_label);
    gs_free(c->at);
    gs_free(c->packed);
    gs_free(c);
}

/* ---- Computing ---- */

static void add_products(const float *restrict w, const double *restrict x, size_t inputs, double *restrict out) {
    double sum[LANES] = {0};
    for (size_t i = 0; i < inputs; i++)
        for (size_t l = 0; l < LANES; l++)
            sum[l] += (double)w[i * LANES + l] * x[i];
    memcpy(out, sum, sizeof sum);
}

static void run_linear(const gs_node *node, const float *packed, const double *x, double *out) {
    size_t outputs = gs_shape_size(node->shape), inputs = node->weight->size / outputs;
    for (size_t o = 0; o < outputs; o += LANES) {
        double sum[LANES];
        size_t lanes = outputs - o < LANES ? outputs - o : LANES;
        add_products(packed + o * inputs, x, inputs, sum);
        for (size_t l = 0; l < lanes; l++)
            out[o + l] = sum[l] + (node->bias ? (double)node->bias->data[o + l] : 0);
    }
}

/* Compute the values that depend on the label, or the others. */
static void run_nodes(const gs_plan *plan, double *value, bool by_label) {
    const gs_model *model = plan->model;
    const gs_condition *c = plan->condition;
    for (int n = 0; n < model->nodes; n++) {
        const gs_node *node = &model->node[n];
        int v = n + GS_VALUE_NODES;
        if (!c->needed[v] || c->by_label[v] != by_label)
            continue;
        const double *in[GS_INPUT_MAX];
        for (int i = 0; i < node->inputs; i++)
            in[i] = value + c->at[node->input[i]];
        if (c->packed[n])
            run_linear(node, c->packed[n], in[0], value + c->at[v]);
        else
            gs_reference_node(model, n, in, value + c->at[v]);
    }
}

/* The steps' vector of the values that have been computed. */
static void store(const gs_plan *plan, const double *value, float *condition) {
    const gs_model *model = plan->model;
    if (plan->band_at != SIZE_MAX)
        condition[plan->band_at] = (float)gs_quantization_band(&model->quantization, value[0]);
    for (int v = 0; v < model->nodes + GS_VALUE_NODES; v++) {
        size_t at = plan->condition_offset[v];
        const double *x = value + plan->condition->at[v];
        for (size_t i = 0; at != SIZE_MAX && i < gs_shape_size(gs_value_shape(model, v)); i++)
            condition[at + i] = (float)x[i];
    }
}

/* Compute a label's row unless it is known. */
static void fill(const gs_plan *plan, level *l, int label) {
    if (l->known[label])
        return;
    l->value[0] = l->sigma;
    l->value[1] = label;
    if (!l->shared)
        run_nodes(plan, l->value, false);
    run_nodes(plan, l->value, true);
    store(plan, l->value, l->table + (size_t)label * plan->condition_size);
    l->known[label] = l->shared = true;
}

gs_status gs_condition_create(const gs_plan *plan, double sigma, const bool *wanted, float **table, gs_error *error) {
    level l;
    *table = NULL;
    if (!make_level(plan, &l))
        return gs_fail_memory(error, "the noise level's part of the network");
    l.sigma = sigma;
    for (int label = 0; label <= plan->model->info.labels; label++)
        if (wanted[label])
            fill(plan, &l, label);
    *table = l.table;
    l.table = NULL;
    free_level(&l);
    return GS_OK;
}

const float *gs_condition_keep(gs_plan *plan, double sigma, const int *labels, size_t n) {
    level *l = &plan->condition->kept;
    sigma = plan->model->info.takes_sigma ? sigma : 0;
    if (l->sigma != sigma) {
        memset(l->known, 0, ((size_t)plan->model->info.labels + 1) * sizeof *l->known);
        l->shared = false;
        l->sigma = sigma;
    }
    if (!labels)
        fill(plan, l, plan->model->info.labels);
    for (size_t i = 0; labels && i < n; i++)
        fill(plan, l, labels[i]);
    return l->table;
}
