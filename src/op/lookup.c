/* What comes from a tensor: constants, embeddings of labels, and tables of sigma or label. */
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
    int least = c->needs_label ? c->labels : c->labels + 1;
    if (w->rank != 2 || w->shape[0] < (size_t)least)
        return gs_check_fail(c, "weight '%.60s': expected shape (N, O), N at least %d for %d labels%s", w->name, least,
                             c->labels, c->needs_label ? "" : " and none");
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
    .result = "row `label`; N is at least K + 1, or K if `unlabelled` is false",
    .infer = embedding_infer,
    .reference = embedding_reference,
};

/* ---- Tables ---- */

/* One number, known before x is. */
static gs_status check_number(gs_check *c) {
    if (c->in[0].rank != 1 || c->in[0].d[0] != 1)
        return gs_check_fail(c, "input (%d, %d, %d) of rank %d, %s takes one number, (1)", c->in[0].d[0], c->in[0].d[1],
                             c->in[0].d[2], c->in[0].rank, c->operation->name);
    if (c->node->per_sample)
        return gs_check_fail(c, "input depends on x, %s takes what is made of sigma and label", c->operation->name);
    return GS_OK;
}

static gs_status lookup_infer(gs_check *c) {
    const gs_tensor *w = c->node->weight;
    gs_status status = check_number(c);
    if (status)
        return status;
    return w->rank == 2 ? gs_check_result(c, 1, w->shape[1], 1, 1)
                        : gs_check_fail(c, "weight '%.60s': rank %d, expected shape (N, O)", w->name, w->rank);
}

/* The whole number nearest to v, the even one of two, for 0 <= v < 2^52. */
static double nearest(double v) {
    double below = floor(v), rest = v - below;
    return rest > 0.5 || (rest == 0.5 && fmod(below, 2) == 1) ? below + 1 : below;
}

static void lookup_reference(const gs_call *c) {
    const gs_tensor *table = c->node->weight;
    double v = c->in[0][0], last = (double)(table->shape[0] - 1);
    double row = v >= last ? last : v > 0 ? nearest(v) : 0;
    for (size_t i = 0; i < table->shape[1]; i++)
        c->out[i] = isnan(v) ? v : (double)table->data[(size_t)row * table->shape[1] + i];
}

const gs_operation gs_op_lookup = {
    .name = "lookup",
    .inputs = {1, 1},
    .takes = "(1), not of x",
    .weight = {.name = "weight", .form = "(N, O)", .required = true},
    .result = "the row whose number is nearest, of two the even one, among 0 ... N-1",
    .infer = lookup_infer,
    .reference = lookup_reference,
};

static gs_status interpolate_infer(gs_check *c) {
    const gs_tensor *points = c->node->weight;
    gs_status status = check_number(c);
    if (!status && points->rank != 1)
        status = gs_check_fail(c, "points '%.60s': rank %d, expected shape (N)", points->name, points->rank);
    if (!status)
        status = gs_check_tensor(c, "values", c->node->bias, 1, points->shape);
    for (size_t i = 1; !status && i < points->size; i++)
        if (!(points->data[i] > points->data[i - 1]))
            status = gs_check_fail(c, "points '%.60s': value %zu is %g after %g, expected increasing points",
                                   points->name, i, (double)points->data[i], (double)points->data[i - 1]);
    return status ? status : gs_check_result(c, 1, 1, 1, 1);
}

static void interpolate_reference(const gs_call *c) {
    const float *point = c->node->weight->data, *value = c->node->bias->data;
    size_t last = c->node->weight->size - 1, i = 0;
    double v = c->in[0][0];
    while (i < last && v >= (double)point[i + 1])
        i++;
    double from = (double)point[i], y = (double)value[i];
    if (isnan(v))
        y = v;
    else if (v > from && i < last)
        y += ((double)value[i + 1] - y) * ((v - from) / ((double)point[i + 1] - from));
    c->out[0] = y;
}

const gs_operation gs_op_interpolate = {
    .name = "interpolate",
    .inputs = {1, 1},
    .takes = "(1), not of x",
    .weight = {.name = "points", .form = "(N) increasing", .required = true},
    .bias = {.name = "values", .form = "(N)", .required = true},
    .result = "(1), on the straight lines between the points, beyond them the first or the last value",
    .infer = interpolate_infer,
    .reference = interpolate_reference,
};
