/* Pools, which take the mean or the maximum of windows, and sums and means over whole dimensions. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "op/check.h"
#include "op/reverse.h"
#include "op/window.h"

/* ---- Shapes ---- */

/* A missing stride is the kernel. */
static gs_status pool_infer(gs_check *c) {
    gs_attributes *a = &c->node->attributes;
    for (int i = 0; i < 2; i++) {
        a->dilation[i] = 1;
        if (!a->stride[i])
            a->stride[i] = a->kernel[i];
        if (2 * a->padding[i] > a->kernel[i])
            return gs_check_fail(c, "padding %d, expected at most half the kernel %d", a->padding[i], a->kernel[i]);
    }
    return gs_check_windows(c, (uint64_t)c->in[0].d[0]);
}

static gs_status adaptive_infer(gs_check *c) {
    const int *size = c->node->attributes.extent;
    return gs_check_result(c, 3, (uint64_t)c->in[0].d[0], (uint64_t)size[0], (uint64_t)size[1]);
}

static gs_status reduction_infer(gs_check *c) {
    const int *in = c->in[0].d;
    gs_shape *result = &c->node->shape;
    gs_status status = GS_OK;
    switch (c->node->attributes.over) {
    case GS_OVER_CHANNELS:
        status = gs_check_rank(c, GS_RANK(3), "(C, H, W)");
        *result = (gs_shape){.rank = 3, .d = {1, in[1], in[2]}};
        break;
    case GS_OVER_POSITIONS:
        *result = (gs_shape){.rank = 1, .d = {in[0], 1, 1}};
        break;
    default:
        *result = (gs_shape){.rank = 1, .d = {1, 1, 1}};
        break;
    }
    return status;
}

/* ---- The reference ---- */

static double window_sum(const gs_call *c, int channel, gs_window v) {
    double sum = 0;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++)
            sum += c->in[0][gs_pixel(c->shape[0], channel, h, w)];
    return sum;
}

static double window_max(const gs_call *c, int channel, gs_window v) {
    double most = -INFINITY;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++) {
            double x = c->in[0][gs_pixel(c->shape[0], channel, h, w)];
            most = x > most || isnan(x) ? x : most;
        }
    return most;
}

static void pool_reference(const gs_call *c) {
    const int *d = c->node->shape.d;
    double *out = c->out;
    for (int k = 0; k < d[0]; k++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++) {
                gs_window v = gs_window_at(c->node, c->shape[0], h, w);
                *out++ = c->node->op == GS_OP_MAX_POOL ? window_max(c, k, v) : window_sum(c, k, v) / v.cells;
            }
}

/* What is reduced: result i is of `count` elements from i * start onwards, `step` apart. */
typedef struct reduced {
    size_t start, count, step;
} reduced;

static reduced reduced_of(gs_shape in, int over) {
    size_t all = gs_shape_size(in), n = gs_positions(in);
    if (over == GS_OVER_POSITIONS)
        return (reduced){.start = n, .count = n, .step = 1};
    if (over == GS_OVER_CHANNELS)
        return (reduced){.start = 1, .count = all / n, .step = n};
    return (reduced){.count = all, .step = 1};
}

static void reduction_reference(const gs_call *c) {
    reduced e = reduced_of(c->shape[0], c->node->attributes.over);
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++) {
        double sum = 0;
        for (size_t k = 0; k < e.count; k++)
            sum += c->in[0][i * e.start + k * e.step];
        c->out[i] = c->node->op == GS_OP_MEAN ? sum / (double)e.count : sum;
    }
}

static double largest(const double *x, reduced e) {
    double most = x[0];
    for (size_t k = 1; k < e.count; k++)
        most = x[k * e.step] > most || isnan(x[k * e.step]) ? x[k * e.step] : most;
    return most;
}

static void max_reference(const gs_call *c) {
    reduced e = reduced_of(c->shape[0], c->node->attributes.over);
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++)
        c->out[i] = largest(c->in[0] + i * e.start, e);
}

/* ---- Derivatives ---- */

/* The result has size 1 where it was summed, or rank 1 where its shape is (C): both stretch. */
static void sum_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give(r, n, 0, dy);
}

static void mean_derivative(gs_reverse *r, int n, int dy) {
    double count = (double)(gs_shape_size(gs_reverse_input(r, n, 0)) / gs_shape_size(r->node[n].shape));
    gs_reverse_give(r, n, 0, gs_reverse_scale(r, n, dy, 1 / count));
}

static void avg_pool_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_POOL_ADJOINT, false);
}

/* One window over everything is a mean. */
static void adaptive_derivative(gs_reverse *r, int n, int dy) {
    if (gs_positions(r->node[n].shape) == 1)
        mean_derivative(r, n, dy);
    else
        avg_pool_derivative(r, n, dy);
}

static void max_pool_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_MAX_POOL_ADJOINT, true);
}

static void pool_adjoint_reference(const gs_call *c) {
    const int *d = c->shape[0].d;
    const double *dy = c->in[0];
    gs_call_clear(c);
    for (int k = 0; k < d[0]; k++)
        for (int i = 0; i < d[1]; i++)
            for (int j = 0; j < d[2]; j++, dy++) {
                gs_window v = gs_window_at(c->of, c->node->shape, i, j);
                for (int h = v.top; h < v.bottom; h++)
                    for (int w = v.left; w < v.right; w++)
                        c->out[gs_pixel(c->node->shape, k, h, w)] += *dy / v.cells;
            }
}

/* From dy to dx, for avg_pool and adaptive_avg_pool. */
const gs_operation gs_op_pool_adjoint = {.name = "pool_adjoint", .reference = pool_adjoint_reference};

/* The index of the first of the largest elements; a NaN counts as the largest. */
static size_t window_top(const gs_call *c, int channel, gs_window v) {
    size_t top = gs_pixel(c->node->shape, channel, v.top, v.left);
    double most = -INFINITY;
    for (int h = v.top; h < v.bottom; h++)
        for (int w = v.left; w < v.right; w++) {
            size_t at = gs_pixel(c->node->shape, channel, h, w);
            double x = c->in[1][at];
            if (x > most || (isnan(x) && !isnan(most))) {
                most = x;
                top = at;
            }
        }
    return top;
}

static void max_pool_adjoint_reference(const gs_call *c) {
    const int *d = c->shape[0].d;
    const double *dy = c->in[0];
    gs_call_clear(c);
    for (int k = 0; k < d[0]; k++)
        for (int i = 0; i < d[1]; i++)
            for (int j = 0; j < d[2]; j++)
                c->out[window_top(c, k, gs_window_at(c->of, c->node->shape, i, j))] += *dy++;
}

/* From dy and x to dx. */
const gs_operation gs_op_max_pool_adjoint = {.name = "max_pool_adjoint", .reference = max_pool_adjoint_reference};

static void max_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_MAX_ADJOINT, true);
}

/* Each dy in equal parts to all largest elements; a NaN makes it NaN. */
static void max_adjoint_reference(const gs_call *c) {
    reduced e = reduced_of(c->node->shape, c->of->attributes.over);
    for (size_t i = 0; i < gs_shape_size(c->shape[0]); i++) {
        const double *x = c->in[1] + i * e.start, most = largest(x, e);
        double *dx = c->out + i * e.start, count = 0;
        for (size_t k = 0; k < e.count; k++)
            count += x[k * e.step] == most;
        for (size_t k = 0; k < e.count; k++)
            dx[k * e.step] = (x[k * e.step] == most ? c->in[0][i] : 0) / count;
    }
}

/* From dy and x to dx. */
const gs_operation gs_op_max_adjoint = {.name = "max_adjoint", .reference = max_adjoint_reference};

/* ---- Records ---- */

#define IMAGE .inputs = {1, 1}, .ranks = GS_RANK(3), .takes = "(C, H, W)"
#define WINDOW                                                                                                       \
    {"kernel", GS_PAIR, GS_AT(kernel), .required = true, .low = 1, .high = GS_ATTRIBUTE_MAX, .form = "[kh, kw]"},    \
        {"stride", GS_PAIR, GS_AT(stride), .low = 1, .high = GS_ATTRIBUTE_MAX, .fallback = 0, .form = "= kernel"}, { \
        "padding", GS_PAIR, GS_AT(padding), .low = 0, .high = GS_ATTRIBUTE_MAX, .fallback = 0                        \
    }

static void avg_pool_describe(const gs_node *node, char *text, size_t room) {
    gs_describe_windows(node, text, room);
    size_t used = strlen(text);
    if (!node->attributes.count_padding)
        snprintf(text + used, room - used, " padding not counted");
}

const gs_operation gs_op_avg_pool = {
    .name = "avg_pool",
    IMAGE,
    .attributes =
        GS_ATTRIBUTES(WINDOW, {"count_padding", GS_FLAG, GS_AT(count_padding), .low = 0, .high = 1, .fallback = 1}),
    .result = "mean of each window; padding counts in the divisor unless `count_padding` is 0",
    .infer = pool_infer,
    .reference = pool_reference,
    .derivative = avg_pool_derivative,
    .describe = avg_pool_describe,
};

const gs_operation gs_op_max_pool = {
    .name = "max_pool",
    IMAGE,
    .attributes = GS_ATTRIBUTES(WINDOW),
    .result = "maximum of each window, padding is minus infinity",
    .infer = pool_infer,
    .reference = pool_reference,
    .derivative = max_pool_derivative,
    .describe = gs_describe_windows,
};

const gs_operation gs_op_adaptive_avg_pool = {
    .name = "adaptive_avg_pool",
    IMAGE,
    .attributes = GS_ATTRIBUTES(
        {"size", GS_PAIR, GS_AT(extent), .required = true, .low = 1, .high = GS_ATTRIBUTE_MAX, .form = "[h, w]"}),
    .result = "window i covers floor(i H/h) ... ceil((i+1) H/h) - 1",
    .infer = adaptive_infer,
    .reference = pool_reference,
    .derivative = adaptive_derivative,
};

static const char *const over[] = {
    [GS_OVER_CHANNELS] = "channels", [GS_OVER_POSITIONS] = "positions", [GS_OVER_ALL] = "all", NULL};

#define REDUCTION                                               \
    .inputs = {1, 1}, .takes = "any", .infer = reduction_infer, \
    .attributes = GS_ATTRIBUTES({"over", GS_CHOICE, GS_AT(over), .required = true, .choices = over, .shown = "over "})
#define RESULT "(1, H, W) of rank 3, (C), or (1)"

const gs_operation gs_op_sum = {
    .name = "sum", REDUCTION, .reference = reduction_reference, .derivative = sum_derivative, .result = RESULT};
const gs_operation gs_op_mean = {
    .name = "mean", REDUCTION, .reference = reduction_reference, .derivative = mean_derivative, .result = RESULT};
const gs_operation gs_op_max = {.name = "max",
                                REDUCTION,
                                .reference = max_reference,
                                .derivative = max_derivative,
                                .result = RESULT "; the largest elements share the derivative evenly"};
