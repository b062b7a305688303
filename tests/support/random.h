/* Seeded random numbers for tests: SplitMix64 (Steele, Lea & Flood 2014). */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* In [-1, 1). */
static inline float random_float(uint64_t *state) {
    return (float)((int32_t)(random_next(state) >> 40) - (1 << 23)) * 0x1p-23F;
}

/* 0 ... n - 1. */
static inline int random_below(uint64_t *state, int n) {
    return (int)(random_next(state) >> 33) % n;
}

#endif
