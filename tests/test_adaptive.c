/* Steps of DPM-Solver that adapt: on a Gaussian, whose flow is known, so that nothing here is random but the first
 * noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/targets.h"

enum { CHAINS = 20, COUNT = CHAINS * PIXELS };

typedef struct run {
    double error, evaluations; /* the root mean square of the samples' errors; evaluations per chain */
} run;

/* The flow is x - m ~ sqrt(v + sigma^2), of which the last step is D at the lowest level. */
static run draw_adaptive(const gs_model *model, gs_sample_options o, float out[COUNT]) {
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    float *states = malloc((size_t)(o.steps + 1) * COUNT * sizeof *states);
    gs_outcome outcome;
    gs_error error = {.status = GS_OK};
    o.sampler = "dpm-adaptive";
    o.sigma_low = 0.05;
    o.sigma_high = 20;
    o.trajectory = states;
    o.outcome = &outcome;
    assert_non_null(states);
    if (gs_sample(plan, &o, CHAINS, out, NULL, &error))
        fail_msg("%s", error.message);
    double v = gaussian_deviation * gaussian_deviation, mean = gaussian_means[NONE];
    double shrink = sqrt((v + 0.05 * 0.05) / (v + 20.0 * 20.0)) * v / (v + 0.05 * 0.05), sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += pow((double)out[i] - mean - shrink * ((double)states[i] - mean), 2) / COUNT;
    assert_memory_equal(states + (size_t)o.steps * COUNT, out, COUNT * sizeof *out);
    free(states);
    gs_plan_free(plan);
    assert_int_equal(outcome.chains, CHAINS);
    return (run){sqrt(sum), (double)outcome.evaluations / CHAINS};
}

/* The first tolerances allow the longest steps that there are. */
static void test_errors_follow_the_tolerance(void **state) {
    (void)state;
    static const double tolerances[] = {0.1, 0.03, 0.01, 0.003, 0.001};
    gs_model *model = load_target(gaussian_weights());
    float out[COUNT];
    for (int order = 2; order <= 3; order++) {
        run before = {(double)INFINITY, 0};
        for (size_t k = 0; k < GS_COUNT(tolerances); k++) {
            about("order %d, tolerance %g", order, tolerances[k]);
            gs_sample_options o = {.steps = 2401, .order = order, .tolerance = tolerances[k], .seed = 2};
            run r = draw_adaptive(model, o, out);
            print_message("order %d, tolerance %g: error %.2g after %g evaluations\n", order, tolerances[k], r.error,
                          r.evaluations);
            assert_true(r.error < 1.0001 * before.error && r.error < 0.5 * tolerances[k]);
            assert_true(r.evaluations >= before.evaluations && r.evaluations < 2401);
            before = r;
        }
        assert_true(before.error < 0.002 && before.evaluations > 30);
    }
    gs_model_free(model);
}

/* States between the ends of steps are those of the flow, too. */
static void test_states_on_the_way(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {
        .sampler = "dpm-adaptive", .tolerance = 0.01, .steps = 61, .sigma_low = 0.05, .sigma_high = 20};
    draw d = draw_from(model, o, NULL, CHAINS);
    double v = gaussian_deviation * gaussian_deviation, mean = gaussian_means[NONE];
    for (int k = 0; k < d.levels; k++)
        for (size_t i = 0; i < COUNT; i++) {
            double shrink = sqrt((v + d.sigma[k] * d.sigma[k]) / (v + 20.0 * 20.0));
            double exact = mean + shrink * ((double)d.states[i] - mean);
            if (!(fabs((double)d.states[(size_t)k * COUNT + i] - exact) < 0.03 * (1 + d.sigma[k])))
                fail_msg("level %g: %.5f, expected %.5f", d.sigma[k], (double)d.states[(size_t)k * COUNT + i], exact);
        }
    free_draw(d);
    gs_model_free(model);
}

/* The shortest step is taken whatever its error, so that a tolerance beyond reach ends. What is left of the levels is
 * the first step; so few that there is no step at all are Euler's. */
static void test_ladders_of_any_length(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    float out[COUNT];
    for (int order = 2; order <= 3; order++)
        for (int steps = 1; steps <= 12; steps++) {
            about("order %d, %d levels", order, steps);
            gs_sample_options o = {.steps = steps, .order = order, .tolerance = 1e-6};
            double least = (steps - 1) / order * order + ((steps - 1) % order > 0) + 1;
            run r = draw_adaptive(model, o, out);
            assert_true(r.evaluations >= least && r.evaluations < 2 * least);
        }
    gs_model_free(model);
}

/* A tolerance that the ladder is too coarse for is warned about, be there steps of the order asked for or, as with few
 * levels, none; with more levels or a larger tolerance it is kept. */
static void test_a_tolerance_beyond_reach_is_told(void **state) {
    (void)state;
    static const struct {
        int steps;
        double tolerance;
        bool coarse;
    } cases[] = {{1, 10, true},    {2, 10, true},  {3, 1e-6, true},  {12, 1e-6, true},
                 {61, 1e-4, true}, {4, 10, false}, {61, 0.1, false}, {2401, 0.001, false}};
    gs_model *model = load_target(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    for (size_t k = 0; k < GS_COUNT(cases); k++)
        for (int order = 2; order <= 3; order++) {
            float out[COUNT];
            char text[400];
            gs_outcome outcome;
            gs_sample_options o = {.sampler = "dpm-adaptive",
                                   .sigma_low = 0.05,
                                   .sigma_high = 20,
                                   .order = order,
                                   .steps = cases[k].steps,
                                   .tolerance = cases[k].tolerance,
                                   .outcome = &outcome};
            about("order %d, %d levels, tolerance %g", order, o.steps, o.tolerance);
            assert_int_equal(gs_sample(plan, &o, CHAINS, out, NULL, NULL), GS_OK);
            assert_int_equal(outcome.coarse, cases[k].coarse ? CHAINS : 0);
            assert_true(cases[k].coarse ? outcome.coarse_steps >= CHAINS : outcome.coarse_steps == 0);
            assert_int_equal(gs_outcome_warning(&outcome, &o, 0, text, sizeof text), cases[k].coarse);
            assert_true(!cases[k].coarse || (strstr(text, "tolerance") && strstr(text, "more steps")));
        }
    gs_plan_free(plan);
    gs_model_free(model);
}

/* A chain chooses its steps by itself, and its evaluations are its own. */
static void test_chains_are_independent(void **state) {
    (void)state;
    gs_model *model = two_wells();
    gs_sample_options o = {.sampler = "dpm-adaptive", .steps = 61, .sigma_low = 0.02, .seed = 9};
    draw all = draw_from(model, o, NULL, CHAINS);
    for (uint64_t i = 0; i < CHAINS; i++) {
        o.first_chain = i;
        draw one = draw_from(model, o, NULL, 1);
        assert_memory_equal(one.out, all.out + i * PIXELS, PIXELS * sizeof *one.out);
        free_draw(one);
    }
    free_draw(all);
    gs_model_free(model);
}

/* Of samplers whose steps are fixed, what is counted is what is announced, with guidance too. */
static void test_evaluations_are_counted(void **state) {
    (void)state;
    static const int labels[3] = {0, 1, 0};
    gs_model *model = load_target(gaussian_weights());
    for (int i = 0; gs_sampler_get(i); i++) {
        float out[3 * PIXELS];
        gs_outcome outcome;
        gs_sample_options o = {.sampler = gs_sampler_get(i)->name,
                               .steps = 4,
                               .steps_per_level = 2,
                               .guidance = 1,
                               .guidance_low = 0.1,
                               .guidance_high = 5,
                               .labels = labels,
                               .outcome = &outcome};
        if (gs_sample_resolve(model, &o, NULL))
            continue;
        about("%s", o.sampler);
        gs_plan *plan = make_plan(model, (gs_plan_options){0});
        assert_int_equal(gs_sample(plan, &o, 3, out, NULL, NULL), GS_OK);
        assert_int_equal(outcome.evaluations, 3 * gs_sample_evaluations(model, &o));
        gs_plan_free(plan);
    }
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_follow_the_tolerance), cmocka_unit_test(test_states_on_the_way),
        cmocka_unit_test(test_ladders_of_any_length),       cmocka_unit_test(test_a_tolerance_beyond_reach_is_told),
        cmocka_unit_test(test_chains_are_independent),      cmocka_unit_test(test_evaluations_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
