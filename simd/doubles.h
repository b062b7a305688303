/* Floats as doubles, in the compilers' own vectors, of as many bytes as the instruction set's registers, and four of
 * them. The instructions are called by name: __builtin_convertvector takes GCC 12 three to five of them. */
#ifndef GS_DOUBLES_H
#define GS_DOUBLES_H

#include "v4.h"

#ifdef __AVX2__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

typedef double gs_d4 __attribute__((vector_size(32)));

#ifdef __AVX512F__
enum { GS_DOUBLES = 8 };
typedef float gs_singles __attribute__((vector_size(32), aligned(4), may_alias));
typedef double gs_doubles __attribute__((vector_size(64)));
#elif defined __AVX2__
enum { GS_DOUBLES = 4 };
typedef float gs_singles __attribute__((vector_size(16), aligned(4), may_alias));
typedef gs_d4 gs_doubles;
#else
enum { GS_DOUBLES = 2 };
typedef float gs_singles __attribute__((vector_size(8), aligned(4), may_alias));
typedef double gs_doubles __attribute__((vector_size(16)));
#endif

/* GS_DOUBLES floats at x. */
static inline gs_doubles gs_load_doubles(const float *x) {
#ifdef __AVX512F__
    return (gs_doubles)_mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif defined __AVX2__
    return (gs_doubles)_mm256_cvtps_pd(_mm_loadu_ps(x));
#elif defined __aarch64__
    return (gs_doubles)vcvt_f64_f32(vld1_f32(x));
#else
    return __builtin_convertvector(*(const gs_singles *)x, gs_doubles);
#endif
}

/* Four floats at x; a function would return a vector of 32 bytes, which not all instruction sets have. */
#ifdef __AVX2__
#define GS_LOAD_D4(x) ((gs_d4)_mm256_cvtps_pd(_mm_loadu_ps(x)))
#else
#define GS_LOAD_D4(x) __builtin_convertvector(*(const gs_v4 *)(x), gs_d4)
#endif

static inline void gs_store_singles(float *y, gs_doubles x) {
    *(gs_singles *)y = __builtin_convertvector(x, gs_singles);
}

#endif
