/* Which instruction sets this build has, and which of them this CPU runs. */
#include "base/os.h"
#include "cpu.h"
#include "kernels.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#define GS_ISA(name, text, base, machine, flags, ...) GS_ON_##machine(extern const gs_kernels gs_kernels_##name;)
#include "isas.def"

static const struct {
    const gs_kernels *kernels;
    gs_cpu_features needs; /* beyond what the base needs */
} rows[] = {
#define GS_ISA(name, text, base, machine, flags, ...) GS_ON_##machine({&gs_kernels_##name, {__VA_ARGS__}}, )
#include "isas.def"
};
enum { ROWS = sizeof rows / sizeof *rows };

const gs_kernels *gs_kernels_at(int i) {
    return i >= 0 && i < ROWS ? rows[i].kernels : NULL;
}

const gs_kernels *gs_kernels_find(const char *isa) {
    for (int i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].kernels->isa, isa))
            return rows[i].kernels;
    return NULL;
}

const gs_kernels *gs_kernel_owner(const gs_kernels *kernels, int i) {
#define GS_KERNEL(op, type, family, exactness, result, parameters, what)                            \
    if (i-- == 0)                                                                                   \
        while (kernels->base && kernels->base->GS_MEMBER(op, type) == kernels->GS_MEMBER(op, type)) \
            kernels = kernels->base;
#include "kernels.def"
#undef GS_KERNEL
    return kernels;
}

gs_exactness gs_kernel_exactness(const gs_kernels *kernels, int i) {
#define GS_KERNEL(op, type, family, promised, result, parameters, what) \
    if (i-- == 0)                                                       \
        return promised == GS_EXACT ? GS_EXACT : kernels->GS_MEMBER(mac_traits, type).exactness;
#include "kernels.def"
#undef GS_KERNEL
    return GS_EXACT;
}

int gs_isa_extends(const char *isa, const char *base) {
    const gs_kernels *k = gs_kernels_find(isa);
    while (k && strcmp(k->isa, base))
        k = k->base;
    return k != NULL;
}

static int has_all(const gs_cpu_features *has, const gs_cpu_features *needs) {
    return !((needs->leaf_1_c & ~has->leaf_1_c) | (needs->leaf_7_b & ~has->leaf_7_b) |
             (needs->leaf_7_c & ~has->leaf_7_c) | (needs->leaf_7_d & ~has->leaf_7_d) |
             (needs->leaf_7_1_a & ~has->leaf_7_1_a) | (needs->xcr0 & ~has->xcr0) | (needs->tiles & ~has->tiles) |
             (needs->neon & ~has->neon));
}

int gs_isa_runs_on(const char *isa, const gs_cpu_features *has) {
    int known = 0;
    for (int i = 0; i < ROWS; i++)
        if (gs_isa_extends(isa, rows[i].kernels->isa)) {
            known = 1;
            if (!has_all(has, &rows[i].needs))
                return 0;
        }
    return known;
}

int gs_isa_has_tiles(const char *isa) {
    int tiles = 0;
    for (int i = 0; i < ROWS; i++)
        tiles |= rows[i].needs.tiles && gs_isa_extends(isa, rows[i].kernels->isa);
    return tiles;
}

const char *gs_isa_for_bf16(const char *isa, int slow) {
    const gs_kernels *k = gs_kernels_find(isa);
    if (slow && !gs_isa_has_tiles(isa))
        while (k->base && k->mac_traits_bf16.exactness == GS_APPROXIMATE)
            k = k->base;
    return k->isa;
}

const char *gs_isa_best_on(const gs_cpu_features *has) {
    int best = 0;
    for (int i = 0; i < ROWS; i++)
        if (gs_isa_runs_on(rows[i].kernels->isa, has))
            best = i;
    return rows[best].kernels->isa;
}

int gs_cpu_supports(const char *isa) {
    const gs_cpu_features has = gs_cpu_read();
    return gs_isa_runs_on(isa, &has);
}
