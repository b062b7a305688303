/* Noise of a Brownian tree: more steps refine the same samples.
 *
 * What follows has fixed seeds and bounds far from what was found, and no random error but that of the seed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/targets.h"

enum { CHAINS = 12, COUNT = CHAINS * PIXELS };

/* D = 0.3 whatever x: all images are one. */
static gs_model *single_image(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "v", "affine", "['sigma']", "{'scale': 0, 'shift': 0.3}", NULL);
    weights_node(w, "black", "affine", "['x']", "{'scale': 0, 'shift': 0}", NULL);
    weights_node(w, "d", "add", "['black', 'v']", NULL, NULL);
    return load_target(w);
}

/* Root mean square of the difference. */
static double distance(const float *a, const float *b) {
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]) / COUNT;
    return sqrt(sum);
}

/* Where D does not change, x - D is Brownian motion whose clock is the tree's: the state at the lowest level is the
 * same for any number of steps and each sampler whose noise has that clock, but for float32 and the nearest of the
 * levels that the tree has, though each of the samplers' steps adds nearly all of the noise anew. */
static void test_the_path_does_not_depend_on_steps(void **state) {
    (void)state;
    static const char *const samplers[] = {"euler-ancestral", "ddim", "dpmpp-2m-sde", "dpmpp-3m-sde"};
    static const int steps[] = {2, 3, 5, 17, 60};
    const double low = 0.05;
    gs_model *model = single_image();
    gs_sample_options o = {.sigma_low = low, .sigma_high = 20, .eta = 1, .seed = 4, .noise_tree = 1};
    float expected[COUNT];
    for (size_t k = 0; k < GS_COUNT(samplers); k++)
        for (size_t i = 0; i < GS_COUNT(steps); i++) {
            o.sampler = samplers[k];
            o.steps = steps[i];
            draw d = draw_from(model, o, NULL, CHAINS);
            const float *lowest = d.states + (size_t)(d.levels - 1) * COUNT;
            if (i + k == 0)
                memcpy(expected, lowest, sizeof expected);
            double off = distance(lowest, expected) / low;
            if (!(off < 1e-3))
                fail_msg("%s, %d steps: %.2g of the level off", samplers[k], steps[i], off);
            free_draw(d);
        }
    o.noise_tree = -1; /* so it is the tree's doing */
    draw d = draw_from(model, o, NULL, CHAINS);
    assert_true(distance(d.states + (size_t)(d.levels - 1) * COUNT, expected) / low > 1);
    free_draw(d);
    gs_model_free(model);
}

static void sample(const gs_model *model, gs_sample_options o, float out[COUNT]) {
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    gs_error error = {.status = GS_OK};
    if (gs_sample(plan, &o, CHAINS, out, NULL, &error))
        fail_msg("%s", error.message);
    gs_plan_free(plan);
}

/* Strong convergence: twice as many steps halve the distance to what very many come to, whatever the sampler, also
 * where its noise is scaled from another clock. */
static void test_steps_converge_to_one_sample(void **state) {
    (void)state;
    static const struct {
        const char *sampler;
        double eta;
    } cases[] = {{"euler-ancestral", 1}, {"euler-ancestral", 0.5}, {"ddim", 1},        {"dpmpp-2m-sde", 1},
                 {"dpmpp-3m-sde", 1},    {"dpmpp-3m-sde", 2},      {"reverse-sde", 1}, {"churn", 0}};
    gs_model *model = load_target(gaussian_weights());
    for (size_t k = 0; k < GS_COUNT(cases); k += effort_step()) {
        about("%s, eta %g", cases[k].sampler, cases[k].eta);
        gs_sample_options o = {.sampler = cases[k].sampler,
                               .sigma_low = 0.05,
                               .sigma_high = 20,
                               .eta = cases[k].eta,
                               .seed = 6,
                               .noise_tree = 1};
        float limit[COUNT], x[COUNT];
        double off[3];
        o.steps = 2000;
        sample(model, o, limit);
        for (int i = 0; i < 3; i++) {
            o.steps = 80 << i;
            sample(model, o, x);
            off[i] = distance(x, limit);
        }
        print_message("%s, eta %g: %.2g, %.2g, %.2g off with 80, 160, 320 steps\n", cases[k].sampler, cases[k].eta,
                      off[0], off[1], off[2]);
        assert_true(off[1] < 0.65 * off[0] && off[2] < 0.65 * off[1] && off[2] < 0.05 * gaussian_deviation);
        o.noise_tree = -1;
        sample(model, o, x);
        assert_true(distance(x, limit) > gaussian_deviation);
    }
    gs_model_free(model);
}

/* All samplers of the SDE come to the same samples. */
static void test_samplers_agree(void **state) {
    (void)state;
    static const char *const samplers[] = {"euler-ancestral", "ddim", "dpmpp-2m-sde", "dpmpp-3m-sde", "reverse-sde"};
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {.sigma_low = 0.05, .sigma_high = 20, .eta = 1, .seed = 6, .noise_tree = 1, .steps = 1000};
    float first[COUNT], x[COUNT];
    for (size_t k = 0; k < GS_COUNT(samplers); k++) {
        o.sampler = samplers[k];
        sample(model, o, k ? x : first);
        double off = k ? distance(x, first) : 0;
        if (!(off < 0.02 * gaussian_deviation))
            fail_msg("%s: %.2g off %s", samplers[k], off, samplers[0]);
    }
    gs_model_free(model);
}

/* Levels nearer to each other than those of the tree have noise of their own; levels beyond its ends are its ends. */
static void test_ends_of_the_tree(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = {.sampler = "dpmpp-2m-sde", .steps = 2, .sigma_low = 1, .sigma_high = 1.000001, .seed = 8};
    float x[2][COUNT];
    for (int i = 0; i < 2; i++) {
        o.noise_tree = i ? 1 : -1;
        sample(model, o, x[i]);
    }
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_path_does_not_depend_on_steps),
        cmocka_unit_test(test_steps_converge_to_one_sample),
        cmocka_unit_test(test_samplers_agree),
        cmocka_unit_test(test_ends_of_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
