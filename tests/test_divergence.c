/* Outcomes of chains: chains that leave the bounds of their noise level, with every sampler, and the messages about
 * them; doubtful results; default steps that keep chains together; and the progress of a run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sample/samplers.h"
#include "support/chains.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/weights.h"

/* ---- Networks ---- */

/* D(x, sigma) = scale x, with a label that nothing depends on. */
static gs_model *scaling(double scale) {
    char text[60];
    const float zeros[2] = {0};
    weights *w = weights_new("denoiser", 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_inputs(w, true, 1);
    weights_tensor(w, "zeros", 2, (const size_t[]){2, 1}, zeros);
    weights_node(w, "z", "embedding", "['label']", NULL, "{'weight': 'zeros'}");
    snprintf(text, sizeof text, "{'scale': %.17g, 'shift': 0}", scale);
    weights_node(w, "s", "affine", "['x']", text, NULL);
    weights_node(w, "d", "add", "['s', 'z']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

/* The denoiser of pixels that are normal with mean 0 and variance 1/4: D = x / (1 + 4 sigma^2). */
static gs_model *normal_denoiser(void) {
    weights *w = weights_new("denoiser", 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "v", "square", "['sigma']", NULL, NULL);
    weights_node(w, "t", "affine", "['v']", "{'scale': 4, 'shift': 1}", NULL);
    weights_node(w, "r", "reciprocal", "['t']", NULL, NULL);
    weights_node(w, "d", "mul", "['x', 'r']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static gs_plan *plan_of(const gs_model *model, int threads, int block) {
    return make_plan(model, (gs_plan_options){.threads = threads,
                                              .block = block,
                                              .gradient = gs_model_get_info(model)->kind == GS_KIND_ENERGY});
}

enum { N = 20 };

/* Fails the running test unless gs_sample ends with GS_ERROR_DIVERGED and a message that has both texts. */
static void assert_diverges(gs_plan *plan, gs_sample_options o, const char *begin, const char *advice) {
    float out[N * CHAIN_PIXELS];
    size_t done = 1;
    gs_error error = {.message = ""};
    gs_status status = gs_sample(plan, &o, N, out, &done, &error);
    if (status != GS_ERROR_DIVERGED || done || !strstr(error.message, begin) || !strstr(error.message, advice))
        fail_msg("%s: status %d, %zu done, '%s': expected '%s' and '%s'", o.sampler, status, done, error.message, begin,
                 advice);
}

/* ---- Divergence ---- */

/* Whether chains stay near a prior, wherever the energy would let them go. */
static bool has_prior(const gs_sampler_info *sampler) {
    return strstr(sampler->parameters, "prior-scale") != NULL;
}

/* Rows that come later are tried too. The chain and the step are the same however chains are shared out. */
static void test_every_sampler(void **state) {
    (void)state;
    gs_model *away = scaling(900), *flat = linear_energy(0);
    for (int i = 0; gs_sampler_get(i); i++) {
        bool adapts = gs_sampler_needs_energy(gs_sampler_find(gs_sampler_get(i)->name));
        if (gs_sampler_get(i)->decodes || has_prior(gs_sampler_get(i)))
            continue;
        gs_sample_options o = {
            .sampler = gs_sampler_get(i)->name, .steps = adapts ? 2000 : 30, .first_chain = 7, .seed = 3};
        char first[GS_MESSAGE_MAX] = "";
        for (int k = 0; k < 2 + effort(4); k++) {
            float out[N * CHAIN_PIXELS];
            gs_error error = {.message = ""};
            gs_plan *plan = plan_of(adapts ? flat : away, 1 + k % 3, k / 3 ? 16 : 3);
            gs_status status = gs_sample(plan, &o, N, out, NULL, &error);
            bool named = !strncmp(error.message, "chain 7 diverged: after step ", 29) && error.message[29] > '0';
            if (status != GS_ERROR_DIVERGED || !named || (k && strcmp(error.message, first)))
                fail_msg("%s, way %d: status %d, '%s' after '%s'", o.sampler, k, status, error.message, first);
            strcpy(first, error.message);
            gs_plan_free(plan);
        }
    }
    gs_model_free(away);
    gs_model_free(flat);
}

/* A finite state may be just as far from being a sample. */
static void test_finite_but_absurd(void **state) {
    (void)state;
    gs_model *normal = normal_energy(0.3, 0.25), *flat = linear_energy(0);
    gs_plan *plan = plan_of(normal, 2, 4), *plane = plan_of(flat, 2, 4);
    gs_sample_options o = {.sampler = "langevin", .steps = 1, .step_size = 1e30, .clip = 0.1, .noise = -1};
    assert_diverges(plan, o, "chain 0 diverged: after step 1 its state is 1e+29 beyond", "lower the step size, 1e+30");
    o = (gs_sample_options){.sampler = "langevin", .steps = 2, .step_size = 1e-3, .noise = 1e25};
    assert_diverges(plan, o, "chain 0 diverged: after step 1 its energy is not finite", "or lower the noise, 1e+25");
    o = (gs_sample_options){.sampler = "hmc", .steps = 1, .step_size = 1e5, .burn_in = -1};
    assert_diverges(plane, o, "chain 0 diverged: after step 1 its state is ", "clamp the chains");
    gs_plan_free(plan);
    gs_plan_free(plane);
    gs_model_free(normal);
    gs_model_free(flat);
}

/* 10 (w + sigma) max(1, T) beyond the range is told, 1000 (w + sigma) max(1, T) is refused: from states of our own,
 * which one step of a denoiser of its own input leaves as they are. */
static void test_bounds(void **state) {
    (void)state;
    static const struct {
        float x;
        double sigma;
        gs_status status;
        bool far;
    } rows[] = {{0.5F, 1, GS_OK, false},
                {11, 1, GS_OK, false},
                {-9.99F, 1, GS_OK, false},
                {11.01F, 1, GS_OK, true},
                {-10.01F, 1, GS_OK, true},
                {1000, 1, GS_OK, true},
                {1002, 1, GS_ERROR_DIVERGED, false},
                {-1001, 1, GS_ERROR_DIVERGED, false},
                {1002, 20, GS_ERROR_DIVERGED, false},
                {NAN, 1, GS_ERROR_DIVERGED, false},
                {INFINITY, 1, GS_ERROR_DIVERGED, false}};
    gs_model *same = scaling(1);
    gs_plan *plan = plan_of(same, 2, 4);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        float init[3 * CHAIN_PIXELS] = {0}, out[3 * CHAIN_PIXELS];
        gs_outcome outcome = {.chains = 99};
        gs_sample_options o = {.sampler = "heun",
                               .steps = 1,
                               .sigma_low = rows[i].sigma,
                               .sigma_high = rows[i].sigma,
                               .init = init,
                               .first_chain = 5,
                               .outcome = &outcome};
        init[2 * CHAIN_PIXELS + 3] = rows[i].x;
        gs_status status = gs_sample(plan, &o, 3, out, NULL, NULL);
        size_t finished = status ? 99 : 3;
        if (status != rows[i].status || outcome.chains != finished || outcome.far != rows[i].far ||
            (outcome.far && (outcome.far_chain != 7 || outcome.reach != 10)))
            fail_msg("%g at %g: status %d, %zu of %zu chains far, the first %d", (double)rows[i].x, rows[i].sigma,
                     status, outcome.far, outcome.chains, (int)outcome.far_chain);
    }
    gs_plan_free(plan);
    gs_model_free(same);
}

/* A hot chain is as wide as its temperature lets it be, but not without end. */
static void test_temperature_widens(void **state) {
    (void)state;
    gs_model *model = normal_energy(0, 0.25);
    for (int i = 0; i < 2; i++) {
        gs_outcome outcome;
        gs_sample_options o = {.sampler = i ? "langevin" : "mala", .steps = 300, .seed = 2, .outcome = &outcome};
        o.temperature = i ? 0 : 1e8; /* a deviation of 5000 */
        o.step_size = 0.05;
        o.noise = i ? sqrt(2 * o.step_size * 1e8) : 0;
        chains c = chains_draw(model, o, N);
        float most = 0; /* fmax here is an internal error of GCC 12.2 for aarch64 */
        for (size_t k = 0; k < N * CHAIN_PIXELS; k++)
            most = fabsf(c.out[k]) > most ? fabsf(c.out[k]) : most;
        if (!(most > 3000 && outcome.far == 0 && outcome.reach == 1e5))
            fail_msg("%s: %g, %zu chains far", o.sampler, (double)most, outcome.far);
        chains_free(c);
        o.temperature = i ? 0 : 1e20;
        o.noise = i ? 1e9 : 0;
        c = chains_draw(model, o, N);
        if (outcome.far != N || outcome.reach != 1e5)
            fail_msg("%s: %zu chains far of %g", o.sampler, outcome.far, outcome.reach);
        chains_free(c);
    }
    gs_model_free(model);
}

/* Steps that are long beside the range are not hidden by the clamp; those of sound chains leave it by little. */
static void test_clamped_steps(void **state) {
    (void)state;
    static const struct {
        double step_size, noise;
        bool thrown;
    } rows[] = {{0.01, 0.1, false}, {0.1, 0.4, false}, {0.1, 10, true},
                {0.1, 1e20, true},  {100, 0.1, true},  {1e30, 0.1, true}};
    gs_model *model = normal_energy(0.5, 0.25);
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        for (int first = -1; first <= 1; first += 2) {
            gs_outcome outcome;
            chains c = chains_draw(model,
                                   (gs_sample_options){.sampler = "langevin",
                                                       .steps = 20,
                                                       .step_size = rows[i].step_size,
                                                       .noise = rows[i].noise,
                                                       .noise_first = first,
                                                       .clamp = 1,
                                                       .outcome = &outcome},
                                   N);
            if (outcome.thrown != (rows[i].thrown ? N : 0) || outcome.far)
                fail_msg("rows[%zu]: %zu thrown, %zu far", i, outcome.thrown, outcome.far);
            chains_free(c);
        }
    gs_model_free(model);
}

/* ---- Advice ---- */

static void test_advice(void **state) {
    (void)state;
    gs_model *normal = normal_denoiser(), *away = scaling(900);
    gs_model *energy = normal_energy(0.5, 0.25);
    gs_plan *plan = plan_of(normal, 2, 4), *wild = plan_of(away, 2, 4), *blind = plan_of(energy, 2, 4);
    const int labels[N] = {0};
    const gs_term level_blind = {.plan = blind, .weight = 1};
    const gs_term term = {.plan = plan, .weight = 50}, opposite = {.plan = plan, .weight = -3};
    gs_term ones[8];
    for (int k = 0; k < 8; k++)
        ones[k] = (gs_term){.plan = plan, .weight = 1};
    const struct {
        gs_plan *plan;
        gs_sample_options o;
        const char *advice;
    } rows[] = {{plan, {.sampler = "annealed-langevin", .epsilon = 3}, "; lower the epsilon, 3"},
                {plan, {.sampler = "langevin", .step_size = 100}, "; lower the step size, 100"},
                {plan, {.sampler = "dpmpp-2m", .weight = 100}, "; bring the weight, 100, nearer to 1"},
                {plan, {.sampler = "heun", .terms = &term, .term_count = 1}, "; bring the weight, 50, nearer to 1"},
                {plan,
                 {.sampler = "heun", .steps = 40, .terms = &opposite, .term_count = 1},
                 "; bring the weight, -3, nearer to 1"},
                {plan, {.sampler = "dpmpp-2m", .terms = ones, .term_count = 8}, "; lower the weights, whose sum is 9"},
                {plan,
                 {.sampler = "dpmpp-2m", .terms = &level_blind, .term_count = 1},
                 "elliptical-slice, as network 2, test, takes no noise level, or lower the weights, whose sum is 2"},
                {wild, {.sampler = "dpmpp-2m", .labels = labels, .guidance = 20}, "; lower the guidance, 20"},
                {wild, {.sampler = "dpmpp-2m"}, "; no setting is to blame"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        assert_diverges(rows[i].plan, rows[i].o, "chain 0 diverged: after step ", rows[i].advice);
    gs_plan_free(plan);
    gs_plan_free(wild);
    gs_plan_free(blind);
    gs_model_free(normal);
    gs_model_free(away);
    gs_model_free(energy);
}

/* ---- Outcomes ---- */

static void assert_warns(const gs_model *model, gs_sample_options o, size_t stuck, size_t unopposed,
                         const char *words) {
    char text[GS_MESSAGE_MAX] = "";
    gs_outcome outcome;
    o.outcome = &outcome;
    chains c = chains_draw(model, o, N);
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    bool told = gs_outcome_warning(&outcome, &o, 0, text, sizeof text);
    if (outcome.chains != N || outcome.stuck != stuck || outcome.unopposed != unopposed || told != (*words != 0) ||
        !strstr(text, words) || gs_outcome_warning(&outcome, &o, 1, text, sizeof text))
        fail_msg("%s, step size %g: %zu stuck, %zu unopposed, '%s'", o.sampler, o.step_size, outcome.stuck,
                 outcome.unopposed, text);
    chains_free(c);
}

static void test_acceptance_is_told(void **state) {
    (void)state;
    gs_model *normal = normal_energy(0.3, 0.25), *flat = linear_energy(0);
    for (int i = 0; i < 2; i++) {
        gs_sample_options o = {.sampler = i ? "hmc" : "mala", .steps = 60};
        assert_warns(normal, o, 0, 0, "");
        o.burn_in = -1;
        o.step_size = 1e6;
        assert_warns(normal, o, N, 0, "20 of 20 chains accepted less than 1 % of the proposals");
        o.step_size = 1e-6;
        assert_warns(normal, o, 0, N, "the step size, 1e-06, could be larger");
        o.steps = 10; /* which might be chance */
        assert_warns(normal, o, 0, 0, "");
        o = (gs_sample_options){.sampler = o.sampler, .steps = 60, .clamp = 1};
        assert_warns(flat, o, 0, N, "the energy is nearly flat");
    }
    gs_model_free(normal);
    gs_model_free(flat);
}

static void test_text_is_cut_to_fit(void **state) {
    (void)state;
    gs_sample_options o = {.sampler = "mala", .step_size = 1, .burn_in = -1};
    const gs_outcome outcome = {.chains = 3, .far = 1, .stuck = 2};
    char text[12] = "untouched";
    assert_false(gs_outcome_warning(&outcome, &o, 2, text, sizeof text));
    assert_false(gs_outcome_warning(&outcome, &o, 0, text, 0));
    assert_string_equal(text, "untouched");
    assert_true(gs_outcome_warning(&outcome, &o, 1, text, sizeof text));
    assert_string_equal(text, "2 of 3 chai");
}

/* ---- Default steps ---- */

/* The variance that x <- (1 - pull) x + pull D + noise leaves of normal pixels tends to that of the noised pixels,
 * 1/4 + sigma^2, at whatever level the ladder ends. False alarms: 6e-7 each. */
static void test_epsilon_follows_the_last_level(void **state) {
    (void)state;
    enum { MANY = 1000 };
    gs_model *model = normal_denoiser();
    gs_plan *plan = plan_of(model, 2, 16);
    static float out[MANY * CHAIN_PIXELS];
    for (double low = 0.01; low < 2; low *= 3) {
        gs_sample_options o = {.sampler = "annealed-langevin", .steps = 10, .denoise = -1, .seed = 4};
        o.sigma_low = low;
        o.sigma_high = 30;
        assert_int_equal(gs_sample(plan, &o, (size_t)effort(MANY), out, NULL, NULL), GS_OK);
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        if (fabs(o.epsilon / (0.2 * low * low) - 1) > 1e-12 || (low == 0.01 && o.epsilon != 2e-5))
            fail_msg("epsilon is %.17g where the last level is %g", o.epsilon, low);
        /* One step's gain and noise at a level, and 100 of them, level by level. */
        double sigma[11], v = 30.0 * 30;
        gs_sample_levels(model, &o, sigma, 11);
        for (int i = 0; i < 10; i++) {
            double s2 = sigma[i] * sigma[i], alpha = 0.2 * s2, gain = 1 - alpha / 2 / (0.25 + s2);
            for (int t = 0; t < 100; t++)
                v = gain * gain * v + alpha;
        }
        assert_moments(out, (size_t)effort(MANY) * CHAIN_PIXELS, 0, v, "annealed");
        if (low > 0.1 && fabs(v / (0.25 + low * low) - 1) > 0.1)
            fail_msg("a variance of %g where the last level is %g", v, low);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

/* A file's epsilon is of the file's own lowest level. */
static void test_file_epsilon_follows(void **state) {
    (void)state;
    weights *w = weights_new("denoiser", 1, 2, 2);
    weights_inputs(w, true, 0);
    weights_node(w, "d", "affine", "['x']", "{'scale': 0.5, 'shift': 0}", NULL);
    weights_set(w, "default", "{'sampler': 'annealed-langevin', 'epsilon': 1e-3, 'sigmas': [0.1, 10]}");
    gs_model *model = weights_load(w);
    gs_sample_options o = {0}, other = {.sigma_low = 0.2, .sigma_high = 10}, own = {.epsilon = 5e-3, .sigma_low = 0.2};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_int_equal(gs_sample_resolve(model, &other, NULL), GS_OK);
    assert_int_equal(gs_sample_resolve(model, &own, NULL), GS_OK);
    assert_true(o.epsilon == 1e-3 && fabs(other.epsilon / 4e-3 - 1) < 1e-12 && own.epsilon == 5e-3);
    gs_model_free(model);
    weights_free(w);
}

/* Sums of large weights are steep: the default steps follow, so that chains stay together. */
static void test_steps_follow_the_weights(void **state) {
    (void)state;
    gs_model *model = normal_denoiser();
    gs_plan *plan = plan_of(model, 2, 16);
    float out[N * CHAIN_PIXELS];
    static const char *const samplers[] = {"annealed-langevin", "langevin"};
    for (size_t i = 0; i < GS_COUNT(samplers); i++) {
        gs_sample_options plain = {.sampler = samplers[i]}, some = {.sampler = samplers[i], .weight = 10};
        assert_int_equal(gs_sample_resolve(model, &plain, NULL), GS_OK);
        assert_int_equal(gs_sample_resolve(model, &some, NULL), GS_OK);
        assert_true(plain.epsilon == some.epsilon && plain.step_size == some.step_size);
        for (double weight = 20; weight <= 1000; weight *= 50) {
            gs_outcome outcome = {0};
            const gs_term term = {.plan = plan, .weight = weight};
            gs_sample_options o = {.sampler = samplers[i],
                                   .weight = -0.5,
                                   .terms = &term,
                                   .term_count = 1,
                                   .steps = 100,
                                   .denoise = -1,
                                   .outcome = &outcome};
            gs_error error = {.message = ""};
            if (gs_sample(plan, &o, N, out, NULL, &error) || outcome.far)
                fail_msg("%s, weight %g: '%s', %zu far", samplers[i], weight, error.message, outcome.far);
        }
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void refuse(const gs_model *model, gs_sample_options o, const char *what) {
    gs_error error = {.message = ""};
    assert_int_equal(gs_sample_resolve(model, &o, &error), GS_ERROR_ARGUMENT);
    if (!strstr(error.message, what))
        fail_msg("no '%s' in '%s'", what, error.message);
}

static void test_senseless_steps(void **state) {
    (void)state;
    gs_model *model = normal_denoiser();
    for (int i = 0; gs_sampler_get(i); i++) {
        const gs_sampler_info *row = gs_sampler_get(i);
        if (gs_sampler_needs_energy(gs_sampler_find(row->name)) || row->decodes)
            continue;
        char range[40];
        snprintf(range, sizeof range, ": expected 1 ... %d", row->steps_max);
        refuse(model, (gs_sample_options){.sampler = row->name, .steps = row->steps_max + 1}, range);
        refuse(model, (gs_sample_options){.sampler = row->name, .steps = -1}, range);
        bool solves = !strstr(row->parameters, "denoise");
        gs_sample_options o = {.sampler = row->name, .steps = 2, .sigma_low = 1, .sigma_high = 1};
        if (solves)
            refuse(model, o, "goes down 2 noise levels");
        o.steps = solves ? 1 : 2;
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    }
    gs_sample_options many = {.sampler = "annealed-langevin", .steps = 5000, .steps_per_level = 1000000};
    refuse(model, many, "expected a product of at most 4294967295");
    gs_model_free(model);
}

/* ---- Progress ---- */

typedef struct seen {
    int count;
    double part[64];
    size_t done[64];
} seen;

/* Sleeps longer than there is between calls, so that each chance to call is taken. */
static bool see(void *context, double part, size_t done, size_t n) {
    seen *s = context;
    assert_true(n == 1 && s->count < 64);
    s->part[s->count] = part;
    s->done[s->count++] = done;
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    return true;
}

/* A single chain reports every step: the part grows by one evaluation each time, from 0 to 1, or by those of a path. So
 * evaluations are as many as gs_sample_evaluations says. */
static void test_progress_within_a_chain(void **state) {
    (void)state;
    gs_model *denoiser = normal_denoiser(), *energy = normal_energy(0.3, 0.25);
    gs_plan *plans[] = {plan_of(denoiser, 1, 1), plan_of(energy, 1, 1)};
    for (int i = 0; gs_sampler_get(i); i++) {
        float out[CHAIN_PIXELS];
        seen s = {0};
        bool adapts = gs_sampler_needs_energy(gs_sampler_find(gs_sampler_get(i)->name));
        bool has_many =
            strstr(gs_sampler_get(i)->parameters, "particles") || strstr(gs_sampler_get(i)->parameters, "replicas");
        if (gs_sampler_get(i)->decodes || has_many || has_prior(gs_sampler_get(i)))
            continue;
        gs_sample_options o = {
            .sampler = gs_sampler_get(i)->name, .steps = 4, .steps_per_level = 2, .step_size = 0.01, .leapfrog = 3};
        o.max_depth = 1; /* whose paths are all of one step */
        o.progress = see;
        o.context = &s;
        assert_int_equal(gs_sample(plans[adapts], &o, 1, out, NULL, NULL), GS_OK);
        assert_int_equal(gs_sample_resolve(adapts ? energy : denoiser, &o, NULL), GS_OK);
        double all = (double)gs_sample_evaluations(adapts ? energy : denoiser, &o);
        double most = strstr(gs_sampler_get(i)->parameters, "leapfrog") ? o.leapfrog : 1;
        if (s.part[0] != 0 || s.part[s.count - 1] != 1 || s.count < 5 || s.done[0] || s.done[s.count - 1] != 1)
            fail_msg("%s: %d calls from %g to %g", o.sampler, s.count, s.part[0], s.part[s.count - 1]);
        for (int k = 1; k < s.count; k++) {
            double steps = (s.part[k] - s.part[k - 1]) * all;
            bool early = k < s.count - 1 && (s.done[k] || (k < s.count - 2 && s.part[k] == 1));
            if (!(steps > -1e-9 && steps < most + 1e-9) || early)
                fail_msg("%s: call %d of %d from %g to %g", o.sampler, k, s.count, s.part[k - 1], s.part[k]);
        }
    }
    for (int i = 0; i < 2; i++)
        gs_plan_free(plans[i]);
    gs_model_free(denoiser);
    gs_model_free(energy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sampler),
        cmocka_unit_test(test_finite_but_absurd),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_temperature_widens),
        cmocka_unit_test(test_clamped_steps),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_acceptance_is_told),
        cmocka_unit_test(test_text_is_cut_to_fit),
        cmocka_unit_test(test_epsilon_follows_the_last_level),
        cmocka_unit_test(test_file_epsilon_follows),
        cmocka_unit_test(test_steps_follow_the_weights),
        cmocka_unit_test(test_senseless_steps),
        cmocka_unit_test(test_progress_within_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
