/* Images abreast (data.h), in and out. */
#ifndef GS_ABREAST_H
#define GS_ABREAST_H

#include "engine/data.h"

/* Images 0 ... n - 1 of x, (n, size) dense, abreast into `to`, groups of 16 one after the other; lanes past image n - 1
 * become 0. And back. */
void gs_abreast_take(const gs_kernels *kernels, const float *x, int n, size_t size, float *to);
void gs_abreast_give(const gs_kernels *kernels, const float *from, int n, size_t size, float *x);

#endif
