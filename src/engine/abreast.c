#include "engine/abreast.h"

#include <string.h>

enum { LANES = GS_F32_LANES };

/* ---- Planning ---- */

/* Elements of the largest value. A single image takes the time of 16, and then one of 128 elements about as long as
 * call by call: 16 lanes of arithmetic that is a 16th of the time. */
enum { SIZE_MOST = 128 };

static bool is_small(gs_shape shape) {
    return gs_shape_size(shape) <= SIZE_MOST;
}

static bool node_suits(const gs_builder *b, const gs_method *const *methods, int n) {
    const gs_node *node = &b->model->node[n];
    if (!is_small(node->shape))
        return false;
    for (int i = 0; i < node->inputs; i++)
        if (!is_small(gs_builder_shape(b, n, i)))
            return false;
    for (int m = 0; m < GS_METHODS; m++)
        if (methods[m]->abreast && methods[m]->applies(b, n))
            return methods[m]->abreast(b, n);
    return false;
}

bool gs_abreast_suits(const gs_builder *b, const gs_method *const *methods) {
    if (b->plan->backend || !is_small(gs_value_shape(b->model, GS_VALUE_X)))
        return false;
    for (int n = 0; n < b->model->nodes; n++) {
        const gs_planned *v = &b->value[n + GS_VALUE_NODES];
        bool computed = v->needed && b->model->node[n].per_sample;
        if (computed && v->is_slope ? !is_small(b->model->node[n].shape) : computed && !node_suits(b, methods, n))
            return false;
    }
    for (int k = 0; k < b->model->info.outputs; k++)
        if (!gs_value_per_sample(b->model, b->model->output[k]))
            return false;
    return true;
}

/* ---- Images in and out ---- */

/* Elements k ... k + 15 of 16 rows of x, as far as they are among its `left` floats: what lies past a row's end belongs
 * to the next. */
static void read_rows(const float *x, size_t size, size_t k, size_t left, float to[LANES * LANES]) {
    for (size_t l = 0; l < LANES; l++) {
        size_t at = l * size + k;
        if (at + LANES <= left)
            memcpy(to + l * LANES, x + at, GS_VECTOR_BYTES);
        else
            for (size_t i = 0; i < LANES; i++)
                to[l * LANES + i] = at + i < left ? x[at + i] : 0;
    }
}

void gs_abreast_take(const gs_kernels *kernels, const float *x, int n, size_t size, float *to) {
    float rows[LANES * LANES], columns[LANES * LANES];
    for (size_t left = (size_t)n * size; left; x += LANES * size, to += LANES * size) {
        for (size_t k = 0; k < size; k += LANES) {
            size_t count = size - k < LANES ? size - k : LANES;
            bool whole = count == LANES && left >= LANES * size;
            if (!whole)
                read_rows(x, size, k, left, rows);
            kernels->transpose16(whole ? x + k : rows, whole ? (ptrdiff_t)size : LANES,
                                 count == LANES ? to + k * LANES : columns, LANES);
            if (count < LANES)
                memcpy(to + k * LANES, columns, count * GS_VECTOR_BYTES);
        }
        left -= left < LANES * size ? left : LANES * size;
    }
}

/* The same back: what is written past a row's end is written again with the next row. */
static void write_rows(const float from[LANES * LANES], size_t size, size_t k, size_t left, float *x) {
    for (size_t l = 0; l < LANES && l * size < left; l++) {
        size_t at = l * size + k;
        if (at + LANES <= left)
            memcpy(x + at, from + l * LANES, GS_VECTOR_BYTES);
        else
            for (size_t i = 0; i < LANES && at + i < left; i++)
                x[at + i] = from[l * LANES + i];
    }
}

void gs_abreast_give(const gs_kernels *kernels, const float *from, int n, size_t size, float *x) {
    float columns[LANES * LANES] = {0}, rows[LANES * LANES];
    for (size_t left = (size_t)n * size; left; x += LANES * size, from += LANES * size) {
        /* The last elements come first, as they are written over the first ones of the next row. */
        for (size_t k = (size - 1) / LANES * LANES + LANES; k > 0;) {
            k -= LANES;
            size_t count = size - k < LANES ? size - k : LANES;
            bool whole = count == LANES && left >= LANES * size;
            if (count < LANES)
                memcpy(columns, from + k * LANES, count * GS_VECTOR_BYTES);
            kernels->transpose16(count == LANES ? from + k * LANES : columns, LANES, whole ? x + k : rows,
                                 whole ? (ptrdiff_t)size : LANES);
            if (!whole)
                write_rows(rows, size, k, left, x);
        }
        left -= left < LANES * size ? left : LANES * size;
    }
}

/* Chains of one level and label share one condition. */
void gs_abreast_condition(const gs_worker *worker, size_t offset, size_t count, int i, int i1, float *out) {
    const float *const *condition = worker->condition + i;
    int images = i1 - i < LANES ? i1 - i : LANES, same = 1;
    while (same < images && condition[same] == condition[0])
        same++;
    for (size_t k = 0; k < count && same == images; k++)
        for (size_t l = 0; l < LANES; l++)
            out[k * LANES + l] = condition[0][offset + k];
    for (size_t k = 0; k < count && same < images; k++)
        for (int l = 0; l < LANES; l++)
            out[k * LANES + (size_t)l] = condition[l < images ? l : images - 1][offset + k];
}
