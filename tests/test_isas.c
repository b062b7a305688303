/* Which instruction sets a build has, what their tables begin as, and which processor runs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "cpu.h"
#include "kernels.h"
#include "support/about.h"

static const struct {
    const char *op, *type;
    gs_exactness promised;
} rows[] = {
#define GS_KERNEL(op, type, family, exactness, result, parameters, what) {#op, #type, exactness},
#include "kernels.def"
#undef GS_KERNEL
};

static const gs_cpu_features all = {.leaf_1_c = ~0U,
                                    .leaf_7_b = ~0U,
                                    .leaf_7_c = ~0U,
                                    .leaf_7_d = ~0U,
                                    .leaf_7_1_a = ~0U,
                                    .xcr0 = ~0U,
                                    .tiles = ~0U,
                                    .neon = ~0U};

/* Bit `i` of all features is taken away. */
static gs_cpu_features without(int i) {
    gs_cpu_features has = all;
    uint32_t *const word[] = {&has.leaf_1_c, &has.leaf_7_b, &has.leaf_7_c, &has.leaf_7_1_a,
                              &has.xcr0,     &has.neon,     &has.leaf_7_d, &has.tiles};
    *word[i / 32] &= ~(UINT32_C(1) << i % 32);
    return has;
}
enum { BITS = 8 * 32 };

static void tables_begin_as_tables_before_them(void **state) {
    (void)state;
    const gs_kernels *k;
    assert_string_equal(gs_kernels_at(0)->isa, "scalar");
    assert_null(gs_kernels_at(-1));
    for (int i = 0; (k = gs_kernels_at(i)); i++) {
        about("instruction set %s", k->isa);
        assert_ptr_equal(gs_kernels_find(k->isa), k);
        assert_true(gs_isa_extends(k->isa, "scalar"));
        assert_true(gs_isa_extends(k->isa, k->isa));
        assert_true(i ? k->base && gs_isa_extends(k->isa, k->base->isa) : !k->base);
        int before = 0;
        for (int b = 0; b < i; b++)
            before += gs_kernels_at(b) == k->base;
        assert_int_equal(before, i > 0);
        assert_true(gs_isa_extends(k->isa, gs_kernel_owner(k, 0)->isa));
        assert_true(gs_kernel_owner(k, 0)->mac == k->mac);
    }
    assert_false(gs_isa_extends("scalar", "avx2"));
    assert_false(gs_isa_extends("sse9", "scalar"));
}

/* An instruction set runs only where its base does, scalar C everywhere, and every set where nothing is missing. */
static void a_base_runs_wherever_its_instruction_sets_do(void **state) {
    (void)state;
    const gs_cpu_features none = {.neon = 0};
    const gs_kernels *k;
    for (int i = 0; (k = gs_kernels_at(i)); i++) {
        about("instruction set %s", k->isa);
        assert_true(gs_isa_runs_on(k->isa, &all));
        assert_int_equal(gs_isa_runs_on(k->isa, &none), i == 0);
        int needed = 0;
        for (int bit = 0; bit < BITS; bit++) {
            about("instruction set %s, bit %d", k->isa, bit);
            const gs_cpu_features has = without(bit);
            int runs = gs_isa_runs_on(k->isa, &has);
            needed += !runs;
            assert_true(!runs || !k->base || gs_isa_runs_on(k->base->isa, &has));
        }
        assert_int_equal(needed > 0, i > 0);
    }
    assert_false(gs_isa_runs_on("sse9", &all));
}

/* What approximates gives the bytes of scalar C until an instruction set has a rounding of its own. */
static void kernels_are_exact_unless_processors_round_differently(void **state) {
    (void)state;
    const gs_kernels *k;
    for (int t = 0; (k = gs_kernels_at(t)); t++)
        for (size_t i = 0; i < GS_COUNT(rows); i++) {
            about("kernel %s of %s on %s", rows[i].op, rows[i].type, k->isa);
            bool rounds = gs_isa_extends(k->isa, "avx512-vnni-bf16") || gs_isa_extends(k->isa, "neon-bf16");
            bool own = rows[i].promised == GS_APPROXIMATE && rounds;
            assert_int_equal(gs_kernel_exactness(k, (int)i), own ? GS_APPROXIMATE : GS_EXACT);
        }
}

/* Where nothing is missing the last row is the best. Only AMX has tiles. */
static void the_best_is_the_last(void **state) {
    (void)state;
    const gs_cpu_features none = {.neon = 0};
    const gs_kernels *k;
    const char *last = NULL;
    for (int i = 0; (k = gs_kernels_at(i)); i++) {
        about("instruction set %s", k->isa);
        assert_int_equal(gs_isa_has_tiles(k->isa), gs_isa_extends(k->isa, "avx512-amx"));
        assert_true(gs_isa_runs_on(k->isa, &all));
        last = k->isa;
    }
    assert_string_equal(gs_isa_best_on(&all), last);
    assert_string_equal(gs_isa_best_on(&none), "scalar");
    assert_false(gs_isa_has_tiles("sse9"));
}

/* Dot products of bf16 that are slower than multiply-adds are left alone, for the nearest base without them; those of
 * tiles never are. */
static void slow_dot_products_are_not_chosen(void **state) {
    (void)state;
    const gs_kernels *k;
    for (int i = 0; (k = gs_kernels_at(i)); i++) {
        about("instruction set %s", k->isa);
        assert_string_equal(gs_isa_for_bf16(k->isa, 0), k->isa);
        const gs_kernels *chosen = gs_kernels_find(gs_isa_for_bf16(k->isa, 1));
        if (gs_isa_has_tiles(k->isa) || k->mac_traits_bf16.exactness == GS_EXACT) {
            assert_ptr_equal(chosen, k);
        } else {
            assert_int_equal(chosen->mac_traits_bf16.exactness, GS_EXACT);
            assert_true(gs_isa_extends(k->isa, chosen->isa));
        }
    }
}

#ifdef __x86_64__
/* Each bit that the compiler's flags of a set imply: leaf * 32 + bit, in the order of gs_cpu_features. */
static void x86_needs_every_bit_that_the_flags_imply(void **state) {
    (void)state;
    static const struct {
        const char *isa;
        int bit[5]; /* 0 behind the last */
    } needs[] = {
        {"avx2", {27, 28, 12, 20, 23}},                   /* OSXSAVE, AVX, FMA, SSE4.2, POPCNT */
        {"avx2", {32 + 5, 128 + 1, 128 + 2}},             /* AVX2; XCR0: SSE and AVX registers */
        {"avx-vnni", {96 + 4}},                           /* AVX-VNNI */
        {"avx512", {32 + 16, 32 + 30, 32 + 17, 32 + 31}}, /* F, BW, DQ, VL */
        {"avx512", {128 + 5, 128 + 6, 128 + 7}},          /* XCR0: masks, upper halves, upper registers */
        {"avx512-vnni-bf16", {64 + 11}},                  /* VNNI */
        {"avx512-vnni-bf16", {96 + 5}},                   /* BF16 */
        {"avx512-amx", {192 + 22, 192 + 24, 192 + 25}},   /* AMX: BF16, tiles, INT8 */
        {"avx512-amx", {128 + 17, 128 + 18, 224}},        /* XCR0: shapes and tiles; the system's permission */
    };
    const gs_kernels *k;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        for (int b = 0; b < 5 && needs[i].bit[b]; b++)
            for (int t = 0; (k = gs_kernels_at(t)); t++) {
                about("%s without bit %d of %s", k->isa, needs[i].bit[b], needs[i].isa);
                const gs_cpu_features has = without(needs[i].bit[b]);
                assert_int_equal(gs_isa_runs_on(k->isa, &has), !gs_isa_extends(k->isa, needs[i].isa));
            }
}

/* What adds dot products alone has kernels of its own for narrow types alone: its results on floats are its base's. */
static void dot_products_leave_floats_as_they_are(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"avx512-vnni-bf16", "avx512"}, {"avx-vnni", "avx2"}, {"avx512-amx", "avx512"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        for (size_t p = 0; p < GS_COUNT(pairs); p++) {
            about("kernel %s of %s, of %s", rows[i].op, rows[i].type, pairs[p][0]);
            const char *owner = gs_kernel_owner(gs_kernels_find(pairs[p][0]), (int)i)->isa;
            assert_true(!strcmp(owner, pairs[p][1]) || strcmp(rows[i].type, "f32"));
        }
}
#endif

static void this_machine_is_judged_by_its_own_features(void **state) {
    (void)state;
    const gs_cpu_features has = gs_cpu_read();
    const gs_kernels *k;
    for (int i = 0; (k = gs_kernels_at(i)); i++) {
        about("instruction set %s", k->isa);
        assert_int_equal(gs_cpu_supports(k->isa), gs_isa_runs_on(k->isa, &has));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_begin_as_tables_before_them),
        cmocka_unit_test(a_base_runs_wherever_its_instruction_sets_do),
        cmocka_unit_test(the_best_is_the_last),
        cmocka_unit_test(slow_dot_products_are_not_chosen),
        cmocka_unit_test(kernels_are_exact_unless_processors_round_differently),
#ifdef __x86_64__
        cmocka_unit_test(x86_needs_every_bit_that_the_flags_imply),
        cmocka_unit_test(dot_products_leave_floats_as_they_are),
#endif
        cmocka_unit_test(this_machine_is_judged_by_its_own_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
