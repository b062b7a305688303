/* Which instruction sets this build has, and which of them this CPU runs. */
#include "kernels.h"

#include <string.h>

#define GS_ISA_ROWS(ROW) ROW(scalar) GS_ROW_AVX2(ROW) GS_ROW_AVX512(ROW) GS_ROW_NEON(ROW)
#ifdef GS_HAVE_AVX2
#define GS_ROW_AVX2(ROW) ROW(avx2)
#else
#define GS_ROW_AVX2(ROW)
#endif
#ifdef GS_HAVE_AVX512
#define GS_ROW_AVX512(ROW) ROW(avx512)
#else
#define GS_ROW_AVX512(ROW)
#endif
#ifdef GS_HAVE_NEON
#define GS_ROW_NEON(ROW) ROW(neon)
#else
#define GS_ROW_NEON(ROW)
#endif

#define GS_DECLARE(isa) extern const gs_kernels gs_kernels_##isa;
GS_ISA_ROWS(GS_DECLARE)

#define GS_ADDRESS(isa) &gs_kernels_##isa,
static const gs_kernels *const tables[] = {GS_ISA_ROWS(GS_ADDRESS)};

const gs_kernels *gs_kernels_at(int i) {
    return i >= 0 && (size_t)i < sizeof tables / sizeof *tables ? tables[i] : NULL;
}

const gs_kernels *gs_kernels_find(const char *isa) {
    const gs_kernels *k;
    for (int i = 0; (k = gs_kernels_at(i)); i++)
        if (!strcmp(k->isa, isa))
            return k;
    return NULL;
}
