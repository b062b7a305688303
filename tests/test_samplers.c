/* Samplers on targets with known answers: Gaussians, for which every sampler is linear, and two wells.
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
#include "support/watch.h"
#include "support/weights.h"
#include "support/worst.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE, STATES_MAX = 64, NONE = 2 };
static const double errors_allowed = 5;

/* ---- Targets ---- */

static const double deviation = 0.4, means[3] = {0.9, -0.5, 0.25}; /* of labels 0 and 1, and of none */

/* The terms that all targets share: 1 / t and x s^2 / t, with t = s^2 + sigma^2. */
static weights *new_target(int labels, double s) {
    char text[80];
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, labels);
    weights_node(w, "v", "square", "['sigma']", NULL, NULL);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", s * s);
    weights_node(w, "t", "affine", "['v']", text, NULL);
    weights_node(w, "r", "reciprocal", "['t']", NULL, NULL);
    weights_node(w, "xr", "mul", "['x', 'r']", NULL, NULL);
    snprintf(text, sizeof text, "{'scale': %.17g, 'shift': 0}", s * s);
    weights_node(w, "xs", "affine", "['xr']", text, NULL);
    weights_node(w, "vr", "mul", "['v', 'r']", NULL, NULL);
    return w;
}

/* N(mean of the label, deviation^2) for every pixel: D = (s^2 x + sigma^2 m) / (s^2 + sigma^2). */
static weights *gaussian_weights(void) {
    const float table[3] = {(float)means[0], (float)means[1], (float)means[2]};
    weights *w = new_target(2, deviation);
    weights_tensor(w, "means", 2, (size_t[]){3, 1}, table);
    weights_node(w, "m", "embedding", "['label']", NULL, "{'weight': 'means'}");
    weights_node(w, "b", "mul", "['m', 'vr']", NULL, NULL);
    weights_node(w, "d", "add", "['xs', 'b']", NULL, NULL);
    return w;
}

/* E(x, sigma) = |x - m|^2 / 2 t of the same deviation. */
static const double energy_mean = 0.6;
static weights *gaussian_energy(void) {
    char text[80];
    weights *w = weights_new("energy", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", -energy_mean);
    weights_node(w, "centred", "affine", "['x']", text, NULL);
    weights_node(w, "squares", "square", "['centred']", NULL, NULL);
    weights_node(w, "length", "sum", "['squares']", "{'over': 'all'}", NULL);
    weights_node(w, "v", "square", "['sigma']", NULL, NULL);
    snprintf(text, sizeof text, "{'scale': 2, 'shift': %.17g}", 2 * deviation * deviation);
    weights_node(w, "t", "affine", "['v']", text, NULL);
    weights_node(w, "energy", "div", "['length', 't']", NULL, NULL);
    return w;
}

static gs_model *load(weights *w) {
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

/* p N(1, s^2) + (1 - p) N(-1, s^2): D = (s^2 x + sigma^2 tanh(x / t + log(p / (1 - p)) / 2)) / t. */
static const double well_share = 0.7, well_deviation = 0.25;
static gs_model *two_wells(void) {
    char text[80];
    weights *w = new_target(0, well_deviation);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", 0.5 * log(well_share / (1 - well_share)));
    weights_node(w, "u", "affine", "['xr']", text, NULL);
    weights_node(w, "m", "tanh", "['u']", NULL, NULL);
    weights_node(w, "b", "mul", "['m', 'vr']", NULL, NULL);
    weights_node(w, "d", "add", "['xs', 'b']", NULL, NULL);
    return load(w);
}

/* ---- Drawing ---- */

typedef struct draw {
    float *out, *states; /* (n, pixels); (levels + 1, n, pixels) */
    double sigma[STATES_MAX];
    int levels;
    size_t n;
} draw;

static draw draw_from(const gs_model *model, gs_sample_options options, const int *labels, size_t n) {
    draw d = {.n = n};
    gs_error error = {.status = GS_OK};
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    if (gs_sample_resolve(model, &options, &error))
        fail_msg("%s", error.message);
    d.levels = gs_sample_levels(model, &options, d.sigma, STATES_MAX) - 1;
    assert_in_range(d.levels, 1, STATES_MAX - 1);
    d.out = malloc(n * PIXELS * sizeof *d.out);
    d.states = malloc((size_t)(d.levels + 1) * n * PIXELS * sizeof *d.states);
    assert_non_null(d.out);
    assert_non_null(d.states);
    options.labels = labels;
    options.trajectory = d.states;
    if (gs_sample(plan, &options, n, d.out, NULL, &error))
        fail_msg("%s", error.message);
    assert_memory_equal(d.out, d.states + (size_t)d.levels * n * PIXELS, n * PIXELS * sizeof *d.out);
    gs_plan_free(plan);
    return d;
}

static void free_draw(draw d) {
    free(d.out);
    free(d.states);
}

/* ---- Solvers ---- */

/* The means of the labels in turn, moved by guidance of weight w at sigma; for NULL labels, the mean without a
 * label. */
static double mean_at(const int *labels, size_t chain, const gs_sample_options *o, double sigma) {
    if (!labels)
        return means[NONE];
    bool guided = o->guidance > 0 && sigma > o->guidance_low && sigma <= o->guidance_high;
    return means[NONE] + (guided ? 1 + o->guidance : 1) * (means[labels[chain]] - means[NONE]);
}

static double gaussian_denoised(double x, double sigma, double mean) {
    double s2 = deviation * deviation, v = sigma * sigma;
    return (s2 * x + v * mean) / (s2 + v);
}

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
    gs_model *model = load(gaussian_weights());
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

/* ---- Sums of fields ---- */

static void refuse(const gs_model *model, gs_sample_options o, gs_status expected, const char *what) {
    gs_error error = {.message = ""};
    assert_int_equal(gs_sample_resolve(model, &o, &error), expected);
    if (!strstr(error.message, what) || strchr(error.message, '\n'))
        fail_msg("no '%s' in '%s'", what, error.message);
}

enum { TERMS = 3 };
static const double weights_of_terms[TERMS] = {0.5, -0.25, 1.5};

/* Heun with one step from given states is a single call of the denoiser. */
static void test_sums_of_networks(void **state) {
    (void)state;
    gs_model *model[TERMS] = {load(gaussian_weights()), load(gaussian_weights()), load(gaussian_energy())};
    gs_plan *plan[TERMS];
    for (int k = 0; k < TERMS; k++)
        plan[k] = make_plan(model[k], (gs_plan_options){.threads = 2, .block = 4 - k, .gradient = k == TERMS - 1});
    enum { N = 9 };
    const int labels[N] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    float init[N * PIXELS], out[N * PIXELS];
    for (int i = 0; i < N * PIXELS; i++)
        init[i] = (float)(sin(i) * 2);
    const double sigma = 0.7;
    const gs_term terms[] = {{plan[1], weights_of_terms[1], labels}, {plan[2], weights_of_terms[2], NULL}};
    const gs_sample_options o = {.sampler = "heun",
                                 .steps = 1,
                                 .sigma_low = sigma,
                                 .sigma_high = sigma,
                                 .guidance = 0.5,
                                 .weight = weights_of_terms[0],
                                 .terms = terms,
                                 .term_count = 2,
                                 .init = init};
    gs_error error = {.status = GS_OK};
    if (gs_sample(plan[0], &o, N, out, NULL, &error))
        fail_msg("%s", error.message);
    for (int i = 0; i < N * PIXELS; i++) {
        double x = (double)init[i], expected = x;
        gs_sample_options guided = {.guidance = 0.5, .guidance_high = 30};
        const double mean[TERMS] = {means[NONE], mean_at(labels, (size_t)(i / PIXELS), &guided, sigma), energy_mean};
        for (int k = 0; k < TERMS; k++)
            expected += weights_of_terms[k] * (gaussian_denoised(x, sigma, mean[k]) - x);
        if (!(fabs((double)out[i] - expected) <= 1e-5 * (1 + fabs(expected))))
            fail_msg("element %d is %.9g, expected %.9g", i, (double)out[i], expected);
    }
    assert_int_equal(
        gs_sample_evaluations(model[0],
                              &(gs_sample_options){.sampler = "heun", .steps = 4, .terms = terms, .term_count = 2}),
        7 * 3);
    for (int k = 0; k < TERMS; k++) {
        gs_plan_free(plan[k]);
        gs_model_free(model[k]);
    }
}

static void refuse_term(gs_plan *first, gs_plan *second, double weight, const int *labels, const char *what) {
    float out[PIXELS];
    gs_error error = {.message = ""};
    const gs_term term = {second, weight, labels};
    const gs_sample_options o = {.steps = 2, .sigma_high = 5, .terms = &term, .term_count = 1};
    assert_true(gs_sample(first, &o, 1, out, NULL, &error));
    if (!strstr(error.message, what) || strchr(error.message, '\n'))
        fail_msg("no '%s' in '%s'", what, error.message);
}

static void test_bad_sums(void **state) {
    (void)state;
    weights *w = weights_new("denoiser", 1, SIDE, 2 * SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "y", "affine", "['x']", "{'scale': 0.5, 'shift': 0}", NULL);
    gs_model *wide = load(w), *model = load(gaussian_weights()), *energy = load(gaussian_energy());
    w = weights_new("classifier", 1, SIDE, SIDE);
    weights_node(w, "l", "reshape", "['x']", "{'shape': [16]}", NULL);
    gs_model *classifier = load(w);
    gs_plan *first = make_plan(model, (gs_plan_options){.threads = 2, .block = 4});
    gs_plan *few = make_plan(model, (gs_plan_options){.threads = 1, .block = 4});
    gs_plan *other = make_plan(wide, (gs_plan_options){.threads = 2, .block = 4});
    gs_plan *judge = make_plan(classifier, (gs_plan_options){.threads = 2, .block = 4});
    gs_plan *flat = make_plan(energy, (gs_plan_options){.threads = 2, .block = 4});
    refuse_term(first, few, 1, NULL, "has 1 threads");
    refuse_term(first, other, 1, NULL, "has images of 1 x 4 x 8: expected 1 x 4 x 4");
    refuse_term(first, judge, 1, NULL, "classifier");
    refuse_term(first, flat, 1, NULL, "gradient");
    refuse_term(first, first, 1001, NULL, "weight of a term 1001");
    refuse_term(first, first, NAN, NULL, "weight of a term nan");
    refuse_term(first, first, 1, (const int[]){3}, "label 3");
    gs_sample_options many = {.term_count = 17};
    refuse(model, many, GS_ERROR_ARGUMENT, "17 terms");
    gs_plan *plans[] = {first, few, other, judge, flat};
    for (size_t i = 0; i < GS_COUNT(plans); i++)
        gs_plan_free(plans[i]);
    gs_model *models[] = {wide, model, energy, classifier};
    for (size_t i = 0; i < GS_COUNT(models); i++)
        gs_model_free(models[i]);
}

/* The largest error at the lowest level, compared with the exact flow, x - m ~ sqrt(s^2 + sigma^2). */
static double flow_error(const gs_model *model, const char *sampler, int steps) {
    gs_sample_options o = {.sampler = sampler, .steps = steps, .sigma_low = 0.1, .sigma_high = 5};
    draw d = draw_from(model, o, NULL, 8);
    double worst = 0, s2 = deviation * deviation;
    for (size_t i = 0; i < d.n * PIXELS; i++) {
        double shrink = sqrt((s2 + 0.1 * 0.1) / (s2 + 5.0 * 5.0));
        double exact = means[NONE] + ((double)d.states[i] - means[NONE]) * shrink;
        worst = worst_of(worst, fabs((double)d.states[(size_t)(steps - 1) * d.n * PIXELS + i] - exact));
    }
    free_draw(d);
    return worst;
}

static void test_solvers_are_of_second_order(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights());
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
    double s2 = deviation * deviation, shrink = s2 / (s2 + s * s);
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
    gs_model *model = load(gaussian_weights());
    gs_sample_options o = {
        .sampler = "dpmpp-2m", .steps = steps, .sigma_low = 0.05, .sigma_high = 20, .eta = eta, .seed = 5};
    draw d = draw_from(model, o, NULL, CHAINS);
    solver_moments m = {.x = 20 * 20 + means[NONE] * means[NONE]};
    for (int k = 0; k <= d.levels; k++) {
        const float *x = d.states + (size_t)k * CHAINS * PIXELS;
        double squares = 0, sigma = d.sigma[k], exact = deviation * deviation + sigma * sigma;
        for (size_t i = 0; i < CHAINS * PIXELS; i++)
            squares += ((double)x[i] - means[NONE]) * ((double)x[i] - means[NONE]);
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

/* ---- Langevin dynamics ---- */

typedef struct gaussian {
    double mean, variance;
} gaussian;

/* The effect of T steps x + alpha / 2 score + sqrt(alpha) z at one level on a Gaussian is known exactly: x - m shrinks
 * by 1 - alpha / 2t per step, with t = s^2 + sigma^2, and alpha is added to the variance. */
static gaussian langevin_steps(gaussian g, double sigma, double alpha, int steps) {
    double t = deviation * deviation + sigma * sigma, shrink = 1 - alpha / (2 * t);
    for (int i = 0; i < steps; i++)
        g = (gaussian){means[NONE] + shrink * (g.mean - means[NONE]), shrink * shrink * g.variance + alpha};
    return g;
}

static gaussian denoise(gaussian g, double sigma) {
    double s2 = deviation * deviation, shrink = s2 / (s2 + sigma * sigma);
    return (gaussian){gaussian_denoised(g.mean, sigma, means[NONE]), shrink * shrink * g.variance};
}

static void check_langevin(const gs_model *model, gs_sample_options o) {
    enum { CHAINS = 600 };
    draw d = draw_from(model, o, NULL, CHAINS);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    bool annealed = !strcmp(o.sampler, "annealed-langevin");
    gaussian g = {0, o.sigma_high * o.sigma_high};
    double lowest = d.sigma[d.levels - 1];
    for (int k = 0; k < d.levels; k++) {
        about("k %d", k);
        assert_moments(d.states + (size_t)k * CHAINS * PIXELS, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
        double ratio = d.sigma[k] / lowest;
        double alpha = annealed ? o.epsilon * ratio * ratio : 2 * o.step_size;
        g = langevin_steps(g, d.sigma[k], alpha, annealed ? o.steps_per_level : o.steps);
    }
    if (o.denoise > 0)
        g = denoise(g, lowest);
    assert_moments(d.out, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
    free_draw(d);
}

static void test_langevin_moments(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights());
    for (int last = -1; last <= 1; last += 2) {
        check_langevin(model, (gs_sample_options){.sampler = "langevin",
                                                  .steps = 60,
                                                  .sigma_low = 0.3,
                                                  .sigma_high = 1,
                                                  .step_size = 0.05,
                                                  .denoise = last,
                                                  .seed = 11});
        check_langevin(model, (gs_sample_options){.sampler = "annealed-langevin",
                                                  .steps = 6,
                                                  .sigma_low = 0.1,
                                                  .sigma_high = 3,
                                                  .epsilon = 2e-3,
                                                  .steps_per_level = 12,
                                                  .denoise = last,
                                                  .seed = 12});
    }
    gs_model_free(model);
}

/* After many steps the chain has the biased variance of the unadjusted algorithm, t / (1 - alpha / 4t). */
static void test_langevin_bias(void **state) {
    (void)state;
    double t = deviation * deviation + 0.3 * 0.3, alpha = 0.2;
    gaussian g = langevin_steps((gaussian){0, 1}, 0.3, alpha, 200);
    assert_true(fabs(g.variance - t / (1 - alpha / (4 * t))) < 1e-12);
    gs_model *model = load(gaussian_weights());
    check_langevin(model, (gs_sample_options){.sampler = "langevin",
                                              .steps = 200,
                                              .sigma_low = 0.3,
                                              .sigma_high = 1,
                                              .step_size = alpha / 2,
                                              .denoise = -1,
                                              .seed = 13});
    gs_model_free(model);
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
        g = denoise(g, levels[k]);
        if (k + 1 < d.levels)
            g.variance += levels[k + 1] * levels[k + 1];
    }
    assert_moments(d.out, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
    free_draw(d);
}

static void test_consistency_moments(void **state) {
    (void)state;
    const double geometric[] = {8, 2, 0.5}, ladder[] = {8, 1.5, 0.5, 0.1};
    gs_model *model = load(gaussian_weights());
    check_consistency(model, (gs_sample_options){.steps = 1, .sigma_low = 0.5, .sigma_high = 8, .seed = 21}, geometric);
    check_consistency(model, (gs_sample_options){.steps = 2, .sigma_low = 2, .sigma_high = 8, .seed = 22}, geometric);
    check_consistency(model, (gs_sample_options){.steps = 3, .sigma_low = 0.5, .sigma_high = 8, .seed = 23}, geometric);
    gs_model_free(model);
    weights *w = gaussian_weights();
    weights_set(w, "data.ladder", "[8, 1.5, 0.5, 0.1]");
    model = load(w);
    check_consistency(model, (gs_sample_options){.seed = 24}, ladder);
    check_consistency(model, (gs_sample_options){.steps = 4, .sigma_low = 0.1, .sigma_high = 8, .seed = 25}, ladder);
    check_consistency(model, (gs_sample_options){.steps = 3, .sigma_low = 0.5, .sigma_high = 8, .seed = 26}, geometric);
    gs_model_free(model);
    w = gaussian_weights();
    weights_set(w, "data.ladder", "[8, 1.5, 0.5]");
    weights_set(w, "default", "{'sampler': 'consistency', 'steps': 3, 'sigmas': [0.5, 8]}");
    model = load(w);
    check_consistency(model, (gs_sample_options){.seed = 27}, ladder);
    gs_model_free(model);
}

/* ---- Two wells ---- */

/* Every pixel is an independent draw. The discretisation is allowed 4 % of the wells' distance and deviation. */
static void check_wells(gs_sample_options o) {
    enum { CHAINS = 500, COUNT = CHAINS * PIXELS };
    gs_model *model = two_wells();
    draw d = draw_from(model, o, NULL, CHAINS);
    double sum[2] = {0}, squares[2] = {0};
    size_t count[2] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        double x = (double)d.out[i];
        int well = x > 0;
        count[well]++;
        sum[well] += x;
        squares[well] += x * x;
    }
    double z = ((double)count[1] / COUNT - well_share) / sqrt(well_share * (1 - well_share) / COUNT);
    print_message("%s: share %.4f, %.1f errors off\n", o.sampler, (double)count[1] / COUNT, z);
    assert_true(fabs(z) < errors_allowed);
    for (int k = 0; k < 2; k++) {
        about("k %d", k);
        double mean = sum[k] / (double)count[k], sd = sqrt(squares[k] / (double)count[k] - mean * mean);
        double error = well_deviation / sqrt((double)count[k]);
        assert_true(fabs(mean - (k ? 1 : -1)) < 0.04 + errors_allowed * error);
        assert_true(fabs(sd - well_deviation) < 0.04 * well_deviation + errors_allowed * error);
    }
    free_draw(d);
    gs_model_free(model);
}

static void test_two_wells(void **state) {
    (void)state;
    check_wells((gs_sample_options){.sampler = "dpmpp-2m", .steps = 60, .sigma_low = 0.02, .seed = 1});
    check_wells((gs_sample_options){.sampler = "heun", .steps = 60, .sigma_low = 0.02, .seed = 2});
    check_wells((gs_sample_options){
        .sampler = "annealed-langevin", .steps = 20, .steps_per_level = 40, .epsilon = 2e-5, .seed = 3});
}

/* ---- Noise ---- */

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The standard normal's distribution function. */
static double normal_cdf(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static double correlation(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum / sqrt((double)count);
}

static void test_first_noise_is_standard_normal(void **state) {
    (void)state;
    enum { CHAINS = 4000, COUNT = CHAINS * PIXELS };
    gs_model *model = load(gaussian_weights());
    const gs_sample_options o = {.steps = 1, .sigma_low = 1, .sigma_high = 1};
    gs_sample_options other = o;
    other.seed = 1;
    draw d = draw_from(model, o, NULL, CHAINS), e = draw_from(model, other, NULL, CHAINS);
    float *x = d.states;
    assert_moments(x, COUNT, 0, 1, "first noise");
    assert_true(fabs(correlation(x, x + 1, COUNT - 1)) < errors_allowed);
    assert_true(fabs(correlation(x, x + PIXELS, COUNT - PIXELS)) < errors_allowed);
    assert_true(fabs(correlation(x, e.states, COUNT)) < errors_allowed);
    double fourth = 0, worst = 0;
    for (size_t i = 0; i < COUNT; i++)
        fourth += pow((double)x[i], 4);
    assert_true(fabs(fourth / COUNT - 3) < errors_allowed * sqrt(96.0 / COUNT));
    qsort(x, COUNT, sizeof *x, ascending);
    for (size_t i = 0; i < COUNT; i++)
        worst = worst_of(worst, fabs(normal_cdf((double)x[i]) - ((double)i + 0.5) / COUNT));
    assert_true(worst * sqrt(COUNT) < 2.75); /* Kolmogorov: 5e-7 */
    free_draw(d);
    free_draw(e);
    gs_model_free(model);
}

/* ---- Same bytes ---- */

static const gs_sample_options short_runs[] = {
    {.sampler = "dpmpp-2m", .steps = 5, .guidance = 0.5, .guidance_low = 0.1, .guidance_high = 5},
    {.sampler = "dpmpp-2m", .steps = 4, .eta = 0.7, .guidance = -1},
    {.sampler = "heun", .steps = 4},
    {.sampler = "annealed-langevin", .steps = 3, .steps_per_level = 3, .epsilon = 2e-5, .guidance = 1},
    {.sampler = "langevin", .steps = 4, .step_size = 0.005},
    {.sampler = "consistency", .steps = 3, .guidance = 1, .guidance_low = 0.1, .guidance_high = 30}};

static void assert_chains(const gs_model *model, gs_plan_options how, gs_sample_options o, size_t first, size_t n,
                          const float *expected) {
    float *out = malloc(n * PIXELS * sizeof *out);
    assert_non_null(out);
    gs_plan *plan = make_plan(model, how);
    o.first_chain = first;
    o.labels = o.labels ? o.labels + first : NULL;
    assert_int_equal(gs_sample(plan, &o, n, out, NULL, NULL), GS_OK);
    if (memcmp(out, expected + first * PIXELS, n * PIXELS * sizeof *out))
        fail_msg("%s on %s, %d threads, blocks of %d, chains %zu + %zu: other bytes", o.sampler,
                 how.isa ? how.isa : "the best", how.threads, how.block, first, n);
    gs_plan_free(plan);
    free(out);
}

static void test_same_bytes(void **state) {
    (void)state;
    enum { CHAINS = 100 };
    static const int threads[] = {1, 2, 3, 7}, blocks[] = {1, 4, 5, 16};
    int labels[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        labels[i] = i % 3;
    gs_model *model = load(gaussian_weights());
    for (size_t s = 0; s < GS_COUNT(short_runs); s++) {
        about("short_runs[%zu]", s);
        draw d = draw_from(model, short_runs[s], labels, CHAINS);
        gs_sample_options o = short_runs[s];
        o.labels = labels;
        for (int i = 0; i < 16; i++) {
            about("short_runs[%zu], i %d", s, i);
            assert_chains(model, (gs_plan_options){.threads = threads[i / 4], .block = blocks[i % 4]}, o, 0, CHAINS,
                          d.out);
        }
        const char *isa;
        bool supported;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++)
            if (supported)
                assert_chains(model, (gs_plan_options){.isa = isa, .threads = 2}, o, 0, CHAINS, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 0, 10, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 33, 1, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 90, 10, d.out);
        free_draw(d);
    }
    gs_model_free(model);
}

/* A chain without a label is the same whether or not others in the call have one. */
static void test_unlabelled_chains_are_not_guided(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights());
    draw mixed = draw_from(model, short_runs[0], (const int[]){NONE, 0, NONE, 1}, 4);
    draw plain = draw_from(model, short_runs[0], NULL, 4);
    for (int i = 0; i < 4; i++) {
        about("i %d", i);
        assert_true(!memcmp(mixed.out + i * PIXELS, plain.out + i * PIXELS, PIXELS * sizeof(float)) == (i % 2 == 0));
    }
    free_draw(mixed);
    free_draw(plain);
    gs_model_free(model);
}

/* ---- Levels and evaluations ---- */

static void test_evaluations(void **state) {
    (void)state;
    static const uint64_t plain[] = {5, 4, 7, 10, 5, 3}, guided[] = {7, 4, 7, 20, 5, 5};
    static const int labels[1] = {0};
    gs_model *model = load(gaussian_weights());
    for (size_t s = 0; s < GS_COUNT(short_runs); s++) {
        about("short_runs[%zu]", s);
        gs_sample_options o = short_runs[s];
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        assert_int_equal(gs_sample_evaluations(model, &o), plain[s]);
        o.labels = labels;
        assert_int_equal(gs_sample_evaluations(model, &o), guided[s]);
    }
    gs_model_free(model);
}

static void test_schedules(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights());
    double s[STATES_MAX];
    gs_sample_options o = {.steps = 8, .sigma_low = 0.02, .sigma_high = 30};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &o, s, STATES_MAX), 9);
    for (int i = 0; i < 8; i++) {
        about("i %d", i);
        double root = pow(30, 1 / 7.0) + i / 7.0 * (pow(0.02, 1 / 7.0) - pow(30, 1 / 7.0));
        assert_true(fabs(s[i] / pow(root, 7) - 1) < 1e-12);
    }
    assert_true(s[0] == 30 && s[7] == 0.02 && s[8] == 0);
    o = (gs_sample_options){.sampler = "annealed-langevin", .steps = 10, .sigma_low = 0.01, .sigma_high = 30};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &o, s, STATES_MAX), 11);
    for (int i = 0; i < 9; i++) {
        about("i %d", i);
        assert_true(fabs(s[i + 1] / s[i] / pow(0.01 / 30, 1 / 9.0) - 1) < 1e-12);
    }
    gs_model_free(model);
}

/* ---- Memory, stopping, errors ---- */

/* The number of allocations in one call of gs_sample. */
static size_t allocations_of(gs_plan *plan, const gs_sample_options *o, size_t n) {
    float out[40 * PIXELS];
    size_t before = gs_allocations();
    assert_int_equal(gs_sample(plan, o, n, out, NULL, NULL), GS_OK);
    return gs_allocations() - before;
}

/* Levels are prepared first; an allocation in any step of any block would show with ten times as many blocks. */
static void test_no_allocation_once_the_chains_move(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .block = 2});
    for (size_t s = 0; s < GS_COUNT(short_runs); s++) {
        about("short_runs[%zu]", s);
        assert_int_equal(allocations_of(plan, &short_runs[s], 40), allocations_of(plan, &short_runs[s], 4));
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_interruption(void **state) {
    (void)state;
    enum { CHAINS = 4000 };
    gs_model *model = load(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .block = 4});
    float *out = malloc(CHAINS * PIXELS * sizeof *out), *whole = malloc(CHAINS * PIXELS * sizeof *whole);
    assert_non_null(out);
    assert_non_null(whole);
    watch w = {.stop_after = 2};
    gs_sample_options o = {.sampler = "langevin", .steps = 400, .step_size = 0.005};
    size_t done = 0;
    gs_error error;
    assert_int_equal(gs_sample(plan, &o, CHAINS, whole, &done, NULL), GS_OK);
    assert_int_equal(done, CHAINS);
    o.progress = watching;
    o.context = &w;
    assert_int_equal(gs_sample(plan, &o, CHAINS, out, &done, &error), GS_ERROR_INTERRUPTED);
    assert_true(done < CHAINS);
    assert_memory_equal(out, whole, done * PIXELS * sizeof *out);
    free(out);
    free(whole);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_bad_options(void **state) {
    (void)state;
    gs_model *model = load(gaussian_weights()), *wells = two_wells();
    const struct {
        gs_sample_options options;
        const char *what;
    } bad[] = {{{.sampler = "euler"}, "sampler 'euler'"},
               {{.sampler = ""}, "sampler ''"},
               {{.steps = -1}, "steps -1"},
               {{.steps = 10001}, "steps 10001"},
               {{.sigma_low = -1}, "lower sigma -1"},
               {{.sigma_low = NAN}, "lower sigma nan"},
               {{.sigma_low = 0.001}, "lower sigma 0.001"},
               {{.sigma_high = INFINITY}, "upper sigma inf"},
               {{.sigma_high = 31}, "upper sigma 31"},
               {{.sigma_low = 2, .sigma_high = 1}, "sigmas 2 and 1"},
               {{.sampler = "annealed-langevin", .epsilon = -1}, "epsilon -1"},
               {{.sampler = "annealed-langevin", .epsilon = NAN}, "epsilon nan"},
               {{.sampler = "langevin", .steps = 1000001}, "steps"},
               {{.sampler = "annealed-langevin", .steps_per_level = -3}, "steps per level -3"},
               {{.eta = 101}, "eta 101"},
               {{.eta = -2}, "eta -2"},
               {{.eta = NAN}, "eta nan"},
               {{.guidance = 101}, "guidance 101"},
               {{.guidance = -2}, "guidance -2"},
               {{.guidance = NAN}, "guidance nan"},
               {{.guidance = 1, .guidance_low = 2, .guidance_high = 1}, "guidance sigmas 2 and 1"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++)
        refuse(model, bad[i].options, GS_ERROR_ARGUMENT, bad[i].what);
    refuse(wells, (gs_sample_options){.guidance = 1}, GS_ERROR_ARGUMENT, "takes no labels");
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    float out[PIXELS];
    gs_error error;
    for (int label = -1; label <= 3; label += 4) {
        about("label %d", label);
        gs_sample_options o = {.labels = &label};
        assert_int_equal(gs_sample(plan, &o, 1, out, NULL, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "label"));
    }
    gs_plan_free(plan);
    gs_model_free(model);
    gs_model_free(wells);
    weights *w = weights_new("classifier", 1, SIDE, SIDE);
    weights_node(w, "l", "reshape", "['x']", "{'shape': [16]}", NULL);
    model = load(w);
    refuse(model, (gs_sample_options){0}, GS_ERROR_UNSUPPORTED, "classifier");
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_solvers_follow_their_recursion),
                                       cmocka_unit_test(test_guidance_moves_the_mean),
                                       cmocka_unit_test(test_sums_of_networks),
                                       cmocka_unit_test(test_bad_sums),
                                       cmocka_unit_test(test_solvers_are_of_second_order),
                                       cmocka_unit_test(test_stochastic_solver_keeps_the_marginals),
                                       cmocka_unit_test(test_langevin_moments),
                                       cmocka_unit_test(test_langevin_bias),
                                       cmocka_unit_test(test_consistency_moments),
                                       cmocka_unit_test(test_two_wells),
                                       cmocka_unit_test(test_first_noise_is_standard_normal),
                                       cmocka_unit_test(test_same_bytes),
                                       cmocka_unit_test(test_unlabelled_chains_are_not_guided),
                                       cmocka_unit_test(test_evaluations),
                                       cmocka_unit_test(test_schedules),
                                       cmocka_unit_test(test_no_allocation_once_the_chains_move),
                                       cmocka_unit_test(test_interruption),
                                       cmocka_unit_test(test_bad_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
