/* Whether every sampler that accepts or rejects by energies leaves the law of its target as it is (support/geweke.h),
 * and whether this test would notice one that does not. A new row of samplers.def is tested with what it is.
 *
 * Each sampler fails by chance with probability 5e-6; seeds are fixed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample/samplers.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/geweke.h"
#include "support/networks.h"

enum { CHAINS = 6000, STEPS = 3 };
static const double worst_allowed = 5;

/* ---- The library's samplers ---- */

static void move_by_row(void *context, gs_plan *plan, float *x, const int *labels, size_t n, uint64_t seed) {
    gs_error error;
    gs_sample_options o = *(const gs_sample_options *)context;
    float *out = malloc(n * GEWEKE_PIXELS * sizeof *out);
    assert_non_null(out);
    o.init = x;
    o.labels = labels;
    o.seed = seed;
    if (gs_sample(plan, &o, n, out, NULL, &error))
        fail_msg("%s", error.message);
    memcpy(x, out, n * GEWEKE_PIXELS * sizeof *out);
    free(out);
}

/* A step size at which about half of the proposals are accepted, since one that accepts nearly all shows no error. */
static double find_step_size(const gs_sampler_info *sampler, gs_plan *plan) {
    enum { TRIED = 32 };
    float out[TRIED * GEWEKE_PIXELS];
    double step_size[TRIED], sum = 0;
    gs_trace trace = {.step_size = step_size};
    gs_sample_options o = {.sampler = sampler->name, .steps = 101, .burn_in = 100, .target = 0.5, .trace = &trace};
    int labels[TRIED] = {0};
    gs_error error;
    o.adapt_mass = -1;
    o.labels = labels;
    if (gs_sample(plan, &o, TRIED, out, NULL, &error))
        fail_msg("%s", error.message);
    for (int k = 0; k < TRIED; k++)
        sum += step_size[k];
    return sum / TRIED;
}

static void test_rows(void **state) {
    (void)state;
    gs_model *model = geweke_model();
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .threads = 2});
    const gs_sampler_info *sampler;
    for (int i = 0; (sampler = gs_sampler_get(i)); i++) {
        const gs_sampler_row *row = gs_sampler_find(sampler->name);
        bool begins_anew = gs_sampler_reads(row, GS_SETTING_MOVES),
             is_adjusted = !gs_sampler_reads(row, GS_SETTING_DECOHERENCE);
        if (!gs_sampler_needs_energy(row) || begins_anew || !is_adjusted ||
            gs_sampler_reads(row, GS_SETTING_LABEL_STEPS))
            continue;
        about("%s", sampler->name);
        gs_sample_options o = {.sampler = sampler->name, .steps = STEPS};
        if (gs_sampler_reads(row, GS_SETTING_TARGET)) {
            o.burn_in = -1;
            o.step_size = find_step_size(sampler, plan);
        }
        if (gs_sampler_reads(row, GS_SETTING_LEAPFROG))
            o.leapfrog = 3;
        o.hottest = 1; /* all replicas begin with the same states, which are of the law of only one temperature */
        double worst = geweke_worst(move_by_row, &o, plan, effort(CHAINS), 17);
        print_message("%s: step size %.3g, worst difference %.1f errors\n", sampler->name, o.step_size, worst);
        assert_true(worst < worst_allowed);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Samplers that are wrong on purpose ---- */

/* mala, with the logarithm of the acceptance E - E' + correction (K - K') times a factor. */
typedef struct faulty {
    const char *what;
    double factor, correction;
    bool is_right;
} faulty;

static void gradients(gs_plan *plan, const float *x, const int *labels, size_t n, float *energy, float *gradient) {
    assert_int_equal(gs_plan_gradient(plan, x, 1, labels, n, energy, gradient, NULL), GS_OK);
}

static void move_faultily(void *context, gs_plan *plan, float *x, const int *labels, size_t n, uint64_t seed) {
    const faulty *f = context;
    const double h = 0.7; /* the leapfrog step */
    size_t all = n * GEWEKE_PIXELS;
    float *next = malloc(all * sizeof *next), *gradient = malloc(2 * all * sizeof *gradient);
    float *energy = malloc(2 * n * sizeof *energy), *momenta = malloc(all * sizeof *momenta);
    assert_true(next && gradient && energy && momenta);
    for (int t = 0; t < STEPS; t++) {
        gradients(plan, x, labels, n, energy, gradient);
        for (size_t k = 0; k < all; k++) {
            momenta[k] = (float)geweke_normal(&seed);
            next[k] = x[k] + (float)(h * ((double)momenta[k] - 0.5 * h * (double)gradient[k]));
        }
        gradients(plan, next, labels, n, energy + n, gradient + all);
        for (size_t c = 0; c < n; c++) {
            double ratio = (double)energy[c] - (double)energy[n + c];
            for (size_t k = c * GEWEKE_PIXELS; k < (c + 1) * GEWEKE_PIXELS; k++) {
                double p = (double)momenta[k], q = p - 0.5 * h * ((double)gradient[k] + (double)gradient[all + k]);
                ratio += f->correction * 0.5 * (p * p - q * q);
            }
            if (log(geweke_uniform(&seed)) < f->factor * ratio)
                memcpy(x + c * GEWEKE_PIXELS, next + c * GEWEKE_PIXELS, GEWEKE_PIXELS * sizeof *x);
        }
    }
    free(next);
    free(gradient);
    free(energy);
    free(momenta);
}

static void test_faults_are_noticed(void **state) {
    (void)state;
    faulty faults[] = {{"none", 1, 1, true},         {"a wrong sign", -1, 1, false},
                       {"no decision", 0, 1, false}, {"a factor of 1.5", 1.5, 1, false},
                       {"no momenta", 1, 0, false},  {"the wrong sign of the momenta", 1, -1, false}};
    gs_model *model = geweke_model();
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .threads = 2});
    for (size_t i = 0; i < GS_COUNT(faults) && effort_percent() >= 50; i++) {
        about("%s", faults[i].what);
        double worst = geweke_worst(move_faultily, &faults[i], plan, CHAINS, 17);
        print_message("mala with %s: worst difference %.1f errors\n", faults[i].what, worst);
        assert_int_equal(worst < worst_allowed, faults[i].is_right);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_faults_are_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
