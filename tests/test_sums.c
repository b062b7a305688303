/* Sums of fields: products of densities. */
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

enum { TERMS = 3 };
static const double weights_of_terms[TERMS] = {0.5, -0.25, 1.5};

/* Heun with one step from given states is a single call of the denoiser. */
static void test_sums_of_networks(void **state) {
    (void)state;
    gs_model *model[TERMS] = {load_target(gaussian_weights()), load_target(gaussian_weights()),
                              load_target(gaussian_energy())};
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
        const double mean[TERMS] = {gaussian_means[NONE], mean_at(labels, (size_t)(i / PIXELS), &guided, sigma),
                                    energy_mean};
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
    gs_model *wide = load_target(w), *model = load_target(gaussian_weights()), *energy = load_target(gaussian_energy());
    w = weights_new("classifier", 1, SIDE, SIDE);
    weights_node(w, "l", "reshape", "['x']", "{'shape': [16]}", NULL);
    gs_model *classifier = load_target(w);
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
    refuse_options(model, many, GS_ERROR_ARGUMENT, "17 terms");
    gs_plan *plans[] = {first, few, other, judge, flat};
    for (size_t i = 0; i < GS_COUNT(plans); i++)
        gs_plan_free(plans[i]);
    gs_model *models[] = {wide, model, energy, classifier};
    for (size_t i = 0; i < GS_COUNT(models); i++)
        gs_model_free(models[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_of_networks),
        cmocka_unit_test(test_bad_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
