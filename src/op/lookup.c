/* What comes from a tensor as it is: constants, and embeddings of labels. */
#include <math.h>

#include "op/check.h"

static gs_status constant_infer(gs_check *c) {
    const gs_tensor *t = c->node->weight;
    if (t->rank < 1 || t->rank > GS_RANK_MAX)
        return gs_check_fail(c, "value '%.60s': rank %d, expected 1 ... 3", t->name, t->rank);
    return gs_check_result(c, t->rank, t->shape[0], t->rank > 1 ? t->shape[1] : 1, t->rank > 2 ? t->shape[2] : 1);
}

static void constant_reference(const gs_call *c) {
    for (size_t i = 0; i < c->node->weight->size; i++)
        c->out[i] = (double)c->node->weight->data[i];
}

const gs_operation gs_op_constant = {
    .name = "constant",
    .inputs = {0, 0},
    .takes = "none",
    .weight = {.name = "value", .form = "of rank 1 ... 3", .required = true},
    .result = "the tensor",
    .infer = constant_infer,
    .reference = constant_reference,
};

static gs_status embedding_infer(gs_check *c) {
    const gs_tensor *w = c->node->weight;
    if (c->node->input[0] != GS_VALUE_LABEL)
        return gs_check_fail(c, "embedding takes the model input 'label' only");
    if (w->rank != 2 || w->shape[0] < (size_t)c->labels + 1)
        return gs_check_fail(c, "weight '%.60s': expected shape (N, O), N at least %d for %d labels and none", w->name,
                             c->labels + 1, c->labels);
    return gs_check_result(c, 1, w->shape[1], 1, 1);
}

/* A label outside 0 ... N - 1 gives NaN. */
static void embedding_reference(const gs_call *c) {
    const gs_tensor *table = c->node->weight;
    double label = c->in[0][0];
    bool known = label >= 0 && label < (double)table->shape[0];
    const float *row = table->data + (known ? (size_t)label * table->shape[1] : 0);
    for (size_t i = 0; i < table->shape[1]; i++)
        c->out[i] = known ? (double)row[i] : NAN;
}

const gs_operation gs_op_embedding = {
    .name = "embedding",
    .inputs = {1, 1},
    .takes = "(1), label",
    .weight = {.name = "weight", .form = "(N, O)", .required = true},
    .result = "row `label`; N is at least K + 1",
    .infer = embedding_infer,
    .reference = embedding_reference,
};
