/* mala and hmc that are reflected at the ends of the data range, on energies that are flat, sloped, or hot, where steps
 * may grow as long as they like: the moments are those of a uniform or truncated exponential distribution.
 *
 * Fixed seeds; means, and mean squares about the mean, within 5 standard errors, Kolmogorov's statistic below 2.75:
 * false-alarm rates 6e-7, 6e-7 and 5e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/chains.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/worst.h"

static size_t chain_count(void) {
    return (size_t)effort(600);
}

/* exp(-rate x) within [0, 1]; rates about 0 are the uniform distribution, with which moments differ by a tenth of the
 * rate. */
static bool is_flat(double rate) {
    return fabs(rate) < 1e-6;
}

static double cdf(double x, double rate) {
    return is_flat(rate) ? x : expm1(-rate * x) / expm1(-rate);
}

/* E[x^k], by parts: m_k = (k m_(k-1) - rate exp(-rate) / (1 - exp(-rate))) / rate. */
static double raw_moment(int k, double rate) {
    if (k == 0)
        return 1;
    if (is_flat(rate))
        return 1.0 / (k + 1);
    return (k * raw_moment(k - 1, rate) - rate * exp(-rate) / -expm1(-rate)) / rate;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Sorts x. */
static void check(float *x, double rate, const char *what) {
    double m = raw_moment(1, rate), r2 = raw_moment(2, rate), r3 = raw_moment(3, rate), r4 = raw_moment(4, rate);
    double variance = r2 - m * m, fourth = r4 - 4 * m * r3 + 6 * m * m * r2 - 3 * m * m * m * m;
    double sum = 0, squares = 0, worst = 0, count = (double)(chain_count() * CHAIN_PIXELS);
    for (size_t i = 0; i < chain_count() * CHAIN_PIXELS; i++) {
        sum += (double)x[i] - m;
        squares += ((double)x[i] - m) * ((double)x[i] - m);
    }
    qsort(x, chain_count() * CHAIN_PIXELS, sizeof *x, ascending);
    for (size_t i = 0; i < chain_count() * CHAIN_PIXELS; i++)
        worst = worst_of(worst, fabs(cdf((double)x[i], rate) - ((double)i + 0.5) / count));
    double z_mean = sum / sqrt(variance * count);
    double z_square = (squares / count - variance) / sqrt((fourth - variance * variance) / count);
    float last = x[chain_count() * CHAIN_PIXELS - 1];
    print_message("%s: mean %.1f, variance %.1f errors off, Kolmogorov's statistic %.2f\n", what, z_mean, z_square,
                  worst * sqrt(count));
    if (!(fabs(z_mean) < 5 && fabs(z_square) < 5 && worst * sqrt(count) < 2.75 && x[0] >= 0 && last <= 1))
        fail_msg("%s: not exp(-%g x) within [0, 1]", what, rate);
}

static const gs_sample_options adapted[] = {{.sampler = "mala", .steps = 400, .seed = 1},
                                            {.sampler = "hmc", .steps = 100, .leapfrog = 5, .seed = 2},
                                            {.sampler = "mala", .steps = 400, .step_size = 1e20, .seed = 3},
                                            {.sampler = "hmc", .steps = 100, .step_size = 1e20, .seed = 4}};

/* Slopes and temperatures, whose quotient is the rate. A hot energy is as flat as a constant one. */
static const struct { double slope, temperature; } targets[] = {{0, 1}, {3, 1}, {-20, 1}, {3e5, 1e5}, {1, 1e12}};

static void test_adapted_steps(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(targets); i++) {
        gs_model *model = linear_energy(targets[i].slope);
        for (size_t k = 0; k < GS_COUNT(adapted); k++) {
            char what[80];
            gs_sample_options o = adapted[k];
            o.temperature = targets[i].temperature;
            o.clamp = 1;
            snprintf(what, sizeof what, "%s %zu, slope %g at %g", o.sampler, k, targets[i].slope, o.temperature);
            chains c = chains_draw(model, o, chain_count());
            for (size_t j = 0; j < chain_count(); j++) {
                bool mala = !strcmp(o.sampler, "mala");
                double leap = mala ? sqrt(2 * c.trace.step_size[j]) : c.trace.step_size[j];
                if (!(leap < 4.001))
                    fail_msg("%s: chain %zu has a step of %g widths of the range", what, j, leap);
            }
            check(c.out, targets[i].slope / o.temperature, what);
            chains_free(c);
        }
        gs_model_free(model);
    }
}

/* Steps that no adaptation bounds. Floats of 10^6 and more have no fraction to reflect; those of 10^30 have none in
 * double either, so their paths are rejected. */
static void test_long_steps(void **state) {
    (void)state;
    gs_model *model = linear_energy(0);
    for (double step = 1; step < 1e9; step *= 10) {
        char what[80];
        gs_sample_options o = {.sampler = "hmc", .steps = 3, .step_size = step, .burn_in = -1, .clamp = 1, .seed = 5};
        snprintf(what, sizeof what, "hmc with steps of %g", step);
        chains c = chains_draw(model, o, chain_count());
        double least = 1;
        for (size_t j = 0; j < chain_count(); j++)
            least = fmin(least, c.trace.rate[j]);
        if (least < 1 && step < 1e7)
            fail_msg("%s: accepts %g", what, least);
        size_t fine = 0, count = chain_count() *
                                 CHAIN_PIXELS; /* fine: pixels that are no multiple of 2^-15: of 16 bits and more */
        for (size_t i = 0; i < count; i++)
            fine += fmod((double)c.out[i] * 0x1p15, 1) != 0;
        if (fine < count * 9 / 10)
            fail_msg("%s: %zu of %zu pixels have lost their fraction", what, count - fine, count);
        check(c.out, 0, what);
        chains_free(c);
    }
    gs_sample_options o = {.sampler = "hmc", .steps = 3, .step_size = 1e30, .burn_in = -1, .clamp = 1};
    chains c = chains_draw(model, o, chain_count());
    assert_memory_equal(c.out, c.states, chain_count() * CHAIN_PIXELS * sizeof *c.out);
    for (size_t j = 0; j < chain_count(); j++)
        assert_true(c.trace.rate[j] == 0);
    chains_free(c);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adapted_steps),
        cmocka_unit_test(test_long_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
