/* 3 x 3 convolutions of stride 1 by Winograd's F(4 x 4, 3 x 3): Lavin & Gray 2015, "Fast algorithms for convolutional
 * neural networks". 36 products a tile of 16 pixels instead of 144.
 *
 * A group of tiles, from one image or several, goes through all three stages while it is in the cache: V (36, tiles, C)
 * by the input transform; for every output plane M (36, tiles, 16) by 36 products that share the group's V; the output
 * transform with bias and residual. */
#include "engine/plan.h"

enum { GS_TILES = 32 };

bool gs_winograd_applies(const gs_node *node, gs_shape input) {
    const gs_attributes *a = &node->attributes;
    for (int i = 0; i < 2; i++)
        if (a->kernel[i] != 3 || a->stride[i] != 1 || a->dilation[i] != 1 || node->shape.d[i + 1] < 4)
            return false;
    return a->groups == 1 && input.d[0] % 16 == 0;
}

/* Floats from one of the 36 positions to the next. The extra vector keeps them off power-of-two strides. */
static ptrdiff_t v_step(int inputs) {
    return GS_TILES * (ptrdiff_t)inputs + 16;
}
static const ptrdiff_t m_step = GS_TILES * 16 + 16;

/* U = G g G^T, in float64, for each pair of channels: packed as out plane, position, input channel, lane. */
static void transform_weights(float *u, const float *w, int outputs, int inputs) {
    static const double g[6][3] = {{1, 0, 0},
                                   {1.0 / 3, 1.0 / 3, 1.0 / 3},
                                   {-1.0 / 3, 1.0 / 3, -1.0 / 3},
                                   {-16.0 / 15, -8.0 / 15, -4.0 / 15},
                                   {1.0 / 15, -2.0 / 15, 4.0 / 15},
                                   {0, 0, 1}};
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < inputs; i++, w += 9) {
            double half[6][3];
            for (int r = 0; r < 6; r++)
                for (int c = 0; c < 3; c++)
                    half[r][c] = g[r][0] * (double)w[c] + g[r][1] * (double)w[3 + c] + g[r][2] * (double)w[6 + c];
            for (int t = 0; t < 36; t++) {
                const double *h = half[t / 6], *k = g[t % 6];
                size_t at = (((size_t)(o / 16) * 36 + (size_t)t) * (size_t)inputs + (size_t)i) * 16 + (size_t)o % 16;
                u[at] = (float)(h[0] * k[0] + h[1] * k[1] + h[2] * k[2]);
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
    int inputs = in->shape.d[0];
    for (int t = 0; t < tiles; t++) {
        tile at = tile_at(step, i0, t0 + t);
        const float *x = gs_buffer_at(worker, step->source[0].index, at.image) + (at.row - step->padding[0]) * in->row +
                         (at.column - step->padding[1]) * 16;
        for (int p = 0; p < inputs / 16; p++)
            worker->plan->kernels->winograd_in(x + p * in->plane, in->row, v + t * inputs + p * 16, v_step(inputs));
    }
}

static void transform_output(const gs_step *step, gs_worker *worker, int i0, int t0, int tiles, int plane,
                             const float *m) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *out = &plan->buffer[step->out];
    const gs_buffer *add = step->sources > 1 ? &plan->buffer[step->source[1].index] : NULL;
    gs_winograd_out_args args = {.step = m_step, .bias = step->bias + 16 * plane, .y_row = out->row};
    for (int t = 0; t < tiles; t++) {
        tile at = tile_at(step, i0, t0 + t);
        args.m = m + t * 16;
        args.y = gs_buffer_at(worker, step->out, at.image) + plane * out->plane + at.row * out->row + at.column * 16;
        if (add) {
            args.add_row = add->row;
            args.add = gs_buffer_at(worker, step->source[1].index, at.image) + plane * add->plane + at.row * add->row +
                       at.column * 16;
        }
        args.rows = out->shape.d[1] - at.row < 4 ? out->shape.d[1] - at.row : 4;
        args.columns = out->shape.d[2] - at.column < 4 ? out->shape.d[2] - at.column : 4;
        plan->kernels->winograd_out(&args);
    }
}

static void winograd_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    int inputs = step->source[0].shape.d[0];
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
        for (int p = 0; p < step->out_planes; p++) {
            const float *u = step->weight + (size_t)p * 36 * (size_t)inputs * 16;
            for (int t = 0; t < 36; t++) {
                ptrdiff_t segment = t * v_step(inputs);
                gs_mac_args args = {.a = a,
                                    .segment = &segment,
                                    .w = u + (size_t)t * (size_t)inputs * 16,
                                    .out = out,
                                    .out_shift = t * m_step,
                                    .rows = tiles,
                                    .segments = 1,
                                    .length = inputs};
                plan->kernels->mac(&args);
            }
            transform_output(step, worker, i0, t0, tiles, p, m);
        }
        t0 += tiles;
    }
}

bool gs_winograd_prepare(gs_plan *plan, gs_step *step, const gs_node *node) {
    int inputs = step->source[0].shape.d[0], outputs = node->shape.d[0];
    step->run = winograd_run;
    step->method = "winograd-f4";
    step->out_planes = (outputs + 15) / 16;
    size_t size = (size_t)step->out_planes * 36 * (size_t)inputs * 16;
    step->weight = gs_alloc(size, sizeof(float));
    step->bias = gs_alloc((size_t)step->out_planes * 16, sizeof(float));
    if (!step->weight || !step->bias)
        return false;
    transform_weights(step->weight, node->weight->data, outputs, inputs);
    for (int o = 0; o < outputs; o++)
        step->bias[o] = node->bias ? node->bias->data[o] : 0.0f;
    for (int i = 0; i < 2; i++) {
        step->tiles[i] = (node->shape.d[i + 1] + 3) / 4;
        step->padding[i] = node->attributes.padding[i];
    }
    size_t scratch = 36 * (size_t)(v_step(inputs) + m_step);
    if (scratch > plan->tiles_size)
        plan->tiles_size = scratch;
    plan->weight_size += size;
    return true;
}
