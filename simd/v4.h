/* Compilers' own vectors of 4 floats, which every instruction set has, and their interleaving. */
#ifndef GS_V4_H
#define GS_V4_H

#include <stdint.h>

typedef float gs_v4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t gs_v4i __attribute__((vector_size(16)));

#ifdef __clang__
#define GS_INTERLEAVE(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
#define GS_INTERLEAVE(x, y, a, b, c, d) __builtin_shuffle(x, y, (gs_v4i){a, b, c, d})
#endif
#define GS_LOW(x, y) GS_INTERLEAVE(x, y, 0, 4, 1, 5)
#define GS_HIGH(x, y) GS_INTERLEAVE(x, y, 2, 6, 3, 7)

static inline gs_v4 gs_load_v4(const float *x) {
    return *(const gs_v4 *)x;
}
static inline void gs_store_v4(float *y, gs_v4 x) {
    *(gs_v4 *)y = x;
}

#endif
