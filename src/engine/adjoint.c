/* The specification of the operations that occur only in gradients (adjoints.def), in double precision like
 * reference.c: each is the transpose of the Jacobian of node `of`, applied to dy. */
#include "engine/reference.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "engine/window.h"

/* The operands of an operation. The differentiated node's input has the shape of the result, except for UNSTRETCH. */
typedef struct call {
    const gs_node *node, *of;
    const gs_attributes *attributes;
    const double *dy, *x; /* x: the only input of SLOPE, the second of the others */
    gs_shape shape;       /* the first input's shape */
    gs_shape result;
    double *out;
} call;

static void clear(const call *c) {
    for (size_t i = 0; i < gs_shape_size(c->result); i++)
        c->out[i] = 0;
}

/* ---- Element by element ---- */

static double gelu_slope(double x, bool tanh_form) {
    const double root_2_pi = 0.79788456080286535588, root_half = 0.70710678118654752440;
    if (isinf(x))
        return x > 0;
    if (!tanh_form)
        return 0.5 * (1 + gs_erf64(x * root_half)) + 0.5 * root_2_pi * x * gs_exp64(-0.5 * x * x);
    double t = gs_tanh64(root_2_pi * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root_2_pi * (1 + 3 * 0.044715 * x * x);
}

static double silu_slope(double x) {
    double s = gs_sigmoid64(x);
    return isinf(x) ? s : s * (1 + x * gs_sigmoid64(-x));
}

/* At a kink of f, which lies at 0, this is the slope from the left. */
static double slope(gs_op op, const gs_attributes *a, double x) {
    switch (op) {
    case GS_OP_RELU:
        return isnan(x) ? x : x > 0;
    case GS_OP_LEAKY_RELU:
        return isnan(x) ? x : x > 0 ? 1 : a->scale;
    case GS_OP_SILU:
        return silu_slope(x);
    case GS_OP_GELU:
        return gelu_slope(x, a->tanh_form);
    case GS_OP_ELU:
        return x > 0 ? 1 : a->scale * gs_exp64(x);
    case GS_OP_TANH:
        return 4 * gs_sigmoid64(2 * x) * gs_sigmoid64(-2 * x);
    case GS_OP_SIGMOID:
        return gs_sigmoid64(x) * gs_sigmoid64(-x);
    case GS_OP_SOFTPLUS:
        return gs_sigmoid64(x);
    case GS_OP_EXP:
        return gs_exp64(x);
    case GS_OP_LOG:
        return 1 / x;
    case GS_OP_SQRT:
        return 0.5 / sqrt(x);
    case GS_OP_SIN:
        return gs_cos64(x);
    case GS_OP_COS:
        return -gs_sin64(x);
    case GS_OP_RECIPROCAL:
        return -1 / (x * x);
    case GS_OP_SQUARE:
        return 2 * x;
    default:
        return NAN;
    }
}

static void run_slope(const call *c) {
    for (size_t i = 0; i < gs_shape_size(c->result); i++)
        c->out[i] = slope(c->of->op, c->attributes, c->dy[i]);
}

/* ---- Convolution, linear ---- */

static void run_linear(const call *c) {
    size_t inputs = gs_shape_size(c->result);
    clear(c);
    for (size_t o = 0; o < gs_shape_size(c->shape); o++)
        for (size_t i = 0; i < inputs; i++)
            c->out[i] += (double)c->node->weight->data[o * inputs + i] * c->dy[o];
}

/* Add to the pixels that result (o, h, w) of the convolution read their share of its dy. */
static void spread_pixel(const call *c, int o, int h, int w, double dy) {
    const gs_attributes *a = c->attributes;
    int channels = c->result.d[0] / a->groups, height = c->result.d[1], width = c->result.d[2];
    int first = o / (c->shape.d[0] / a->groups) * channels;
    const float *weight =
        c->node->weight->data + (size_t)o * (size_t)channels * (size_t)a->kernel[0] * (size_t)a->kernel[1];
    for (int k = 0; k < channels; k++)
        for (int i = 0; i < a->kernel[0]; i++)
            for (int j = 0; j < a->kernel[1]; j++, weight++) {
                int y = h * a->stride[0] - a->padding[0] + i * a->dilation[0];
                int x = w * a->stride[1] - a->padding[1] + j * a->dilation[1];
                if (y >= 0 && y < height && x >= 0 && x < width)
                    c->out[((size_t)(first + k) * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] +=
                        (double)*weight * dy;
            }
}

static void run_conv2d(const call *c) {
    const double *dy = c->dy;
    clear(c);
    for (int o = 0; o < c->shape.d[0]; o++)
        for (int h = 0; h < c->shape.d[1]; h++)
            for (int w = 0; w < c->shape.d[2]; w++)
                spread_pixel(c, o, h, w, *dy++);
}

/* ---- Normalisation ---- */

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

static void run_norm(const call *c) {
    const gs_attributes *a = c->attributes;
    const gs_tensor *weight = c->node->weight;
    size_t size = gs_shape_size(c->result), positions = (size_t)c->result.d[1] * (size_t)c->result.d[2];
    bool layer = c->of->op == GS_OP_LAYER_NORM;
    size_t run = layer && a->over == GS_OVER_ALL ? 1 : positions;
    for (size_t i = 0; i < size; i++)
        c->out[i] = c->dy[i] * (weight ? (double)weight->data[i / run] : 1);
    if (layer && a->over == GS_OVER_CHANNELS) {
        for (size_t p = 0; p < positions; p++)
            normalise_adjoint(c->x + p, c->out + p, (size_t)c->result.d[0], positions, a->eps);
        return;
    }
    size_t groups = layer ? 1 : (size_t)a->groups, each = size / groups;
    for (size_t g = 0; g < groups; g++)
        normalise_adjoint(c->x + g * each, c->out + g * each, each, 1, a->eps);
}

/* ---- Pools ---- */

static double *pixel(const call *c, int channel, int h, int w) {
    gs_shape s = c->result;
    return &c->out[((size_t)channel * (size_t)s.d[1] + (size_t)h) * (size_t)s.d[2] + (size_t)w];
}

/* The first of the largest elements; a NaN counts as the largest. */
static double *window_top(const call *c, int channel, gs_window v) {
    double *top = pixel(c, channel, v.top, v.left), most = -INFINITY;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++) {
            double *at = pixel(c, channel, h, w), x = c->x[at - c->out];
            if (x > most || (isnan(x) && !isnan(most))) {
                most = x;
                top = at;
            }
        }
    return top;
}

static void run_pool(const call *c) {
    const double *dy = c->dy;
    clear(c);
    for (int k = 0; k < c->shape.d[0]; k++)
        for (int i = 0; i < c->shape.d[1]; i++)
            for (int j = 0; j < c->shape.d[2]; j++, dy++) {
                gs_window v = gs_window_at(c->of, c->result, i, j);
                if (c->of->op == GS_OP_MAX_POOL) {
                    *window_top(c, k, v) += *dy;
                    continue;
                }
                for (int h = v.top; h < v.bottom; h++)
                    for (int w = v.left; w < v.right; w++)
                        *pixel(c, k, h, w) += *dy / v.cells;
            }
}

/* ---- Moving elements ---- */

static void run_upsample(const call *c) {
    const int *scale = c->attributes->scale2;
    const double *dy = c->dy;
    clear(c);
    for (int k = 0; k < c->shape.d[0]; k++)
        for (int h = 0; h < c->shape.d[1]; h++)
            for (int w = 0; w < c->shape.d[2]; w++)
                *pixel(c, k, h / scale[0], w / scale[1]) += *dy++;
}

static void run_unslice(const call *c) {
    size_t begin = (size_t)c->attributes->begin * (gs_shape_size(c->result) / (size_t)c->result.d[0]);
    clear(c);
    memcpy(c->out + begin, c->dy, gs_shape_size(c->shape) * sizeof *c->out);
}

/* The index of element (i, j, k) of the larger array in one whose sizes of 1 stretch. */
static size_t stretched(gs_shape shape, int i, int j, int k) {
    size_t a = shape.d[0] == 1 ? 0 : (size_t)i, b = shape.d[1] == 1 ? 0 : (size_t)j,
           e = shape.d[2] == 1 ? 0 : (size_t)k;
    return (a * (size_t)shape.d[1] + b) * (size_t)shape.d[2] + e;
}

static void run_stretch(const call *c) {
    double *out = c->out;
    for (int i = 0; i < c->result.d[0]; i++)
        for (int j = 0; j < c->result.d[1]; j++)
            for (int k = 0; k < c->result.d[2]; k++)
                *out++ = c->dy[stretched(c->shape, i, j, k)];
}

static void run_unstretch(const call *c) {
    const double *dy = c->dy;
    clear(c);
    for (int i = 0; i < c->shape.d[0]; i++)
        for (int j = 0; j < c->shape.d[1]; j++)
            for (int k = 0; k < c->shape.d[2]; k++)
                c->out[stretched(c->result, i, j, k)] += *dy++;
}

static void (*const operations[GS_OP_ALL])(const call *c) = {
    [GS_OP_SLOPE] = run_slope,
    [GS_OP_LINEAR_ADJOINT] = run_linear,
    [GS_OP_CONV2D_ADJOINT] = run_conv2d,
    [GS_OP_NORM_ADJOINT] = run_norm,
    [GS_OP_POOL_ADJOINT] = run_pool,
    [GS_OP_MAX_POOL_ADJOINT] = run_pool,
    [GS_OP_UPSAMPLE_ADJOINT] = run_upsample,
    [GS_OP_UNSLICE] = run_unslice,
    [GS_OP_STRETCH] = run_stretch,
    [GS_OP_UNSTRETCH] = run_unstretch,
};

void gs_adjoint_node(const gs_model *model, int node, const double *const *in, double *out) {
    const gs_node *n = &model->node[node];
    call c = {.node = n,
              .of = &model->node[n->attributes.of],
              .attributes = &n->attributes,
              .dy = in[0],
              .x = n->inputs > 1 ? in[1] : NULL,
              .shape = gs_value_shape(model, n->input[0]),
              .result = n->shape,
              .out = out};
    operations[n->op](&c);
}
