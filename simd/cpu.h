/* What the processor has, and what the operating system lets programs use of it. */
#ifndef GS_CPU_H
#define GS_CPU_H

#include <stdint.h>

/* Sets of bits, 0 on machines that do not have them. */
typedef struct gs_cpu_features {
    uint32_t leaf_1_c, leaf_7_b, leaf_7_c, leaf_7_1_a; /* x86: CPUID's leaf, subleaf and register */
    uint32_t xcr0;                                     /* x86: the registers that the system saves */
    uint32_t neon;                                     /* ARM: 1 if the system reports NEON */
} gs_cpu_features;

gs_cpu_features gs_cpu_read(void);

/* Whether a machine with these features runs the instruction set: it has all that the row of isas.def and those of its
 * bases need. 0 if this build lacks the instruction set. */
int gs_isa_runs_on(const char *isa, const gs_cpu_features *has);

#endif
