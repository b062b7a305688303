#include "model/stored.h"

#include <math.h>
#include <string.h>

static uint32_t get(const unsigned char *bytes, size_t count) {
    uint32_t value = 0;
    for (size_t i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void put(unsigned char *bytes, size_t count, uint32_t value) {
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* ---- F32 ---- */

static void widen_f32(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) {
        float x = float_of(get(from + 4 * i, 4));
        memcpy(&to[i], &x, sizeof x);
    }
}

static bool store_f32(float x, unsigned char *to) {
    put(to, 4, bits_of(x));
    return isfinite(x);
}

/* ---- BF16: the upper half of a float ---- */

static void widen_bf16(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = float_of(get(from + 2 * i, 2) << 16);
}

static bool store_bf16(float x, unsigned char *to) {
    uint32_t bits = bits_of(x), rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    put(to, 2, rounded);
    return isfinite(x) && (rounded & 0x7f80) != 0x7f80;
}

/* ---- F16: IEEE 754's binary16, of 1 bit for the sign, 5 for the exponent and 10 for the fraction ---- */

static float float_of_f16(uint32_t half) {
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31)
        return float_of(sign | 0x7f800000 | fraction << 13);
    if (exponent)
        return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = (float)fraction * 0x1p-24F;
    return sign ? -magnitude : magnitude;
}

static void widen_f16(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = float_of_f16(get(from + 2 * i, 2));
}

/* |x| in units of the last place of its binade, at least those of subnormal numbers, is rounded by nearbyint, whose
 * mode is the default one within the library. */
static bool store_f16(float x, unsigned char *to) {
    uint32_t sign = bits_of(x) >> 16 & 0x8000;
    int exponent = 0;
    if (!isfinite(x) || fabsf(x) >= 65520) /* half way from 65504, the largest, to 65536 */
        return false;
    frexpf(x, &exponent);
    exponent = x != 0 && exponent > -13 ? exponent : -13;
    uint32_t units = (uint32_t)nearbyintf(ldexpf(fabsf(x), 11 - exponent)); /* 1024 ... 2048, or below */
    put(to, 2, sign | (((uint32_t)(exponent + 13) << 10) + units));
    return true;
}

static const gs_stored types[] = {
    {"F32", 4, widen_f32, store_f32}, {"F16", 2, widen_f16, store_f16}, {"BF16", 2, widen_bf16, store_bf16}};

const gs_stored *gs_stored_find(const char *name) {
    for (size_t i = 0; i < GS_COUNT(types); i++)
        if (!strcmp(types[i].name, name))
            return &types[i];
    return NULL;
}
