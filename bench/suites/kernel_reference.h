/* Kernels computed in another way than those of simd/: in float64, from the formulas of kernels.h and the papers. */
#ifndef BENCH_KERNEL_REFERENCE_H
#define BENCH_KERNEL_REFERENCE_H

#include "kernels.h"

/* A table like the others, for the arguments that kernels.c has: SiLU, sums, products; sizes of tiles are scalar C's.
 */
gs_kernels bench_reference_kernels(void);

/* By how much of the largest element an instruction set's may differ: what kernels.h allows, and roundings. */
double bench_reference_tolerance(const char *kernel);

#endif
