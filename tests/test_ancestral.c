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
#include "support/statistics.h"
#include "support/targets.h"

enum { CHAINS = 600 };

/* Standard deviations after a step from s to t: sigma_down of what is left of the old noise, sigma_up of the new. */
typedef struct noises {
    double down, up;
} noises;

/* Where eta is 1, as k-diffusion and DDPM have it; else the same power of t / s. */
static noises ancestral(const gs_sample_options *o, double s, double t) {
    double up2 = o->eta == 1 ? t * t * (s * s - t * t) / (s * s) : t * t * (1 - pow(t / s, 2 * fmax(o->eta, 0)));
    return (noises){sqrt(t * t - up2), sqrt(up2)};
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
    draw d = draw_from(model, o, NULL, CHAINS);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    gaussian g = {0, d.sigma[0] * d.sigma[0]};
    for (int k = 0; k <= d.levels; k++) {
        double s = d.sigma[k], exact = v + s * s;
        about("%s, eta %g, epsilon %g, state %d of %d", o.sampler, o.eta, o.epsilon, k, d.levels);
        if (g.variance > 0)
            assert_moments(d.states + (size_t)k * CHAINS * PIXELS, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
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

static void test_two_wells(void **state) {
    (void)state;
    check_wells((gs_sample_options){.sampler = "euler-ancestral", .steps = 63, .sigma_low = 0.02, .seed = 4});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_euler_ancestral),
        cmocka_unit_test(test_two_wells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
