/* Convolutions and linear layers. */
#include <stdio.h>
#include <string.h>

#include "op/check.h"
#include "op/reverse.h"
#include "op/window.h"

/* ---- conv2d ---- */

/* Take the kernel's size from the weight. */
static gs_status read_kernel(gs_check *c) {
    gs_attributes *a = &c->node->attributes;
    const gs_tensor *w = c->node->weight;
    if (w->rank != 4 || w->shape[0] > GS_SIZE_MAX || w->shape[1] > GS_SIZE_MAX || w->shape[2] > GS_ATTRIBUTE_MAX ||
        w->shape[3] > GS_ATTRIBUTE_MAX)
        return gs_check_fail(c, "weight '%.60s': expected shape %s, kh and kw at most %d", w->name,
                             c->operation->weight.form, GS_ATTRIBUTE_MAX);
    a->kernel[0] = (int)w->shape[2];
    a->kernel[1] = (int)w->shape[3];
    return GS_OK;
}

static gs_status conv2d_infer(gs_check *c) {
    gs_attributes *a = &c->node->attributes;
    const gs_tensor *w = c->node->weight;
    gs_status status = read_kernel(c);
    if (status)
        return status;
    size_t groups = (size_t)a->groups, channels = (size_t)c->in[0].d[0];
    if (channels % groups || w->shape[0] % groups)
        return gs_check_fail(c, "%zu input and %zu output channels, expected multiples of groups %zu", channels,
                             w->shape[0], groups);
    size_t expected[4] = {w->shape[0], channels / groups, w->shape[2], w->shape[3]};
    status = gs_check_tensor(c, "weight", w, 4, expected);
    if (!status)
        status = gs_check_vector(c, "bias", c->node->bias, (int)w->shape[0]);
    return status ? status : gs_check_windows(c, w->shape[0]);
}

/* The index of the input's element that weight (i, j) meets for result (h, w); false where that is outside. */
static bool meet(const gs_attributes *a, gs_shape in, int channel, int h, int w, int i, int j, size_t *index) {
    int y = h * a->stride[0] - a->padding[0] + i * a->dilation[0];
    int x = w * a->stride[1] - a->padding[1] + j * a->dilation[1];
    *index = gs_pixel(in, channel, y, x);
    return y >= 0 && y < in.d[1] && x >= 0 && x < in.d[2];
}

/* The weights of output channel o, of which each input channel has kernel[0] kernel[1]. */
static const float *weights_of(const gs_node *node, int o, int channels) {
    const int *kernel = node->attributes.kernel;
    return node->weight->data + (size_t)o * (size_t)channels * (size_t)kernel[0] * (size_t)kernel[1];
}

/* One output pixel: sum over c, i, j of w[o, c, i, j] x[g C/groups + c, h s - p + i d, ...], zero outside. */
static double convolve_pixel(const gs_call *c, int o, int h, int w) {
    const gs_attributes *a = &c->node->attributes;
    int channels = c->shape[0].d[0] / a->groups, first = o / (c->node->shape.d[0] / a->groups) * channels;
    const float *weight = weights_of(c->node, o, channels);
    double sum = 0;
    size_t at;
    for (int k = 0; k < channels; k++)
        for (int i = 0; i < a->kernel[0]; i++)
            for (int j = 0; j < a->kernel[1]; j++, weight++)
                if (meet(a, c->shape[0], first + k, h, w, i, j, &at))
                    sum += (double)*weight * c->in[0][at];
    return sum;
}

static void conv2d_reference(const gs_call *c) {
    const gs_tensor *bias = c->node->bias;
    const int *d = c->node->shape.d;
    double *out = c->out;
    for (int o = 0; o < d[0]; o++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                *out++ = convolve_pixel(c, o, h, w) + (bias ? (double)bias->data[o] : 0);
}

static void conv2d_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_CONV2D_ADJOINT, false);
}

/* Less than 2^27 times the bytes of a file, in practice far too small to overflow. */
static uint64_t conv2d_cost(const gs_node *node) {
    return 2 * (uint64_t)gs_shape_size(node->shape) * (node->weight->size / node->weight->shape[0]);
}

static void describe_convolution(const gs_node *node, char *text, size_t room) {
    gs_describe_windows(node, text, room);
    size_t used = strlen(text);
    if (node->attributes.groups > 1)
        snprintf(text + used, room - used, " groups %d", node->attributes.groups);
}

const gs_operation gs_op_conv2d = {
    .name = "conv2d",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "(C, H, W)",
    .weight = {.name = "weight", .form = "(O, C/groups, kh, kw)", .required = true},
    .bias = {.name = "bias", .form = "(O)"},
    .attributes =
        GS_ATTRIBUTES({"stride", GS_PAIR, GS_AT(stride), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1},
                      {"padding", GS_PAIR, GS_AT(padding), .low = 0, .high = GS_ATTRIBUTE_MAX, .fallback = 0},
                      {"dilation", GS_PAIR, GS_AT(dilation), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1},
                      {"groups", GS_INTEGER, GS_AT(groups), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1}),
    .result = "(O, H', W'), zero padding, H' = floor((H + 2p - d(kh-1) - 1)/s) + 1; cross-correlation",
    .infer = conv2d_infer,
    .reference = conv2d_reference,
    .derivative = conv2d_derivative,
    .cost = conv2d_cost,
    .describe = describe_convolution,
};

/* Add to the pixels that result (o, h, w) of the convolution read their share of its dy. */
static void spread_pixel(const gs_call *c, int o, int h, int w, double dy) {
    const gs_attributes *a = &c->node->attributes;
    int channels = c->node->shape.d[0] / a->groups, first = o / (c->shape[0].d[0] / a->groups) * channels;
    const float *weight = weights_of(c->node, o, channels);
    size_t at;
    for (int k = 0; k < channels; k++)
        for (int i = 0; i < a->kernel[0]; i++)
            for (int j = 0; j < a->kernel[1]; j++, weight++)
                if (meet(a, c->node->shape, first + k, h, w, i, j, &at))
                    c->out[at] += (double)*weight * dy;
}

static void spread(const gs_call *c) {
    const double *dy = c->in[0];
    const int *d = c->shape[0].d;
    for (int o = 0; o < d[0]; o++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                spread_pixel(c, o, h, w, *dy++);
}

static void conv2d_adjoint_reference(const gs_call *c) {
    gs_call_clear(c);
    spread(c);
}

/* From dy to dx. */
const gs_operation gs_op_conv2d_adjoint = {.name = "conv2d_adjoint", .reference = conv2d_adjoint_reference};

/* ---- conv_transpose2d: the adjoint of a conv2d with the same weight, and a bias ---- */

/* (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1; below 2^41. */
static int64_t transposed_size(const gs_attributes *a, int i, int size) {
    return ((int64_t)size - 1) * a->stride[i] - 2 * (int64_t)a->padding[i] +
           (int64_t)a->dilation[i] * (a->kernel[i] - 1) + a->output_padding[i] + 1;
}

/* The result's shape, of that many channels. More output padding would be rows without any input, as in PyTorch. */
static gs_status check_transposed(gs_check *c, uint64_t channels) {
    const gs_attributes *a = &c->node->attributes;
    int64_t out[2];
    for (int i = 0; i < 2; i++) {
        int most = (a->stride[i] > a->dilation[i] ? a->stride[i] : a->dilation[i]) - 1;
        out[i] = transposed_size(a, i, c->in[0].d[i + 1]);
        if (a->output_padding[i] > most)
            return gs_check_fail(c, "output_padding %d, expected at most %d with stride %d and dilation %d",
                                 a->output_padding[i], most, a->stride[i], a->dilation[i]);
        if (out[i] < 1)
            return gs_check_fail(c, "padding %d leaves nothing of %lld elements", a->padding[i],
                                 (long long)out[i] + 2 * a->padding[i]);
    }
    return gs_check_result(c, 3, channels, (uint64_t)out[0], (uint64_t)out[1]);
}

static gs_status conv_transpose2d_infer(gs_check *c) {
    const gs_tensor *w = c->node->weight;
    gs_status status = read_kernel(c);
    if (status)
        return status;
    size_t groups = (size_t)c->node->attributes.groups, channels = (size_t)c->in[0].d[0];
    if (channels % groups)
        return gs_check_fail(c, "%zu input channels, expected a multiple of groups %zu", channels, groups);
    size_t expected[4] = {channels, w->shape[1], w->shape[2], w->shape[3]};
    status = gs_check_tensor(c, "weight", w, 4, expected);
    if (!status)
        status = check_transposed(c, (uint64_t)w->shape[1] * groups);
    return status ? status : gs_check_vector(c, "bias", c->node->bias, c->node->shape.d[0]);
}

static void conv_transpose2d_reference(const gs_call *c) {
    const gs_tensor *bias = c->node->bias;
    size_t each = gs_positions(c->node->shape);
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++)
        c->out[i] = bias ? (double)bias->data[i / each] : 0;
    spread(c);
}

/* With the same attributes the conv2d of dy has at least as many rows and columns as the input; the others are those
 * that only output padding could reach. */
static void conv_transpose2d_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_CONV2D, false);
}

/* Every weight meets every position of the input, whose number the sizes of the result tell. */
static uint64_t conv_transpose2d_cost(const gs_node *node) {
    const gs_attributes *a = &node->attributes;
    uint64_t positions = 1;
    for (int i = 0; i < 2; i++)
        positions *= (uint64_t)((node->shape.d[i + 1] - transposed_size(a, i, 1)) / a->stride[i] + 1);
    return 2 * positions * node->weight->size;
}

const gs_operation gs_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "(C, H, W)",
    .weight = {.name = "weight", .form = "(C, O/groups, kh, kw)", .required = true},
    .bias = {.name = "bias", .form = "(O)"},
    .attributes = GS_ATTRIBUTES(
        {"stride", GS_PAIR, GS_AT(stride), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1},
        {"padding", GS_PAIR, GS_AT(padding), .low = 0, .high = GS_ATTRIBUTE_MAX, .fallback = 0},
        {"output_padding", GS_PAIR, GS_AT(output_padding), .low = 0, .high = GS_ATTRIBUTE_MAX, .fallback = 0},
        {"dilation", GS_PAIR, GS_AT(dilation), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1},
        {"groups", GS_INTEGER, GS_AT(groups), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 1}),
    .result = "(O, H', W'), H' = (H - 1)s - 2p + d(kh-1) + output_padding + 1: x[c, h, w] weight[c, o, i, j] adds to "
              "out[o, h s + i d - p, w s + j d - p]",
    .infer = conv_transpose2d_infer,
    .reference = conv_transpose2d_reference,
    .derivative = conv_transpose2d_derivative,
    .cost = conv_transpose2d_cost,
    .describe = describe_convolution,
};

/* ---- linear ---- */

static gs_status linear_infer(gs_check *c) {
    const gs_tensor *w = c->node->weight;
    size_t expected[2] = {w->shape[0], (size_t)c->in[0].d[0]};
    gs_status status = gs_check_tensor(c, "weight", w, 2, expected);
    if (!status)
        status = gs_check_result(c, 1, w->shape[0], 1, 1);
    return status ? status : gs_check_vector(c, "bias", c->node->bias, c->node->shape.d[0]);
}

static void linear_reference(const gs_call *c) {
    size_t inputs = gs_shape_size(c->shape[0]);
    for (size_t o = 0; o < gs_shape_size(c->node->shape); o++) {
        double sum = 0;
        for (size_t i = 0; i < inputs; i++)
            sum += (double)c->node->weight->data[o * inputs + i] * c->in[0][i];
        c->out[o] = sum + (c->node->bias ? (double)c->node->bias->data[o] : 0);
    }
}

static void linear_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_LINEAR_ADJOINT, false);
}

static uint64_t linear_cost(const gs_node *node) {
    return 2 * (uint64_t)node->weight->size;
}

const gs_operation gs_op_linear = {
    .name = "linear",
    .inputs = {1, 1},
    .ranks = GS_RANK(1),
    .takes = "(C)",
    .weight = {.name = "weight", .form = "(O, C)", .required = true},
    .bias = {.name = "bias", .form = "(O)"},
    .result = "(O)",
    .infer = linear_infer,
    .reference = linear_reference,
    .derivative = linear_derivative,
    .cost = linear_cost,
};

static void linear_adjoint_reference(const gs_call *c) {
    size_t inputs = gs_shape_size(c->node->shape);
    gs_call_clear(c);
    for (size_t o = 0; o < gs_shape_size(c->shape[0]); o++)
        for (size_t i = 0; i < inputs; i++)
            c->out[i] += (double)c->node->weight->data[o * inputs + i] * c->in[0][o];
}

/* From dy to dx. */
const gs_operation gs_op_linear_adjoint = {.name = "linear_adjoint", .reference = linear_adjoint_reference};
