/* langevin, mala and hmc on plain energies with known moments: normal targets and two wells.
 *
 * Statistical tests have fixed seeds and compare with bounds of 5 standard errors or 2.75 of Kolmogorov's statistic:
 * false-alarm rates 6e-7 and 5e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/chains.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/worst.h"

static const double centre = 0.3, variance = 0.25;

/* ---- Distributions ---- */

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Compares samples with a distribution function; sorts x. */
static void assert_distribution(float *x, size_t count, double cdf(double), const char *what) {
    double worst = 0;
    qsort(x, count, sizeof *x, ascending);
    for (size_t i = 0; i < count; i++)
        worst = worst_of(worst, fabs(cdf((double)x[i]) - ((double)i + 0.5) / (double)count));
    print_message("%s: Kolmogorov's statistic %.2f\n", what, worst * sqrt((double)count));
    assert_true(worst * sqrt((double)count) < 2.75);
}

static double normal_cdf(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static double uniform_cdf(double x) {
    return x;
}

/* The normal target within [0, 1]. */
static double truncated_cdf(double x) {
    double s = sqrt(variance), low = normal_cdf(-centre / s), high = normal_cdf((1 - centre) / s);
    return (normal_cdf((x - centre) / s) - low) / (high - low);
}

static double wells_cdf(double x) {
    return well_share * normal_cdf((x - 1) / well_deviation) + (1 - well_share) * normal_cdf((x + 1) / well_deviation);
}

/* ---- The unadjusted algorithm ---- */

/* x - h (x - m) / v + noise z acts on moments exactly, whatever their distribution. */
static void test_langevin_has_its_bias(void **state) {
    (void)state;
    enum { STEPS = 80, EVERY = 4 };
    const size_t chain_count = (size_t)effort(600), count = chain_count * CHAIN_PIXELS;
    gs_model *model = normal_energy(centre, variance);
    const double noises[] = {0, 0.25}; /* temperatures 1 and 0.31 */
    for (size_t k = 0; k < GS_COUNT(noises); k++) {
        about("noises[%zu]", k);
        gs_sample_options o = {.steps = STEPS, .step_size = 0.1, .noise = noises[k], .every = EVERY, .seed = 5 + k};
        chains c = chains_draw(model, o, chain_count);
        double h = 0.1, noise = noises[k] > 0 ? noises[k] : sqrt(2 * h), shrink = 1 - h / variance;
        double mean = 0.5, v = 1 / 12.0; /* uniform in the data range */
        for (int s = 0; s <= STEPS / EVERY; s++) {
            about("noises[%zu], s %d", k, s);
            assert_moments(c.states + (size_t)s * count, count, mean, v, "langevin");
            for (int t = 0; t < EVERY; t++) {
                mean = centre + shrink * (mean - centre);
                v = shrink * shrink * v + noise * noise;
            }
        }
        double temperature = noise * noise / (2 * h);
        assert_true(fabs(v - noise * noise / (1 - shrink * shrink)) < 1e-12);
        assert_true(fabs(v - variance * temperature / (1 - h / (2 * variance))) < 1e-12);
        assert_moments(c.out, count, centre, variance * temperature / (1 - h / (2 * variance)), "langevin at the end");
        chains_free(c);
    }
    gs_model_free(model);
}

/* The noise of step 1, from a run in which the gradient has no effect. */
static void find_noise(const gs_model *model, const float *start, size_t n, float *noise) {
    gs_sample_options o = {.steps = 1, .step_size = 1e-30, .noise = 1, .init = start, .seed = 3};
    chains c = chains_draw(model, o, n);
    for (size_t i = 0; i < n * CHAIN_PIXELS; i++)
        noise[i] = c.out[i] - start[i];
    chains_free(c);
}

static double clamped(double x, double low, double high) {
    return fmin(fmax(x, low), high);
}

/* Both orders, with everything that published recipes need: noise, clamp, clipped gradient, step, clamp. */
static void test_langevin_follows_recipes(void **state) {
    (void)state;
    enum { CHAINS = 3, COUNT = CHAINS * CHAIN_PIXELS };
    gs_model *model = normal_energy(centre, variance);
    float start[COUNT], noise[COUNT];
    for (int i = 0; i < COUNT; i++)
        start[i] = (float)i / COUNT;
    find_noise(model, start, CHAINS, noise);
    for (int first = -1; first <= 1; first += 2) {
        gs_sample_options o = {
            .steps = 1, .step_size = 0.4, .noise = 0.3, .clip = 0.9, .clamp = 1, .noise_first = first};
        o.init = start;
        o.seed = 3;
        chains c = chains_draw(model, o, CHAINS);
        for (int i = 0; i < COUNT; i++) {
            about("first %d, i %d", first, i);
            double x = (double)start[i], z = 0.3 * (double)noise[i];
            x = first > 0 ? clamped(x + z, 0, 1) : x;
            x -= 0.4 * clamped((x - centre) / variance, -0.9, 0.9);
            x = clamped(first > 0 ? x : x + z, 0, 1);
            assert_true(fabs((double)c.out[i] - x) < 2e-6);
        }
        chains_free(c);
    }
    gs_model_free(model);
}

/* Chains on scores without noise levels move as on the energies from which they come. */
static void test_langevin_takes_scores(void **state) {
    (void)state;
    enum { CHAINS = 5 };
    gs_model *energy = normal_energy(centre, variance), *score = normal_score(centre, variance);
    gs_sample_options o = {.steps = 20, .step_size = 0.05};
    chains a = chains_draw(energy, o, CHAINS), b = chains_draw(score, o, CHAINS);
    for (size_t i = 0; i < CHAINS * CHAIN_PIXELS; i++) {
        about("i %zu", i);
        assert_true(fabs((double)a.out[i] - (double)b.out[i]) < 1e-5);
    }
    assert_true(isnan(b.trace.energy[0]) &&
                fabs((double)(b.trace.gradient_norm[0] / a.trace.gradient_norm[0]) - 1) < 1e-5);
    chains_free(a);
    chains_free(b);
    gs_model_free(energy);
    gs_model_free(score);
}

/* Guidance also acts on networks without noise levels. */
static void test_langevin_is_guided(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(600), count = chain_count * CHAIN_PIXELS;
    gs_model *model = labelled_energy(variance);
    const int labels[600] = {0};
    gs_sample_options o = {.steps = 60, .step_size = 0.05, .guidance = 1.5, .labels = labels, .seed = 2};
    chains c = chains_draw(model, o, chain_count);
    assert_moments(c.out, count, label_none_mean + 2.5 * (label_mean - label_none_mean), variance / (1 - 0.1),
                   "guided");
    chains_free(c);
    gs_model_free(model);
}

/* ---- The adjusted samplers have no bias ---- */

/* Runs with steps that would make the unadjusted algorithm's variance 25 % too large, and runs with adapted steps. */
static const gs_sample_options adjusted[] = {
    {.sampler = "mala", .steps = 150, .step_size = 0.1, .burn_in = -1, .seed = 1},
    {.sampler = "mala", .steps = 300, .seed = 2},
    {.sampler = "hmc", .steps = 40, .step_size = 0.45, .leapfrog = 3, .burn_in = -1, .seed = 3},
    {.sampler = "hmc", .steps = 80, .leapfrog = 5, .seed = 4}};

static void test_normal_target(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(600), count = chain_count * CHAIN_PIXELS;
    gs_model *model = normal_energy(centre, variance);
    for (size_t k = 0; k < 2 * GS_COUNT(adjusted); k++) {
        about("adjusted[%zu]", k);
        gs_sample_options o = adjusted[k / 2];
        o.temperature = k % 2 ? 0.7 : 0;
        chains c = chains_draw(model, o, chain_count);
        assert_moments(c.out, count, centre, variance * (k % 2 ? 0.7 : 1), o.sampler);
        chains_free(c);
    }
    gs_model_free(model);
}

static void test_two_wells(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(400), count = chain_count * CHAIN_PIXELS;
    gs_model *model = wells_energy();
    for (size_t k = 0; k < GS_COUNT(adjusted); k++) {
        about("adjusted[%zu]", k);
        gs_sample_options o = adjusted[k];
        o.steps = !strcmp(o.sampler, "mala") ? 800 : 250;
        chains c = chains_draw(model, o, chain_count);
        size_t upper = 0;
        for (size_t i = 0; i < count; i++)
            upper += c.out[i] > 0;
        double share = 1 - wells_cdf(0),
               z = ((double)upper / (double)count - share) / sqrt(share * (1 - share) / (double)count);
        print_message("%s: share of the upper well %.1f errors off\n", o.sampler, z);
        assert_true(fabs(z) < 5);
        assert_distribution(c.out, count, wells_cdf, o.sampler);
        chains_free(c);
    }
    gs_model_free(model);
}

/* Chains whose paths are reflected at the ends of the data range have the density restricted to it. */
static void test_reflection(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(500), count = chain_count * CHAIN_PIXELS;
    gs_model *model = normal_energy(centre, variance);
    for (size_t k = 0; k < GS_COUNT(adjusted); k++) {
        about("adjusted[%zu]", k);
        gs_sample_options o = adjusted[k];
        o.clamp = 1;
        chains c = chains_draw(model, o, chain_count);
        assert_distribution(c.out, count, truncated_cdf, o.sampler);
        assert_true(c.out[0] >= 0 && c.out[count - 1] <= 1);
        chains_free(c);
    }
    gs_model_free(model);
}

/* The product of two normal densities, one to the power 2, has precision 1 / v + 2 / w. */
static void test_sums(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(600), count = chain_count * CHAIN_PIXELS;
    gs_model *model = normal_energy(centre, variance), *other = normal_energy(0.9, 0.4);
    gs_term term = {.plan = make_plan(other, (gs_plan_options){.gradient = true, .threads = 2}), .weight = 2};
    double precision = 1 / variance + 2 / 0.4, mean = (centre / variance + 2 * 0.9 / 0.4) / precision;
    for (size_t k = 0; k < GS_COUNT(adjusted); k++) {
        about("adjusted[%zu]", k);
        gs_sample_options o = adjusted[k];
        o.step_size = o.step_size > 0 ? 0.5 * o.step_size : 0;
        o.terms = &term;
        o.term_count = 1;
        chains c = chains_draw(model, o, chain_count);
        assert_moments(c.out, count, mean, 1 / precision, o.sampler);
        chains_free(c);
    }
    gs_plan_free(term.plan);
    gs_model_free(model);
    gs_model_free(other);
}

/* ---- Adaptation ---- */

/* Hoffman & Gelman 2014, algorithm 5, from the acceptance that was traced. */
static double dual_averaging(const chains *c, const gs_sample_options *o, size_t chain, double step) {
    double mu = log(10 * step), error = 0, average = 0;
    for (int m = 1; m <= o->burn_in; m++) {
        double alpha = (double)c->trace.acceptance[(size_t)(m - 1) * c->n + chain];
        error = (1 - 1 / (m + 10.0)) * error + (o->target - alpha) / (m + 10.0);
        double log_step = mu - sqrt(m) / 0.1 * error, eta = pow(m, -0.75);
        average = eta * log_step + (1 - eta) * average;
    }
    return exp(average);
}

/* From steps a thousand times too small and fifty times too large, acceptance is within 0.08 of the target after 500
 * steps of burn-in. The mean of log steps is not exactly the step that hits it, since acceptance is not linear in
 * them. */
static void test_adaptation(void **state) {
    (void)state;
    enum { CHAINS = 40 };
    gs_model *model = normal_energy(centre, variance);
    const struct {
        const char *sampler;
        double target;
    } aims[] = {{"mala", 0}, {"hmc", 0}, {"mala", 0.4}, {"hmc", 0.65}};
    for (size_t k = 0; k < 2 * GS_COUNT(aims); k++) {
        about("aims[%zu]", k);
        gs_sample_options o = {
            .sampler = aims[k / 2].sampler, .target = aims[k / 2].target, .steps = 1000, .leapfrog = 4};
        o.step_size = k % 2 ? 30 : 1e-4;
        chains c = chains_draw(model, o, CHAINS);
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        bool mala = !strcmp(o.sampler, "mala");
        double mean = 0;
        for (size_t i = 0; i < CHAINS; i++) {
            about("aims[%zu], i %zu", k, i);
            double rate = 0, step = dual_averaging(&c, &o, i, mala ? sqrt(2 * o.step_size) : o.step_size);
            for (int t = o.burn_in; t < o.steps; t++)
                rate += (double)c.trace.acceptance[(size_t)t * CHAINS + i] / (o.steps - o.burn_in);
            assert_true(fabs(rate - c.trace.rate[i]) < 1e-6);
            assert_true(fabs((mala ? step * step / 2 : step) / c.trace.step_size[i] - 1) < 1e-5);
            mean += rate / CHAINS;
        }
        print_message("%s from %g: acceptance %.3f, target %.3f, step size %.3g\n", o.sampler, o.step_size, mean,
                      o.target, c.trace.step_size[0]);
        assert_true(fabs(mean - o.target) < 0.08);
        chains_free(c);
    }
    gs_model_free(model);
}

/* ---- Trace, trajectory and start ---- */

static double length_of(const float *x) {
    double sum = 0;
    for (int i = 0; i < CHAIN_PIXELS; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static const gs_sample_options short_runs[] = {
    {.steps = 6, .step_size = 0.05, .every = 1, .clip = 0.7},
    {.steps = 6, .step_size = 0.05, .every = 1, .noise_first = 1, .clamp = 1},
    {.sampler = "mala", .steps = 7, .step_size = 0.2, .every = 1, .burn_in = 3},
    {.sampler = "hmc", .steps = 7, .step_size = 0.5, .leapfrog = 3, .every = 1, .clamp = 1}};

static void test_trace(void **state) {
    (void)state;
    enum { CHAINS = 9 };
    gs_model *model = wells_energy();
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    for (size_t k = 0; k < GS_COUNT(short_runs); k++) {
        chains c = chains_draw(model, short_runs[k], CHAINS);
        for (int t = 0; t <= c.steps; t++) {
            about("short_runs[%zu], t %d", k, t);
            float energy[CHAINS], gradient[CHAINS * CHAIN_PIXELS];
            const float *x = c.states + (size_t)t * CHAINS * CHAIN_PIXELS;
            assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, CHAINS, energy, gradient, NULL), GS_OK);
            bool noised = short_runs[k].noise_first > 0 && t < c.steps;
            for (int i = 0; i < CHAINS && !noised; i++) {
                about("short_runs[%zu], t %d, i %d", k, t, i);
                assert_true(c.trace.energy[t * CHAINS + i] == energy[i]);
                double norm = length_of(gradient + i * CHAIN_PIXELS),
                       found = (double)c.trace.gradient_norm[t * CHAINS + i];
                assert_true(fabs(found - norm) <= 1e-6 * norm);
            }
            for (int i = 0; i < CHAINS && t < c.steps; i++) {
                about("short_runs[%zu], t %d, i %d", k, t, i);
                float acceptance = c.trace.acceptance[t * CHAINS + i];
                bool moved = memcmp(x + i * CHAIN_PIXELS, x + (CHAINS + i) * CHAIN_PIXELS, CHAIN_PIXELS * sizeof *x);
                assert_true(acceptance >= 0 && acceptance <= 1 && (moved || acceptance < 1));
                assert_true(short_runs[k].sampler || acceptance == 1);
            }
        }
        chains_free(c);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_start(void **state) {
    (void)state;
    const size_t chain_count = (size_t)effort(2000), count = chain_count * CHAIN_PIXELS;
    gs_model *model = normal_energy(centre, variance);
    gs_sample_options o = {.steps = 1};
    chains c = chains_draw(model, o, chain_count);
    double products = 0;
    for (size_t i = 1; i < count; i++)
        products += 12 * ((double)c.states[i] - 0.5) * ((double)c.states[i - 1] - 0.5);
    assert_true(fabs(products) < 5 * sqrt((double)count));
    float init[CHAIN_PIXELS];
    memcpy(init, c.states, sizeof init);
    assert_distribution(c.states, count, uniform_cdf, "start");
    chains_free(c);
    for (size_t k = 0; k < GS_COUNT(short_runs); k++) {
        about("short_runs[%zu]", k);
        o = short_runs[k];
        o.init = init;
        c = chains_draw(model, o, 1);
        assert_memory_equal(c.states, init, sizeof init);
        chains_free(c);
    }
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_langevin_has_its_bias),
        cmocka_unit_test(test_langevin_follows_recipes),
        cmocka_unit_test(test_langevin_takes_scores),
        cmocka_unit_test(test_langevin_is_guided),
        cmocka_unit_test(test_normal_target),
        cmocka_unit_test(test_two_wells),
        cmocka_unit_test(test_reflection),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_adaptation),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
