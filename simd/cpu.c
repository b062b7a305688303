/* The processor's and the operating system's own words about what they have. */
#include "cpu.h"

#include "base/os.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint32_t read_xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static gs_cpu_features read_x86(void) {
    gs_cpu_features has = {.neon = 0};
    uint32_t a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d))
        has.leaf_1_c = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        has.leaf_7_b = b;
        has.leaf_7_c = c;
        has.leaf_7_d = d;
        if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
            has.leaf_7_1_a = a;
    }
    if (has.leaf_1_c & bit_OSXSAVE)
        has.xcr0 = read_xcr0();
    if (has.leaf_7_d & GS_AMX_TILE)
        has.tiles = gs_os_permits_tiles();
    return has;
}
#endif

gs_cpu_features gs_cpu_read(void) {
#if defined(__x86_64__)
    gs_cpu_features has = read_x86();
#if defined(GS_EMULATE_AMX) || defined(GS_EMULATE_AVX512)
    has.leaf_7_d |= GS_AMX_TILE | GS_AMX_INT8 | GS_AMX_BF16;
    has.xcr0 |= 0x60000;
    has.tiles = 1;
#endif
#ifdef GS_EMULATE_AVX512
    has.leaf_7_b |= bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    has.leaf_7_c |= bit_AVX512VNNI;
    has.leaf_7_1_a |= bit_AVX512BF16;
    has.xcr0 |= 0xe6;
#endif
    return has;
#else
    return (gs_cpu_features){.neon = gs_os_arm_extensions()};
#endif
}

/* A core of AMD's (Zen 4 and 5) does twice as many products per second by vdpbf16ps as by multiply-adds of f32, one of
 * Intel's (family 6, models 167 and 207) half as many, 89 GFLOP/s instead of 178, where 112 come of multiply-adds of
 * f32 that take pairs of bf16 apart. */
int gs_cpu_bf16_is_slow(void) {
#if defined(__x86_64__)
    uint32_t a, b, c, d;
    return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
#else
    return 0;
#endif
}
