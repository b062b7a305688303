/* log Z by ais and tempered-smc where it is known, their samples, and tempering between modes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/math64.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/networks.h"

enum { CHAINS_MAX = 2000, DIM_MAX = 100 };

typedef struct drawn {
    gs_model *model;
    gs_plan *plan;
    int dim;
    size_t n;
    float x[CHAINS_MAX * DIM_MAX];
    double log_weight[CHAINS_MAX], exchange[64 * CHAINS_MAX];
} drawn;

static void draw_planned(drawn *d, const char *text, gs_sample_options o, size_t n, gs_plan_options how) {
    gs_error error;
    if (gs_model_create_density(text, &d->model, &error))
        fail_msg("%s", error.message);
    how.gradient = true;
    d->plan = make_plan(d->model, how);
    d->dim = gs_model_get_info(d->model)->shape[0];
    d->n = n;
    assert_true(n <= CHAINS_MAX && d->dim <= DIM_MAX);
    memset(d->log_weight, 0, sizeof d->log_weight);
    gs_trace trace = {.log_weight = d->log_weight, .exchange = d->exchange};
    o.trace = &trace;
    if (gs_sample(d->plan, &o, n, d->x, NULL, &error))
        fail_msg("%s", error.message);
    gs_plan_free(d->plan);
    gs_model_free(d->model);
}

static drawn *draw(const char *text, gs_sample_options o, int n) {
    drawn *d = malloc(sizeof *d);
    assert_non_null(d);
    draw_planned(d, text, o, (size_t)effort(n), (gs_plan_options){0});
    return d;
}

static double below(double z) {
    return 0.5 * erfc(-z / sqrt(2));
}

/* The mean of weights is Z exactly, whatever the steps, so that an estimate more than five standard errors off has a
 * probability of 6e-7 each where weights are as many as a quarter of the chains, which is checked. */
static void log_z_is_found(void **state) {
    (void)state;
    const double pi = 3.141592653589793;
    const double inside = below(1) - below(-3); /* of N(0.5, 0.5^2) in (-1, 1) */
    const struct {
        const char *text;
        gs_sample_options options;
        int chains;
        double log_z;
    } cases[] = {
        {"gaussian:levels=no,log-z=3", {.sampler = "ais", .steps = 60}, 200, 3},
        {"gaussian:levels=no,dim=10,mean=1,sd=0.5", {.sampler = "ais", .steps = 200}, 100, 0},
        {"gaussian:levels=no,dim=100", {.sampler = "ais", .steps = 600, .prior_scale = 1.5}, 32, 0},
        {"gaussian:levels=no,log-z=3", {.sampler = "tempered-smc", .particles = 16}, 30, 3},
        {"gaussian:levels=no,dim=10,mean=1,sd=0.5", {.sampler = "tempered-smc", .particles = 32}, 16, 0},
        {"gaussian:levels=no,dim=100", {.sampler = "tempered-smc", .prior_scale = 1.5, .particles = 32}, 12, 0},
        {"gaussian:dim=4,sd=0.5",
         {.sampler = "tempered-smc", .sigma_low = 0.7, .sigma_high = 0.7, .particles = 16},
         20,
         0},
        {"gaussian:levels=no,dim=2,log-z=3",
         {.sampler = "ais", .steps = 60, .temperature = 2},
         200,
         1.5 - 0.5 * log(2 * pi) + log(4 * pi)}, /* of (exp(-|x|^2 / 2 + 3) / 2 pi)^(1 / 2) */
        {"mixture:levels=no,dim=3,means=-2,2,sd=0.7,weights=0.3,0.7", {.sampler = "ais", .steps = 150}, 100, 0},
        {"mixture:levels=no,dim=3,means=-2,2,sd=0.7,weights=0.3,0.7",
         {.sampler = "tempered-smc", .particles = 32},
         20,
         0},
        {"double-well:dim=4,log-z=7", {.sampler = "tempered-smc", .particles = 32}, 20, 7},
        {"gaussian:levels=no,dim=3,mean=0.5,sd=0.5,range=-1,1",
         {.sampler = "ais", .steps = 100, .clamp = 1},
         100,
         3 * log(inside)},
        {"gaussian:levels=no,dim=3,mean=0.5,sd=0.5,range=-1,1",
         {.sampler = "tempered-smc", .particles = 16, .clamp = 1},
         20,
         3 * log(inside)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gs_partition p;
        gs_error error;
        about("cases[%zu], %s of %s", i, cases[i].options.sampler, cases[i].text);
        drawn *d = draw(cases[i].text, cases[i].options, cases[i].chains);
        if (gs_partition_estimate(d->log_weight, d->n, &p, &error))
            fail_msg("%s", error.message);
        print_message("%s, %s: log Z %.3f +- %.3f (%.3f), %.0f of %zu\n", cases[i].options.sampler, cases[i].text,
                      p.log_z, p.error, cases[i].log_z, p.effective, p.chains);
        assert_true(p.chains == d->n);
        if (effort_percent() == 100) {
            assert_true(p.effective > 0.25 * (double)d->n);
            assert_true(fabs(p.log_z - cases[i].log_z) < 5 * p.error);
        }
        free(d);
    }
}

/* Samples of ais count by their weights, those of tempered-smc alike; the share of N(2, 0.7^2) is 0.7. Five standard
 * errors, of (sum w)^2 / sum w^2 samples, are a false-alarm rate of 6e-7; tempered-smc of few particles may be 3 % off.
 */
static void samples_are_of_the_target(void **state) {
    (void)state;
    const char *const samplers[] = {"ais", "tempered-smc"};
    for (size_t i = 0; i < 2; i++) {
        about("%s", samplers[i]);
        gs_sample_options o = {.sampler = samplers[i], .steps = i ? 100 : 60, .particles = 16, .seed = 2};
        drawn *d = draw("mixture:levels=no,dim=2,means=-2,2,sd=0.7,weights=0.3,0.7", o, i ? 200 : 500);
        double sum = 0, squares = 0, above = 0;
        for (size_t k = 0; k < d->n; k++) {
            double w = i ? 1 : exp(d->log_weight[k]);
            sum += w;
            squares += w * w;
            above += w * (d->x[2 * k] > 0);
        }
        double share = above / sum, error = sqrt(0.7 * 0.3 * squares) / sum;
        print_message("%s: share %.3f +- %.3f (0.700)\n", samplers[i], share, error);
        assert_true(fabs(share - 0.7) < 5 * error + (i ? 0.03 : 0));
        free(d);
    }
}

/* Wells that no chain leaves at one temperature: replicas bring both, by temperatures or noise levels. Chains are
 * independent, so that a share of 0.3 may be five binomial standard errors off, a false-alarm rate of 6e-7. */
static void tempering_crosses_between_modes(void **state) {
    (void)state;
    const struct {
        const char *text;
        gs_sample_options options;
    } cases[] = {
        {"mixture:levels=no,dim=2,means=-4,4,sd=0.5,weights=0.3,0.7", {.hottest = 60, .steps = 200}},
        {"mixture:dim=2,means=-4,4,sd=0.5,weights=0.3,0.7",
         {.sigma_low = 0.1, .sigma_high = 8, .steps = 200, .denoise = -1}},
        {"mixture:levels=no,dim=2,means=-4,4,sd=0.5,weights=0.3,0.7", {.rungs = {1, 2, 5, 12, 28, 60}, .steps = 200}},
        {"mixture:dim=2,means=-4,4,sd=0.5,weights=0.3,0.7",
         {.sigma_low = 0.1, .sigma_high = 8, .steps = 200, .denoise = -1, .rungs = {1, 3, 8, 19, 40, 80}}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("cases[%zu]", i);
        gs_sample_options o = cases[i].options;
        o.sampler = "tempering";
        o.leapfrog = 3;
        o.replicas = 6;
        drawn *d = draw(cases[i].text, o, 150);
        double above = 0, least = 1, chains = (double)d->n;
        for (size_t k = 0; k < d->n; k++)
            above += (d->x[2 * k] > 0) / chains;
        for (size_t k = 0; k < 5 * d->n; k++) {
            assert_true(d->exchange[k] >= 0 && d->exchange[k] <= 1);
            least = fmin(least, d->exchange[k]);
        }
        print_message("share %.3f (0.700), least exchange %.3f\n", above, least);
        assert_true(fabs(above - 0.7) < 5 * sqrt(0.7 * 0.3 / chains));
        free(d);
    }
}

/* Rungs in equal ratios are what tempering has without any; replicas and the hottest follow from them. */
static void rungs_are_the_replicas(void **state) {
    (void)state;
    const char *const text = "mixture:levels=no,dim=2,means=-4,4,sd=0.5";
    gs_sample_options equal = {.sampler = "tempering", .steps = 20, .replicas = 4, .hottest = 20};
    gs_sample_options given = {.sampler = "tempering", .steps = 20};
    for (int r = 0; r < 4; r++)
        given.rungs[r] = gs_exp64(r / 3.0 * gs_log64(20));
    given.rungs[3] = 20;
    drawn *one = draw(text, equal, 5), *other = draw(text, given, 5);
    size_t size = one->n * 2 * sizeof(float);
    assert_memory_equal(one->x, other->x, size);
    given.rungs[1] = 2;
    free(other);
    other = draw(text, given, 5);
    assert_memory_not_equal(one->x, other->x, size);
    free(one);
    free(other);
}

static void wrong_rungs_are_refused(void **state) {
    (void)state;
    const struct {
        const char *text, *message;
        gs_sample_options options;
    } cases[] = {
        {"gaussian:levels=no", "rungs: the first is 2; expected 1", {.rungs = {2, 3, 4}}},
        {"gaussian:levels=no", "rungs: a single one; expected 2 ... 64", {.rungs = {1}}},
        {"gaussian:levels=no", "rungs: 2 follows 3; expected each greater", {.rungs = {1, 3, 2}}},
        {"gaussian:levels=no", "rungs: 3 follows 3", {.rungs = {1, 3, 3}}},
        {"gaussian:levels=no", "rungs: -1 follows 1", {.rungs = {1, -1}}},
        {"gaussian:levels=no", "rungs: nan follows 1", {.rungs = {1, (double)NAN}}},
        {"gaussian:levels=no", "rungs: 1e+07 follows 1", {.rungs = {1, 1e7}}},
        {"gaussian:levels=no", "rungs: there are 2, one per replica, and 3 replicas", {.rungs = {1, 2}, .replicas = 3}},
        {"gaussian:levels=no", "rungs: the last is 2, and hottest 4", {.rungs = {1, 2}, .hottest = 4}},
        {"gaussian",
         "rungs: the last is 2, expected 4, the upper sigma over the lower one",
         {.rungs = {1, 2}, .sigma_low = 0.5, .sigma_high = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("cases[%zu]", i);
        gs_model *model;
        gs_error error;
        gs_sample_options o = cases[i].options;
        o.sampler = "tempering";
        assert_int_equal(gs_model_create_density(cases[i].text, &model, NULL), GS_OK);
        assert_int_equal(gs_sample_resolve(model, &o, &error), GS_ERROR_ARGUMENT);
        if (!strstr(error.message, cases[i].message))
            fail_msg("%s", error.message);
        gs_model_free(model);
    }
}

/* The same bytes for every number of threads and chains per block. */
static void blocks_make_no_difference(void **state) {
    (void)state;
    const gs_sample_options cases[] = {{.sampler = "ais", .steps = 12},
                                       {.sampler = "tempered-smc", .particles = 5, .steps = 30},
                                       {.sampler = "tempering", .replicas = 3, .steps = 12},
                                       {.sampler = "mclmc", .steps = 12},
                                       {.sampler = "mclmc-adjusted", .steps = 6}};
    drawn *one = malloc(sizeof *one), *other = malloc(sizeof *other);
    assert_true(one && other);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const text = "mixture:levels=no,dim=3,means=-2,2,sd=0.7";
        about("cases[%zu], %s", i, cases[i].sampler);
        draw_planned(one, text, cases[i], 7, (gs_plan_options){.threads = 1, .block = 7});
        draw_planned(other, text, cases[i], 7, (gs_plan_options){.threads = 3, .block = 2});
        assert_memory_equal(one->x, other->x, 7 * 3 * sizeof(float));
        assert_memory_equal(one->log_weight, other->log_weight, 7 * sizeof(double));
    }
    free(one);
    free(other);
}

static void estimates_are_by_hand(void **state) {
    (void)state;
    gs_partition p;
    gs_error error;
    const double two[2] = {1000, 1000 + log(3)}, nothing[2] = {-INFINITY, -INFINITY}, part[2] = {-INFINITY, -5};
    assert_int_equal(gs_partition_estimate(two, 2, &p, &error), GS_OK); /* weights 1 and 3 */
    assert_true(fabs(p.log_z - 1000 - log(2)) < 1e-12 && fabs(p.effective - 1.6) < 1e-12);
    assert_true(fabs(p.error - 0.5) < 1e-12);
    assert_int_equal(gs_partition_estimate(part, 2, &p, &error), GS_OK);
    assert_true(fabs(p.log_z + 5 + log(2)) < 1e-12 && fabs(p.effective - 1) < 1e-12);
    assert_int_equal(gs_partition_estimate(two, 1, &p, NULL), GS_OK);
    assert_true(p.log_z == 1000 && isnan(p.error));
    assert_int_equal(gs_partition_estimate(nothing, 2, &p, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "weights are 0"));
    assert_int_equal(gs_partition_estimate(two, 0, &p, &error), GS_ERROR_ARGUMENT);
    const double bad[2] = {NAN, INFINITY};
    for (int i = 0; i < 2; i++)
        assert_int_equal(gs_partition_estimate(bad + i, 1, &p, &error), GS_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(log_z_is_found),
                                       cmocka_unit_test(samples_are_of_the_target),
                                       cmocka_unit_test(tempering_crosses_between_modes),
                                       cmocka_unit_test(rungs_are_the_replicas),
                                       cmocka_unit_test(wrong_rungs_are_refused),
                                       cmocka_unit_test(blocks_make_no_difference),
                                       cmocka_unit_test(estimates_are_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
