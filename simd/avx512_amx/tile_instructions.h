/* AMX's instructions, or what computes the same on processors that lack them, for tests. */
#ifndef GS_TILE_INSTRUCTIONS_H
#define GS_TILE_INSTRUCTIONS_H

#if !defined(GS_EMULATE_AMX) && !defined(GS_EMULATE_AVX512)
#include <immintrin.h>

/* What is stored before comes before what is loaded after: GCC 12's intrinsics do not say that they read memory, so
 * that it may leave out what is stored for them alone. */
#define gs_tiles_written() __asm__ volatile("" ::: "memory")

/* Macros, because tiles are named by constants. */
#define gs_tile_configure(shape) _tile_loadconfig(shape)
#define gs_tile_release() _tile_release()
#define gs_tile_zero(t) _tile_zero(t)
#define gs_tile_load(t, from, stride) _tile_loadd(t, from, stride)
#define gs_tile_store(t, to, stride) _tile_stored(t, to, stride)
#define gs_tile_dot_i8(sum, x, w) _tile_dpbusd(sum, x, w)
#define gs_tile_dot_bf16(sum, x, w) _tile_dpbf16ps(sum, x, w)
#else
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As Intel describes them: a tile has rows of bytes, and beyond its shape there is 0. What the processor would not
 * execute ends the program. */
typedef struct gs_tile {
    int rows, bytes;
    uint8_t at[16][64];
} gs_tile;
static _Thread_local gs_tile gs_tiles[8];

static inline void gs_tiles_expect(int holds) {
    if (!holds)
        abort();
}

#define gs_tiles_written() ((void)0)

static inline void gs_tile_configure(const void *shape) {
    const uint8_t *byte = shape;
    gs_tiles_expect(byte[0] == 1 && byte[1] == 0);
    memset(gs_tiles, 0, sizeof gs_tiles);
    for (int t = 0; t < 8; t++) {
        uint16_t bytes;
        memcpy(&bytes, byte + 16 + 2 * t, sizeof bytes);
        gs_tiles[t].bytes = bytes;
        gs_tiles[t].rows = byte[48 + t];
        gs_tiles_expect(bytes <= 64 && byte[48 + t] <= 16 && !bytes == !byte[48 + t]);
    }
}

static inline void gs_tile_release(void) {
    memset(gs_tiles, 0, sizeof gs_tiles);
}

static inline void gs_tile_zero(int t) {
    gs_tiles_expect(gs_tiles[t].rows > 0);
    memset(gs_tiles[t].at, 0, sizeof gs_tiles[t].at);
}

static inline void gs_tile_load(int t, const void *from, ptrdiff_t stride) {
    gs_tile *tile = &gs_tiles[t];
    gs_tile_zero(t);
    for (int r = 0; r < tile->rows; r++)
        memcpy(tile->at[r], (const char *)from + r * stride, (size_t)tile->bytes);
}

static inline void gs_tile_store(int t, void *to, ptrdiff_t stride) {
    const gs_tile *tile = &gs_tiles[t];
    gs_tiles_expect(tile->rows > 0);
    for (int r = 0; r < tile->rows; r++)
        memcpy((char *)to + r * stride, tile->at[r], (size_t)tile->bytes);
}

/* Whether sums, inputs and weights fit each other. */
static inline void gs_tiles_expect_product(const gs_tile *sum, const gs_tile *a, const gs_tile *b) {
    gs_tiles_expect(sum != a && sum != b && a != b && sum->rows > 0 && sum->rows == a->rows && sum->bytes == b->bytes &&
                    a->bytes == 4 * b->rows);
}

static inline void gs_tile_dot_i8(int s, int x, int w) {
    gs_tile *sum = &gs_tiles[s], *a = &gs_tiles[x], *b = &gs_tiles[w];
    gs_tiles_expect_product(sum, a, b);
    for (int r = 0; r < sum->rows; r++)
        for (int l = 0; l < sum->bytes / 4; l++) {
            uint32_t total;
            memcpy(&total, sum->at[r] + 4 * l, sizeof total);
            for (int k = 0; k < a->bytes; k++)
                total += (uint32_t)(a->at[r][k] * (int8_t)b->at[k / 4][4 * l + k % 4]);
            memcpy(sum->at[r] + 4 * l, &total, sizeof total);
        }
}

/* Whatever is below the normal range counts as 0. */
static inline float gs_tile_float(uint32_t bits) {
    float x;
    bits = bits & 0x7f800000 ? bits : bits & 0x80000000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float gs_tile_bf16(const uint8_t *at) {
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return gs_tile_float((uint32_t)half << 16);
}

static inline float gs_tile_flushed(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return gs_tile_float(bits);
}

/* Elements of even and of odd place are added up apart, and then to the sum. */
static inline void gs_tile_dot_bf16(int s, int x, int w) {
    gs_tile *sum = &gs_tiles[s], *a = &gs_tiles[x], *b = &gs_tiles[w];
    gs_tiles_expect_product(sum, a, b);
    for (int r = 0; r < sum->rows; r++)
        for (int l = 0; l < sum->bytes / 4; l++) {
            float part[2] = {0, 0}, total;
            memcpy(&total, sum->at[r] + 4 * l, sizeof total);
            for (int k = 0; k < a->bytes / 2; k++) {
                const float product = gs_tile_bf16(a->at[r] + 2 * k) * gs_tile_bf16(b->at[k / 2] + 4 * l + k % 2 * 2);
                part[k % 2] = gs_tile_flushed(part[k % 2] + gs_tile_flushed(product));
            }
            total = gs_tile_flushed(gs_tile_flushed(total) + gs_tile_flushed(part[0] + part[1]));
            memcpy(sum->at[r] + 4 * l, &total, sizeof total);
        }
}
#endif

#endif
