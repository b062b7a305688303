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

/* `count` numbers of the condition for images i ... i1 - 1, of which the first 16 count, as vectors; the last image's
 * are in the lanes past it. */
void gs_abreast_condition(const gs_worker *worker, size_t offset, size_t count, int i, int i1, float *out);

#endif
