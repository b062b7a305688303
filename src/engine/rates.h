/* Which instruction set multiplies bfloat16 fastest on this processor. */
#ifndef GS_RATES_H
#define GS_RATES_H

#include "kernels.h"

/* Measure, in a fraction of a millisecond, how many times as many products of bfloat16 a core does by the kernels' dot
 * products as by multiply-adds of float32, both from registers. */
double gs_rate_of_bf16(const gs_kernels *kernels);

/* The instruction set for plans in bfloat16, where its dot products have this rate: itself, or, where they are not
 * worth it, the nearest of its bases that has none, and multiplies by fused multiply-adds of float32. */
const gs_kernels *gs_kernels_at_rate(const gs_kernels *kernels, double rate);

#endif
