/* Every kernel on every instruction set compared bit by bit with scalar C, and scalar C compared with double precision.
 * Inputs lie flush against unmapped pages and outputs among canaries. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cases.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/worst.h"

/* The i-th table of an instruction set that this CPU runs; others are skipped. NULL past the last of the build. */
static const gs_kernels *next_kernels(int *i) {
    const gs_kernels *k;
    while ((k = gs_kernels_at((*i)++)))
        if (gs_cpu_supports(k->isa))
            return k;
    return NULL;
}

static const kernel_row *find_row(const char *name) {
    int i = 0;
    while (strcmp(kernel_rows[i].name, name))
        i++;
    return &kernel_rows[i];
}

static float *guarded(void *owner, int slot, size_t count, bool at_end) {
    const size_t *most = owner;
    assert_in_range(count, 0, *most);
    return guard_floats(slot, count, at_end);
}

/* A case with the tiles of an instruction set, and at most so many floats of input or output in one piece. */
static kernel_case *new_case(const gs_kernels *kernels, size_t *most) {
    kernel_case *c = kernel_case_new(guarded, most, kernels);
    assert_non_null(c);
    return c;
}

static void prepare(kernel_case *c, const kernel_row *row, int index) {
    kernel_case_prepare(c, row, index);
    assert_in_range(c->extent, 1, CASE_EXTENT);
    assert_in_range(c->slots, 1, CASE_SLOTS);
}

static void run_case(const kernel_row *row, kernel_case *c) {
    static float scalar[CASE_EXTENT];
    const gs_kernels *kernels;
    for (int isa = 0, first = 1; (kernels = next_kernels(&isa)); first = 0) {
        size_t i = kernel_case_run(c, row, kernels, first ? NULL : scalar);
        double found = i < c->extent ? kernel_case_value(c, c->out, i) : 0;
        double expected = i < c->extent ? kernel_case_value(c, scalar, i) : 0;
        if (i < c->extent)
            fail_msg("%s %s, case %d, element %zu: %.9g (%a), expected %.9g within %.3g, scalar %.9g (%a)",
                     kernels->isa, row->name, c->index, i, found, found, c->expected[i], c->allowed[i], expected,
                     expected);
        if (first)
            memcpy(scalar, c->out, c->extent * c->element->bytes);
    }
}

/* All cases; the last one, which benchmarks time, with each instruction set's tiles, in the memory that they give it.
 */
static void kernel_agrees(void **state) {
    const kernel_row *row = find_row(*state);
    const gs_kernels *kernels;
    size_t any = GUARD_FLOATS, timed = CASE_TIMED_FLOATS;
    kernel_case *c = new_case(gs_kernels_find("scalar"), &any);
    for (int i = 0; i < row->check->cases; i++) {
        prepare(c, row, i);
        run_case(row, c);
    }
    kernel_case_free(c);
    for (int isa = 0; (kernels = next_kernels(&isa));) {
        about("the timed case of %s with the tiles of %s", row->name, kernels->isa);
        c = new_case(kernels, &timed);
        prepare(c, row, row->check->cases);
        run_case(row, c);
        const kernel_work work = row->check->work(kernels);
        assert_true((work.elements > 0) != (work.flops > 0));
        kernel_case_free(c);
    }
}

/* ---- Normals ---- */

/* A million of them with all effort: the largest errors, and the largest distance from 0. */
static void normals_keep_their_tolerance(void **state) {
    (void)state;
    double worst = 0, most = 0;
    const kernel_row *row = find_row("normals");
    size_t any = GUARD_FLOATS;
    kernel_case *c = new_case(gs_kernels_find("scalar"), &any);
    for (int i = 0; i < effort(1000); i++) {
        prepare(c, row, i * 17 + 16);
        row->check->call(c, c->kernels);
        for (size_t k = 0; k < c->extent; k++) {
            worst = worst_of(worst, fabs((double)c->out[k] - c->expected[k]) / c->allowed[k]);
            most = worst_of(most, fabs((double)c->out[k]));
        }
    }
    kernel_case_free(c);
    print_message("normals err by at most %.2f of the stated error; the largest is %.2f\n", worst, most);
    assert_true(worst <= 1);
}

/* ---- Activations over all magnitudes ---- */

enum { SWEEP = 1 << 14 };

/* The errors of y = f(t), or of its slope; the largest in units of what is allowed. */
static double sweep_errors(gs_activation activation, bool slope, const float *t, const float *y, float parameter) {
    double worst = 0;
    for (int i = 0; i < SWEEP; i++) {
        double exact = slope ? slope_exact(activation, (double)t[i], (double)parameter)
                             : activation_exact(activation, (double)t[i], (double)parameter);
        double error = slope ? slope_allowed(activation, exact)
                             : activation_allowed(activation, (double)t[i], exact, (double)parameter);
        if (!case_near((double)y[i], exact, error))
            fail_msg("%s%s(%.9g) = %.9g, expected %.9g within %.3g", slope ? "slope of " : "",
                     activation_checks[activation].name, (double)t[i], (double)y[i], exact, error);
        double part = isfinite(exact) && error > 0 ? fabs((double)y[i] - exact) / error : 0;
        worst = part > worst ? part : worst;
    }
    return worst;
}

/* Whether f produces no numbers below the normal range from normal ones: processors take a hundred times as long on
 * those. */
static bool stays_normal(gs_activation activation) {
    return activation == GS_ACT_SILU || activation == GS_ACT_SIGMOID || activation == GS_ACT_TANH ||
           activation == GS_ACT_GELU || activation == GS_ACT_GELU_TANH || activation == GS_ACT_SOFTPLUS ||
           activation == GS_ACT_EXP;
}

static void check_normal(gs_activation activation, const float *t, const float *y, const float *slope) {
    for (int i = 0; i < SWEEP; i++)
        if (fabsf(t[i]) > 1e-30F && (fpclassify(y[i]) == FP_SUBNORMAL || fpclassify(slope[i]) == FP_SUBNORMAL))
            fail_msg("%s(%.9g) = %a, its slope %a: below the normal range", activation_checks[activation].name,
                     (double)t[i], (double)y[i], (double)slope[i]);
}

static void sweep_activation(const gs_kernels *kernels, gs_activation activation, float parameter) {
    static float t[SWEEP], y[SWEEP], alone[SWEEP], slope[SWEEP];
    const float edges[] = {0.0F,      -0.0F,    INFINITY, -INFINITY, NAN,    100,    -100,    1e30F,   -1e30F,
                           88.72283F, 88.7229F, -87.33F,  -87.4F,    -88.8F, 0.625F, -0.625F, 3.4e38F, -3.4e38F,
                           1e-38F,    -1e-38F,  1e-45F,   -1e-45F,   5e-39F, -104,   104,     -14.2F,  20};
    const float one[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, zero[16] = {0};
    double worst[2] = {0};
    for (uint32_t part = 0; part < 64; part += (uint32_t)effort_step() | 1) { /* of odd steps, both signs are there */
        for (uint32_t i = 0; i < SWEEP; i++) {
            /* Every magnitude with both signs, then evenly spaced numbers in [-32, 32). */
            uint32_t k = part / 2 * SWEEP + i, bits = k * 8191 << 1 >> 1 | part << 31;
            if (part >= 32)
                t[i] = (float)((double)((part - 32) * SWEEP + i) / (32 * SWEEP) * 64 - 32);
            else
                memcpy(&t[i], &bits, sizeof bits);
        }
        if (part == 0)
            memcpy(t, edges, sizeof edges);
        gs_affine_args args = {.x = t,
                               .x_row = 16,
                               .scale = one,
                               .shift = zero,
                               .y = y,
                               .y_row = 16,
                               .rows = SWEEP / 16,
                               .columns = 1,
                               .activation = activation,
                               .parameter = parameter,
                               .limit = ACTIVATION_LIMIT,
                               .slope = slope,
                               .slope_row = 16,
                               .factor = one};
        kernels->affine_slope(&args);
        args.y = alone;
        kernels->affine(&args);
        for (int i = 0; i < SWEEP; i++)
            if (!case_same_bits(y[i], alone[i]))
                fail_msg("%s(%.9g) = %a, with its slope %a", activation_checks[activation].name, (double)t[i],
                         (double)alone[i], (double)y[i]);
        if (stays_normal(activation))
            check_normal(activation, t, y, slope);
        for (int k = 0; k < 2; k++)
            worst[k] = fmax(worst[k], sweep_errors(activation, k, t, k ? slope : y, args.parameter));
    }
    print_message("%-12s at most %.2f of the stated error, its slope %.2f\n", activation_checks[activation].name,
                  worst[0], worst[1]);
}

static void activations_keep_their_tolerance(void **state) {
    (void)state;
    for (int a = 0; a < GS_ACT_COUNT; a++) {
        assert_non_null(activation_checks[a].name);
        sweep_activation(gs_kernels_find("scalar"), (gs_activation)a, 0.3F);
    }
    const float exponents[] = {0, 1, 2, 3, -1, -3, 0.5F, 2.5F, -0.5F, 1.0F / 3};
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++)
        sweep_activation(gs_kernels_find("scalar"), GS_ACT_POWER, exponents[i]);
}

static void products_of_next_to_nothing_are_nothing(void **state) {
    (void)state;
    const float a[16] = {1e-20F, -1e-20F, 1e-30F, 1e-19F, NAN, INFINITY, 0, 1e-40F, 1e20F, -1e-15F},
                b[16] = {1e-15F, 1e-15F, 1e-30F, 1e-11F, 1e-30F, 1e-30F, NAN, 1, 1e-40F, 1e-15F};
    const gs_kernels *kernels;
    for (int isa = 0; (kernels = next_kernels(&isa));) {
        float y[16];
        kernels->binary(GS_BINARY_MUL, a, 16, b, 16, y, 1);
        for (int i = 0; i < 16; i++) {
            about("isa %d, i %d", isa, i);
            float product = a[i] * b[i];
            if (isnan(product))
                assert_true(isnan(y[i]));
            else
                assert_true(case_same_bits(y[i], fabsf(product) < 0x1p-100F ? copysignf(0, product) : product));
        }
    }
}

/* ---- Conversion of every kind of float ---- */

/* What rounds to the upper half `half` or, from the middle on, to the next one, with the tie to the even one. */
static uint16_t rounded_half(uint32_t half, uint32_t rest) {
    return (uint16_t)(half + (rest > 0x8000 || (rest == 0x8000 && half % 2)));
}

/* All upper halves, with lower ones around the middle. */
static void bfloat16_is_the_nearest(void **state) {
    (void)state;
    static const uint32_t rest[GS_F32_LANES] = {0,      1,      2,      0x100,  0x7ffe, 0x7fff, 0x8000, 0x8001,
                                                0x8002, 0x9000, 0xc000, 0xfffe, 0xffff, 0x4000, 0x6000, 0xa000};
    const gs_kernels *kernels;
    for (int isa = 0; (kernels = next_kernels(&isa));)
        for (uint32_t half = 0; half < 1 << 16; half++) {
            uint32_t bits[GS_F32_LANES];
            uint16_t y[GS_F32_LANES];
            float x[GS_F32_LANES];
            for (int l = 0; l < GS_F32_LANES; l++)
                bits[l] = half << 16 | rest[l];
            memcpy(x, bits, sizeof x);
            kernels->convert_bf16(&(gs_convert_args){.x = x, .y = y, .rows = 1, .columns = 1});
            for (int l = 0; l < GS_F32_LANES; l++)
                if (isnan(x[l]) ? !isnan(case_value_bf16(y[l])) : y[l] != rounded_half(half, rest[l]))
                    fail_msg("%s: %a becomes %#x", kernels->isa, (double)x[l], y[l]);
        }
}

/* ---- Winograd's method as a whole ---- */

enum { TILE = GS_WINOGRAD_MOST, POINTS = TILE + 2, INPUTS = 64 };

/* G on all points, of which a smaller tile takes the first. */
static void make_matrix_g(double g[POINTS][3]) {
    static const double finite[] = {0.375, -0.375, 0.875, -0.875, 2, -2};
    for (int i = 0; i < 6; i++) {
        double *row = g[i < 4 ? i : i + 1];
        row[0] = 1;
        for (int j = 0; j < 6; j++)
            row[0] /= i == j ? 1 : finite[i] - finite[j];
        row[1] = finite[i] * row[0];
        row[2] = finite[i] * row[1];
    }
    g[4][0] = g[4][1] = 0;
    g[4][2] = 1;
}

/* One tile of rows x columns and `inputs` channels (blocked, at the corner of planes of POINTS x POINTS) to 16 channels
 * of TILE x TILE, weights w (inputs, 3, 3, 16). */
static void winograd_tile(const gs_kernels *k, int rows, int columns, const float *x, int inputs, const float *w,
                          float *y) {
    static float v[POINTS * POINTS * INPUTS], u[INPUTS * 16], m[POINTS * POINTS * 16];
    const float bias[16] = {0};
    double g[POINTS][3];
    make_matrix_g(g);
    for (int p = 0; p < inputs / 16; p++)
        k->winograd_in(&(gs_winograd_in_args){.x = x + p * POINTS * POINTS * 16,
                                              .row = POINTS * 16,
                                              .v = v + p * 16,
                                              .v_row = POINTS * inputs,
                                              .step = inputs,
                                              .rows = rows,
                                              .columns = columns});
    for (int t = 0; t < POINTS * (rows + 2); t++) {
        if (t % POINTS >= columns + 2)
            continue;
        for (int i = 0; i < inputs * 16; i++) {
            double sum = 0;
            for (int r = 0; r < 9; r++)
                sum += g[t / POINTS][r / 3] * g[t % POINTS][r % 3] * (double)w[(i / 16 * 9 + r) * 16 + i % 16];
            u[i] = (float)sum;
        }
        const float *a = v + t * inputs;
        float *out = m + t * 16;
        const ptrdiff_t segment = 0;
        k->mac(&(gs_mac_args){.a = &a,
                              .segment = &segment,
                              .w = u,
                              .out = &out,
                              .rows = 1,
                              .planes = 1,
                              .segments = 1,
                              .length = inputs});
    }
    k->winograd_out(&(gs_winograd_out_args){.m = m,
                                            .m_row = POINTS * 16,
                                            .step = 16,
                                            .bias = bias,
                                            .y = y,
                                            .y_row = TILE * 16,
                                            .rows = rows,
                                            .columns = columns});
}

/* The largest error of a tile in units of the root of the terms' squares. */
static double tile_error(int rows, int columns, const float *x, int inputs, const float *w, const float *y) {
    double worst = 0;
    for (int at = 0; at < rows * columns * 16; at++) {
        int lane = at % 16, row = at / 16 / columns, column = at / 16 % columns;
        double sum = 0, square = 0;
        for (int i = 0; i < inputs * 9; i++) {
            int c = i / 9, from = (row + i % 9 / 3) * POINTS + column + i % 3;
            double term = (double)x[(c / 16 * POINTS * POINTS + from) * 16 + c % 16] * (double)w[i * 16 + lane];
            sum += term;
            square += term * term;
        }
        double error = fabs((double)y[(row * TILE + column) * 16 + lane] - sum) / sqrt(square);
        worst = error > worst ? error : worst;
    }
    return worst;
}

static void winograd_is_a_convolution(void **state) {
    (void)state;
    static float x[POINTS * POINTS * INPUTS], w[INPUTS * 9 * 16], y[TILE * TILE * 16];
    uint64_t random = 5;
    double worst = 0;
    enum { LEAST = GS_WINOGRAD_LEAST, SIZES = TILE - LEAST + 1 };
    for (int turn = 0; turn < 4 * SIZES * SIZES; turn++) {
        int inputs = 16 * (1 + turn % 4), rows = LEAST + turn / 4 % SIZES, columns = LEAST + turn / 4 / SIZES;
        for (int i = 0; i < POINTS * POINTS * inputs; i++)
            x[i] = random_float(&random);
        for (int i = 0; i < 9 * 16 * inputs; i++)
            w[i] = random_float(&random);
        winograd_tile(gs_kernels_find("scalar"), rows, columns, x, inputs, w, y);
        double error = tile_error(rows, columns, x, inputs, w, y);
        worst = error > worst ? error : worst;
    }
    print_message("Winograd's method errs by at most %.2g of the root of the terms' squares\n", worst);
    assert_true(worst < 1.5e-5);
}

/* The known answers of Random123 1.14 (kat_vectors) for philox4x32 with 10 rounds. */
static void philox_knows_its_answers(void **state) {
    (void)state;
    static const uint32_t known[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U},
        {~0U, ~0U, ~0U, ~0U, ~0U, ~0U, 0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU},
        {0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U, 0xa4093822U, 0x299f31d0U, 0xd16cfe09U, 0x94fdccebU,
         0x5001e420U, 0x24126ea1U}};
    for (int i = 0; i < 3; i++) {
        uint32_t words[4];
        philox_words(known[i], known[i] + 4, words);
        for (int k = 0; k < 4; k++) {
            about("i %d, k %d", i, k);
            assert_int_equal(words[k], known[i][6 + k]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define GS_KERNEL(op, type, family, exactness, result, parameters, what) \
    {CASE_NAME(op, type), kernel_agrees, NULL, NULL, CASE_NAME(op, type)},
#include "kernels.def"
#undef GS_KERNEL
        cmocka_unit_test(normals_keep_their_tolerance),
        cmocka_unit_test(activations_keep_their_tolerance),
        cmocka_unit_test(products_of_next_to_nothing_are_nothing),
        cmocka_unit_test(bfloat16_is_the_nearest),
        cmocka_unit_test(winograd_is_a_convolution),
        cmocka_unit_test(philox_knows_its_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
