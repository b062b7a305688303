/* Chains that begin at states given by the caller. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/weights.h"

enum { N = 5, SIDE = 9, PIXELS = SIDE * SIDE };

/* The exact denoiser of pixels that are normal with mean 0 and variance 1/4. */
static gs_model *denoiser(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "s2", "square", "['sigma']", NULL, NULL);
    weights_node(w, "a", "affine", "['s2']", "{'scale': 4, 'shift': 1}", NULL);
    weights_node(w, "r", "reciprocal", "['a']", NULL, NULL);
    weights_node(w, "d", "mul", "['x', 'r']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

/* Black images with the chains' own noise are the states in which the chains begin anyway. */
static void noise_is_that_of_the_chains(void **state) {
    (void)state;
    gs_model *model = denoiser();
    gs_plan *plan;
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    gs_sample_options o = {.sampler = "dpmpp-2m", .steps = 4, .sigma_high = 7, .eta = 1, .seed = 3, .first_chain = 11};
    float expected[N * PIXELS], found[N * PIXELS], init[N * PIXELS] = {0};
    assert_int_equal(gs_sample(plan, &o, N, expected, NULL, NULL), GS_OK);
    assert_int_equal(gs_sample_add_noise(3, 11, 7, N, PIXELS, init, NULL), GS_OK);
    o.init = init;
    assert_int_equal(gs_sample(plan, &o, N, found, NULL, NULL), GS_OK);
    assert_memory_equal(expected, found, sizeof found);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* One step at one noise level is a single call of the denoiser. */
static void one_step_is_the_denoiser(void **state) {
    (void)state;
    gs_model *model = denoiser();
    gs_plan *plan;
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    float x[PIXELS], out[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        x[i] = (float)i / PIXELS;
    gs_sample_options o = {.sampler = "dpmpp-2m", .steps = 1, .sigma_low = 0.5, .sigma_high = 0.5, .init = x};
    assert_int_equal(gs_sample(plan, &o, 1, out, NULL, NULL), GS_OK);
    for (int i = 0; i < PIXELS; i++) {
        about("i %d", i);
        assert_float_equal(out[i], x[i] / 2, 1e-6);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void bad_noise(void **state) {
    (void)state;
    float x[1] = {0};
    gs_error error;
    assert_int_equal(gs_sample_add_noise(0, 0, -1, 1, 1, x, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_sample_add_noise(0, 0, NAN, 1, 1, x, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_sample_add_noise(0, 0, INFINITY, 1, 1, x, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_sample_add_noise(0, UINT64_C(1) << 60, 1, 1, 1, x, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "2^60"));
    assert_float_equal(x[0], 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(noise_is_that_of_the_chains),
                                       cmocka_unit_test(one_step_is_the_denoiser), cmocka_unit_test(bad_noise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
