/* Images abreast (data.h): whether a graph's values can all be so, and images in and out. */
#ifndef GS_ABREAST_H
#define GS_ABREAST_H

#include "engine/builder.h"

/* Whether steps of images abreast compute the graph, whose needed values are marked: every node that depends on x has a
 * method for it, and no value is so large that a single image would take long. */
bool gs_abreast_suits(const gs_builder *b, const gs_method *const *methods);

/* Images 0 ... n - 1 of x, (n, size) dense, abreast into `to`, groups of 16 one after the other; lanes past image n - 1
 * become 0. And back. */
void gs_abreast_take(const gs_kernels *kernels, const float *x, int n, size_t size, float *to);
void gs_abreast_give(const gs_kernels *kernels, const float *from, int n, size_t size, float *x);

/* One number of the condition for images i ... i1 - 1, of which the first 16 count; the last one's is in the lanes past
 * it. */
static inline void gs_abreast_condition(const gs_worker *worker, size_t offset, int i, int i1, float out[GS_F32_LANES]) {
    for (int l = 0; l < GS_F32_LANES; l++)
        out[l] = worker->condition[i + l < i1 ? i + l : i1 - 1][offset];
}

#endif
