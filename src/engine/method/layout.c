#include "engine/method/layout.h"

#include <string.h>

#include "engine/method/view.h"

static void load(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        memcpy(gs_buffer_at(worker, step->out, i), worker->condition[i] + step->source[0].offset,
               gs_shape_size(step->source[0].shape) * sizeof(float));
}

const gs_method gs_method_load = {.name = "load", .run = load};

/* Channels to lanes and back go by blocks of 16 positions, which transpose16 turns; positions are counted through all
 * rows. */
enum { LANES = GS_F32_LANES };

/* A walk through the vectors of a blocked plane. */
typedef struct walk {
    float *at;
    int column, width;
    ptrdiff_t gap; /* from a row's end to the next row */
} walk;

static walk walk_of(const gs_buffer *b, float *plane) {
    int width = b->shape.d[2];
    return (walk){.at = plane, .width = width, .gap = gs_floats(b->row) - width * LANES};
}

/* Whether the next 16 vectors follow each other. */
static bool is_run(const walk *w) {
    return w->gap == 0 || w->column + LANES <= w->width;
}

/* The next vector. */
static float *step_on(walk *w) {
    float *at = w->at;
    w->at += LANES;
    if (++w->column == w->width && w->gap > 0) {
        w->column = 0;
        w->at += w->gap;
    }
    return at;
}

/* Past such 16. */
static void skip_run(walk *w) {
    w->at += LANES * LANES;
    w->column += LANES;
    if (w->column == w->width && w->gap > 0) {
        w->column = 0;
        w->at += w->gap;
    }
}

/* Lanes of plane p that are channels. */
static int lanes_of(const gs_buffer *blocked, int p) {
    int left = blocked->shape.d[0] - p * LANES;
    return left < LANES ? left : LANES;
}

static void copy_run(float *to, const float *from, int count) {
    if (count == LANES) /* most common: without a call */
        memcpy(to, from, GS_VECTOR_BYTES);
    else
        memcpy(to, from, (size_t)count * sizeof *to);
}

/* One plane from planar x, whose channels are `size` apart; lanes past the last channel become 0. */
static void plane_to_blocked(const gs_kernels *kernels, const float *x, int size, int lanes, walk y) {
    float from[LANES * LANES] = {0}, to[LANES * LANES];
    for (int k = 0; k < size; k += LANES) {
        int count = size - k < LANES ? size - k : LANES;
        bool whole = lanes == LANES && count == LANES, run = count == LANES && is_run(&y);
        for (int l = 0; !whole && l < lanes; l++)
            copy_run(from + l * LANES, x + (ptrdiff_t)l * size + k, count);
        kernels->transpose16(whole ? x + k : from, whole ? size : LANES, run ? y.at : to, LANES);
        if (run)
            skip_run(&y);
        for (int i = 0; !run && i < count; i++)
            memcpy(step_on(&y), to + i * LANES, GS_VECTOR_BYTES);
    }
}

static void run_to_blocked(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int size = out->shape.d[1] * out->shape.d[2];
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < out->planes; p++) {
            const float *x = (float *)gs_buffer_at(worker, step->source[0].index, i) + (ptrdiff_t)p * LANES * size;
            float *y = (float *)gs_buffer_at(worker, step->out, i) + p * gs_floats(out->plane);
            plane_to_blocked(worker->plan->kernels, x, size, lanes_of(out, p), walk_of(out, y));
        }
}

/* The same from blocked x to planar y. */
static void plane_to_planar(const gs_kernels *kernels, walk x, float *y, int size, int lanes) {
    float from[LANES * LANES] = {0}, to[LANES * LANES];
    for (int k = 0; k < size; k += LANES) {
        int count = size - k < LANES ? size - k : LANES;
        bool whole = lanes == LANES && count == LANES, run = count == LANES && is_run(&x);
        const float *block = run ? x.at : from;
        if (run)
            skip_run(&x);
        for (int i = 0; !run && i < count; i++)
            memcpy(from + i * LANES, step_on(&x), GS_VECTOR_BYTES);
        kernels->transpose16(block, LANES, whole ? y + k : to, whole ? size : LANES);
        for (int l = 0; !whole && l < lanes; l++)
            copy_run(y + (ptrdiff_t)l * size + k, to + l * LANES, count);
    }
}

static void run_to_planar(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_buffer *in = &worker->plan->buffer[step->source[0].index];
    int size = in->shape.d[1] * in->shape.d[2];
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < in->planes; p++) {
            float *x = (float *)gs_buffer_at(worker, step->source[0].index, i) + p * gs_floats(in->plane);
            float *y = (float *)gs_buffer_at(worker, step->out, i) + (ptrdiff_t)p * LANES * size;
            plane_to_planar(worker->plan->kernels, walk_of(in, x), y, size, lanes_of(in, p));
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
