/* Operations that move elements without computing anything. */
#include <stdio.h>
#include <string.h>

#include "op/check.h"
#include "op/reverse.h"

/* ---- concat ---- */

static gs_status concat_infer(gs_check *c) {
    gs_shape first = c->in[0];
    uint64_t channels = 0;
    for (int i = 0; i < c->node->inputs; i++) {
        gs_shape in = c->in[i];
        if (in.rank != first.rank || in.d[1] != first.d[1] || in.d[2] != first.d[2])
            return gs_check_fail(
                c, "input %d is (%d, %d, %d) of rank %d, expected (any, %d, %d) of rank %d like the first", i, in.d[0],
                in.d[1], in.d[2], in.rank, first.d[1], first.d[2], first.rank);
        channels += (uint64_t)in.d[0];
    }
    return gs_check_result(c, first.rank, channels, (uint64_t)first.d[1], (uint64_t)first.d[2]);
}

static void concat_reference(const gs_call *c) {
    double *out = c->out;
    for (int i = 0; i < c->node->inputs; i++) {
        size_t size = gs_shape_size(c->shape[i]);
        memcpy(out, c->in[i], size * sizeof *out);
        out += size;
    }
}

static void concat_derivative(gs_reverse *r, int n, int dy) {
    int full = gs_reverse_full(r, n, dy, r->node[n].shape);
    for (int i = 0, begin = 0; i < r->node[n].inputs; i++) {
        gs_shape shape = gs_reverse_input(r, n, i);
        if (gs_reverse_wants(r, n, i))
            gs_reverse_give(r, n, i, gs_reverse_slice(r, n, full, begin, shape));
        begin += shape.d[0];
    }
}

const gs_operation gs_op_concat = {
    .name = "concat",
    .inputs = {1, GS_INPUT_MAX},
    .takes = "1 ... 64",
    .result = "along the first dimension; other sizes equal",
    .infer = concat_infer,
    .reference = concat_reference,
    .derivative = concat_derivative,
};

/* ---- slice ---- */

static gs_status slice_infer(gs_check *c) {
    gs_shape in = c->in[0];
    const gs_attributes *a = &c->node->attributes;
    if (a->begin >= a->end || a->end > in.d[0])
        return gs_check_fail(c, "slice %d ... %d, expected 0 <= begin < end <= %d", a->begin, a->end, in.d[0]);
    return gs_check_result(c, in.rank, (uint64_t)(a->end - a->begin), (uint64_t)in.d[1], (uint64_t)in.d[2]);
}

static void slice_reference(const gs_call *c) {
    size_t begin = (size_t)c->node->attributes.begin * gs_positions(c->shape[0]);
    memcpy(c->out, c->in[0] + begin, gs_shape_size(c->node->shape) * sizeof *c->out);
}

static void slice_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_UNSLICE, false);
}

static void slice_describe(const gs_node *node, char *text, size_t room) {
    snprintf(text, room, " %d ... %d", node->attributes.begin, node->attributes.end - 1);
}

const gs_operation gs_op_slice = {
    .name = "slice",
    .inputs = {1, 1},
    .takes = "any",
    .attributes = GS_ATTRIBUTES({"begin", GS_INTEGER, GS_AT(begin), .required = true, .low = 0, .high = INT32_MAX},
                                {"end", GS_INTEGER, GS_AT(end), .required = true, .low = 1, .high = INT32_MAX}),
    .result = "elements begin ... end-1 of the first dimension",
    .infer = slice_infer,
    .reference = slice_reference,
    .derivative = slice_derivative,
    .describe = slice_describe,
};

static void unslice_reference(const gs_call *c) {
    gs_shape shape = c->node->shape;
    size_t begin = (size_t)c->node->attributes.begin * (gs_shape_size(shape) / (size_t)shape.d[0]);
    gs_call_clear(c);
    memcpy(c->out + begin, c->in[0], gs_shape_size(c->shape[0]) * sizeof *c->out);
}

/* From dy to dx: zeros around it. */
const gs_operation gs_op_unslice = {.name = "unslice", .reference = unslice_reference};

/* ---- reshape ---- */

/* The attribute was read into the result's shape. */
static gs_status reshape_infer(gs_check *c) {
    gs_shape wanted = c->node->shape, in = c->in[0];
    gs_status status =
        gs_check_result(c, wanted.rank, (uint64_t)wanted.d[0], (uint64_t)wanted.d[1], (uint64_t)wanted.d[2]);
    if (!status && gs_shape_size(wanted) != gs_shape_size(in))
        status = gs_check_fail(c, "attribute 'shape': %zu elements, the input has %zu", gs_shape_size(wanted),
                               gs_shape_size(in));
    return status;
}

static void reshape_reference(const gs_call *c) {
    memcpy(c->out, c->in[0], gs_shape_size(c->node->shape) * sizeof *c->out);
}

static void reshape_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_RESHAPE, false);
}

const gs_operation gs_op_reshape = {
    .name = "reshape",
    .inputs = {1, 1},
    .takes = "any",
    .attributes = GS_ATTRIBUTES({"shape", GS_SIZES, offsetof(gs_node, shape), .required = true, .low = 1,
                                 .high = GS_SIZE_MAX, .form = "of rank 1 ... 3"}),
    .result = "the same elements in row-major order",
    .infer = reshape_infer,
    .reference = reshape_reference,
    .derivative = reshape_derivative,
};

/* ---- upsample_nearest ---- */

static gs_status upsample_infer(gs_check *c) {
    const int *scale = c->node->attributes.extent, *in = c->in[0].d;
    return gs_check_result(c, 3, (uint64_t)in[0], (uint64_t)in[1] * (uint64_t)scale[0],
                           (uint64_t)in[2] * (uint64_t)scale[1]);
}

static void upsample_reference(const gs_call *c) {
    const int *scale = c->node->attributes.extent, *d = c->node->shape.d;
    double *out = c->out;
    for (int k = 0; k < d[0]; k++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                *out++ = c->in[0][gs_pixel(c->shape[0], k, h / scale[0], w / scale[1])];
}

static void upsample_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_UPSAMPLE_ADJOINT, false);
}

const gs_operation gs_op_upsample_nearest = {
    .name = "upsample_nearest",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "(C, H, W)",
    .attributes = GS_ATTRIBUTES({"scale", GS_PAIR, GS_AT(extent), .required = true, .low = 1, .high = 16,
                                 .form = "[sh, sw], 1 ... 16", .shown = ""}),
    .result = "(C, sh H, sw W)",
    .infer = upsample_infer,
    .reference = upsample_reference,
    .derivative = upsample_derivative,
};

static void upsample_adjoint_reference(const gs_call *c) {
    const int *scale = c->node->attributes.extent, *d = c->shape[0].d;
    const double *dy = c->in[0];
    gs_call_clear(c);
    for (int k = 0; k < d[0]; k++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                c->out[gs_pixel(c->node->shape, k, h / scale[0], w / scale[1])] += *dy++;
}

/* From dy to dx. */
const gs_operation gs_op_upsample_adjoint = {.name = "upsample_adjoint", .reference = upsample_adjoint_reference};

/* ---- pixel_shuffle, pixel_unshuffle ---- */

#define FACTOR(text)                                                                                          \
    GS_ATTRIBUTES({"factor", GS_INTEGER, GS_AT(factor), .required = true, .low = 1, .high = GS_ATTRIBUTE_MAX, \
                   .form = text, .shown = "factor "})

static gs_status shuffle_infer(gs_check *c) {
    const int *in = c->in[0].d;
    uint64_t r = (uint64_t)c->node->attributes.factor, channels = (uint64_t)in[0];
    if (channels % (r * r))
        return gs_check_fail(c, "%d channels, expected a multiple of factor %d squared", in[0], (int)r);
    return gs_check_result(c, 3, channels / (r * r), (uint64_t)in[1] * r, (uint64_t)in[2] * r);
}

static void shuffle_reference(const gs_call *c) {
    const int *d = c->node->shape.d;
    int r = c->node->attributes.factor;
    double *out = c->out;
    for (int k = 0; k < d[0]; k++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                *out++ = c->in[0][gs_pixel(c->shape[0], (k * r + h % r) * r + w % r, h / r, w / r)];
}

static void shuffle_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_PIXEL_UNSHUFFLE, false);
}

const gs_operation gs_op_pixel_shuffle = {
    .name = "pixel_shuffle",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "(C, H, W)",
    .attributes = FACTOR("r"),
    .result = "(C/r^2, r H, r W); out[c, rh+i, rw+j] = in[c r^2 + i r + j, h, w]",
    .infer = shuffle_infer,
    .reference = shuffle_reference,
    .derivative = shuffle_derivative,
};

static gs_status unshuffle_infer(gs_check *c) {
    const int *in = c->in[0].d;
    uint64_t r = (uint64_t)c->node->attributes.factor;
    if ((uint64_t)in[1] % r || (uint64_t)in[2] % r)
        return gs_check_fail(c, "%d x %d pixels, expected multiples of factor %d", in[1], in[2], (int)r);
    return gs_check_result(c, 3, (uint64_t)in[0] * r * r, (uint64_t)in[1] / r, (uint64_t)in[2] / r);
}

static void unshuffle_reference(const gs_call *c) {
    const int *d = c->node->shape.d;
    int r = c->node->attributes.factor;
    double *out = c->out;
    for (int k = 0; k < d[0]; k++)
        for (int h = 0; h < d[1]; h++)
            for (int w = 0; w < d[2]; w++)
                *out++ = c->in[0][gs_pixel(c->shape[0], k / (r * r), h * r + k / r % r, w * r + k % r)];
}

static void unshuffle_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give_node(r, n, dy, GS_OP_PIXEL_SHUFFLE, false);
}

const gs_operation gs_op_pixel_unshuffle = {
    .name = "pixel_unshuffle",
    .inputs = {1, 1},
    .ranks = GS_RANK(3),
    .takes = "(C, H, W)",
    .attributes = FACTOR("r"),
    .result = "the inverse: (C r^2, H/r, W/r)",
    .infer = unshuffle_infer,
    .reference = unshuffle_reference,
    .derivative = unshuffle_derivative,
};
