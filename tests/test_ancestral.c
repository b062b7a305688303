/* Samplers with ancestral noise: on Gaussians, where each step's mean and variance are known; on a single image, whose
 * noise must have exactly the level of the schedule; and on two wells.
 *
 * Statistical tests have fixed seeds and compare with bounds of 5 standard errors: false-alarm rate 6e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/statistics.h"
#include "support/targets.h"

/* Standard deviations after a step from s to t: sigma_down of what is left of the old noise, sigma_up of the new. */
typedef struct noises {
    double down, up;
} noises;

/* Where eta is 1, as k-diffusion and DDPM have it; else the same power of t / s. */
static noises ancestral(const gs_sample_options *o, double s, double t) {
    double up2 = o->eta == 1 ? t * t * (s * s - t * t) / (s * s) : t * t * (1 - pow(t / s, 2 * fmax(o->eta, 0)));
    return (noises){sqrt(t * t - up2), sqrt(up2)};
}

/* DDIM's sigma is eta times the posterior's deviation. */
static noises ddim(const gs_sample_options *o, double s, double t) {
    double up = fmin(fmax(o->eta, 0) * sqrt(t * t * (s * s - t * t)) / s, t);
    return (noises){sqrt(t * t - up * up), up};
}

static noises euler(const gs_sample_options *o, double s, double t) {
    (void)o;
    (void)s;
    return (noises){t, 0};
}

/* Song et al. 2021: a time step dt of f = -g^2 score, g^2 dt = 2 s^2 log(s / t), of which eta is the part of the noise
 * and half of 1 + eta that of the drift. */
static noises maruyama(const gs_sample_options *o, double s, double t) {
    double eta = fmax(o->eta, 0), g2 = t > 0 ? 2 * s * s * fmin(log(s / t), 1 / (1 + eta)) : 0;
    return (noises){t > 0 ? s - (1 + eta) / 2 * g2 / s : 0, sqrt(eta * g2)};
}

/* beta of Jolicoeur-Martineau et al. 2020, algorithm 2, for each step's own gamma. */
static noises consistent(const gs_sample_options *o, double s, double t) {
    double gamma = t / s, eta = fmin(o->epsilon / (o->sigma_low * o->sigma_low), 1);
    if (eta < 1 - gamma)
        return (noises){t, 0};
    return (noises){(1 - eta) * s, t > 0 ? t * sqrt(1 - pow((1 - eta) / gamma, 2)) : 0};
}

/* Moves g by x <- D + (down / s) (x - D) + scale up z, where D shrinks x - m by s2 / (s2 + s^2). */
static gaussian step(gaussian g, double s2, double mean, double s, noises n, double scale) {
    double shrink = s2 / (s2 + s * s), keep = n.down / s, of_x = keep + (1 - keep) * shrink;
    double up = scale * n.up;
    return (gaussian){mean + of_x * (g.mean - mean), of_x * of_x * g.variance + up * up};
}

/* Compare every state with the recursion, and its variance with the diffusion's, v + sigma^2, up to `tolerance`. */
static void check_states(const gs_model *model, gs_sample_options o, double v, double mean,
                         noises (*noises_of)(const gs_sample_options *, double, double), double tolerance) {
    const size_t chains = (size_t)effort(600);
    draw d = draw_from(model, o, NULL, chains);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    gaussian g = {0, d.sigma[0] * d.sigma[0]};
    for (int k = 0; k <= d.levels; k++) {
        double s = d.sigma[k], exact = v + s * s;
        about("%s, eta %g, epsilon %g, state %d of %d", o.sampler, o.eta, o.epsilon, k, d.levels);
        if (g.variance > 0)
            assert_moments(d.states + (size_t)k * chains * PIXELS, chains * PIXELS, g.mean, g.variance, o.sampler);
        if (k && !(fabs(g.variance - exact) <= tolerance * exact))
            fail_msg("state %d: variance %.6f, the diffusion's is %.6f", k, g.variance, exact);
        if (k < d.levels)
            g = step(g, v, mean, s, noises_of(&o, s, d.sigma[k + 1]), fmax(o.noise_scale, 0));
    }
    free_draw(d);
}

static void check_gaussian(gs_sample_options o, noises (*noises_of)(const gs_sample_options *, double, double),
                           double tolerance) {
    gs_model *model = load_target(gaussian_weights());
    check_states(model, o, gaussian_deviation * gaussian_deviation, gaussian_means[NONE], noises_of, tolerance);
    gs_model_free(model);
}

/* D = 0.3 whatever x: all images are one. */
static weights *single_image(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "v", "affine", "['sigma']", "{'scale': 0, 'shift': 0.3}", NULL);
    weights_node(w, "black", "affine", "['x']", "{'scale': 0, 'shift': 0}", NULL);
    weights_node(w, "d", "add", "['black', 'v']", NULL, NULL);
    return w;
}

static void test_euler_ancestral(void **state) {
    (void)state;
    const gs_sample_options o = {
        .sampler = "euler-ancestral", .steps = 60, .sigma_low = 0.05, .sigma_high = 20, .seed = 41};
    static const double etas[] = {-1, 0.5, 1, 2}, scales[] = {-1, 0.5, 1.02};
    for (size_t i = 0; i < GS_COUNT(etas); i++) {
        gs_sample_options with = o;
        with.eta = etas[i];
        check_gaussian(with, ancestral, 0.3);
        with.steps = 5;
        check_gaussian(with, ancestral, (double)INFINITY);
    }
    for (size_t i = 0; i < GS_COUNT(scales); i++) {
        gs_sample_options with = o;
        with.noise_scale = scales[i];
        check_gaussian(with, ancestral, (double)INFINITY);
    }
    gs_model *model = load_target(single_image());
    gs_sample_options fixed = o;
    fixed.steps = 7;
    check_states(model, fixed, 0, 0.3, ancestral, 1e-9);
    fixed.eta = 0.3;
    check_states(model, fixed, 0, 0.3, ancestral, 1e-9);
    gs_model_free(model);
}

/* Each with noise of its own for each step, and with that of a tree, whose increments have the same law. */
static void test_other_steps(void **state) {
    (void)state;
    static const struct {
        const char *sampler;
        noises (*of)(const gs_sample_options *, double, double);
        double eta;
    } cases[] = {{"ddim", ddim, -1},
                 {"ddim", ddim, 0.5},
                 {"ddim", ddim, 1},
                 {"euler-flow", euler, 0},
                 {"reverse-sde", maruyama, -1},
                 {"reverse-sde", maruyama, 1},
                 {"reverse-sde", maruyama, 2},
                 {"euler-ancestral", ancestral, 0.5}};
    for (size_t i = 0; i < GS_COUNT(cases); i++)
        for (int tree = -1; tree <= 1; tree += 2) {
            gs_sample_options o = {.sampler = cases[i].sampler,
                                   .steps = 60,
                                   .sigma_low = 0.05,
                                   .sigma_high = 20,
                                   .eta = cases[i].eta,
                                   .noise_tree = tree,
                                   .seed = 70 + i};
            check_gaussian(o, cases[i].of, cases[i].of == maruyama ? 0.5 : 0.3);
            o.steps = 5;
            check_gaussian(o, cases[i].of, (double)INFINITY);
        }
    gs_model *model = load_target(single_image());
    gs_sample_options o = {.sampler = "ddim", .steps = 7, .sigma_low = 0.05, .sigma_high = 20, .seed = 80};
    static const double etas[] = {-1, 0.5, 1, 2}; /* any has the level of the schedule */
    for (size_t i = 0; i < GS_COUNT(etas); i++) {
        o.eta = etas[i];
        check_states(model, o, 0, 0.3, ddim, 1e-9);
    }
    gs_model_free(model);
}

/* With eta 1 DDIM is ancestral sampling. */
static void test_ddim_is_ancestral(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {.sampler = "ddim", .steps = 9, .eta = 1, .seed = 81};
    draw a = draw_from(model, o, NULL, 50);
    o.sampler = "euler-ancestral";
    draw b = draw_from(model, o, NULL, 50);
    for (size_t i = 0; i < 50 * PIXELS; i++)
        assert_true(fabs((double)a.out[i] - (double)b.out[i]) < 1e-5);
    free_draw(a);
    free_draw(b);
    gs_model_free(model);
}

/* Levels of a flow: tau = sigma / (shift + sigma) in equal steps. */
static void test_levels_of_flows(void **state) {
    (void)state;
    static const double shifts[] = {0, 1, 3, 0.2};
    gs_model *model = load_target(gaussian_weights());
    for (size_t k = 0; k < GS_COUNT(shifts); k++) {
        gs_sample_options o = {
            .sampler = "euler-flow", .steps = 11, .sigma_low = 0.05, .sigma_high = 20, .shift = shifts[k]};
        double sigma[STATES_MAX], shift = shifts[k] == 0 ? 1 : shifts[k];
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        assert_int_equal(gs_sample_levels(model, &o, sigma, STATES_MAX), 12);
        double first = 20 / (shift + 20), last = 0.05 / (shift + 0.05);
        for (int i = 0; i < 11; i++) {
            about("shift %g, level %d", shift, i);
            double tau = sigma[i] / (shift + sigma[i]);
            assert_true(fabs(tau - (first + i / 10.0 * (last - first))) < 1e-12);
        }
        assert_true(sigma[11] == 0);
    }
    gs_sample_options far = {.sampler = "euler-flow", .steps = 5, .sigma_low = 0.01, .sigma_high = 80, .shift = 0.001};
    double sigma[STATES_MAX];
    assert_int_equal(gs_sample_levels(model, &far, sigma, STATES_MAX), 6);
    for (int i = 0; i < 5; i++) /* also where tau is near 1 */
        assert_true(sigma[i] > sigma[i + 1]);
    gs_model_free(model);
}

/* The network's own ladder, whose steps are far from equal. */
static const double ladder[] = {8, 1.5, 1.2, 0.5, 0.1};
static weights *with_ladder(weights *w) {
    weights_set(w, "data.ladder", "[8, 1.5, 1.2, 0.5, 0.1]");
    return w;
}

static void test_consistent_annealed(void **state) {
    (void)state;
    static const double etas[] = {0.01, 0.4, 0.8, 1};
    gs_model *model = load_target(with_ladder(gaussian_weights())), *one = load_target(with_ladder(single_image()));
    for (size_t i = 0; i < GS_COUNT(etas); i++) {
        gs_sample_options o = {.sampler = "consistent-annealed", .steps = 12, .sigma_low = 0.1, .sigma_high = 8};
        o.epsilon = etas[i] * o.sigma_low * o.sigma_low;
        o.seed = 50 + i;
        check_gaussian(o, consistent, (double)INFINITY);
        check_states(one, o, 0, 0.3, consistent, 1e-9);
        o.noise_scale = 0.7;
        check_gaussian(o, consistent, (double)INFINITY);
        o.noise_scale = 0;
        o.steps = (int)GS_COUNT(ladder);
        draw d = draw_from(model, o, NULL, 1);
        for (int k = 0; k < d.levels; k++)
            assert_true(d.sigma[k] == ladder[k]);
        free_draw(d);
        check_states(model, o, gaussian_deviation * gaussian_deviation, gaussian_means[NONE], consistent,
                     (double)INFINITY);
        check_states(one, o, 0, 0.3, consistent, 1e-9);
    }
    gs_model_free(model);
    gs_model_free(one);
}

/* Steps of the whole way and more draw anew at each level. */
static void test_whole_steps_are_consistency(void **state) {
    (void)state;
    const size_t chains = (size_t)effort(600);
    gs_model *model = load_target(gaussian_weights());
    for (int i = 0; i < 2; i++) {
        gs_sample_options o = {.sampler = "consistency", .steps = 5, .sigma_low = 0.1, .sigma_high = 8, .seed = 60};
        draw expected = draw_from(model, o, NULL, chains);
        o.sampler = "consistent-annealed";
        o.epsilon = i ? 7 : o.sigma_low * o.sigma_low;
        draw found = draw_from(model, o, NULL, chains);
        about("epsilon %g", o.epsilon);
        assert_memory_equal(found.out, expected.out, chains * PIXELS * sizeof *found.out);
        free_draw(expected);
        free_draw(found);
    }
    gs_model_free(model);
}

static void test_two_wells(void **state) {
    (void)state;
    check_wells((gs_sample_options){.sampler = "euler-ancestral", .steps = 63, .sigma_low = 0.02, .seed = 4});
    /* Steps of 0.15 of the way are little longer than the ODE's, 0.11; longer ones favour the larger well. */
    const double low = 0.02, epsilon = 0.15 * low * low;
    check_wells((gs_sample_options){
        .sampler = "consistent-annealed", .steps = 63, .sigma_low = low, .epsilon = epsilon, .seed = 5});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_euler_ancestral),     cmocka_unit_test(test_other_steps),
        cmocka_unit_test(test_ddim_is_ancestral),   cmocka_unit_test(test_levels_of_flows),
        cmocka_unit_test(test_consistent_annealed), cmocka_unit_test(test_whole_steps_are_consistency),
        cmocka_unit_test(test_two_wells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
