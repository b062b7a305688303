/* Solvers on a Gaussian, for which every sampler is linear: each state is known, or its moments are.
 *
 * Statistical tests have fixed seeds and compare with bounds of 5 standard errors: false-alarm rate 6e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "gensample/gensample.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/targets.h"
#include "support/weights.h"
#include "support/worst.h"

static const double errors_allowed = 5;

/* ---- States ---- */

/* One step of DPM-Solver++(2M) as in Lu et al. 2022, algorithm 2, in lambda = -log sigma; `before` is NAN at first. */
static double dpmpp_step(double x, double d, double before, double earlier, double s, double t) {
    if (t == 0)
        return d;
    double h = log(s) - log(t), blend = d;
    if (!isnan(before)) {
        double r = (log(earlier) - log(s)) / h;
        blend = (1 + 1 / (2 * r)) * d - 1 / (2 * r) * before;
    }
    return t / s * x - expm1(-h) * blend;
}

/* Karras et al. 2022, algorithm 1, written with slopes; guided means may differ between both ends. */
static double heun_step(double x, double s, double t, double mean_s, double mean_t) {
    double slope = (x - gaussian_denoised(x, s, mean_s)) / s, euler = x + (t - s) * slope;
    if (t == 0)
        return euler;
    return x + (t - s) / 2 * (slope + (euler - gaussian_denoised(euler, t, mean_t)) / t);
}

/* Every state of every chain is compared with the recursion in float64 from the first state onwards. */
static void check_recursion(const char *sampler, gs_sample_options o, const int *labels, size_t n) {
    gs_model *model = load_target(gaussian_weights());
    o.sampler = sampler;
    draw d = draw_from(model, o, labels, n);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    for (size_t i = 0; i < n * PIXELS; i++) {
        double x = (double)d.states[i], before = NAN;
        for (int k = 0; k < d.levels; k++) {
            double s = d.sigma[k], t = d.sigma[k + 1], mean = mean_at(labels, i / PIXELS, &o, s);
            if (!strcmp(sampler, "heun")) {
                x = heun_step(x, s, t, mean, mean_at(labels, i / PIXELS, &o, t));
            } else {
                double denoised = gaussian_denoised(x, s, mean);
                x = dpmpp_step(x, denoised, before, k ? d.sigma[k - 1] : NAN, s, t);
                before = denoised;
            }
            double found = (double)d.states[(size_t)(k + 1) * n * PIXELS + i];
            if (!(fabs(found - x) <= 2e-5 * (1 + fabs(x))))
                fail_msg("%s: state %d of element %zu is %.9g, expected %.9g", sampler, k + 1, i, found, x);
        }
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_solvers_follow_their_recursion(void **state) {
    (void)state;
    const gs_sample_options o = {.steps = 9, .sigma_low = 0.02, .sigma_high = 20, .seed = 3};
    const gs_sample_options two = {.steps = 2, .sigma_low = 0.5, .sigma_high = 1}, one = {.steps = 1};
    for (int i = 0; i < 2; i++) {
        const char *sampler = i ? "heun" : "dpmpp-2m";
        check_recursion(sampler, o, NULL, 21);
        check_recursion(sampler, two, NULL, 3);
        check_recursion(sampler, one, NULL, 3);
        check_recursion(sampler, o, (const int[]){0, 1, 2, 1, 0}, 5);
    }
}

static void test_guidance_moves_the_mean(void **state) {
    (void)state;
    const gs_sample_options everywhere = {.steps = 9, .guidance = 1.5};
    const gs_sample_options between = {.steps = 12, .guidance = 0.5, .guidance_low = 0.2, .guidance_high = 5};
    for (int i = 0; i < 2; i++) {
        check_recursion(i ? "heun" : "dpmpp-2m", everywhere, (const int[]){0, 1, 2, 1, 0}, 5);
        check_recursion(i ? "heun" : "dpmpp-2m", between, (const int[]){0, 1, 2, 1, 0}, 5);
        check_recursion(i ? "heun" : "dpmpp-2m", between, NULL, 3);
    }
}

/* ---- Order and moments ---- */

/* The largest error at the lowest level, compared with the exact flow, x - m ~ sqrt(s^2 + sigma^2). */
static double flow_error(const gs_model *model, const char *sampler, int steps) {
    gs_sample_options o = {.sampler = sampler, .steps = steps, .sigma_low = 0.1, .sigma_high = 5};
    draw d = draw_from(model, o, NULL, 8);
    double worst = 0, s2 = gaussian_deviation * gaussian_deviation;
    for (size_t i = 0; i < d.n * PIXELS; i++) {
        double shrink = sqrt((s2 + 0.1 * 0.1) / (s2 + 5.0 * 5.0));
        double exact = gaussian_means[NONE] + ((double)d.states[i] - gaussian_means[NONE]) * shrink;
        worst = worst_of(worst, fabs((double)d.states[(size_t)(steps - 1) * d.n * PIXELS + i] - exact));
    }
    free_draw(d);
    return worst;
}

static void test_solvers_are_of_second_order(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    for (int i = 0; i < 2; i++) {
        about("i %d", i);
        const char *sampler = i ? "heun" : "dpmpp-2m";
        double coarse = flow_error(model, sampler, 16), fine = flow_error(model, sampler, 31);
        double order = log2(coarse / fine);
        print_message("%s: error %.2g with 15 steps, %.2g with 30: order %.2f\n", sampler, coarse, fine, order);
        assert_true(order > 1.6 && order < 2.6);
    }
    gs_model_free(model);
}

/* One step of SDE-DPM-Solver++(2M) acts linearly on (x, previous D), both minus the mean; updates their second
 * moments. */
typedef struct solver_moments {
    double x, x_before, before;
} solver_moments;

static solver_moments stochastic_step(solver_moments m, double eta, double earlier, double s, double t) {
    double s2 = gaussian_deviation * gaussian_deviation, shrink = s2 / (s2 + s * s);
    if (t == 0)
        return (solver_moments){.x = shrink * shrink * m.x};
    double keep = pow(t / s, 1 + eta), w = isnan(earlier) ? 0 : log(s / t) / (2 * log(earlier / s));
    double p = keep + (1 - keep) * (1 + w) * shrink, q = -(1 - keep) * w;
    return (solver_moments){p * p * m.x + 2 * p * q * m.x_before + q * q * m.before + t * t -
                                pow(keep * s / t, 2) * t * t,
                            shrink * (p * m.x + q * m.x_before), shrink * shrink * m.x};
}

/* Every state's second moment about the mean is compared with the step's own and, with many steps, with the
 * diffusion's. Chains start as noise of sigma_high about 0. */
static void check_stochastic(double eta, int steps, double marginal_tolerance) {
    enum { CHAINS = 600 };
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {
        .sampler = "dpmpp-2m", .steps = steps, .sigma_low = 0.05, .sigma_high = 20, .eta = eta, .seed = 5};
    draw d = draw_from(model, o, NULL, CHAINS);
    solver_moments m = {.x = 20 * 20 + gaussian_means[NONE] * gaussian_means[NONE]};
    for (int k = 0; k <= d.levels; k++) {
        const float *x = d.states + (size_t)k * CHAINS * PIXELS;
        double squares = 0, sigma = d.sigma[k], exact = gaussian_deviation * gaussian_deviation + sigma * sigma;
        for (size_t i = 0; i < CHAINS * PIXELS; i++)
            squares += ((double)x[i] - gaussian_means[NONE]) * ((double)x[i] - gaussian_means[NONE]);
        double z = (squares / (CHAINS * PIXELS) / m.x - 1) * sqrt(CHAINS * PIXELS / 2.0);
        if (!(fabs(z) < errors_allowed))
            fail_msg("eta %g, state %d: second moment %.1f errors from %.6f", eta, k, z, m.x);
        if (!(fabs(m.x / exact - 1) < marginal_tolerance))
            fail_msg("eta %g, state %d: second moment %.6f, the diffusion's is %.6f", eta, k, m.x, exact);
        if (k < d.levels)
            m = stochastic_step(m, eta, k ? d.sigma[k - 1] : NAN, sigma, d.sigma[k + 1]);
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_stochastic_solver_keeps_the_marginals(void **state) {
    (void)state;
    check_stochastic(0.5, 7, INFINITY);
    check_stochastic(0.5, 60, 0.03);
    check_stochastic(1, 60, 0.03);
    check_stochastic(2, 60, 0.03);
}

/* ---- Consistency ---- */

/* Each level t adds t^2 to the variance, and D shrinks as above: known exactly for every state. */
static void check_consistency(const gs_model *model, gs_sample_options o, const double *levels) {
    enum { CHAINS = 600 };
    o.sampler = "consistency";
    draw d = draw_from(model, o, NULL, CHAINS);
    gaussian g = {0, levels[0] * levels[0]};
    for (int k = 0; k < d.levels; k++) {
        about("%d levels, state %d", d.levels, k);
        if (!(fabs(d.sigma[k] / levels[k] - 1) < 1e-12))
            fail_msg("level %.9g, expected %.9g", d.sigma[k], levels[k]);
        assert_moments(d.states + (size_t)k * CHAINS * PIXELS, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
        g = gaussian_denoise(g, levels[k]);
        if (k + 1 < d.levels)
            g.variance += levels[k + 1] * levels[k + 1];
    }
    assert_moments(d.out, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
    free_draw(d);
}

static void test_consistency_moments(void **state) {
    (void)state;
    const double geometric[] = {8, 2, 0.5}, ladder[] = {8, 1.5, 0.5, 0.1};
    gs_model *model = load_target(gaussian_weights());
    check_consistency(model, (gs_sample_options){.steps = 1, .sigma_low = 0.5, .sigma_high = 8, .seed = 21}, geometric);
    check_consistency(model, (gs_sample_options){.steps = 2, .sigma_low = 2, .sigma_high = 8, .seed = 22}, geometric);
    check_consistency(model, (gs_sample_options){.steps = 3, .sigma_low = 0.5, .sigma_high = 8, .seed = 23}, geometric);
    gs_model_free(model);
    weights *w = gaussian_weights();
    weights_set(w, "data.ladder", "[8, 1.5, 0.5, 0.1]");
    model = load_target(w);
    check_consistency(model, (gs_sample_options){.seed = 24}, ladder);
    check_consistency(model, (gs_sample_options){.steps = 4, .sigma_low = 0.1, .sigma_high = 8, .seed = 25}, ladder);
    check_consistency(model, (gs_sample_options){.steps = 3, .sigma_low = 0.5, .sigma_high = 8, .seed = 26}, geometric);
    gs_model_free(model);
    w = gaussian_weights();
    weights_set(w, "data.ladder", "[8, 1.5, 0.5]");
    weights_set(w, "default", "{'sampler': 'consistency', 'steps': 3, 'sigmas': [0.5, 8]}");
    model = load_target(w);
    check_consistency(model, (gs_sample_options){.seed = 27}, ladder);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solvers_follow_their_recursion),
        cmocka_unit_test(test_guidance_moves_the_mean),
        cmocka_unit_test(test_solvers_are_of_second_order),
        cmocka_unit_test(test_stochastic_solver_keeps_the_marginals),
        cmocka_unit_test(test_consistency_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
