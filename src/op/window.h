/* Windows of convolutions and pools: which elements of the input a result depends on. */
#ifndef GS_WINDOW_H
#define GS_WINDOW_H

#include "op/operation.h"

/* Set the result's shape, of that many channels, from the windows' attributes. */
gs_status gs_check_windows(gs_check *check, uint64_t channels);

/* " 3x3 stride 2 padding 1", with what differs from the plainest window only. */
void gs_describe_windows(const gs_node *node, char *text, size_t room);

/* Rows top ... bottom - 1 and columns left ... right - 1, inside the image; `cells` is what a mean divides by. */
typedef struct gs_window {
    int top, bottom, left, right;
    double cells;
} gs_window;

static inline int gs_window_clamp(int value, int high) {
    return value < 0 ? 0 : value > high ? high : value;
}

/* The window of result i of n along one dimension of `size` elements: for adaptive pools floor(i size/n) ... ceil((i +
 * 1) size/n) - 1, for other pools, the window that stride and padding give. */
static inline void gs_window_ends(const gs_node *pool, int dimension, int i, int n, int size, int *begin, int *end) {
    const gs_attributes *a = &pool->attributes;
    if (pool->op == GS_OP_ADAPTIVE_AVG_POOL) {
        *begin = (int)((int64_t)i * size / n);
        *end = (int)(((int64_t)(i + 1) * size + n - 1) / n);
        return;
    }
    int first = i * a->stride[dimension] - a->padding[dimension];
    *begin = gs_window_clamp(first, size);
    *end = gs_window_clamp(first + a->kernel[dimension], size);
}

/* The window of result (h, w) in an input of shape `in`. No window reaches past the padding, because of how the
 * result's size is computed. */
static inline gs_window gs_window_at(const gs_node *pool, gs_shape in, int h, int w) {
    gs_window v;
    gs_window_ends(pool, 0, h, pool->shape.d[1], in.d[1], &v.top, &v.bottom);
    gs_window_ends(pool, 1, w, pool->shape.d[2], in.d[2], &v.left, &v.right);
    bool count_padding = pool->op == GS_OP_AVG_POOL && pool->attributes.count_padding;
    v.cells = count_padding ? (double)pool->attributes.kernel[0] * pool->attributes.kernel[1]
                            : (double)(v.bottom - v.top) * (v.right - v.left);
    return v;
}

#endif
