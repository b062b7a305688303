/* What holds for all samplers, on targets with known answers: Gaussians and two wells.
 *
 * Statistical tests have fixed seeds and compare with bounds of 5 standard errors: false-alarm rate 6e-7 each. */
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
#include "model/settings.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/targets.h"
#include "support/watch.h"
#include "support/weights.h"
#include "support/worst.h"

static const double errors_allowed = 5;

/* ---- Langevin dynamics ---- */

/* The effect of T steps x + alpha / 2 score + sqrt(alpha) z at one level on a Gaussian is known exactly: x - m shrinks
 * by 1 - alpha / 2t per step, with t = s^2 + sigma^2, and alpha is added to the variance. */
static gaussian langevin_steps(gaussian g, double sigma, double alpha, int steps) {
    double t = gaussian_deviation * gaussian_deviation + sigma * sigma, shrink = 1 - alpha / (2 * t);
    for (int i = 0; i < steps; i++)
        g = (gaussian){gaussian_means[NONE] + shrink * (g.mean - gaussian_means[NONE]),
                       shrink * shrink * g.variance + alpha};
    return g;
}

static void check_langevin(const gs_model *model, gs_sample_options o) {
    enum { CHAINS = 600 };
    draw d = draw_from(model, o, NULL, CHAINS);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    bool annealed = !strcmp(o.sampler, "annealed-langevin");
    gaussian g = {0, o.sigma_high * o.sigma_high};
    double lowest = d.sigma[d.levels - 1];
    for (int k = 0; k < d.levels; k++) {
        about("k %d", k);
        assert_moments(d.states + (size_t)k * CHAINS * PIXELS, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
        double ratio = d.sigma[k] / lowest;
        double alpha = annealed ? o.epsilon * ratio * ratio : 2 * o.step_size;
        g = langevin_steps(g, d.sigma[k], alpha, annealed ? o.steps_per_level : o.steps);
    }
    if (o.denoise > 0)
        g = gaussian_denoise(g, lowest);
    assert_moments(d.out, CHAINS * PIXELS, g.mean, g.variance, o.sampler);
    free_draw(d);
}

static void test_langevin_moments(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    for (int last = -1; last <= 1; last += 2) {
        check_langevin(model, (gs_sample_options){.sampler = "langevin",
                                                  .steps = 60,
                                                  .sigma_low = 0.3,
                                                  .sigma_high = 1,
                                                  .step_size = 0.05,
                                                  .denoise = last,
                                                  .seed = 11});
        check_langevin(model, (gs_sample_options){.sampler = "annealed-langevin",
                                                  .steps = 6,
                                                  .sigma_low = 0.1,
                                                  .sigma_high = 3,
                                                  .epsilon = 2e-3,
                                                  .steps_per_level = 12,
                                                  .denoise = last,
                                                  .seed = 12});
    }
    gs_model_free(model);
}

/* After many steps the chain has the biased variance of the unadjusted algorithm, t / (1 - alpha / 4t). */
static void test_langevin_bias(void **state) {
    (void)state;
    double t = gaussian_deviation * gaussian_deviation + 0.3 * 0.3, alpha = 0.2;
    gaussian g = langevin_steps((gaussian){0, 1}, 0.3, alpha, 200);
    assert_true(fabs(g.variance - t / (1 - alpha / (4 * t))) < 1e-12);
    gs_model *model = load_target(gaussian_weights());
    check_langevin(model, (gs_sample_options){.sampler = "langevin",
                                              .steps = 200,
                                              .sigma_low = 0.3,
                                              .sigma_high = 1,
                                              .step_size = alpha / 2,
                                              .denoise = -1,
                                              .seed = 13});
    gs_model_free(model);
}

/* ---- Two wells ---- */

static void test_two_wells(void **state) {
    (void)state;
    check_wells((gs_sample_options){.sampler = "dpmpp-2m", .steps = 60, .sigma_low = 0.02, .seed = 1});
    check_wells((gs_sample_options){.sampler = "heun", .steps = 60, .sigma_low = 0.02, .seed = 2});
    check_wells((gs_sample_options){
        .sampler = "annealed-langevin", .steps = 20, .steps_per_level = 40, .epsilon = 2e-5, .seed = 3});
}

/* ---- Noise ---- */

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The standard normal's distribution function. */
static double normal_cdf(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static double correlation(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum / sqrt((double)count);
}

static void test_first_noise_is_standard_normal(void **state) {
    (void)state;
    enum { CHAINS = 4000, COUNT = CHAINS * PIXELS };
    gs_model *model = load_target(gaussian_weights());
    const gs_sample_options o = {.steps = 1, .sigma_low = 1, .sigma_high = 1};
    gs_sample_options other = o;
    other.seed = 1;
    draw d = draw_from(model, o, NULL, CHAINS), e = draw_from(model, other, NULL, CHAINS);
    float *x = d.states;
    assert_moments(x, COUNT, 0, 1, "first noise");
    assert_true(fabs(correlation(x, x + 1, COUNT - 1)) < errors_allowed);
    assert_true(fabs(correlation(x, x + PIXELS, COUNT - PIXELS)) < errors_allowed);
    assert_true(fabs(correlation(x, e.states, COUNT)) < errors_allowed);
    double fourth = 0, worst = 0;
    for (size_t i = 0; i < COUNT; i++)
        fourth += pow((double)x[i], 4);
    assert_true(fabs(fourth / COUNT - 3) < errors_allowed * sqrt(96.0 / COUNT));
    qsort(x, COUNT, sizeof *x, ascending);
    for (size_t i = 0; i < COUNT; i++)
        worst = worst_of(worst, fabs(normal_cdf((double)x[i]) - ((double)i + 0.5) / COUNT));
    assert_true(worst * sqrt(COUNT) < 2.75); /* Kolmogorov: 5e-7 */
    free_draw(d);
    free_draw(e);
    gs_model_free(model);
}

/* ---- Same bytes ---- */

static const gs_sample_options short_runs[] = {
    {.sampler = "dpmpp-2m", .steps = 5, .guidance = 0.5, .guidance_low = 0.1, .guidance_high = 5},
    {.sampler = "dpmpp-2m", .steps = 4, .eta = 0.7, .guidance = -1},
    {.sampler = "heun", .steps = 4},
    {.sampler = "annealed-langevin", .steps = 3, .steps_per_level = 3, .epsilon = 2e-5, .guidance = 1},
    {.sampler = "langevin", .steps = 4, .step_size = 0.005},
    {.sampler = "consistency", .steps = 3, .guidance = 1, .guidance_low = 0.1, .guidance_high = 30}};

/* Run i: those above, then every sampler that draws from the model; false past the last one. */
static bool run_at(const gs_model *model, size_t i, gs_sample_options *o) {
    size_t at = GS_COUNT(short_runs);
    if (i < at)
        *o = short_runs[i];
    for (int k = 0; i >= at && gs_sampler_get(k); k++) {
        *o = (gs_sample_options){.sampler = gs_sampler_get(k)->name, .steps = 3, .steps_per_level = 2, .guidance = -1};
        gs_sample_options resolved = *o;
        at += !gs_sample_resolve(model, &resolved, NULL);
    }
    return i < at;
}

static void assert_chains(const gs_model *model, gs_plan_options how, gs_sample_options o, size_t first, size_t n,
                          const float *expected) {
    float *out = malloc(n * PIXELS * sizeof *out);
    assert_non_null(out);
    gs_plan *plan = make_plan(model, how);
    o.first_chain = first;
    o.labels = o.labels ? o.labels + first : NULL;
    assert_int_equal(gs_sample(plan, &o, n, out, NULL, NULL), GS_OK);
    if (memcmp(out, expected + first * PIXELS, n * PIXELS * sizeof *out))
        fail_msg("%s on %s, %d threads, blocks of %d, chains %zu + %zu: other bytes", o.sampler,
                 how.isa ? how.isa : "the best", how.threads, how.block, first, n);
    gs_plan_free(plan);
    free(out);
}

static void test_same_bytes(void **state) {
    (void)state;
    enum { CHAINS = 100 };
    static const int threads[] = {1, 2, 3, 7}, blocks[] = {1, 4, 5, 16};
    int labels[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        labels[i] = i % 3;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o;
    for (size_t s = 0; run_at(model, s, &o); s++) {
        about("run %zu, %s", s, o.sampler);
        draw d = draw_from(model, o, labels, CHAINS);
        o.labels = labels;
        for (int i = 0; i < 16; i++) {
            about("run %zu, %s, i %d", s, o.sampler, i);
            assert_chains(model, (gs_plan_options){.threads = threads[i / 4], .block = blocks[i % 4]}, o, 0, CHAINS,
                          d.out);
        }
        const char *isa;
        bool supported;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++)
            if (supported)
                assert_chains(model, (gs_plan_options){.isa = isa, .threads = 2}, o, 0, CHAINS, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 0, 10, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 33, 1, d.out);
        assert_chains(model, (gs_plan_options){0}, o, 90, 10, d.out);
        free_draw(d);
    }
    gs_model_free(model);
}

/* A chain without a label is the same whether or not others in the call have one. */
static void test_unlabelled_chains_are_not_guided(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    draw mixed = draw_from(model, short_runs[0], (const int[]){NONE, 0, NONE, 1}, 4);
    draw plain = draw_from(model, short_runs[0], NULL, 4);
    for (int i = 0; i < 4; i++) {
        about("i %d", i);
        assert_true(!memcmp(mixed.out + i * PIXELS, plain.out + i * PIXELS, PIXELS * sizeof(float)) == (i % 2 == 0));
    }
    free_draw(mixed);
    free_draw(plain);
    gs_model_free(model);
}

/* ---- Levels and evaluations ---- */

static void test_evaluations(void **state) {
    (void)state;
    static const uint64_t plain[] = {5, 4, 7, 10, 5, 3}, guided[] = {7, 4, 7, 20, 5, 5};
    static const int labels[1] = {0};
    gs_model *model = load_target(gaussian_weights());
    for (size_t s = 0; s < GS_COUNT(short_runs); s++) {
        about("short_runs[%zu]", s);
        gs_sample_options o = short_runs[s];
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        assert_int_equal(gs_sample_evaluations(model, &o), plain[s]);
        o.labels = labels;
        assert_int_equal(gs_sample_evaluations(model, &o), guided[s]);
    }
    gs_model_free(model);
}

/* Sampler number i or, past the last one, method of restoring. */
static const gs_sampler_info *reader_at(int i) {
    int samplers = 0;
    while (gs_sampler_get(samplers))
        samplers++;
    return i < samplers ? gs_sampler_get(i) : gs_restorer_get(i - samplers);
}

/* A setting that no sampler reads, or a word in a row that is no setting, would be of no use to anyone. */
static void test_settings_have_readers(void **state) {
    (void)state;
    int words = 0, read = 0;
    for (int i = 0; reader_at(i); i++) {
        words += reader_at(i)->parameters[0] != 0;
        for (const char *at = reader_at(i)->parameters; *at; at++)
            words += *at == ' ';
    }
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++) {
        int readers = 0;
        for (int i = 0; reader_at(i); i++)
            readers += gs_setting_is_read(id, reader_at(i));
        if (!readers)
            fail_msg("no sampler reads %s", gs_settings[id].name);
        read += gs_settings[id].scope == GS_SCOPE_NETWORK ? 0 : readers;
    }
    assert_int_equal(words, read);
}

/* The public list of settings is the library's own. */
static void test_settings_are_listed(void **state) {
    (void)state;
    for (int i = 0; i < GS_SETTINGS; i++) {
        const gs_setting_info *info = gs_setting_get(i);
        const gs_setting *setting = &gs_settings[i];
        assert_string_equal(info->key, setting->key);
        assert_string_equal(info->name, setting->name);
        assert_true(info->kind == setting->kind && info->offset == setting->offset);
        assert_true(info->network == (setting->scope == GS_SCOPE_NETWORK));
    }
    assert_null(gs_setting_get(GS_SETTINGS));
    assert_null(gs_setting_get(-1));
}

static void check_karras(const gs_model *model, double given, double rho) {
    double s[STATES_MAX];
    gs_sample_options o = {.steps = 8, .sigma_low = 0.02, .sigma_high = 30, .rho = given};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &o, s, STATES_MAX), 9);
    for (int i = 0; i < 8; i++) {
        about("rho %g, i %d", given, i);
        double root = pow(30, 1 / rho) + i / 7.0 * (pow(0.02, 1 / rho) - pow(30, 1 / rho));
        assert_true(fabs(s[i] / pow(root, rho) - 1) < 1e-12 * fmax(1, fabs(rho) / 7));
    }
    assert_true(s[0] == 30 && s[7] == 0.02 && s[8] == 0);
}

static void test_schedules(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    check_karras(model, 0, 7);
    static const double taken[] = {1, 3, 1000, -1, -8, -1000};
    for (size_t k = 0; k < GS_COUNT(taken); k++)
        check_karras(model, taken[k], taken[k]);
    static const double refused[] = {0.99, -0.5, 1001, -1001, NAN, INFINITY};
    for (size_t k = 0; k < GS_COUNT(refused); k++) {
        gs_error error;
        assert_int_equal(gs_sample_resolve(model, &(gs_sample_options){.rho = refused[k]}, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "1 ... 1000 or -1000 ... -1"));
    }
    double s[STATES_MAX];
    gs_sample_options o;
    o = (gs_sample_options){.sampler = "annealed-langevin", .steps = 10, .sigma_low = 0.01, .sigma_high = 30};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_levels(model, &o, s, STATES_MAX), 11);
    for (int i = 0; i < 9; i++) {
        about("i %d", i);
        assert_true(fabs(s[i + 1] / s[i] / pow(0.01 / 30, 1 / 9.0) - 1) < 1e-12);
    }
    gs_model_free(model);
}

/* ---- Memory, stopping, errors ---- */

/* The number of allocations in one call of gs_sample. */
static size_t allocations_of(gs_plan *plan, const gs_sample_options *o, size_t n) {
    float out[40 * PIXELS];
    size_t before = gs_allocations();
    assert_int_equal(gs_sample(plan, o, n, out, NULL, NULL), GS_OK);
    return gs_allocations() - before;
}

/* Levels are prepared first; an allocation in any step of any block would show with ten times as many blocks. */
static void test_no_allocation_once_the_chains_move(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .block = 2});
    gs_sample_options o;
    for (size_t s = 0; run_at(model, s, &o); s++) {
        about("run %zu, %s", s, o.sampler);
        assert_int_equal(allocations_of(plan, &o, 40), allocations_of(plan, &o, 4));
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_interruption(void **state) {
    (void)state;
    enum { CHAINS = 4000 };
    gs_model *model = load_target(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .block = 4});
    float *out = malloc(CHAINS * PIXELS * sizeof *out), *whole = malloc(CHAINS * PIXELS * sizeof *whole);
    assert_non_null(out);
    assert_non_null(whole);
    watch w = {.stop_after = 2};
    gs_sample_options o = {.sampler = "langevin", .steps = 400, .step_size = 0.005};
    size_t done = 0;
    gs_error error;
    assert_int_equal(gs_sample(plan, &o, CHAINS, whole, &done, NULL), GS_OK);
    assert_int_equal(done, CHAINS);
    o.progress = watching;
    o.context = &w;
    assert_int_equal(gs_sample(plan, &o, CHAINS, out, &done, &error), GS_ERROR_INTERRUPTED);
    assert_true(done < CHAINS);
    assert_memory_equal(out, whole, done * PIXELS * sizeof *out);
    free(out);
    free(whole);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_bad_options(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights()), *wells = two_wells();
    const struct {
        gs_sample_options options;
        const char *what;
    } bad[] = {{{.sampler = "no-such"}, "sampler 'no-such'"},
               {{.sampler = ""}, "sampler ''"},
               {{.steps = -1}, "steps -1"},
               {{.steps = 10001}, "steps 10001"},
               {{.sigma_low = -1}, "lower sigma -1"},
               {{.sigma_low = NAN}, "lower sigma nan"},
               {{.sigma_low = 0.001}, "lower sigma 0.001"},
               {{.sigma_high = INFINITY}, "upper sigma inf"},
               {{.sigma_high = 31}, "upper sigma 31"},
               {{.sigma_low = 2, .sigma_high = 1}, "sigmas 2 and 1"},
               {{.sampler = "annealed-langevin", .epsilon = -1}, "epsilon -1"},
               {{.sampler = "annealed-langevin", .epsilon = NAN}, "epsilon nan"},
               {{.sampler = "langevin", .steps = 1000001}, "steps"},
               {{.sampler = "annealed-langevin", .steps_per_level = -3}, "steps per level -3"},
               {{.eta = 101}, "eta 101"},
               {{.eta = -2}, "eta -2"},
               {{.eta = NAN}, "eta nan"},
               {{.sampler = "euler-ancestral", .noise_scale = 2.1}, "noise scale 2.1: expected 0 ... 2"},
               {{.sampler = "consistent-annealed", .noise_scale = -2}, "noise scale -2"},
               {{.sampler = "consistent-annealed", .epsilon = -1}, "epsilon -1"},
               {{.guidance = 101}, "guidance 101"},
               {{.guidance = -2}, "guidance -2"},
               {{.guidance = NAN}, "guidance nan"},
               {{.guidance = 1, .guidance_low = 2, .guidance_high = 1}, "guidance sigmas 2 and 1"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++)
        refuse_options(model, bad[i].options, GS_ERROR_ARGUMENT, bad[i].what);
    refuse_options(wells, (gs_sample_options){.guidance = 1}, GS_ERROR_ARGUMENT, "takes no labels");
    gs_plan *plan = make_plan(model, (gs_plan_options){0});
    float out[PIXELS];
    gs_error error;
    for (int label = -1; label <= 3; label += 4) {
        about("label %d", label);
        gs_sample_options o = {.labels = &label};
        assert_int_equal(gs_sample(plan, &o, 1, out, NULL, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "label"));
    }
    gs_plan_free(plan);
    gs_model_free(model);
    gs_model_free(wells);
    weights *w = weights_new("classifier", 1, SIDE, SIDE);
    weights_node(w, "l", "reshape", "['x']", "{'shape': [16]}", NULL);
    model = load_target(w);
    refuse_options(model, (gs_sample_options){0}, GS_ERROR_UNSUPPORTED, "classifier");
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_langevin_moments),
        cmocka_unit_test(test_langevin_bias),
        cmocka_unit_test(test_two_wells),
        cmocka_unit_test(test_first_noise_is_standard_normal),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_unlabelled_chains_are_not_guided),
        cmocka_unit_test(test_evaluations),
        cmocka_unit_test(test_settings_have_readers),
        cmocka_unit_test(test_settings_are_listed),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_no_allocation_once_the_chains_move),
        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
