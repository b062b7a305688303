/* baoab, nuts and barker, adapted masses, and what is recorded of each step, on densities with known moments.
 *
 * Statistical tests have fixed seeds and bounds of 5 standard errors: false-alarm rates 6e-7 for each mean and each
 * variance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample/adaptation.h"
#include "sample/path.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/geweke.h"
#include "support/networks.h"
#include "support/statistics.h"

static void *room(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static gs_model *density(const char *text) {
    gs_model *model;
    gs_error error;
    if (gs_model_create_density(text, &model, &error))
        fail_msg("%s", error.message);
    return model;
}

/* The last states of n chains, (n, dimensions), to be freed. */
static float *draw(const gs_model *model, gs_sample_options o, size_t n) {
    gs_error error;
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .threads = 2});
    float *out = room(n * (size_t)model->info.shape[0], sizeof *out);
    if (gs_sample(plan, &o, n, out, NULL, &error))
        fail_msg("%s", error.message);
    gs_plan_free(plan);
    return out;
}

/* ---- Moments ---- */

/* 100 dimensions with deviations of 0.3 ... 3, equally spaced by their logarithms. */
enum { DIM = 100 };

static double deviation(int i) {
    return 0.3 * pow(10, i / (double)(DIM - 1));
}

static gs_model *unequal(void) {
    char text[2000] = "gaussian:dim=100,levels=no,sd=";
    for (int i = 0; i < DIM; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.9g", i ? "/" : "", deviation(i));
    return density(text);
}

static void test_unequal_scales(void **state) {
    (void)state;
    const gs_sample_options runs[] = {{.sampler = "baoab", .steps = 150, .step_size = 0.3, .friction = 0.5},
                                      {.sampler = "nuts", .steps = 170, .burn_in = 150},
                                      {.sampler = "hmc", .steps = 170, .burn_in = 150, .adapt_mass = 1},
                                      {.sampler = "mala", .steps = 700, .burn_in = 400, .adapt_mass = 1},
                                      {.sampler = "barker", .steps = 900, .burn_in = 400, .adapt_mass = 1}};
    const size_t n = (size_t)effort(40);
    gs_model *model = unequal();
    for (size_t k = 0; k < GS_COUNT(runs); k++) {
        about("%s", runs[k].sampler);
        float *x = draw(model, runs[k], n);
        for (size_t i = 0; i < n * DIM; i++)
            x[i] = (float)((double)x[i] / deviation((int)(i % DIM)));
        assert_moments(x, n * DIM, 0, 1, runs[k].sampler);
        free(x);
    }
    gs_model_free(model);
}

/* BAOAB has no bias on a normal law, whatever its step. */
static void test_one_dimension(void **state) {
    (void)state;
    const gs_sample_options runs[] = {
        {.sampler = "baoab", .steps = 60, .step_size = 0.9, .friction = 1, .temperature = 0.7},
        {.sampler = "nuts", .steps = 60, .temperature = 0.7},
        {.sampler = "barker", .steps = 120, .temperature = 0.7}};
    const size_t n = (size_t)effort(4000);
    gs_model *model = density("gaussian:mean=0.5,sd=0.75,levels=no");
    for (size_t k = 0; k < GS_COUNT(runs); k++) {
        about("%s", runs[k].sampler);
        float *x = draw(model, runs[k], n);
        assert_moments(x, n, 0.5, 0.7 * 0.75 * 0.75, runs[k].sampler);
        free(x);
    }
    gs_model_free(model);
}

/* The first element is standard normal; the deviations of the others are exp(x_1 / 2). */
static void test_funnel(void **state) {
    (void)state;
    const gs_sample_options runs[] = {{.sampler = "nuts", .steps = 120, .adapt_mass = -1, .target = 0.9},
                                      {.sampler = "hmc", .steps = 120, .target = 0.9},
                                      {.sampler = "barker", .steps = 600}};
    const size_t n = (size_t)effort(400);
    gs_model *model = density("funnel:dim=4,scale=1");
    for (size_t k = 0; k < GS_COUNT(runs); k++) {
        about("%s", runs[k].sampler);
        float *x = draw(model, runs[k], n), *first = room(n, sizeof *first);
        for (size_t i = 0; i < n; i++)
            first[i] = x[4 * i];
        assert_moments(first, n, 0, 1, runs[k].sampler);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 1; j < 4; j++)
                x[3 * i + j - 1] = (float)((double)x[4 * i + j] / exp(0.5 * (double)first[i]));
        assert_moments(x, 3 * n, 0, 1, runs[k].sampler);
        free(first);
        free(x);
    }
    gs_model_free(model);
}

/* ---- Adaptation ---- */

/* The windows of Stan's manual: 75, then 25, 50, 100, 200 and 500, then 50. */
static void test_windows(void **state) {
    (void)state;
    static const struct {
        int burn_in, first, ends[6];
    } rows[] = {{1000, 75, {100, 150, 250, 450, 950}},
                {150, 75, {100}},
                {200, 75, {100, 150}},
                {100, 15, {90}},
                {20, 3, {18}},
                {19, 19, {0}}};
    for (size_t k = 0; k < GS_COUNT(rows); k++) {
        int ended = 0, last = 0;
        for (const int *end = rows[k].ends; end < rows[k].ends + 6; end++)
            last = *end ? *end : last;
        for (int t = 0; t < rows[k].burn_in; t++) {
            about("%d steps, t %d", rows[k].burn_in, t);
            gs_window window = gs_adaptation_window(rows[k].burn_in, t);
            assert_int_equal(window != GS_WINDOW_NONE, t >= rows[k].first && t < last);
            if (window == GS_WINDOW_ENDS)
                assert_int_equal(t + 1, rows[k].ends[ended++]);
        }
        assert_true(ended == 6 || !rows[k].ends[ended]);
    }
}

static void test_mass(void **state) {
    (void)state;
    enum { CHAINS = 4 };
    const gs_sample_options runs[] = {{.sampler = "nuts", .steps = 601, .burn_in = 600},
                                      {.sampler = "hmc", .steps = 601, .burn_in = 600, .adapt_mass = 1},
                                      {.sampler = "hmc", .steps = 20}};
    gs_model *model = unequal();
    float *mass = room(CHAINS * DIM, sizeof *mass);
    const gs_sample_stats stats = {.inverse_mass = mass};
    for (size_t k = 0; k < GS_COUNT(runs); k++) {
        about("runs[%zu]", k);
        gs_sample_options o = runs[k];
        o.stats = &stats;
        double sum = 0;
        free(draw(model, o, CHAINS));
        for (size_t i = 0; i < CHAINS * DIM; i++) {
            double variance = pow(deviation((int)(i % DIM)), 2), ratio = (double)mass[i] / variance;
            assert_true(k == 2 ? mass[i] == 1 : ratio > 0.3 && ratio < 3);
            sum += fabs(log(ratio)) / (CHAINS * DIM);
        }
        assert_true(k == 2 || sum < 0.2);
    }
    free(mass);
    gs_model_free(model);
}

/* ---- What is recorded ---- */

typedef struct recorded {
    gs_sample_stats stats;
    gs_trace trace;
    float *states; /* (steps + 1, n, dimensions) */
    gs_sample_options o;
    size_t n, steps, dim;
} recorded;

static recorded record(const gs_model *model, gs_sample_options o, size_t n) {
    gs_error error;
    if (gs_sample_resolve(model, &o, &error))
        fail_msg("%s", error.message);
    recorded r = {.o = o, .n = n, .steps = (size_t)o.steps, .dim = (size_t)model->info.shape[0]};
    size_t all = n * r.steps;
    r.states = room((r.steps + 1) * n * r.dim, sizeof *r.states);
    r.stats = (gs_sample_stats){room(all, 1),
                                room(all, 1),
                                room(all, 1),
                                room(all, sizeof(int)),
                                room(all, sizeof(double)),
                                room(all, sizeof(double)),
                                room(all, sizeof(double)),
                                room(n * r.dim, sizeof(float))};
    r.trace = (gs_trace){.energy = room(all + n, sizeof(float)),
                         .acceptance = room(all, sizeof(float)),
                         .step_size = room(n, sizeof(double))};
    o.stats = &r.stats;
    o.trace = &r.trace;
    o.every = 1;
    o.trajectory = r.states;
    free(draw(model, o, n));
    return r;
}

static void forget(recorded r) {
    free(r.states);
    free(r.trace.energy);
    free(r.trace.acceptance);
    free(r.trace.step_size);
    free(r.stats.accepted);
    free(r.stats.divergent);
    free(r.stats.depth);
    free(r.stats.leapfrog);
    free(r.stats.energy);
    free(r.stats.energy_error);
    free(r.stats.step_size);
    free(r.stats.inverse_mass);
}

static void check_path(const recorded *r, size_t at) {
    int taken = r->stats.leapfrog[at], depth = r->stats.depth[at];
    if (!strcmp(r->o.sampler, "nuts")) {
        assert_in_range(depth, 0, r->o.max_depth);
        assert_in_range(taken, depth ? (1 << depth) - 1 : 1, (2 << depth) - 1);
    } else {
        assert_int_equal(depth, 0);
        assert_int_equal(taken, !strcmp(r->o.sampler, "hmc") ? r->o.leapfrog : 1);
    }
}

static void check_step(const recorded *r, size_t t, size_t k) {
    size_t at = t * r->n + k;
    const float *x = r->states + at * r->dim;
    bool moved = memcmp(x, x + r->n * r->dim, r->dim * sizeof *x);
    double potential = (double)r->trace.energy[at + r->n] / r->o.temperature;
    about("%s, step %zu, chain %zu", r->o.sampler, t, k);
    assert_int_equal(r->stats.accepted[at], moved);
    assert_true(r->stats.energy[at] >= potential);
    if (!strcmp(r->o.sampler, "barker"))
        assert_true(r->stats.energy[at] == potential);
    if (t >= (size_t)r->o.burn_in) {
        assert_true(r->stats.step_size[at] == r->trace.step_size[k]);
        assert_int_equal(r->stats.divergent[at], 0);
    }
    check_path(r, at);
}

static void test_stats(void **state) {
    (void)state;
    static const gs_sample_options runs[] = {
        {.sampler = "mala", .steps = 60, .temperature = 2},
        {.sampler = "hmc", .steps = 60, .leapfrog = 3, .adapt_mass = 1},
        {.sampler = "nuts", .steps = 60, .max_depth = 3},
        {.sampler = "nuts", .steps = 120, .temperature = 0.5},
        {.sampler = "barker", .steps = 60, .adapt_mass = 1},
    };
    gs_model *model = density("gaussian:dim=5,sd=0.5/1/1/2/3,levels=no");
    for (size_t k = 0; k < GS_COUNT(runs); k++) {
        recorded r = record(model, runs[k], 7);
        for (size_t i = 0; i < r.n * r.steps; i++)
            check_step(&r, i / r.n, i % r.n);
        forget(r);
    }
    gs_model_free(model);
}

/* Steps that are far too long. */
static void test_divergence_is_recorded(void **state) {
    (void)state;
    static const char *const samplers[] = {"mala", "hmc", "nuts"};
    gs_model *model = density("gaussian:dim=5,sd=0.01,levels=no");
    for (size_t k = 0; k < GS_COUNT(samplers); k++) {
        about("%s", samplers[k]);
        gs_sample_options o = {.sampler = samplers[k], .steps = 5, .step_size = 100, .burn_in = -1};
        recorded r = record(model, o, 3);
        for (size_t i = 0; i < r.n * r.steps; i++) {
            assert_true(r.stats.divergent[i] && !r.stats.accepted[i]);
            assert_int_equal(r.stats.depth[i], 0);
        }
        forget(r);
    }
    gs_model_free(model);
}

/* Any of the arrays may be missing. */
static void test_stats_change_nothing(void **state) {
    (void)state;
    enum { CHAINS = 5, PARTS = sizeof(gs_sample_stats) / sizeof(void *) };
    gs_model *model = density("gaussian:dim=5,sd=0.5/1/1/2/3,levels=no");
    gs_sample_options o = {.sampler = "nuts", .steps = 40};
    float *plain = draw(model, o, CHAINS);
    recorded r = record(model, o, CHAINS);
    for (size_t k = 0; k < PARTS; k++) {
        gs_sample_stats stats = r.stats;
        memset((char *)&stats + k * sizeof(void *), 0, sizeof(void *));
        o.stats = &stats;
        float *x = draw(model, o, CHAINS);
        assert_memory_equal(x, plain, CHAINS * 5 * sizeof *x);
        free(x);
    }
    forget(r);
    free(plain);
    gs_model_free(model);
}

/* ---- The criterion ---- */

enum { STATES = 64, SIZE = 3 };

static double along(const double *a, const double *b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void sum_of(float r[STATES][SIZE], int from, int to, double sum[SIZE]) {
    for (int k = 0; k < SIZE; k++) {
        sum[k] = 0;
        for (int i = from; i < to; i++)
            sum[k] += (double)r[i][k];
    }
}

static bool goes_on(float r[STATES][SIZE], int from, int to) {
    double sum[SIZE], begin[SIZE], end[SIZE];
    sum_of(r, from, to, sum);
    sum_of(r, from, from + 1, begin);
    sum_of(r, to - 1, to, end);
    return along(begin, sum) > 0 && along(end, sum) > 0;
}

/* Stan's recursion: whether states from ... to - 1 turn, or a half of them does. */
static bool turns(float r[STATES][SIZE], int from, int to) {
    int middle = (from + to) / 2;
    if (to - from == 1)
        return false;
    return turns(r, from, middle) || turns(r, middle, to) || !goes_on(r, from, to) || !goes_on(r, from, middle + 1) ||
           !goes_on(r, middle - 1, to);
}

/* Momenta that turn at some point, and wobble. */
static void wind(float r[STATES][SIZE], uint64_t *state) {
    double speed = 0.3 * geweke_uniform(state), noise = 0.5 * geweke_uniform(state);
    for (int i = 0; i < STATES; i++)
        for (int k = 0; k < SIZE; k++)
            r[i][k] = (float)(cos(speed * i + k) + noise * geweke_normal(state));
}

/* The pile of stretches finds what the recursion finds, and no sooner than at the end of the part that turns. */
static void test_paths_turn_as_by_recursion(void **state) {
    (void)state;
    enum { DEPTH = 6 };
    float own[(GS_MASS_STATES + GS_PATH_STATES(DEPTH)) * SIZE];
    const gs_plan plan = {.kernels = gs_kernels_at(0)};
    const gs_sampling run = {.plan = &plan};
    const gs_chains c = {.run = &run, .size = SIZE, .room = SIZE, .own = own};
    uint64_t random = 5;
    int turned = 0;
    for (int i = 0; i < 2000; i++) {
        about("path %d", i);
        float r[STATES][SIZE];
        wind(r, &random);
        uint32_t states = 0;
        while (states < STATES && gs_path_add(&c, 0, states, r[states]))
            states++;
        for (int length = 1; length <= STATES; length *= 2) /* parts from the beginning */
            assert_int_equal(turns(r, 0, length), states < (uint32_t)length);
        turned += states < STATES;
    }
    assert_in_range(turned, 200, 1999);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unequal_scales),
        cmocka_unit_test(test_one_dimension),
        cmocka_unit_test(test_funnel),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_mass),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_divergence_is_recorded),
        cmocka_unit_test(test_stats_change_nothing),
        cmocka_unit_test(test_paths_turn_as_by_recursion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
