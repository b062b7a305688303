/* langevin, mala and hmc: the same bytes however they are run, what they refuse, how they fail and how they stop. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/chains.h"
#include "support/networks.h"
#include "support/watch.h"
#include "support/weights.h"

static const gs_sample_options short_runs[] = {
    {.steps = 6, .step_size = 0.05, .every = 2, .clip = 0.7},
    {.steps = 6, .step_size = 0.05, .every = 4, .noise_first = 1, .clamp = 1},
    {.sampler = "mala", .steps = 7, .step_size = 0.2, .every = 3, .burn_in = 3},
    {.sampler = "hmc", .steps = 7, .step_size = 0.5, .leapfrog = 3, .every = 7, .clamp = 1, .temperature = 0.7}};

/* ---- Same bytes ---- */

static void assert_columns(const void *found, const void *expected, size_t rows, size_t n, size_t all, size_t first,
                           size_t bytes, const char *what) {
    for (size_t t = 0; t < rows; t++)
        if (memcmp((const char *)found + t * n * bytes, (const char *)expected + (t * all + first) * bytes, n * bytes))
            fail_msg("%s: other bytes in row %zu of chains %zu + %zu", what, t, first, n);
}

/* Chains first ... first + n - 1 of `expected`, drawn in another way. */
static void assert_same(const gs_model *model, gs_plan_options how, gs_sample_options o, size_t first, size_t n,
                        const chains *expected) {
    how.gradient = true;
    gs_plan *plan = make_plan(model, how);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    chains c = chains_create(model, &o, n);
    o.first_chain = first;
    o.trajectory = c.states;
    o.trace = &c.trace;
    assert_int_equal(gs_sample(plan, &o, n, c.out, NULL, NULL), GS_OK);
    size_t steps = (size_t)c.steps, all = expected->n, image = CHAIN_PIXELS * sizeof(float);
    assert_columns(c.out, expected->out, 1, n, all, first, image, "samples");
    assert_columns(c.states, expected->states, (size_t)c.count + 1, n, all, first, image, "states");
    assert_columns(c.trace.energy, expected->trace.energy, steps + 1, n, all, first, sizeof(float), "energies");
    assert_columns(c.trace.gradient_norm, expected->trace.gradient_norm, steps + 1, n, all, first, sizeof(float),
                   "norms");
    assert_columns(c.trace.acceptance, expected->trace.acceptance, steps, n, all, first, sizeof(float), "acceptance");
    assert_columns(c.trace.rate, expected->trace.rate, 1, n, all, first, sizeof(double), "rates");
    assert_columns(c.trace.step_size, expected->trace.step_size, 1, n, all, first, sizeof(double), "step sizes");
    chains_free(c);
    gs_plan_free(plan);
}

static void test_same_bytes(void **state) {
    (void)state;
    enum { CHAINS = 50 };
    gs_model *model = wells_energy();
    for (size_t k = 0; k < GS_COUNT(short_runs); k++) {
        about("short_runs[%zu]", k);
        gs_sample_options o = short_runs[k];
        chains all = chains_draw(model, o, CHAINS);
        for (int i = 0; i < 9; i++) {
            about("short_runs[%zu], i %d", k, i);
            const int threads[] = {1, 2, 7}, blocks[] = {1, 5, 16};
            assert_same(model, (gs_plan_options){.threads = threads[i / 3], .block = blocks[i % 3]}, o, 0, CHAINS,
                        &all);
        }
        const char *isa;
        bool supported;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++)
            if (supported)
                assert_same(model, (gs_plan_options){.isa = isa, .threads = 2}, o, 0, CHAINS, &all);
        assert_same(model, (gs_plan_options){0}, o, 17, 1, &all);
        assert_same(model, (gs_plan_options){0}, o, 40, 10, &all);
        chains_free(all);
    }
    gs_model_free(model);
}

/* Any of the trace's arrays may be missing, and so may the trace; only langevin then saves an evaluation. */
static void test_trace_changes_nothing(void **state) {
    (void)state;
    enum { CHAINS = 4 };
    gs_model *model = wells_energy();
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    for (size_t k = 0; k < GS_COUNT(short_runs); k++) {
        chains c = chains_draw(model, short_runs[k], CHAINS);
        for (int missing = 0; missing < 6; missing++) {
            about("short_runs[%zu], missing %d", k, missing);
            float out[CHAINS * CHAIN_PIXELS];
            gs_trace trace = c.trace;
            memset((char *)&trace + (size_t)missing % 5 * sizeof(void *), 0, sizeof(void *));
            gs_sample_options o = short_runs[k];
            o.trace = missing < 5 ? &trace : NULL;
            assert_int_equal(gs_sample(plan, &o, CHAINS, out, NULL, NULL), GS_OK);
            assert_memory_equal(out, c.out, sizeof out);
        }
        chains_free(c);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Levels, evaluations, defaults ---- */

static void test_counts(void **state) {
    (void)state;
    static const int states[] = {4, 3, 4, 2};
    static const uint64_t evaluations[] = {6, 6, 8, 22};
    gs_model *model = wells_energy();
    for (size_t k = 0; k < GS_COUNT(short_runs); k++) {
        about("short_runs[%zu]", k);
        gs_sample_options o = short_runs[k];
        assert_int_equal(gs_sample_trace_steps(&o), o.sampler ? 7 : 0);
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        assert_int_equal(gs_sample_levels(model, &o, NULL, 0), states[k]);
        assert_int_equal(gs_sample_trace_steps(&o), o.steps);
        assert_int_equal(gs_sample_evaluations(model, &o), evaluations[k]);
        float energy[8];
        o.trace = &(gs_trace){.energy = energy};
        assert_int_equal(gs_sample_evaluations(model, &o), evaluations[k] + (k < 2));
    }
    gs_sample_options o = {.steps = 10, .sampler = "mala"};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &o, NULL, 0), 2);
    assert_true(o.burn_in == 5 && o.target == 0.574 && o.temperature == 1 &&
                o.step_size == 0.1 * (0.1 * 1) * (0.1 * 1));
    gs_model_free(model);
}

static void test_file_defaults(void **state) {
    (void)state;
    weights *w = weights_new("energy", 1, 2, 2);
    weights_node(w, "square", "square", "['x']", NULL, NULL);
    weights_node(w, "e", "sum", "['square']", "{'over': 'all'}", NULL);
    weights_set(w, "default",
                "{'sampler': 'langevin', 'steps': 7, 'step_size': 10, 'noise': 0, 'clip': 0.03, 'clamp': 1, "
                "'noise_first': 1}");
    gs_model *model = weights_load(w);
    gs_sample_options o = {0};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_true(!strcmp(o.sampler, "langevin") && o.steps == 7 && o.step_size == 10 && o.noise == -1 && o.clip == 0.03);
    assert_true(o.clamp == 1 && o.noise_first == 1 && o.every == 7 && o.denoise == 0 && o.sigma_high == 0);
    o = (gs_sample_options){.step_size = 2, .noise = 0.5, .clamp = -1, .clip = -1};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_true(o.step_size == 2 && o.noise == 0.5 && o.clamp == -1 && o.clip == -1);
    o = (gs_sample_options){.sampler = "hmc"};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_true(o.steps == 100 && o.clamp == -1 && o.leapfrog == 10 && o.target == 0.8 && o.burn_in == 50);
    gs_model_free(model);
    weights_set(w, "default", "{'sampler': 'hmc', 'temperature': 2, 'leapfrog': 3, 'burn_in': 0, 'target': 0.7}");
    model = weights_load(w);
    o = (gs_sample_options){0};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_true(o.temperature == 2 && o.leapfrog == 3 && o.burn_in == -1 && o.target == 0.7);
    gs_model_free(model);
    weights_free(w);
}

/* ---- Divergence ---- */

static void assert_diverges(gs_plan *plan, gs_sample_options o, const char *begin, const char *end) {
    enum { CHAINS = 5 };
    float out[CHAINS * CHAIN_PIXELS];
    size_t done = 1;
    gs_error error = {.message = ""};
    assert_int_equal(gs_sample(plan, &o, CHAINS, out, &done, &error), GS_ERROR_DIVERGED);
    size_t length = strlen(error.message), tail = strlen(end);
    if (strncmp(error.message, begin, strlen(begin)) || length < tail || strcmp(error.message + length - tail, end))
        fail_msg("'%s' is not '%s ... %s'", error.message, begin, end);
    assert_int_equal(done, 0);
}

/* h = 3 v doubles the distance to the mean at every step: starting from 1, it is 1024 after 10; 1000 are allowed. */
static void test_divergence(void **state) {
    (void)state;
    gs_model *model = normal_energy(0, 0.25);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .block = 1, .threads = 1});
    gs_sample_options o = {.steps = 1000, .step_size = 0.75, .noise = -1, .first_chain = 40};
    float init[5 * CHAIN_PIXELS] = {0};
    init[3 * CHAIN_PIXELS + 2] = 1;
    o.init = init;
    assert_diverges(plan, o, "chain 43 diverged: after step 10 its state is 1.02e+03 beyond the data range",
                    "lower the step size, 0.75");
    o.steps = 9;
    float out[5 * CHAIN_PIXELS];
    assert_int_equal(gs_sample(plan, &o, 5, out, NULL, NULL), GS_OK);
    o.step_size = 1e30;
    o.clip = -1;
    assert_diverges(plan, o, "chain 43 diverged: after step 1 its", "lower the step size, 1e+30");
    init[CHAIN_PIXELS] = NAN;
    o.clip = 0.1;
    o.clamp = 1;
    const char *begins = "chain 41 begins where its state is not finite", *less = "with less noise";
    assert_diverges(plan, o, begins, less);
    for (int i = 0; i < 2; i++) {
        about("i %d", i);
        o.sampler = i ? "hmc" : "mala";
        assert_diverges(plan, o, begins, less);
    }
    init[CHAIN_PIXELS] = -1001;
    assert_diverges(plan, o, "chain 41 begins where its state is 1e+03 beyond the data range", less);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* Chain 44 diverges first, but chain 42 comes before it: the message does not depend on which chains share a block or
 * thread. */
static void test_first_divergence(void **state) {
    (void)state;
    gs_model *model = normal_energy(0, 0.25);
    float init[5 * CHAIN_PIXELS] = {0};
    init[4 * CHAIN_PIXELS] = 1;
    init[2 * CHAIN_PIXELS] = 0x1p-30F;
    gs_sample_options o = {.steps = 1000, .step_size = 0.75, .noise = -1, .first_chain = 40, .init = init};
    for (int threads = 1; threads <= 3; threads++)
        for (int block = 1; block <= 5; block++) {
            about("block %d", block);
            gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .block = block, .threads = threads});
            assert_diverges(plan, o, "chain 42 diverged: after step 40 its state is 1.02e+03 beyond",
                            "lower the step size, 0.75");
            gs_plan_free(plan);
        }
    gs_model_free(model);
}

/* Proposals that are not finite are rejected, and adaptation recovers from them. */
static void test_wild_proposals_are_rejected(void **state) {
    (void)state;
    enum { CHAINS = 20 };
    gs_model *model = normal_energy(0, 0.25);
    for (int i = 0; i < 4; i++) {
        about("i %d", i);
        gs_sample_options o = {.sampler = i % 2 ? "hmc" : "mala", .steps = 300, .step_size = i / 2 ? 1e30 : 1e5};
        o.burn_in = i / 2 ? -1 : 200;
        chains c = chains_draw(model, o, CHAINS);
        for (size_t k = 0; k < CHAINS; k++) {
            about("i %d, k %zu", i, k);
            assert_true(i / 2 ? c.trace.rate[k] == 0 : c.trace.rate[k] > 0.3 && c.trace.step_size[k] < 2);
        }
        if (i / 2)
            assert_memory_equal(c.out, c.states, CHAINS * CHAIN_PIXELS * sizeof *c.out);
        chains_free(c);
    }
    gs_model_free(model);
}

/* ---- Stopping ---- */

/* Calls come 50 ms apart: the first one, before any chain begins, takes longer, so that the second one follows at once,
 * however fast the chains are. */
static bool slowly_watching(void *context, double part, size_t done, size_t n) {
    const watch *w = context;
    if (w->calls == 0)
        nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    return watching(context, part, done, n);
}

static void test_interruption(void **state) {
    (void)state;
    enum { CHAINS = 3000 };
    gs_model *model = wells_energy();
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .block = 4, .gradient = true});
    static float out[CHAINS * CHAIN_PIXELS], whole[CHAINS * CHAIN_PIXELS];
    for (int i = 0; i < 2; i++) {
        about("i %d", i);
        watch w = {.stop_after = 2};
        gs_sample_options o = {.sampler = i ? "hmc" : "mala", .steps = i ? 20 : 200};
        size_t done;
        assert_int_equal(gs_sample(plan, &o, CHAINS, whole, &done, NULL), GS_OK);
        o.progress = slowly_watching;
        o.context = &w;
        assert_int_equal(gs_sample(plan, &o, CHAINS, out, &done, NULL), GS_ERROR_INTERRUPTED);
        assert_true(done < CHAINS);
        assert_memory_equal(out, whole, done * CHAIN_PIXELS * sizeof *out);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- What is refused ---- */

static void refuse(const gs_model *model, gs_sample_options o, gs_status expected, const char *what) {
    gs_error error = {.message = ""};
    assert_int_equal(gs_sample_resolve(model, &o, &error), expected);
    if (!strstr(error.message, what) || strchr(error.message, '\n'))
        fail_msg("no '%s' in '%s'", what, error.message);
}

static void test_bad_options(void **state) {
    (void)state;
    gs_model *model = wells_energy();
    const struct {
        gs_sample_options options;
        const char *what;
    } bad[] = {{{.step_size = -1}, "step size -1"},
               {{.step_size = NAN}, "step size nan"},
               {{.step_size = INFINITY}, "step size inf"},
               {{.noise = -2}, "noise -2"},
               {{.noise = NAN}, "noise nan"},
               {{.clip = -2}, "clip -2"},
               {{.clip = NAN}, "clip nan"},
               {{.steps = 1000001}, "steps"},
               {{.every = -1}, "every -1"},
               {{.sigma_low = 1, .sigma_high = 2}, "takes no noise level"},
               {{.sigma_high = NAN}, "takes no noise level"},
               {{.denoise = 1}, "denoise"},
               {{.guidance = 1}, "takes no labels"},
               {{.sampler = "mala", .step_size = -1}, "step size -1"},
               {{.sampler = "mala", .temperature = -1}, "temperature -1"},
               {{.sampler = "mala", .temperature = NAN}, "temperature nan"},
               {{.sampler = "mala", .steps = 5, .burn_in = 5}, "burn-in 5: expected 0 ... 4"},
               {{.sampler = "mala", .burn_in = -2}, "burn-in -2"},
               {{.sampler = "hmc", .target = 1}, "target 1: expected 0.05 ... 0.99"},
               {{.sampler = "hmc", .target = NAN}, "target nan"},
               {{.sampler = "hmc", .leapfrog = -1}, "leapfrog -1"},
               {{.sampler = "hmc", .leapfrog = 1001}, "leapfrog 1001"},
               {{.sampler = "nuts", .max_depth = -1}, "largest depth -1: expected 1 ... 20"},
               {{.sampler = "nuts", .max_depth = 21}, "largest depth 21"},
               {{.sampler = "nuts", .target = 1}, "target 1"},
               {{.sampler = "barker", .step_size = NAN}, "step size nan"},
               {{.sampler = "baoab", .friction = -1}, "friction -1"},
               {{.sampler = "baoab", .friction = NAN}, "friction nan"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++)
        refuse(model, bad[i].options, GS_ERROR_ARGUMENT, bad[i].what);
    gs_model_free(model);
}

static gs_model *same_output(const char *kind, bool sigma) {
    weights *w = weights_new(kind, 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_inputs(w, sigma, 0);
    weights_node(w, "o", "affine", "['x']", "{'scale': -1}", NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static void test_wrong_kinds(void **state) {
    (void)state;
    gs_model *energy = wells_energy(), *score = same_output("score", false), *denoiser = same_output("denoiser", true);
    gs_model *noise = same_output("noise", false);
    const char *const adjust[] = {"mala", "hmc", "nuts", "barker"};
    for (int i = 0; gs_sampler_get(i); i++) {
        const gs_sample_options down = {.sampler = gs_sampler_get(i)->name};
        if (!gs_sampler_get(i)->descends)
            continue;
        about("%s", down.sampler);
        refuse(energy, down, GS_ERROR_UNSUPPORTED, "expected langevin, ");
        refuse(score, down, GS_ERROR_UNSUPPORTED, "expected langevin");
    }
    float out[CHAIN_PIXELS];
    gs_error error;
    gs_plan *plan = make_plan(energy, (gs_plan_options){.gradient = true});
    gs_term term = {.plan = make_plan(denoiser, (gs_plan_options){0}), .weight = 1};
    for (size_t i = 0; i < GS_COUNT(adjust); i++) {
        about("adjust[%zu]", i);
        refuse(score, (gs_sample_options){.sampler = adjust[i]}, GS_ERROR_UNSUPPORTED, "is of kind score: the sampler");
        refuse(denoiser, (gs_sample_options){.sampler = adjust[i]}, GS_ERROR_UNSUPPORTED, "accepts by energies");
        gs_sample_options o = {.sampler = adjust[i], .terms = &term, .term_count = 1, .sigma_low = 1, .sigma_high = 1};
        assert_int_equal(gs_sample(plan, &o, 1, out, NULL, &error), GS_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, "network 2, test, is of kind denoiser"));
        o.sampler = "langevin"; /* which accepts such sums */
        assert_int_equal(gs_sample(plan, &o, 1, out, NULL, &error), GS_OK);
    }
    refuse(noise, (gs_sample_options){0}, GS_ERROR_UNSUPPORTED, "noise without sigma");
    gs_plan_free(plan);
    gs_plan_free(term.plan);
    gs_model_free(energy);
    gs_model_free(score);
    gs_model_free(denoiser);
    gs_model_free(noise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_trace_changes_nothing),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_file_defaults),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_first_divergence),
        cmocka_unit_test(test_wild_proposals_are_rejected),
        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_wrong_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
