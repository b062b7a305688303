/* Every sampler on a Gaussian and on a mixture whose components are near enough for chains to change between them. A
 * new row of samplers.def is tested with what it is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/effort.h"
#include "support/networks.h"

enum { CHAINS = 3000, LEVELS_MAX = 201 };

/* Discretisation may shift means and deviations by 4 % of the deviation and shares by 2 %; beyond that, samples may be
 * five standard errors off, with a false-alarm rate of 6e-7 for each of three figures and each sampler. */
static const double errors_allowed = 5, mean_slack = 0.04, deviation_slack = 0.04, share_slack = 0.02;

static bool reads(const gs_sampler_info *sampler, const char *setting) {
    return strstr(sampler->parameters, setting) != NULL;
}

/* Steps so small that their errors are below the slack: in log sigma, or beside the deviation. */
static gs_sample_options options_for(const gs_sampler_info *sampler, double deviation) {
    gs_sample_options o = {.sampler = sampler->name, .seed = 3, .steps = sampler->descends ? 200 : 400};
    if (sampler->descends) {
        o.sigma_low = deviation / 50;
        o.sigma_high = 30 * deviation;
    }
    if (reads(sampler, "steps-per-level")) {
        o.steps = 12;
        o.steps_per_level = 70;
        o.epsilon = 0.2 * o.sigma_low * o.sigma_low;
    } else if (reads(sampler, "epsilon")) {
        o.epsilon = 1e-12;
    }
    if (reads(sampler, "tolerance"))
        o.tolerance = 0.005;
    if (reads(sampler, "decoherence"))
        o.steps = 200;
    if (reads(sampler, "max-depth"))
        o.steps = 100;
    if (reads(sampler, "prior-scale")) {
        o.steps = reads(sampler, "particles") ? 40 : 80;
        o.particles = 8;
        o.prior_scale = 2 * deviation;
    }
    if (reads(sampler, "particles") && sampler->descends) {
        o.steps = 60;
        o.particles = 4;
    }
    if (reads(sampler, "leapfrog") && !reads(sampler, "adapt-mass")) {
        o.steps = reads(sampler, "prior-scale") ? o.steps : 60;
        o.replicas = 3;
        o.leapfrog = 4;
    }
    if (reads(sampler, "noise-first"))
        o.step_size = 0.03 * deviation * deviation;
    return o;
}

typedef struct sampled {
    int chains;
    float x[CHAINS];
    double sigma[LEVELS_MAX];
    int levels;
} sampled;

/* A network of one number, or, for samplers that need more, of several. */
static int make_density(const gs_sampler_info *sampler, const char *text, gs_model **model, gs_error *error) {
    char whole[120];
    int dim = 1;
    gs_sample_options o = {.sampler = sampler->name};
    for (;; dim++) {
        snprintf(whole, sizeof whole, "%s,dim=%d%s", text, dim, sampler->descends ? "" : ",levels=no");
        if (gs_model_create_density(whole, model, error))
            fail_msg("%s", error->message);
        if (dim == 2 || gs_sample_resolve(*model, &o, error) != GS_ERROR_UNSUPPORTED)
            return dim;
        gs_model_free(*model);
    }
}

static void draw(const gs_sampler_info *sampler, const char *text, double deviation, sampled *s) {
    gs_model *model;
    gs_error error;
    int dim = make_density(sampler, text, &model, &error);
    float *x = malloc((size_t)effort(CHAINS) * (size_t)dim * sizeof *x);
    if (!x)
        fail_msg("no memory");
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    gs_sample_options o = options_for(sampler, deviation);
    if (gs_sample_resolve(model, &o, &error))
        fail_msg("%s", error.message);
    s->chains = effort(CHAINS);
    s->levels = gs_sample_levels(model, &o, s->sigma, LEVELS_MAX);
    if (gs_sample(plan, &o, (size_t)s->chains, x, NULL, &error))
        fail_msg("%s", error.message);
    for (int k = 0; k < s->chains; k++) /* coordinates are alike */
        s->x[k] = x[k * dim];
    free(x);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* `share` is that of samples above 0. */
static void check(const sampled *s, const char *what, double mean, double deviation, double share) {
    double sum = 0, square = 0, fourth = 0, above = 0;
    for (int i = 0; i < s->chains; i++) {
        double r = ((double)s->x[i] - mean) / deviation;
        sum += r / s->chains;
        square += r * r / s->chains;
        fourth += r * r * r * r / s->chains;
        above += (double)(s->x[i] > 0) / s->chains;
    }
    double one = errors_allowed / sqrt(s->chains), spread = sqrt(fmax(fourth - square * square, 0)) * one;
    print_message("%s: mean %+.3f deviations off, deviation %.3f, share %.3f (%.3f)\n", what, sum, sqrt(square), above,
                  share);
    assert_true(fabs(sum) < mean_slack + one);
    assert_true(sqrt(square) < (1 + deviation_slack) * sqrt(1 + spread));
    assert_true(sqrt(square) > (1 - deviation_slack) * sqrt(fmax(0, 1 - spread)));
    assert_true(fabs(above - share) < share_slack + sqrt(share * (1 - share)) * one);
}

static double below(double z) {
    return 0.5 * erfc(-z / sqrt(2));
}

/* A consistency sampler on a denoiser that is none: x <- D(x, sigma_i) + sigma_(i + 1) z. */
static void expect_denoised(const sampled *s, double *mean, double *deviation) {
    double m = 0, v = s->sigma[0] * s->sigma[0], own = *deviation * *deviation;
    for (int i = 0; i + 1 < s->levels; i++) {
        double keep = own / (own + s->sigma[i] * s->sigma[i]);
        m = *mean + keep * (m - *mean);
        v = keep * keep * v + s->sigma[i + 1] * s->sigma[i + 1];
    }
    *mean = m;
    *deviation = sqrt(v);
}

/* Under an emulator, every fourth sampler: statistics of the others are no news there, as bytes are the same. */
static int stride(void) {
    return effort_percent() < 20 ? 4 : 1;
}

static void samplers_draw_a_gaussian(void **state) {
    (void)state;
    const gs_sampler_info *sampler;
    sampled *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int i = 0; (sampler = gs_sampler_get(i)) && !sampler->decodes; i += stride()) {
        double mean = 0.5, deviation = 0.75;
        about("%s", sampler->name);
        draw(sampler, "gaussian:mean=0.5,sd=0.75", deviation, s);
        if (!strcmp(sampler->name, "consistency"))
            expect_denoised(s, &mean, &deviation);
        check(s, sampler->name, mean, deviation, below(mean / deviation));
    }
    free(s);
}

/* w N(1, s^2) + (1 - w) N(-1, s^2). A consistency sampler needs a network trained for it. */
static void samplers_draw_a_mixture(void **state) {
    (void)state;
    const double w = 0.7, s2 = 0.49, mean = 2 * w - 1, deviation = sqrt(s2 + 1 - mean * mean);
    const double share = w * below(1 / sqrt(s2)) + (1 - w) * below(-1 / sqrt(s2));
    const gs_sampler_info *sampler;
    sampled *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int i = 0; (sampler = gs_sampler_get(i)) && !sampler->decodes; i += stride()) {
        about("%s", sampler->name);
        if (!strcmp(sampler->name, "consistency"))
            continue;
        draw(sampler, "mixture:means=-1,1,sd=0.7,weights=0.3,0.7", 0.7, s);
        check(s, sampler->name, mean, deviation, share);
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(samplers_draw_a_gaussian),
                                       cmocka_unit_test(samplers_draw_a_mixture)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
