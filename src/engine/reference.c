#include "engine/reference.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "engine/window.h"

/* The operands of an operation: the node, its inputs' shapes and arrays, and its result. */
typedef struct call {
    const gs_node *node;
    const gs_attributes *attributes;
    const double *const *in;
    const double *x;              /* in[0] */
    gs_shape shape[GS_INPUT_MAX]; /* of the inputs */
    gs_shape result;
    double *out;
} call;

typedef void (*operation)(const call *c);

/* ---- Constants, convolution, linear, embedding ---- */

static void run_constant(const call *c) {
    for (size_t i = 0; i < c->node->weight->size; i++)
        c->out[i] = (double)c->node->weight->data[i];
}

/* One output pixel: sum over c, i, j of w[o, c, i, j] x[g C/groups + c, h s - p + i d, ...], zero outside. */
static double convolve_pixel(const call *c, int o, int h, int w) {
    const gs_attributes *a = c->attributes;
    int channels = c->shape[0].d[0] / a->groups, height = c->shape[0].d[1], width = c->shape[0].d[2];
    int first = o / (c->result.d[0] / a->groups) * channels;
    const float *weight =
        c->node->weight->data + (size_t)o * (size_t)channels * (size_t)a->kernel[0] * (size_t)a->kernel[1];
    double sum = 0;
    for (int k = 0; k < channels; k++)
        for (int i = 0; i < a->kernel[0]; i++)
            for (int j = 0; j < a->kernel[1]; j++, weight++) {
                int y = h * a->stride[0] - a->padding[0] + i * a->dilation[0];
                int x = w * a->stride[1] - a->padding[1] + j * a->dilation[1];
                if (y >= 0 && y < height && x >= 0 && x < width)
                    sum += (double)*weight *
                           c->x[((size_t)(first + k) * (size_t)height + (size_t)y) * (size_t)width + (size_t)x];
            }
    return sum;
}

static void run_conv2d(const call *c) {
    const gs_tensor *bias = c->node->bias;
    double *out = c->out;
    for (int o = 0; o < c->result.d[0]; o++)
        for (int h = 0; h < c->result.d[1]; h++)
            for (int w = 0; w < c->result.d[2]; w++)
                *out++ = convolve_pixel(c, o, h, w) + (bias ? (double)bias->data[o] : 0);
}

static void run_linear(const call *c) {
    size_t inputs = gs_shape_size(c->shape[0]);
    for (size_t o = 0; o < gs_shape_size(c->result); o++) {
        double sum = 0;
        for (size_t i = 0; i < inputs; i++)
            sum += (double)c->node->weight->data[o * inputs + i] * c->x[i];
        c->out[o] = sum + (c->node->bias ? (double)c->node->bias->data[o] : 0);
    }
}

static void run_embedding(const call *c) {
    const gs_tensor *table = c->node->weight;
    bool known = c->x[0] >= 0 && c->x[0] < (double)table->shape[0];
    const float *row = table->data + (known ? (size_t)c->x[0] * table->shape[1] : 0);
    for (size_t i = 0; i < table->shape[1]; i++)
        c->out[i] = known ? (double)row[i] : NAN;
}

/* ---- Normalisation ---- */

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
static void scale_and_shift(const call *c, size_t run) {
    const gs_tensor *weight = c->node->weight, *bias = c->node->bias;
    for (size_t i = 0; i < gs_shape_size(c->result); i++)
        c->out[i] = c->out[i] * (weight ? (double)weight->data[i / run] : 1) + (bias ? (double)bias->data[i / run] : 0);
}

static size_t positions(gs_shape shape) {
    return (size_t)shape.d[1] * (size_t)shape.d[2];
}

static void run_group_norm(const call *c) {
    size_t groups = (size_t)c->attributes->groups, size = gs_shape_size(c->result) / groups;
    for (size_t g = 0; g < groups; g++)
        normalise(c->x + g * size, c->out + g * size, size, 1, c->attributes->eps);
    scale_and_shift(c, positions(c->result));
}

static void run_layer_norm(const call *c) {
    size_t n = positions(c->result);
    if (c->attributes->over == GS_OVER_ALL) {
        normalise(c->x, c->out, gs_shape_size(c->result), 1, c->attributes->eps);
        scale_and_shift(c, 1);
        return;
    }
    for (size_t p = 0; p < n; p++)
        normalise(c->x + p, c->out + p, (size_t)c->result.d[0], n, c->attributes->eps);
    scale_and_shift(c, n);
}

/* ---- Element by element ---- */

/* x times a factor that vanishes at minus infinity faster than x grows: the result there is the limit, not the
 * product's NaN. */
static double gated(double x, double factor) {
    return x == -INFINITY ? 0 : x * factor;
}

static double gelu(double x, bool tanh_form) {
    const double root_2_pi = 0.79788456080286535588, root_half = 0.70710678118654752440;
    if (tanh_form)
        return gated(x, 0.5 * (1 + gs_tanh64(root_2_pi * (x + 0.044715 * x * x * x))));
    return gated(x, 0.5 * (1 + gs_erf64(x * root_half)));
}

static double apply(gs_op op, const gs_attributes *a, double x) {
    switch (op) {
    case GS_OP_RELU:
        return x < 0 ? 0 : x;
    case GS_OP_LEAKY_RELU:
        return x < 0 ? a->scale * x : x;
    case GS_OP_SILU:
        return gated(x, gs_sigmoid64(x));
    case GS_OP_GELU:
        return gelu(x, a->tanh_form);
    case GS_OP_ELU:
        return x < 0 ? a->scale * gs_expm1_64(x) : x;
    case GS_OP_TANH:
        return gs_tanh64(x);
    case GS_OP_SIGMOID:
        return gs_sigmoid64(x);
    case GS_OP_SOFTPLUS:
        return gs_softplus64(x);
    case GS_OP_EXP:
        return gs_exp64(x);
    case GS_OP_LOG:
        return gs_log64(x);
    case GS_OP_SQRT:
        return sqrt(x);
    case GS_OP_SIN:
        return gs_sin64(x);
    case GS_OP_COS:
        return gs_cos64(x);
    case GS_OP_RECIPROCAL:
        return 1 / x;
    case GS_OP_NEG:
        return -x;
    case GS_OP_SQUARE:
        return x * x;
    case GS_OP_AFFINE:
        return a->scale * x + a->shift;
    default:
        return NAN;
    }
}

static void run_unary(const call *c) {
    for (size_t i = 0; i < gs_shape_size(c->result); i++)
        c->out[i] = apply(c->node->op, c->attributes, c->x[i]);
}

static double combine(gs_op op, double x, double y) {
    switch (op) {
    case GS_OP_ADD:
        return x + y;
    case GS_OP_SUB:
        return x - y;
    case GS_OP_MUL:
        return x * y;
    default:
        return x / y;
    }
}

/* Element (i, j, k) of an array whose sizes of 1 stretch. */
static double stretched(const double *x, gs_shape shape, int i, int j, int k) {
    size_t a = shape.d[0] == 1 ? 0 : (size_t)i, b = shape.d[1] == 1 ? 0 : (size_t)j,
           e = shape.d[2] == 1 ? 0 : (size_t)k;
    return x[(a * (size_t)shape.d[1] + b) * (size_t)shape.d[2] + e];
}

static void run_binary(const call *c) {
    double *out = c->out;
    for (int i = 0; i < c->result.d[0]; i++)
        for (int j = 0; j < c->result.d[1]; j++)
            for (int k = 0; k < c->result.d[2]; k++)
                *out++ = combine(c->node->op, stretched(c->in[0], c->shape[0], i, j, k),
                                 stretched(c->in[1], c->shape[1], i, j, k));
}

/* ---- Moving elements ---- */

static void run_concat(const call *c) {
    double *out = c->out;
    for (int i = 0; i < c->node->inputs; i++) {
        size_t size = gs_shape_size(c->shape[i]);
        memcpy(out, c->in[i], size * sizeof *out);
        out += size;
    }
}

/* Reshape is a slice of everything: `begin` is 0. */
static void run_slice(const call *c) {
    size_t begin = (size_t)c->attributes->begin * positions(c->shape[0]);
    memcpy(c->out, c->x + begin, gs_shape_size(c->result) * sizeof *c->out);
}

static double pixel(const call *c, int channel, int h, int w) {
    gs_shape s = c->shape[0];
    return c->x[((size_t)channel * (size_t)s.d[1] + (size_t)h) * (size_t)s.d[2] + (size_t)w];
}

static void run_upsample(const call *c) {
    const int *scale = c->attributes->scale2;
    double *out = c->out;
    for (int k = 0; k < c->result.d[0]; k++)
        for (int h = 0; h < c->result.d[1]; h++)
            for (int w = 0; w < c->result.d[2]; w++)
                *out++ = pixel(c, k, h / scale[0], w / scale[1]);
}

static void run_shuffle(const call *c) {
    int r = c->attributes->factor;
    double *out = c->out;
    for (int k = 0; k < c->result.d[0]; k++)
        for (int h = 0; h < c->result.d[1]; h++)
            for (int w = 0; w < c->result.d[2]; w++)
                *out++ = pixel(c, (k * r + h % r) * r + w % r, h / r, w / r);
}

static void run_unshuffle(const call *c) {
    int r = c->attributes->factor;
    double *out = c->out;
    for (int k = 0; k < c->result.d[0]; k++)
        for (int h = 0; h < c->result.d[1]; h++)
            for (int w = 0; w < c->result.d[2]; w++)
                *out++ = pixel(c, k / (r * r), h * r + k / r % r, w * r + k % r);
}

/* ---- Pools and sums ---- */

static double window_sum(const call *c, int channel, gs_window v) {
    double sum = 0;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++)
            sum += pixel(c, channel, h, w);
    return sum;
}

static double window_max(const call *c, int channel, gs_window v) {
    double most = -INFINITY;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++) {
            double x = pixel(c, channel, h, w);
            most = x > most || isnan(x) ? x : most;
        }
    return most;
}

static void run_pool(const call *c) {
    double *out = c->out;
    for (int k = 0; k < c->result.d[0]; k++)
        for (int h = 0; h < c->result.d[1]; h++)
            for (int w = 0; w < c->result.d[2]; w++) {
                gs_window v = gs_window_at(c->node, c->shape[0], h, w);
                *out++ = c->node->op == GS_OP_MAX_POOL ? window_max(c, k, v) : window_sum(c, k, v) / v.cells;
            }
}

/* Result i is the sum of `count` elements from i * start onwards, `step` apart. */
static void run_reduction(const call *c) {
    size_t all = gs_shape_size(c->shape[0]), n = positions(c->shape[0]);
    size_t start = 0, count = all, step = 1;
    if (c->attributes->over == GS_OVER_POSITIONS) {
        start = n;
        count = n;
    } else if (c->attributes->over == GS_OVER_CHANNELS) {
        start = 1;
        count = all / n;
        step = n;
    }
    for (size_t i = 0; i < gs_shape_size(c->result); i++) {
        double sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += c->x[i * start + k * step];
        c->out[i] = c->node->op == GS_OP_MEAN ? sum / (double)count : sum;
    }
}

/* Operations missing here work element by element on one input. */
static const operation operations[GS_OP_COUNT] = {
    [GS_OP_CONSTANT] = run_constant,
    [GS_OP_CONV2D] = run_conv2d,
    [GS_OP_LINEAR] = run_linear,
    [GS_OP_GROUP_NORM] = run_group_norm,
    [GS_OP_LAYER_NORM] = run_layer_norm,
    [GS_OP_INSTANCE_NORM] = run_group_norm,
    [GS_OP_ADD] = run_binary,
    [GS_OP_SUB] = run_binary,
    [GS_OP_MUL] = run_binary,
    [GS_OP_DIV] = run_binary,
    [GS_OP_CONCAT] = run_concat,
    [GS_OP_SLICE] = run_slice,
    [GS_OP_RESHAPE] = run_slice,
    [GS_OP_UPSAMPLE_NEAREST] = run_upsample,
    [GS_OP_AVG_POOL] = run_pool,
    [GS_OP_MAX_POOL] = run_pool,
    [GS_OP_ADAPTIVE_AVG_POOL] = run_pool,
    [GS_OP_EMBEDDING] = run_embedding,
    [GS_OP_PIXEL_SHUFFLE] = run_shuffle,
    [GS_OP_PIXEL_UNSHUFFLE] = run_unshuffle,
    [GS_OP_SUM] = run_reduction,
    [GS_OP_MEAN] = run_reduction,
};

void gs_reference_node(const gs_model *model, int node, const double *const *in, double *out) {
    const gs_node *n = &model->node[node];
    if (n->op > GS_OP_COUNT) {
        gs_adjoint_node(model, node, in, out);
        return;
    }
    call c = {.node = n, .attributes = &n->attributes, .in = in, .x = n->inputs ? in[0] : NULL, .result = n->shape};
    c.out = out;
    for (int i = 0; i < n->inputs; i++)
        c.shape[i] = gs_value_shape(model, n->input[i]);
    operation run = operations[n->op] ? operations[n->op] : run_unary;
    run(&c);
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

static bool evaluate_node(const gs_model *model, int i, const int *last, double **values) {
    const gs_node *n = &model->node[i];
    const double *in[GS_INPUT_MAX];
    for (int k = 0; k < n->inputs; k++)
        in[k] = values[n->input[k]];
    double *out = gs_alloc(gs_shape_size(n->shape), sizeof *out);
    if (!out)
        return false;
    values[i + GS_VALUE_NODES] = out;
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

static bool evaluate_nodes(const gs_model *model, double **values, int *last, double *const out[2]) {
    find_last_uses(model, last);
    for (int i = 0; i < model->nodes; i++)
        if (last[i + GS_VALUE_NODES] && !evaluate_node(model, i, last, values))
            return false;
    for (int i = 0; i < model->info.outputs; i++)
        if (out[i])
            memcpy(out[i], values[model->output[i]], model->info.output_size[i] * sizeof(double));
    return true;
}

gs_status gs_reference_evaluate(const gs_model *model, const double *x, double sigma, int label, double *out0,
                                double *out1, gs_error *error) {
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
        done = evaluate_nodes(model, values, last, (double *const[2]){out0, out1});
    }
    for (size_t i = GS_VALUE_NODES; values && i < count; i++)
        gs_free(values[i]);
    gs_free(values);
    gs_free(last);
    gs_free(inputs);
    return done ? GS_OK : gs_fail_memory(error, "evaluating the reference");
}
