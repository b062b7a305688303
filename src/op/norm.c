/* Normalisations. */
#include <math.h>

#include "op/check.h"
#include "op/reverse.h"

static gs_status check_eps(gs_check *c) {
    double eps = c->node->attributes.eps;
    return (float)eps > 0 ? GS_OK : gs_check_fail(c, "attribute 'eps': found %g, expected a positive number", eps);
}

static gs_status check_vectors(gs_check *c, int size) {
    gs_status status = gs_check_vector(c, "weight", c->node->weight, size);
    return status ? status : gs_check_vector(c, "bias", c->node->bias, size);
}

/* ---- The reference ---- */

/* out = (x - mean)/sqrt(var + eps) over `count` elements `step` apart, the variance biased. */
static void normalise(const double *x, double *out, size_t count, size_t step, double eps) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i * step];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (x[i * step] - mean) * (x[i * step] - mean);
    double scale = 1 / sqrt(squares / (double)count + eps);
    for (size_t i = 0; i < count; i++)
        out[i * step] = (x[i * step] - mean) * scale;
}

/* out = weight[i / run] out + bias[i / run]. */
static void scale_and_shift(const gs_call *c, size_t run) {
    const gs_tensor *weight = c->node->weight, *bias = c->node->bias;
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++)
        c->out[i] = c->out[i] * (weight ? (double)weight->data[i / run] : 1) + (bias ? (double)bias->data[i / run] : 0);
}

static void group_norm_reference(const gs_call *c) {
    const gs_attributes *a = &c->node->attributes;
    size_t groups = (size_t)a->groups, size = gs_shape_size(c->node->shape) / groups;
    for (size_t g = 0; g < groups; g++)
        normalise(c->in[0] + g * size, c->out + g * size, size, 1, a->eps);
    scale_and_shift(c, gs_positions(c->node->shape));
}

static void layer_norm_reference(const gs_call *c) {
    const gs_attributes *a = &c->node->attributes;
    gs_shape shape = c->node->shape;
    size_t n = gs_positions(shape);
    if (a->over == GS_OVER_ALL) {
        normalise(c->in[0], c->out, gs_shape_size(shape), 1, a->eps);
        scale_and_shift(c, 1);
        return;
    }
    for (size_t p = 0; p < n; p++)
        normalise(c->in[0] + p, c->out + p, (size_t)shape.d[0], n, a->eps);
    scale_and_shift(c, n);
}

/* ---- The adjoint ---- */

static void norm_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_NORM_ADJOINT, true);
}

/* y = (x - mean)/sqrt(var + eps) over `count` elements `step` apart. With g the derivative by y, in out,
 * dx = (g - mean(g) - y mean(g y))/sqrt(var + eps), written over it. */
static void normalise_adjoint(const double *x, double *out, size_t count, size_t step, double eps) {
    double sum = 0, squares = 0, g = 0, gy = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        sum += x[i * step];
        g += out[i * step];
    }
    double mean = sum / n;
    for (size_t i = 0; i < count; i++)
        squares += (x[i * step] - mean) * (x[i * step] - mean);
    double scale = 1 / sqrt(squares / n + eps);
    for (size_t i = 0; i < count; i++)
        gy += out[i * step] * (x[i * step] - mean) * scale;
    for (size_t i = 0; i < count; i++)
        out[i * step] = scale * (out[i * step] - g / n - (x[i * step] - mean) * scale * gy / n);
}

static void norm_adjoint_reference(const gs_call *c) {
    const gs_attributes *a = &c->node->attributes;
    const gs_tensor *weight = c->node->weight;
    const double *dy = c->in[0], *x = c->in[1];
    size_t size = gs_shape_size(c->node->shape), positions = gs_positions(c->node->shape);
    bool layer = c->of->op == GS_OP_LAYER_NORM;
    size_t run = layer && a->over == GS_OVER_ALL ? 1 : positions;
    for (size_t i = 0; i < size; i++)
        c->out[i] = dy[i] * (weight ? (double)weight->data[i / run] : 1);
    if (layer && a->over == GS_OVER_CHANNELS) {
        for (size_t p = 0; p < positions; p++)
            normalise_adjoint(x + p, c->out + p, (size_t)c->node->shape.d[0], positions, a->eps);
        return;
    }
    size_t groups = layer ? 1 : (size_t)a->groups, each = size / groups;
    for (size_t g = 0; g < groups; g++)
        normalise_adjoint(x + g * each, c->out + g * each, each, 1, a->eps);
}

/* From dy and x to dx. */
const gs_operation gs_op_norm_adjoint = {.name = "norm_adjoint", .reference = norm_adjoint_reference};

/* ---- Records ---- */

#define EPS \
    { "eps", GS_REAL, GS_AT(eps), .fallback = 1e-5 }

static gs_status group_norm_infer(gs_check *c) {
    int channels = c->in[0].d[0], groups = c->node->attributes.groups;
    if (channels % groups)
        return gs_check_fail(c, "%d channels, expected a multiple of groups %d", channels, groups);
    gs_status status = check_eps(c);
    c->node->shape = c->in[0];
    return status ? status : check_vectors(c, channels);
}

const gs_operation gs_op_group_norm = {
    .name = "group_norm",
    .inputs = {1, 1},
    .ranks = GS_RANK(1) | GS_RANK(3),
    .takes = "rank 1 or 3",
    .weight = {.name = "weight", .form = "(C)"},
    .bias = {.name = "bias", .form = "(C)"},
    .attributes = GS_ATTRIBUTES(
        {"groups", GS_INTEGER, GS_AT(groups), .required = true, .low = 1, .high = GS_ATTRIBUTE_MAX, .shown = "groups "},
        EPS),
    .result = "(x - mean)/sqrt(var + eps) over each group's channels and all positions, biased variance",
    .infer = group_norm_infer,
    .reference = group_norm_reference,
    .derivative = norm_derivative,
};

static gs_status instance_norm_infer(gs_check *c) {
    c->node->attributes.groups = c->in[0].d[0];
    return group_norm_infer(c);
}

const gs_operation gs_op_instance_norm = {
    .name = "instance_norm",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "rank 3",
    .weight = {.name = "weight", .form = "(C)"},
    .bias = {.name = "bias", .form = "(C)"},
    .attributes = GS_ATTRIBUTES(EPS),
    .result = "group norm with one channel per group",
    .infer = instance_norm_infer,
    .reference = group_norm_reference,
    .derivative = norm_derivative,
};

static gs_status layer_norm_infer(gs_check *c) {
    gs_node *node = c->node;
    gs_shape in = c->in[0];
    size_t d[GS_RANK_MAX] = {(size_t)in.d[0], (size_t)in.d[1], (size_t)in.d[2]};
    int rank = node->attributes.over == GS_OVER_ALL ? in.rank : 1;
    gs_status status = check_eps(c);
    if (!status)
        status = gs_check_tensor(c, "weight", node->weight, rank, d);
    if (!status)
        status = gs_check_tensor(c, "bias", node->bias, rank, d);
    node->shape = in;
    return status;
}

static const char *const over[] = {
    [GS_OVER_CHANNELS] = "channels", [GS_OVER_POSITIONS] = "", [GS_OVER_ALL] = "all", NULL};

const gs_operation gs_op_layer_norm = {
    .name = "layer_norm",
    .inputs = {1, 1},
    .ranks = GS_RANK(1) | GS_RANK(3),
    .takes = "rank 1 or 3",
    .weight = {.name = "weight", .form = "(C), or the input's shape when over all"},
    .bias = {.name = "bias", .form = "of the same shape"},
    .attributes =
        GS_ATTRIBUTES({"over", GS_CHOICE, GS_AT(over), .required = true, .choices = over, .shown = "over "}, EPS),
    .result = "per position over channels, or over everything",
    .infer = layer_norm_infer,
    .reference = layer_norm_reference,
    .derivative = norm_derivative,
};
