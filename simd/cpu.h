/* What the processor has, and what the operating system lets programs use of it. */
#ifndef GS_CPU_H
#define GS_CPU_H

#include <stdint.h>

/* Sets of bits, 0 on machines that do not have them. */
typedef struct gs_cpu_features {
    uint32_t leaf_1_c, leaf_7_b, leaf_7_c, leaf_7_d, leaf_7_1_a; /* x86: CPUID's leaf, subleaf and register */
    uint32_t xcr0;                                               /* x86: the registers that the system saves */
    uint32_t tiles; /* x86: 1 if the system lets this process use AMX's tiles */
    uint32_t neon;  /* ARM: gs_os_arm_extensions */
} gs_cpu_features;

/* Bits of leaf_7_d, whose names in <cpuid.h> differ, and one of leaf_7_1_a, which Clang 13 has wrong. */
enum { GS_AMX_BF16 = 1 << 22, GS_AMX_TILE = 1 << 24, GS_AMX_INT8 = 1 << 25, GS_AVX_VNNI = 1 << 4 };

gs_cpu_features gs_cpu_read(void);

/* Whether this processor's dot products of bf16 in vectors are slower than multiply-adds of f32. By the maker, which is
 * the same each time, as a measurement would not be. */
int gs_cpu_bf16_is_slow(void);

/* Whether a machine with these features runs the instruction set: it has all that the row of isas.def and those of its
 * bases need. 0 if this build lacks the instruction set. */
int gs_isa_runs_on(const char *isa, const gs_cpu_features *has);

/* Whether its dot products of bf16 and of 8-bit integers are those of tiles, many times as fast as multiply-adds. */
int gs_isa_has_tiles(const char *isa);

/* The instruction set for plans in bf16, of this one and its bases: itself, or, where vectors' dot products of bf16 are
 * `slow`, the nearest base that has none and multiplies by fused multiply-adds of f32. */
const char *gs_isa_for_bf16(const char *isa, int slow);

/* The last of the instruction sets that such a machine runs. */
const char *gs_isa_best_on(const gs_cpu_features *has);

#endif
