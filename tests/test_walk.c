/* Chains in several calls: walks cut between steps, streams cut into blocks, and sums of a judge's figures cut into
 * parts give what one call gives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/plan.h"
#include "support/about.h"
#include "support/random.h"

enum { CHAINS = 37, DIM = 2, STEPS = 60 };

static gs_plan *plan_of(const char *density, gs_model **model) {
    gs_error error;
    gs_plan *plan;
    if (gs_model_create_density(density, model, &error))
        fail_msg("%s", error.message);
    if (gs_plan_create(*model, &(gs_plan_options){.threads = 2, .gradient = true}, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
}

/* ---- Walks ---- */

static const char *const walkers[] = {"langevin", "mala", "hmc", "barker"};

static gs_sample_options walking(const char *sampler, int burn_in) {
    return (gs_sample_options){.sampler = sampler,
                               .steps = STEPS,
                               .burn_in = strcmp(sampler, "langevin") != 0 ? burn_in : 0,
                               .leapfrog = strcmp(sampler, "hmc") != 0 ? 0 : 3,
                               .seed = 5,
                               .first_chain = 11};
}

/* All steps, in calls that end after random numbers of them; the last outcome is *outcome. */
static void walk(gs_plan *plan, gs_sample_options o, uint64_t *random, float *out, gs_outcome *outcome) {
    float gradient[CHAINS * DIM];
    double numbers[CHAINS * GS_WALK_NUMBERS];
    gs_error error;
    o.outcome = outcome;
    for (int step = 0; step < STEPS;) {
        int until = step + 1 + random_below(random, 20);
        gs_walk part = {.from = step, .until = until < STEPS ? until : STEPS, .gradient = gradient, .numbers = numbers};
        o.walk = &part;
        if (gs_sample(plan, &o, CHAINS, out, NULL, &error))
            fail_msg("%s", error.message);
        step = part.until;
    }
}

static void a_walk_may_stop_after_any_step(void **state) {
    (void)state;
    uint64_t random = 1;
    gs_model *model;
    gs_plan *plan = plan_of("gaussian:dim=2,levels=no", &model);
    for (size_t i = 0; i < 4 * 2 * 4; i++) {
        about("%s, case %zu", walkers[i % 4], i);
        gs_sample_options o = walking(walkers[i % 4], i / 4 % 2 ? 25 : -1);
        gs_outcome whole, cut;
        float expected[CHAINS * DIM], found[CHAINS * DIM];
        gs_error error;
        o.outcome = &whole;
        if (gs_sample(plan, &o, CHAINS, expected, NULL, &error))
            fail_msg("%s", error.message);
        walk(plan, o, &random, found, &cut);
        assert_memory_equal(found, expected, sizeof found);
        assert_int_equal(cut.stuck, whole.stuck);
        assert_int_equal(cut.unopposed, whole.unopposed);
        assert_int_equal(cut.chains, whole.chains);
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void walks_that_cannot_be_are_refused(void **state) {
    (void)state;
    gs_model *model;
    gs_plan *plan = plan_of("gaussian:dim=2", &model);
    float out[CHAINS * DIM], gradient[CHAINS * DIM];
    double numbers[CHAINS * GS_WALK_NUMBERS];
    gs_walk good = {.until = 3, .gradient = gradient, .numbers = numbers};
    const struct {
        const char *sampler;
        gs_walk walk;
    } bad[] = {{"dpmpp-2m", good},
               {"mala", {.from = -1, .until = 3, .gradient = gradient, .numbers = numbers}},
               {"mala", {.from = 3, .until = 3, .gradient = gradient, .numbers = numbers}},
               {"mala", {.until = STEPS + 1, .gradient = gradient, .numbers = numbers}},
               {"hmc", {.until = 3, .numbers = numbers}},
               {"hmc", {.until = 3, .gradient = gradient}}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        gs_error error;
        gs_sample_options o = {.sampler = bad[i].sampler, .steps = STEPS, .walk = &bad[i].walk};
        assert_int_equal(gs_sample(plan, &o, CHAINS, out, NULL, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "walk: "));
    }
    float states[2 * CHAINS * DIM];
    gs_error error;
    gs_sample_options o = {.sampler = "mala", .steps = STEPS, .walk = &good, .trajectory = states};
    assert_int_equal(gs_sample(plan, &o, CHAINS, out, NULL, &error), GS_ERROR_ARGUMENT);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Streams ---- */

typedef struct taken {
    float x[CHAINS * DIM];
    uint64_t next;
    size_t most;
    gs_status ends; /* after the first block */
} taken;

static gs_status take(void *context, uint64_t at, size_t n, const float *samples, gs_error *error) {
    taken *t = context;
    assert_true(at == t->next && at + n <= CHAINS);
    memcpy(t->x + at * DIM, samples, n * DIM * sizeof(float));
    t->next = at + n;
    t->most = n > t->most ? n : t->most;
    return t->ends ? gs_fail(error, t->ends, "no more") : GS_OK;
}

static void a_stream_has_the_samples_of_one_call(void **state) {
    (void)state;
    gs_model *model;
    gs_plan *plan = plan_of("mixture:means=-2/0,2/0", &model);
    gs_sample_options o = {.steps = 8, .seed = 2, .first_chain = 3};
    float expected[CHAINS * DIM];
    gs_error error;
    assert_int_equal(gs_sample(plan, &o, CHAINS, expected, NULL, &error), GS_OK);
    for (size_t block = 0; block <= CHAINS + 1; block += 1 + block / 3) {
        about("block %zu", block);
        taken t = {.next = 0};
        uint64_t done = 0;
        assert_int_equal(gs_sample_stream(plan, &o, CHAINS, block, &(gs_taker){take, &t}, &done, &error), GS_OK);
        assert_true(done == CHAINS && t.next == CHAINS && (!block || t.most <= block));
        assert_memory_equal(t.x, expected, sizeof expected);
    }
    taken t = {.ends = GS_ERROR_FILE};
    uint64_t done = 1;
    assert_int_equal(gs_sample_stream(plan, &o, CHAINS, 10, &(gs_taker){take, &t}, &done, &error), GS_ERROR_FILE);
    assert_string_equal(error.message, "no more");
    assert_true(done == 0 && t.next == 10);
    assert_int_equal(gs_sample_stream(plan, &o, 0, 10, &(gs_taker){take, &t}, &done, &error), GS_OK);
    o.trajectory = expected;
    assert_int_equal(gs_sample_stream(plan, &o, CHAINS, 10, &(gs_taker){take, &t}, &done, &error), GS_ERROR_ARGUMENT);
    o = (gs_sample_options){.first_chain = UINT64_MAX};
    assert_int_equal(gs_sample_stream(plan, &o, CHAINS, 10, &(gs_taker){take, &t}, &done, &error), GS_ERROR_ARGUMENT);
    gs_plan_free(plan);
    gs_model_free(model);
}

static bool stop_at_once(void *context, double part, size_t done, size_t n) {
    (void)context;
    (void)part;
    (void)done;
    (void)n;
    return false;
}

static void an_interrupted_stream_says_so(void **state) {
    (void)state;
    gs_model *model;
    gs_plan *plan = plan_of("gaussian:dim=2", &model);
    gs_sample_options o = {.progress = stop_at_once};
    taken t = {.next = 0};
    uint64_t done = 1;
    gs_error error;
    assert_int_equal(gs_sample_stream(plan, &o, CHAINS, 10, &(gs_taker){take, &t}, &done, &error),
                     GS_ERROR_INTERRUPTED);
    assert_true(done == t.next);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Sums ---- */

enum { IMAGES = 90, PIXELS = 784 };

static gs_plan *judge_plan(gs_model **model) {
    gs_error error;
    gs_plan *plan = NULL;
    if (gs_model_load(GS_SOURCE_DIR "/models/judge.bin", model, &error) ||
        gs_plan_create(*model, &(gs_plan_options){.threads = 2}, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
}

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance) && !(isnan(found) && isnan(expected)))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

static void assert_same_quality(const gs_quality *found, const gs_quality *expected) {
    assert_int_equal(found->n, expected->n);
    assert_int_equal(found->label, expected->label);
    assert_near(found->frechet, expected->frechet, 1e-8 * expected->frechet);
    assert_near(found->agreement, expected->agreement, 0);
    assert_near(found->confident, expected->confident, 0);
    assert_near(found->rejected, expected->rejected, 0);
    for (int i = 0; i < expected->classes; i++)
        assert_near(found->share[i], expected->share[i], 0);
}

/* The sums of images that are added in random parts. */
static void sum(gs_plan *plan, const float *images, const int *labels, uint64_t *random, gs_quality_sums **sums) {
    gs_error error;
    assert_int_equal(gs_quality_sums_create(plan, sums, &error), GS_OK);
    for (size_t at = 0, n; at < IMAGES; at += n) {
        n = 1 + (size_t)random_below(random, 40);
        n = n < IMAGES - at ? n : IMAGES - at;
        assert_int_equal(gs_quality_sums_add(*sums, images + at * PIXELS, labels ? labels + at : NULL, n, &error),
                         GS_OK);
    }
}

static void sums_give_the_quality_of_all_images(void **state) {
    (void)state;
    uint64_t random = 4;
    gs_model *model;
    gs_plan *plan = judge_plan(&model);
    float *images = malloc(IMAGES * PIXELS * sizeof *images);
    int labels[2][IMAGES];
    for (size_t i = 0; i < IMAGES * PIXELS; i++)
        images[i] = random_float(&random);
    for (int i = 0; i < IMAGES; i++) {
        labels[0][i] = 3;
        labels[1][i] = i % 11;
    }
    const int *const given[] = {NULL, labels[0], labels[1]};
    for (size_t k = 0; k < GS_COUNT(given); k++) {
        about("labels %zu", k);
        gs_quality whole, found;
        gs_quality_sums *one, *other, *joined;
        gs_error error;
        assert_int_equal(gs_quality_measure(plan, images, given[k], IMAGES, &whole, &error), GS_OK);
        sum(plan, images, given[k], &random, &one);
        sum(plan, images, given[k], &random, &other);
        size_t size = gs_quality_sums_size(one);
        double *a = malloc(size * sizeof *a), *b = malloc(size * sizeof *b);
        gs_quality_sums_get(one, a);
        gs_quality_sums_get(other, b);
        assert_memory_equal(a, b, size * sizeof *a);
        assert_int_equal(gs_quality_sums_measure(one, &found, &error), GS_OK);
        assert_same_quality(&found, &whole);
        assert_int_equal(gs_quality_sums_create(plan, &joined, &error), GS_OK);
        assert_int_equal(gs_quality_sums_measure(joined, &found, &error), GS_ERROR_ARGUMENT);
        assert_int_equal(gs_quality_sums_join(joined, a, &error), GS_OK);
        assert_int_equal(gs_quality_sums_measure(joined, &found, &error), GS_OK);
        assert_same_quality(&found, &whole);
        a[0] = -1;
        assert_int_equal(gs_quality_sums_join(joined, a, &error), GS_ERROR_FORMAT);
        b[size - 1] = (double)NAN;
        assert_int_equal(gs_quality_sums_join(joined, b, &error), GS_ERROR_FORMAT);
        gs_quality_sums_free(one);
        gs_quality_sums_free(other);
        gs_quality_sums_free(joined);
        free(a);
        free(b);
    }
    gs_quality_sums_free(NULL);
    free(images);
    gs_plan_free(plan);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_may_stop_after_any_step),       cmocka_unit_test(walks_that_cannot_be_are_refused),
        cmocka_unit_test(a_stream_has_the_samples_of_one_call), cmocka_unit_test(an_interrupted_stream_says_so),
        cmocka_unit_test(sums_give_the_quality_of_all_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
