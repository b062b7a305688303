/* 3 x 3 convolutions of stride 1 by Winograd's F(4 x 4, 3 x 3): Lavin & Gray 2015, "Fast algorithms for convolutional
 * neural networks". 36 products per tile of 16 pixels instead of 144.
 *
 * A group of tiles, from one image or several, goes through all three stages while it is in the cache: the input
 * transform, which gives V (36, tiles, C); for every one or two output planes, 36 products that share the group's V and
 * give M (planes, 36, tiles, 16); and the output transform with bias, residual and factor. */
#include "engine/plan.h"

#include <string.h>

enum { GS_TILES = 32, GS_PLANES_MAX = 2 };

bool gs_winograd_applies(const gs_conv *c) {
    for (int i = 0; i < 2; i++) {
        const gs_axis *a = &c->axis[i];
        if (a->kernel != 3 || a->stride != 1 || a->dilation != 1 || a->adjoint || a->size < 4)
            return false;
    }
    return c->inputs % 16 == 0;
}

/* Floats from one of the 36 positions to the next. The extra vector avoids power-of-two strides. */
static ptrdiff_t v_step(int inputs) {
    return GS_TILES * (ptrdiff_t)inputs + 16;
}
enum { M_STEP = GS_TILES * 16 + 16, M_PLANE = 36 * M_STEP };

/* One line of G: six values from three, for 16 lanes. */
static void weight_line(const double *restrict a, const double *restrict b, const double *restrict c,
                        double *restrict out, ptrdiff_t step) {
    const double third = 1.0 / 3, fifteenth = 1.0 / 15;
    for (int l = 0; l < 16; l++) {
        double even = (a[l] + c[l]) * third, odd = b[l] * third;
        out[l] = a[l];
        out[step + l] = even + odd;
        out[2 * step + l] = odd - even;
        out[3 * step + l] = (16 * a[l] + 8 * b[l] + 4 * c[l]) * -fifteenth;
        out[4 * step + l] = (a[l] - 2 * b[l] + 4 * c[l]) * fifteenth;
        out[5 * step + l] = c[l];
    }
}

/* U = G g G^T, in float64, for each pair of channels: packed as out plane, position, input channel, lane. Lanes past
 * the last output are 0. */
static void transform_weights(float *u, const gs_conv *c) {
    double tap[9][16] = {{0}}, half[6][3][16], whole[36][16];
    int inputs = c->inputs, outputs = c->outputs;
    for (int o = 0; o < outputs; o += 16) {
        int lanes = outputs - o < 16 ? outputs - o : 16;
        if (lanes < 16)
            memset(tap, 0, sizeof tap);
        for (int i = 0; i < inputs; i++) {
            for (int l = 0; l < lanes; l++)
                for (int k = 0; k < 9; k++)
                    tap[k][l] = (double)c->weight[(o + l) * c->out_step + i * c->in_step + k / 3 * c->tap_step[0] +
                                                  k % 3 * c->tap_step[1]];
            for (int k = 0; k < 3; k++)
                weight_line(tap[k], tap[3 + k], tap[6 + k], half[0][k], 3 * 16);
            for (int r = 0; r < 6; r++)
                weight_line(half[r][0], half[r][1], half[r][2], whole[6 * r], 16);
            for (int t = 0; t < 36; t++) {
                float *out = u + (((size_t)(o / 16) * 36 + (size_t)t) * (size_t)inputs + (size_t)i) * 16;
                for (int l = 0; l < 16; l++)
                    out[l] = (float)whole[t][l];
            }
        }
    }
}

typedef struct tile {
    int image, row, column;
} tile;

static tile tile_at(const gs_step *step, int i0, int index) {
    int per_image = step->tiles[0] * step->tiles[1], rest = index % per_image;
    return (tile){i0 + index / per_image, rest / step->tiles[1] * 4, rest % step->tiles[1] * 4};
}

static void transform_input(const gs_step *step, gs_worker *worker, int i0, int t0, int tiles, float *v) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index];
    int inputs = in->shape.d[0], padding[2] = {step->conv.axis[0].padding, step->conv.axis[1].padding};
    for (int t = 0; t < tiles; t++) {
        tile at = tile_at(step, i0, t0 + t);
        const float *x = gs_buffer_at(worker, step->source[0].index, at.image) + (at.row - padding[0]) * in->row +
                         (at.column - padding[1]) * 16;
        for (int p = 0; p < inputs / 16; p++)
            worker->plan->kernels->winograd_in(x + p * in->plane, in->row, v + t * inputs + p * 16, v_step(inputs));
    }
}

/* Where an operand of the result's shape has a tile, or NULL where the step has no such operand. */
static const float *tile_of(const gs_step *step, const gs_worker *worker, int k, tile at, int plane, ptrdiff_t *row) {
    if (k >= step->sources || step->source[k].kind != GS_SOURCE_BUFFER)
        return NULL;
    const gs_buffer *b = &worker->plan->buffer[step->source[k].index];
    *row = b->row;
    return gs_buffer_at(worker, step->source[k].index, at.image) + plane * b->plane + at.row * b->row + at.column * 16;
}

static void transform_output(const gs_step *step, gs_worker *worker, int i0, int t0, int tiles, int plane,
                             const float *m) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *out = &plan->buffer[step->out];
    gs_winograd_out_args args = {.step = M_STEP, .bias = step->bias + 16 * plane, .y_row = out->row};
    for (int t = 0; t < tiles; t++) {
        tile at = tile_at(step, i0, t0 + t);
        args.m = m + t * 16;
        args.y = gs_buffer_at(worker, step->out, at.image) + plane * out->plane + at.row * out->row + at.column * 16;
        args.add = tile_of(step, worker, 1, at, plane, &args.add_row);
        args.mul = tile_of(step, worker, 2, at, plane, &args.mul_row);
        args.rows = out->shape.d[1] - at.row < 4 ? out->shape.d[1] - at.row : 4;
        args.columns = out->shape.d[2] - at.column < 4 ? out->shape.d[2] - at.column : 4;
        plan->kernels->winograd_out(&args);
    }
}

static void winograd_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    int inputs = step->source[0].shape.d[0], most = plan->kernels->mac_traits.planes;
    float *v = worker->tiles, *m = v + 36 * v_step(inputs);
    const float *a[GS_TILES];
    float *out[GS_TILES];
    for (int t = 0; t < GS_TILES; t++) {
        a[t] = v + t * inputs;
        out[t] = m + t * 16;
    }
    int total = (i1 - i0) * step->tiles[0] * step->tiles[1], groups = (total + GS_TILES - 1) / GS_TILES;
    for (int g = 0, t0 = 0; g < groups; g++) {
        int tiles = (total - t0 + groups - g - 1) / (groups - g);
        transform_input(step, worker, i0, t0, tiles, v);
        for (int p = 0, planes; p < step->out_planes; p += planes) {
            const float *u = step->weight + (size_t)p * 36 * (size_t)inputs * 16;
            planes = step->out_planes - p < most ? step->out_planes - p : most;
            for (int t = 0; t < 36; t++) {
                ptrdiff_t segment = t * v_step(inputs);
                gs_mac_args args = {.a = a,
                                    .segment = &segment,
                                    .w = u + (size_t)t * (size_t)inputs * 16,
                                    .out = out,
                                    .out_shift = t * M_STEP,
                                    .w_plane = 36 * (ptrdiff_t)inputs * 16,
                                    .out_plane = M_PLANE,
                                    .rows = tiles,
                                    .planes = planes,
                                    .segments = 1,
                                    .length = inputs};
                plan->kernels->mac(&args);
            }
            for (int k = 0; k < planes; k++)
                transform_output(step, worker, i0, t0, tiles, p + k, m + k * M_PLANE);
        }
        t0 += tiles;
    }
}

bool gs_winograd_prepare(gs_plan *plan, gs_step *step, const gs_conv *c) {
    int inputs = c->inputs, outputs = c->outputs;
    step->conv = *c;
    step->run = winograd_run;
    step->method = "winograd-f4";
    step->out_planes = (outputs + 15) / 16;
    size_t size = (size_t)step->out_planes * 36 * (size_t)inputs * 16;
    step->weight = gs_alloc_large(size, sizeof(float));
    step->bias = gs_alloc((size_t)step->out_planes * 16, sizeof(float));
    if (!step->weight || !step->bias)
        return false;
    transform_weights(step->weight, c);
    for (int o = 0; o < outputs; o++)
        step->bias[o] = c->bias ? c->bias[o] : 0.0f;
    for (int i = 0; i < 2; i++)
        step->tiles[i] = (c->axis[i].size + 3) / 4;
    size_t scratch = 36 * (size_t)v_step(inputs) + GS_PLANES_MAX * (size_t)M_PLANE;
    if (scratch > plan->tiles_size)
        plan->tiles_size = scratch;
    plan->weight_size += size;
    return true;
}
