#include "support/targets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/networks.h"

static const double errors_allowed = 5;

const double gaussian_deviation = 0.4, gaussian_means[3] = {0.9, -0.5, 0.25};
const double energy_mean = 0.6, well_share = 0.7, well_deviation = 0.25;

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
weights *gaussian_weights(void) {
    const float table[3] = {(float)gaussian_means[0], (float)gaussian_means[1], (float)gaussian_means[2]};
    weights *w = new_target(2, gaussian_deviation);
    weights_tensor(w, "means", 2, (size_t[]){3, 1}, table);
    weights_node(w, "m", "embedding", "['label']", NULL, "{'weight': 'means'}");
    weights_node(w, "b", "mul", "['m', 'vr']", NULL, NULL);
    weights_node(w, "d", "add", "['xs', 'b']", NULL, NULL);
    return w;
}

/* E(x, sigma) = |x - m|^2 / 2 t of the same deviation. */
weights *gaussian_energy(void) {
    char text[80];
    weights *w = weights_new("energy", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", -energy_mean);
    weights_node(w, "centred", "affine", "['x']", text, NULL);
    weights_node(w, "squares", "square", "['centred']", NULL, NULL);
    weights_node(w, "length", "sum", "['squares']", "{'over': 'all'}", NULL);
    weights_node(w, "v", "square", "['sigma']", NULL, NULL);
    snprintf(text, sizeof text, "{'scale': 2, 'shift': %.17g}", 2 * gaussian_deviation * gaussian_deviation);
    weights_node(w, "t", "affine", "['v']", text, NULL);
    weights_node(w, "energy", "div", "['length', 't']", NULL, NULL);
    return w;
}

gs_model *load_target(weights *w) {
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

/* p N(1, s^2) + (1 - p) N(-1, s^2): D = (s^2 x + sigma^2 tanh(x / t + log(p / (1 - p)) / 2)) / t. */
gs_model *two_wells(void) {
    char text[80];
    weights *w = new_target(0, well_deviation);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", 0.5 * log(well_share / (1 - well_share)));
    weights_node(w, "u", "affine", "['xr']", text, NULL);
    weights_node(w, "m", "tanh", "['u']", NULL, NULL);
    weights_node(w, "b", "mul", "['m', 'vr']", NULL, NULL);
    weights_node(w, "d", "add", "['xs', 'b']", NULL, NULL);
    return load_target(w);
}

draw draw_from(const gs_model *model, gs_sample_options options, const int *labels, size_t n) {
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

void free_draw(draw d) {
    free(d.out);
    free(d.states);
}

double mean_at(const int *labels, size_t chain, const gs_sample_options *o, double sigma) {
    if (!labels)
        return gaussian_means[NONE];
    bool guided = o->guidance > 0 && sigma > o->guidance_low && sigma <= o->guidance_high;
    return gaussian_means[NONE] +
           (guided ? 1 + o->guidance : 1) * (gaussian_means[labels[chain]] - gaussian_means[NONE]);
}

double gaussian_denoised(double x, double sigma, double mean) {
    double s2 = gaussian_deviation * gaussian_deviation, v = sigma * sigma;
    return (s2 * x + v * mean) / (s2 + v);
}

gaussian gaussian_denoise(gaussian g, double sigma) {
    double s2 = gaussian_deviation * gaussian_deviation, shrink = s2 / (s2 + sigma * sigma);
    return (gaussian){gaussian_denoised(g.mean, sigma, gaussian_means[NONE]), shrink * shrink * g.variance};
}

/* Every pixel is an independent draw. The discretisation is allowed 4 % of the wells' distance and gaussian_deviation.
 */
void check_wells(gs_sample_options o) {
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

void refuse_options(const gs_model *model, gs_sample_options o, gs_status expected, const char *what) {
    gs_error error = {.message = ""};
    gs_status status = gs_sample_resolve(model, &o, &error);
    if (status != expected || !strstr(error.message, what) || strchr(error.message, '\n'))
        fail_msg("status %d, expected %d; no '%s' in '%s'", (int)status, (int)expected, what, error.message);
}
