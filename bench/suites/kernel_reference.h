/* Kernels computed in a different way from those of simd/: in float64, from the formulas of kernels.h and the
 * papers. */
#ifndef BENCH_KERNEL_REFERENCE_H
#define BENCH_KERNEL_REFERENCE_H

#include "kernels.h"

/* A table like the others, for the arguments that kernels.c uses: SiLU, sums, products; the sizes of tiles are scalar
 * C's.
 */
gs_kernels bench_reference_kernels(void);

/* The share of the largest element by which an instruction set's result may differ: what kernels.h allows, and
 * rounding. */
double bench_reference_tolerance(const char *kernel);

#endif
