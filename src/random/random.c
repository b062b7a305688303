#include "random/random.h"

#include <string.h>

void gs_random_counter(gs_stream stream, uint64_t chain, uint32_t step, uint32_t position, uint32_t counter[4]) {
    counter[0] = (uint32_t)chain;
    counter[1] = step;
    counter[2] = position;
    counter[3] = (uint32_t)stream << 28 ^ (uint32_t)(chain >> 32);
}

void gs_random_words(uint64_t seed, const uint32_t counter[4], uint32_t words[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
        uint64_t p = (uint64_t)c0 * 0xd2511f53u, q = (uint64_t)c2 * 0xcd9e8d57u;
        c0 = (uint32_t)(q >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)q;
        c2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

uint32_t gs_random_below(uint64_t seed, const uint32_t counter[4], uint32_t n) {
    uint32_t words[4];
    gs_random_words(seed, counter, words);
    return (uint32_t)(((uint64_t)words[0] * n) >> 32);
}

void gs_random_shuffle(uint64_t seed, const uint32_t stream[3], void *items, size_t count, size_t size) {
    char *all = items, kept[64];
    for (size_t i = count; i-- > 1;) {
        const uint32_t counter[4] = {(uint32_t)i, stream[0], stream[1], stream[2]};
        char *other = all + gs_random_below(seed, counter, (uint32_t)i + 1) * size;
        memcpy(kept, all + i * size, size);
        memmove(all + i * size, other, size);
        memcpy(other, kept, size);
    }
}
