/* CPU feature detection: every bit that the folder's compiler flags imply, and whether the operating system saves the
 * registers (XCR0 on x86; on ARM the system reports it). */
#include "kernels.h"

#include <string.h>

#include "base/os.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum { XCR0_AVX = 0x6, XCR0_AVX512 = 0xe6 };

static uint64_t read_xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static int has_all(unsigned value, unsigned bits) {
    return (value & bits) == bits;
}

static int supports_x86(const char *isa) {
    unsigned a, b, c, d, b7, c7, d7;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has_all(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_SSE4_2 | bit_POPCNT))
        return 0;
    if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7) || !has_all(b7, bit_AVX2))
        return 0;
    uint64_t xcr0 = read_xcr0();
    if (!strcmp(isa, "avx2"))
        return (xcr0 & XCR0_AVX) == XCR0_AVX;
    if (!strcmp(isa, "avx512"))
        return (xcr0 & XCR0_AVX512) == XCR0_AVX512 &&
               has_all(b7, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL);
    return 0;
}
#endif

int gs_cpu_supports(const char *isa) {
    if (!strcmp(isa, "scalar"))
        return 1;
#if defined(__x86_64__)
#ifdef GS_EMULATE_AVX512
    if (!strcmp(isa, "avx512"))
        return 1;
#endif
    return supports_x86(isa);
#elif defined(__aarch64__)
    return !strcmp(isa, "neon") && gs_os_has_neon();
#else
    return 0;
#endif
}
