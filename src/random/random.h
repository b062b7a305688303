/* Counter-based random numbers outside kernels: the same generator, keys and counters as the normals of
 * simd/kernels.h. */
#ifndef GS_RANDOM_H
#define GS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The largest number of a chain, since the stream takes the four bits above. */
#define GS_CHAIN_MAX ((UINT64_C(1) << 60) - 1)

/* The uses of random numbers. A stream is the upper four bits of the counter's last word, so that a use that has
 * another number has other random numbers. */
typedef enum gs_stream {
    GS_STREAM_START,
    GS_STREAM_STEP,
    GS_STREAM_LABEL,
    GS_STREAM_ACCEPT,
    GS_STREAM_PROPOSAL,  /* rejection sampling: a proposal's vector */
    GS_STREAM_DECISION,  /* the decision about it */
    GS_STREAM_RESAMPLE,  /* the halves of the samples that a sample is in */
    GS_STREAM_DENSITY,   /* exact samples of densities */
    GS_STREAM_LOSS,      /* the noise on an image whose loss is measured */
    GS_STREAM_ORDER,     /* the random order of images that are looked at */
    GS_STREAM_TREE,      /* noise that does not depend on the number of steps */
    GS_STREAM_CORRECTOR, /* the steps of a corrector at one noise level */
    GS_STREAM_QUANTIZE,  /* noise on images, and latents, by which a network is quantised */
    GS_STREAM_CHOICE,    /* choices within a chain: of replicas, particles and labels */
    GS_STREAM_MEASURE,   /* measurements: their noise, step 0, and the pixels that a random mask hides, step 1 */
    GS_STREAM_PROBE      /* directions in which a trace is measured, and what dequantisation adds to pixels */
} gs_stream;

/* The counter of one chain's numbers at one step, from position `position` onwards: the chain's lower and upper bits,
 * the step, the position and the stream. `chain` is at most GS_CHAIN_MAX. */
void gs_random_counter(gs_stream stream, uint64_t chain, uint32_t step, uint32_t position, uint32_t counter[4]);

/* Four words of Philox4x32-10 (Salmon et al. 2011) keyed by the seed. */
void gs_random_words(uint64_t seed, const uint32_t counter[4], uint32_t words[4]);

/* A word as a number in (0, 1), the middle of one of 2^32 equal parts. */
static inline double gs_random_unit(uint32_t word) {
    return ((double)word + 0.5) * 0x1p-32;
}

/* A whole number below n from the words of one counter: floor(w n / 2^32). */
uint32_t gs_random_below(uint64_t seed, const uint32_t counter[4], uint32_t n);

/* Put `count` items of `size` bytes, at most 64, into random order (Fisher & Yates), by the counters {1 ... count - 1,
 * stream}. */
void gs_random_shuffle(uint64_t seed, const uint32_t stream[3], void *items, size_t count, size_t size);

#endif
