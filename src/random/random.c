#include "random/random.h"

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
