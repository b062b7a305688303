/* Element-by-element steps, and those that only move data. */
#include "engine/plan.h"

#include <string.h>

/* A buffer seen as runs of vectors: planes of rows if blocked, a single run if planar. */
typedef struct runs {
    int planes, rows, columns;
    ptrdiff_t plane, row;
} runs;

static runs runs_of(const gs_buffer *b) {
    if (b->layout == GS_PLANAR)
        return (runs){1, 1, (int)(b->image / 16), 0, 0};
    return (runs){gs_planes(b->shape), b->shape.d[1], b->shape.d[2], b->plane, b->row};
}

void gs_affine_call(const gs_step *step, const gs_worker *worker, int image, int plane, gs_affine_args *args) {
    if (step->slope < 0) {
        worker->plan->kernels->affine(args);
        return;
    }
    runs slope = runs_of(&worker->plan->buffer[step->slope]);
    args->slope = gs_buffer_at(worker, step->slope, image) + plane * slope.plane;
    args->slope_row = slope.row;
    worker->plan->kernels->affine_slope(args);
}

void gs_affine_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    runs in = runs_of(&plan->buffer[step->source[0].index]), out = runs_of(&plan->buffer[step->out]);
    float scale[16], shift[16];
    for (int l = 0; l < 16; l++) {
        scale[l] = step->scale;
        shift[l] = step->shift;
    }
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < out.planes; p++) {
            gs_affine_args args = {.x = gs_buffer_at(worker, step->source[0].index, i) + p * in.plane,
                                   .x_row = in.row,
                                   .scale = scale,
                                   .shift = shift,
                                   .y = gs_buffer_at(worker, step->out, i) + p * out.plane,
                                   .y_row = out.row,
                                   .rows = out.rows,
                                   .columns = out.columns,
                                   .activation = step->activation,
                                   .parameter = step->parameter};
            gs_affine_call(step, worker, i, p, &args);
        }
}

/* One operand of a binary step for one image. */
typedef struct operand {
    const float *data;
    runs at; /* rows 0: one vector per plane, or a scalar */
    bool scalar;
    float splat[16];
} operand;

static void find_operand(const gs_step *step, const gs_worker *worker, int k, int image, operand *o) {
    const gs_source *source = &step->source[k];
    bool buffer = source->kind == GS_SOURCE_BUFFER;
    o->data = buffer ? gs_buffer_at(worker, source->index, image) : worker->condition[image] + source->offset;
    gs_shape result = worker->plan->buffer[step->out].shape;
    bool whole = buffer && gs_shape_size(source->shape) == gs_shape_size(result);
    o->scalar = !whole && gs_shape_size(source->shape) == 1;
    if (whole)
        o->at = runs_of(&worker->plan->buffer[source->index]);
    else if (o->scalar)
        for (int l = 0; l < 16; l++)
            o->splat[l] = *o->data;
    else
        o->at.plane = buffer ? worker->plan->buffer[source->index].plane : 16;
}

static const float *operand_row(const operand *o, int plane, int row) {
    if (o->scalar)
        return o->splat;
    return o->data + plane * o->at.plane + row * o->at.row;
}

void gs_binary_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    runs out = runs_of(&worker->plan->buffer[step->out]);
    for (int i = i0; i < i1; i++) {
        operand o[2] = {0};
        for (int k = 0; k < 2; k++)
            find_operand(step, worker, k, i, &o[k]);
        float *y = gs_buffer_at(worker, step->out, i);
        for (int p = 0; p < out.planes; p++)
            for (int r = 0; r < out.rows; r++)
                worker->plan->kernels->binary(step->binary, operand_row(&o[0], p, r), o[0].at.rows ? 16 : 0,
                                              operand_row(&o[1], p, r), o[1].at.rows ? 16 : 0,
                                              y + p * out.plane + r * out.row, (size_t)out.columns);
    }
}

/* Copy `planes` blocked planes from plane p0 of `from` to plane q0 of `to`. */
static void copy_planes(const gs_worker *worker, int from, int p0, int to, int q0, int planes, int image) {
    runs in = runs_of(&worker->plan->buffer[from]), out = runs_of(&worker->plan->buffer[to]);
    const float *x = gs_buffer_at(worker, from, image) + p0 * in.plane;
    float *y = gs_buffer_at(worker, to, image) + q0 * out.plane;
    for (int p = 0; p < planes; p++)
        for (int r = 0; r < in.rows; r++)
            memcpy(y + p * out.plane + r * out.row, x + p * in.plane + r * in.row, (size_t)in.columns * 64);
}

/* Planar operands, one after the other; the padding of the last one to whole vectors is never read. */
static void concat_planar(const gs_step *step, const gs_worker *worker, int image) {
    float *y = gs_buffer_at(worker, step->out, image);
    for (int k = 0; k < step->sources; k++) {
        size_t size = gs_shape_size(step->source[k].shape);
        memcpy(y, gs_buffer_at(worker, step->source[k].index, image), size * sizeof(float));
        y += size;
    }
}

void gs_concat_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    bool planar = step->planar;
    for (int i = i0; i < i1; i++) {
        if (planar) {
            concat_planar(step, worker, i);
            continue;
        }
        for (int k = 0, plane = 0; k < step->sources; k++) {
            int planes = gs_planes(step->source[k].shape);
            copy_planes(worker, step->source[k].index, 0, step->out, plane, planes, i);
            plane += planes;
        }
    }
}

/* A slice of channels, or a reshape, for which `begin` is 0. */
void gs_planar_slice_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_shape in = step->source[0].shape, out = worker->plan->buffer[step->out].shape;
    size_t begin =
        (size_t)worker->plan->model->node[step->node].attributes.begin * (gs_shape_size(in) / (size_t)in.d[0]);
    for (int i = i0; i < i1; i++)
        memcpy(gs_buffer_at(worker, step->out, i), gs_buffer_at(worker, step->source[0].index, i) + begin,
               gs_shape_size(out) * sizeof(float));
}

void gs_slice_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    int begin = worker->plan->model->node[step->node].attributes.begin;
    for (int i = i0; i < i1; i++)
        copy_planes(worker, step->source[0].index, begin / 16, step->out, 0,
                    gs_planes(worker->plan->buffer[step->out].shape), i);
}

/* The adjoint of a slice: zeros outside the slice. */
void gs_unslice_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int begin = worker->plan->model->node[step->node].attributes.begin;
    for (int i = i0; i < i1; i++) {
        float *y = gs_buffer_at(worker, step->out, i);
        memset(y - out->origin, 0, (size_t)out->image * sizeof *y);
        if (!step->planar)
            copy_planes(worker, step->source[0].index, 0, step->out, begin / 16, gs_planes(step->source[0].shape), i);
        else
            memcpy(y + (size_t)begin * (gs_shape_size(out->shape) / (size_t)out->shape.d[0]),
                   gs_buffer_at(worker, step->source[0].index, i), gs_shape_size(step->source[0].shape) * sizeof *y);
    }
}

/* Repeat one value per channel, or a single number, over all positions. */
void gs_stretch_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    runs out = runs_of(&worker->plan->buffer[step->out]);
    const gs_source *source = &step->source[0];
    bool single = gs_shape_size(source->shape) == 1;
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < out.planes; p++) {
            const float *x = gs_buffer_at(worker, source->index, i);
            float *y = gs_buffer_at(worker, step->out, i) + p * out.plane, vector[16];
            for (int l = 0; l < 16; l++)
                vector[l] = single ? *x : x[p * worker->plan->buffer[source->index].plane + l];
            for (int k = 0; k < out.rows * out.columns; k++)
                memcpy(y + k / out.columns * out.row + k % out.columns * 16, vector, sizeof vector);
        }
}

void gs_upsample_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    const int *scale = plan->model->node[step->node].attributes.scale2;
    runs in = runs_of(&plan->buffer[step->source[0].index]), out = runs_of(&plan->buffer[step->out]);
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < in.planes; p++)
            for (int r = 0; r < out.rows; r++) {
                const float *x = gs_buffer_at(worker, step->source[0].index, i) + p * in.plane + r / scale[0] * in.row;
                float *y = gs_buffer_at(worker, step->out, i) + p * out.plane + r * out.row;
                for (int c = 0; c < in.columns; c++, x += 16)
                    for (int k = 0; k < scale[1]; k++, y += 16)
                        memcpy(y, x, 64);
            }
}

/* Copy a value of the condition, whose rows are images. */
void gs_load_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        memcpy(gs_buffer_at(worker, step->out, i), worker->condition[i] + step->source[0].offset,
               gs_shape_size(step->source[0].shape) * sizeof(float));
}

/* Change between planar (C, H, W) and blocked, one vector of channels at a time; lanes past the last channel become
 * 0. */
void gs_to_blocked_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int height = out->shape.d[1], width = out->shape.d[2];
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < gs_planes(out->shape); p++) {
            int left = out->shape.d[0] - p * 16, lanes = left < 16 ? left : 16;
            for (int r = 0; r < height; r++) {
                const float *x = gs_buffer_at(worker, step->source[0].index, i) + (p * 16 * height + r) * width;
                float *y = gs_buffer_at(worker, step->out, i) + p * out->plane + r * out->row;
                for (int k = 0; k < width; k++, y += 16) {
                    for (int l = 0; l < lanes; l++)
                        y[l] = x[l * height * width + k];
                    for (int l = lanes; l < 16; l++)
                        y[l] = 0;
                }
            }
        }
}

void gs_to_planar_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index];
    int height = in->shape.d[1], width = in->shape.d[2];
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < gs_planes(in->shape); p++) {
            int left = in->shape.d[0] - p * 16, lanes = left < 16 ? left : 16;
            for (int r = 0; r < height; r++) {
                const float *x = gs_buffer_at(worker, step->source[0].index, i) + p * in->plane + r * in->row;
                float *y = gs_buffer_at(worker, step->out, i) + (p * 16 * height + r) * width;
                for (int k = 0; k < width; k++, x += 16)
                    for (int l = 0; l < lanes; l++)
                        y[l * height * width + k] = x[l];
            }
        }
}

/* Copy planar rows to rows between halos. */
void gs_to_padded_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int height = out->shape.d[1], width = out->shape.d[2];
    for (int i = i0; i < i1; i++) {
        const float *x = gs_buffer_at(worker, step->source[0].index, i);
        float *y = gs_buffer_at(worker, step->out, i);
        memset(y - out->origin, 0, (size_t)out->image * sizeof *y);
        for (int c = 0; c < out->shape.d[0]; c++)
            for (int r = 0; r < height; r++, x += width)
                memcpy(y + c * out->plane + r * out->row, x, (size_t)width * sizeof *y);
    }
}

/* Convert blocked channels that hold blocks of pixels (gs_conv_in_blocks) to planar; pixels past the edge are left out.
 */
void gs_from_blocks_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index];
    gs_shape shape = worker->plan->buffer[step->out].shape;
    int rows = step->tiles[0], columns = step->tiles[1];
    for (int i = i0; i < i1; i++) {
        float *y = gs_buffer_at(worker, step->out, i);
        for (int c = 0; c < shape.d[0]; c++)
            for (int r = 0; r < shape.d[1]; r++, y += shape.d[2]) {
                const float *x = gs_buffer_at(worker, step->source[0].index, i) + r / rows * in->row +
                                 (c * rows + r % rows) * columns;
                int k = 0;
                for (; columns == 4 && k + 4 <= shape.d[2]; k += 4, x += 16) /* the most common case, without a call */
                    memcpy(y + k, x, 4 * sizeof *y);
                for (; k < shape.d[2]; k += columns, x += 16)
                    memcpy(y + k, x, (size_t)(shape.d[2] - k < columns ? shape.d[2] - k : columns) * sizeof *y);
            }
    }
}

/* small (C r^2, H, W) and large (C, r H, r W), planar: copy one to the other. */
static void shuffle(float *small, float *large, gs_shape shape, int factor, bool enlarge) {
    int height = shape.d[1], width = shape.d[2];
    for (int c = 0; c < shape.d[0]; c++) {
        int square = factor * factor, di = c % square / factor, dj = c % factor;
        for (int r = 0; r < height; r++) {
            float *l = large + ((c / square * height + r) * factor + di) * width * factor + dj;
            for (int k = 0; k < width; k++, small++)
                if (enlarge)
                    l[k * factor] = *small;
                else
                    *small = l[k * factor];
        }
    }
}

void gs_shuffle_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    int factor = worker->plan->model->node[step->node].attributes.factor;
    for (int i = i0; i < i1; i++)
        shuffle(gs_buffer_at(worker, step->source[0].index, i), gs_buffer_at(worker, step->out, i),
                step->source[0].shape, factor, true);
}

void gs_unshuffle_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    int factor = worker->plan->model->node[step->node].attributes.factor;
    for (int i = i0; i < i1; i++)
        shuffle(gs_buffer_at(worker, step->out, i), gs_buffer_at(worker, step->source[0].index, i),
                worker->plan->buffer[step->out].shape, factor, false);
}
