#include "engine/method/layout.h"

#include <string.h>

#include "engine/method/view.h"

static void load(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        memcpy(gs_buffer_at(worker, step->out, i), worker->condition[i] + step->source[0].offset,
               gs_shape_size(step->source[0].shape) * sizeof(float));
}

const gs_method gs_method_load = {.name = "load", .run = load};

/* One vector of channels at a time; lanes past the last channel become 0. */
static void run_to_blocked(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int height = out->shape.d[1], width = out->shape.d[2];
    ptrdiff_t plane = gs_floats(out->plane), row = gs_floats(out->row);
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < out->planes; p++) {
            int left = out->shape.d[0] - p * GS_F32_LANES, lanes = left < GS_F32_LANES ? left : GS_F32_LANES;
            for (int r = 0; r < height; r++) {
                const float *x =
                    (float *)gs_buffer_at(worker, step->source[0].index, i) + (p * GS_F32_LANES * height + r) * width;
                float *y = (float *)gs_buffer_at(worker, step->out, i) + p * plane + r * row;
                for (int k = 0; k < width; k++, y += GS_F32_LANES) {
                    for (int l = 0; l < lanes; l++)
                        y[l] = x[l * height * width + k];
                    for (int l = lanes; l < GS_F32_LANES; l++)
                        y[l] = 0;
                }
            }
        }
}

static void run_to_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index];
    int height = in->shape.d[1], width = in->shape.d[2];
    ptrdiff_t plane = gs_floats(in->plane), row = gs_floats(in->row);
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < in->planes; p++) {
            int left = in->shape.d[0] - p * GS_F32_LANES, lanes = left < GS_F32_LANES ? left : GS_F32_LANES;
            for (int r = 0; r < height; r++) {
                const float *x = (float *)gs_buffer_at(worker, step->source[0].index, i) + p * plane + r * row;
                float *y = (float *)gs_buffer_at(worker, step->out, i) + (p * GS_F32_LANES * height + r) * width;
                for (int k = 0; k < width; k++, x += GS_F32_LANES)
                    for (int l = 0; l < lanes; l++)
                        y[l * height * width + k] = x[l];
            }
        }
}

/* Copy rows to rows between halos. */
static void run_to_padded(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index], *out = &worker->plan->buffer[step->out];
    for (int i = i0; i < i1; i++) {
        const char *x = gs_buffer_at(worker, step->source[0].index, i);
        char *y = gs_buffer_at(worker, step->out, i);
        memset(y - out->origin, 0, (size_t)out->image);
        for (int c = 0; c < out->planes; c++)
            for (int r = 0; r < out->shape.d[1]; r++, x += in->row)
                memcpy(y + c * out->plane + r * out->row, x, (size_t)in->row);
    }
}

static const gs_method to_planar = {.name = "to-planar", .run = run_to_planar};
static const gs_method to_blocked = {.name = "to-blocked", .run = run_to_blocked};
static const gs_method to_padded = {.name = "to-padded", .run = run_to_padded};

const gs_method *const gs_methods_to[GS_LAYOUTS] = {
    [GS_PLANAR] = &to_planar, [GS_BLOCKED] = &to_blocked, [GS_PADDED] = &to_padded};
