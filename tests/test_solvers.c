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
#include "support/effort.h"
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
    gs_sample_options o = {
        .sampler = sampler, .steps = steps, .sigma_low = 0.1, .sigma_high = 5, .eta = -1, .churn = -1};
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

/* Where the errors of the first steps, which are of lower order, do not show yet, that of third order looks like one of
 * more than fourth. */
static void test_orders_of_solvers(void **state) {
    (void)state;
    static const struct {
        const char *sampler;
        double order;
    } cases[] = {{"dpmpp-2m", 2}, {"heun", 2},       {"dpmpp-2m-sde", 2},    {"dpmpp-3m-sde", 3}, {"churn", 2},
                 {"ddim", 1},     {"euler-flow", 1}, {"euler-ancestral", 1}, {"reverse-sde", 1}};
    gs_model *model = load_target(gaussian_weights());
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        about("%s", cases[i].sampler);
        double coarse = flow_error(model, cases[i].sampler, 16), fine = flow_error(model, cases[i].sampler, 31);
        double order = log2(coarse / fine);
        print_message("%s: error %.2g with 15 steps, %.2g with 30: order %.2f\n", cases[i].sampler, coarse, fine,
                      order);
        assert_true(order > cases[i].order - 0.4 && order < cases[i].order + (cases[i].order == 3 ? 2.2 : 0.6));
    }
    gs_model_free(model);
}

/* ---- Solvers of the SDE ---- */

enum { KNOWN = 3 }; /* x and the last two D */

/* Weights of D at level k and those before, whose polynomial is integrated numerically: a int_0^h exp(-a (h - r)) L(r)
 * dr, by Simpson's rule. For two of them Lu et al. have the slope act as in the middle of the step instead. */
static void solver_weights(const double *sigma, int k, int order, double a, double weight[KNOWN]) {
    enum { PARTS = 200 };
    double s = sigma[k], t = sigma[k + 1], h = log(s / t);
    int known = k + 1 < order ? k + 1 : order;
    for (int j = 0; j < KNOWN; j++)
        weight[j] = 0;
    if (known == 2) {
        double w = h / (2 * log(sigma[k - 1] / s)), part = 1 - pow(t / s, a);
        weight[0] = part * (1 + w);
        weight[1] = -part * w;
        return;
    }
    for (int j = 0; j < known; j++)
        for (int p = 0; p <= PARTS; p++) {
            double r = h * p / PARTS, l = 1, simpson = p == 0 || p == PARTS ? 1 : p % 2 ? 4 : 2;
            for (int m = 0; m < known; m++)
                if (m != j)
                    l *= (r + log(sigma[k - m] / s)) / (log(sigma[k - m] / s) - log(sigma[k - j] / s));
            weight[j] += simpson / 3 * h / PARTS * a * exp(-a * (h - r)) * l;
        }
}

/* One step acts linearly on (x, D before, D before that), all minus the mean; updates their second moments. */
static void solver_step(double m[KNOWN][KNOWN], const double *sigma, int k, int order, double eta) {
    double s = sigma[k], t = sigma[k + 1], s2 = gaussian_deviation * gaussian_deviation, shrink = s2 / (s2 + s * s);
    double w[KNOWN] = {1, 0, 0}, product[KNOWN][KNOWN] = {{0}};
    if (t > 0)
        solver_weights(sigma, k, order, 1 + eta, w);
    const double keep = t > 0 ? pow(t / s, 1 + eta) : 0;
    const double a[KNOWN][KNOWN] = {{keep + w[0] * shrink, w[1], w[2]}, {shrink, 0, 0}, {0, 1, 0}};
    for (int i = 0; i < KNOWN; i++)
        for (int j = 0; j < KNOWN; j++)
            for (int p = 0; p < KNOWN; p++)
                for (int q = 0; q < KNOWN; q++)
                    product[i][j] += a[i][p] * m[p][q] * a[j][q];
    memcpy(m, product, sizeof product);
    m[0][0] += t > 0 ? t * t * (1 - pow(t / s, 2 * eta)) : 0;
}

/* Every state's second moment about the mean is compared with the step's own and, with many steps, with the
 * diffusion's. Chains start as noise of sigma_high about 0. */
static void check_stochastic(gs_sample_options o, int order, double marginal_tolerance) {
    const size_t chains = (size_t)effort(600);
    gs_model *model = load_target(gaussian_weights());
    o.sigma_low = 0.05;
    o.sigma_high = 20;
    o.seed = 5;
    draw d = draw_from(model, o, NULL, chains);
    double m[KNOWN][KNOWN] = {{20 * 20 + gaussian_means[NONE] * gaussian_means[NONE]}};
    for (int k = 0; k <= d.levels; k++) {
        const float *x = d.states + (size_t)k * chains * PIXELS;
        double squares = 0, sigma = d.sigma[k], exact = gaussian_deviation * gaussian_deviation + sigma * sigma;
        for (size_t i = 0; i < chains * PIXELS; i++)
            squares += ((double)x[i] - gaussian_means[NONE]) * ((double)x[i] - gaussian_means[NONE]);
        double z = (squares / (double)(chains * PIXELS) / m[0][0] - 1) * sqrt((double)(chains * PIXELS) / 2);
        if (!(fabs(z) < errors_allowed))
            fail_msg("%s, eta %g, state %d: second moment %.1f errors from %.6f", o.sampler, o.eta, k, z, m[0][0]);
        if (!(fabs(m[0][0] / exact - 1) < marginal_tolerance))
            fail_msg("%s, eta %g, state %d: second moment %.6f, the diffusion's is %.6f", o.sampler, o.eta, k, m[0][0],
                     exact);
        if (k < d.levels)
            solver_step(m, d.sigma, k, order, o.eta);
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_stochastic_solvers_keep_the_marginals(void **state) {
    (void)state;
    static const struct {
        const char *sampler;
        int order, tree;
    } cases[] = {{"dpmpp-2m", 2, 0}, {"dpmpp-2m-sde", 2, 1}, {"dpmpp-3m-sde", 3, -1}, {"dpmpp-3m-sde", 3, 1}};
    static const double etas[] = {0.5, 1, 2};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        gs_sample_options o = {.sampler = cases[i].sampler, .noise_tree = cases[i].tree, .steps = 7, .eta = 0.5};
        check_stochastic(o, cases[i].order, (double)INFINITY);
        o.steps = 60;
        for (size_t k = 0; k < GS_COUNT(etas); k++) {
            o.eta = etas[k];
            check_stochastic(o, cases[i].order, 0.03);
        }
    }
}

/* dpmpp-2m-sde is dpmpp-2m with eta 1, to the byte; without noise, dpmpp-2m. */
static void test_sde_solver_is_the_same(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    for (int i = 0; i < 2; i++) {
        gs_sample_options o = {.sampler = "dpmpp-2m", .steps = 9, .sigma_high = 20, .eta = i ? 1 : -1, .seed = 9};
        draw expected = draw_from(model, o, NULL, 20);
        o.sampler = "dpmpp-2m-sde";
        o.eta = i ? 0 : -1; /* 0: its own */
        draw found = draw_from(model, o, NULL, 20);
        assert_memory_equal(found.states, expected.states, 10 * 20 * PIXELS * sizeof *found.states);
        free_draw(expected);
        free_draw(found);
    }
    gs_model_free(model);
}

/* ---- Churn ---- */

/* Noise raises level s to u, and Heun's step leads from there to t: x - mean is multiplied, and noise added before. */
static void check_churn(gs_sample_options o, const double *raised) {
    const size_t chains = (size_t)effort(600);
    gs_model *model = load_target(gaussian_weights());
    o.sampler = "churn";
    o.seed = 31;
    draw d = draw_from(model, o, NULL, chains);
    double s2 = gaussian_deviation * gaussian_deviation, scale = o.noise_scale == 0 ? 1 : fmax(o.noise_scale, 0);
    gaussian g = {0, d.sigma[0] * d.sigma[0]};
    for (int k = 0; k <= d.levels; k++) {
        about("churn %g, state %d", o.churn, k);
        assert_moments(d.states + (size_t)k * chains * PIXELS, chains * PIXELS, g.mean, g.variance, "churn");
        if (k == d.levels)
            break;
        double s = d.sigma[k], t = d.sigma[k + 1], u = raised[k] * s;
        double slope = u / (s2 + u * u), euler = 1 + (t - u) * slope;
        double factor = t > 0 ? 1 + (t - u) / 2 * (slope + euler * t / (s2 + t * t)) : euler;
        g.variance += scale * scale * (u * u - s * s);
        g = (gaussian){gaussian_means[NONE] + factor * (g.mean - gaussian_means[NONE]), factor * factor * g.variance};
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_churn(void **state) {
    (void)state;
    enum { LEVELS = 6 };
    const double root2 = sqrt(2), none[LEVELS] = {1, 1, 1, 1, 1, 1}, fifth[LEVELS] = {1.2, 1.2, 1.2, 1.2, 1.2, 1.2},
                 most[LEVELS] = {root2, root2, root2, root2, root2, root2};
    gs_sample_options o = {.steps = LEVELS, .sigma_low = 0.1, .sigma_high = 10, .churn = -1};
    check_churn(o, none);
    o.churn = 1.2;
    check_churn(o, fifth);
    o.noise_scale = 1.05;
    o.noise_tree = 1;
    check_churn(o, fifth);
    o.churn = 100;
    check_churn(o, most);
    double s[STATES_MAX], some[LEVELS];
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options resolved = o;
    resolved.sampler = "churn";
    assert_int_equal(gs_sample_resolve(model, &resolved, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &resolved, s, STATES_MAX), LEVELS + 1);
    assert_int_equal(gs_sample_evaluations(model, &resolved), 2 * LEVELS - 1);
    o.churn = 0.6;
    o.churn_low = s[3]; /* between these, both included */
    o.churn_high = s[1];
    for (int i = 0; i < LEVELS; i++)
        some[i] = i >= 1 && i <= 3 ? 1.1 : 1;
    check_churn(o, some);
    o.churn_low = 2;
    o.churn_high = 1;
    o.sampler = "churn";
    refuse_options(model, o, GS_ERROR_ARGUMENT, "churn sigmas 2 and 1");
    gs_model_free(model);
}

/* Without noise it is Heun's method, to the byte. The level is not raised above the trained range. */
static void test_churn_is_heun(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {.sampler = "heun", .steps = 7, .seed = 33};
    draw expected = draw_from(model, o, NULL, 20);
    o.sampler = "churn";
    o.churn = -1;
    draw found = draw_from(model, o, NULL, 20);
    assert_memory_equal(found.states, expected.states, 8 * 20 * PIXELS * sizeof *found.states);
    free_draw(expected);
    free_draw(found);
    o.churn = 3;
    o.steps = 3;
    found = draw_from(model, o, NULL, 600);
    double top = found.sigma[0], next = found.sigma[1], s2 = gaussian_deviation * gaussian_deviation;
    double slope = top / (s2 + top * top), euler = 1 + (next - top) * slope;
    double factor = 1 + (next - top) / 2 * (slope + euler * next / (s2 + next * next)), mean = gaussian_means[NONE];
    assert_moments(found.states + (size_t)600 * PIXELS, (size_t)600 * PIXELS, mean - factor * mean,
                   factor * factor * top * top, "the first step from the end of the range");
    free_draw(found);
    gs_model_free(model);
}

/* ---- Predictor and corrector ---- */

/* M steps of Langevin dynamics with e = 2 (snr s)^2 at level s, then x + (s^2 - t^2) score + up z, where up^2 is the
 * posterior's variance or s^2 - t^2. */
static void check_corrector(gs_sample_options o, double marginal_tolerance) {
    const size_t chains = (size_t)effort(600);
    gs_model *model = load_target(gaussian_weights());
    o.sampler = "predictor-corrector";
    o.sigma_low = 0.05;
    o.sigma_high = 20;
    o.seed = 35;
    draw d = draw_from(model, o, NULL, chains);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_evaluations(model, &o), d.levels * (1 + o.corrector_steps));
    double s2 = gaussian_deviation * gaussian_deviation, mean = gaussian_means[NONE];
    gaussian g = {0, d.sigma[0] * d.sigma[0]};
    for (int k = 0; k <= d.levels; k++) {
        about("snr %g, %d steps, state %d", o.snr, o.corrector_steps, k);
        assert_moments(d.states + (size_t)k * chains * PIXELS, chains * PIXELS, g.mean, g.variance, o.sampler);
        double s = d.sigma[k], t = k < d.levels ? d.sigma[k + 1] : 0, v = s2 + s * s;
        if (k > 1 && !(fabs((g.variance + (g.mean - mean) * (g.mean - mean)) / v - 1) < marginal_tolerance))
            fail_msg("state %d: variance %.6f, the diffusion's is %.6f", k, g.variance, v);
        double e = 2 * o.snr * s * (o.snr * s), shrink = 1 - e / v, step = 1 - (s * s - t * t) / v;
        double up2 = (s * s - t * t) * (o.ancestral > 0 ? t * t / (s * s) : t > 0);
        for (int i = 0; i < o.corrector_steps; i++)
            g = (gaussian){mean + shrink * (g.mean - mean), shrink * shrink * g.variance + 2 * e};
        g = (gaussian){mean + step * (g.mean - mean), step * step * g.variance + up2};
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_predictor_and_corrector(void **state) {
    (void)state;
    check_corrector((gs_sample_options){.steps = 60}, 0.15);
    check_corrector((gs_sample_options){.steps = 60, .ancestral = -1}, 0.25);
    check_corrector((gs_sample_options){.steps = 5}, (double)INFINITY);
    check_corrector((gs_sample_options){.steps = 5, .ancestral = -1}, (double)INFINITY);
    check_corrector((gs_sample_options){.steps = 30, .snr = 0.1, .corrector_steps = 3, .noise_tree = 1},
                    (double)INFINITY);
    check_corrector((gs_sample_options){.steps = 4, .snr = 0.6, .corrector_steps = 2}, (double)INFINITY);
}

/* ---- Consistency ---- */

/* Each level t adds t^2 to the variance, and D shrinks as above: known exactly for every state. */
static void check_consistency(const gs_model *model, gs_sample_options o, const double *levels) {
    const size_t chains = (size_t)effort(600);
    o.sampler = "consistency";
    draw d = draw_from(model, o, NULL, chains);
    gaussian g = {0, levels[0] * levels[0]};
    for (int k = 0; k < d.levels; k++) {
        about("%d levels, state %d", d.levels, k);
        if (!(fabs(d.sigma[k] / levels[k] - 1) < 1e-12))
            fail_msg("level %.9g, expected %.9g", d.sigma[k], levels[k]);
        assert_moments(d.states + (size_t)k * chains * PIXELS, chains * PIXELS, g.mean, g.variance, o.sampler);
        g = gaussian_denoise(g, levels[k]);
        if (k + 1 < d.levels)
            g.variance += levels[k + 1] * levels[k + 1];
    }
    assert_moments(d.out, chains * PIXELS, g.mean, g.variance, o.sampler);
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
        cmocka_unit_test(test_orders_of_solvers),
        cmocka_unit_test(test_stochastic_solvers_keep_the_marginals),
        cmocka_unit_test(test_sde_solver_is_the_same),
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_churn_is_heun),
        cmocka_unit_test(test_predictor_and_corrector),
        cmocka_unit_test(test_consistency_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
