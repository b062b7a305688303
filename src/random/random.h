/* Counter-based random numbers outside kernels: the same generator, keys and counters as simd/kernels.h's normals. */
#ifndef GS_RANDOM_H
#define GS_RANDOM_H

#include <stdint.h>

/* What random numbers are for. A stream is the upper four bits of the counter's last word. */
typedef enum gs_stream { GS_STREAM_START, GS_STREAM_STEP, GS_STREAM_LABEL } gs_stream;

/* The counter of one chain's numbers at one step, from position `position` on: chain's lower and upper bits, the step,
 * the position and the stream. */
void gs_random_counter(gs_stream stream, uint64_t chain, uint32_t step, uint32_t position, uint32_t counter[4]);

/* Four words of Philox4x32-10 (Salmon et al. 2011) keyed by the seed. */
void gs_random_words(uint64_t seed, const uint32_t counter[4], uint32_t words[4]);

/* Uniform in (0, 1): ((w0 2^32 + w1 >> 12) + 1/2) 2^-52 of the chain's words. */
double gs_random_uniform(uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step);

#endif
