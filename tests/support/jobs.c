#include "support/jobs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/weights.h"

enum { IMAGES = JOB_IMAGES, PIXELS = 28 * 28, DIM = 3 };

struct jobs {
    gs_model *model, *energy, *judge, *scale;
    gs_plan *plan, *energy_plan, *judge_plan, *scale_plan;
    gs_plan *onednn_plan; /* NULL: not in this build */
};

static gs_model *load(const char *name) {
    char path[512];
    gs_model *model;
    snprintf(path, sizeof path, GS_SOURCE_DIR "/models/%s.bin", name);
    assert_int_equal(gs_model_load(path, &model, NULL), GS_OK);
    return model;
}

/* f(x) = x / 2^70. */
static gs_model *make_scale(void) {
    weights *w = weights_new("score", 1, 4, 4);
    weights_node(w, "out", "affine", "['x']", "{'scale': 8.470329472543003e-22}", NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

jobs *jobs_new(int threads) {
    jobs *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->model = load("ncsn");
    w->energy = load("ebm");
    w->judge = load("judge");
    w->scale = make_scale();
    w->plan = make_plan(w->model, (gs_plan_options){.threads = threads, .block = 1});
    w->energy_plan = make_plan(w->energy, (gs_plan_options){.threads = threads, .block = 1, .gradient = true});
    w->judge_plan = make_plan(w->judge, (gs_plan_options){.threads = threads, .block = 1});
    w->scale_plan = make_plan(w->scale, (gs_plan_options){.threads = threads, .block = 1});
    bool built;
    char about[80];
    const char *name;
    for (int i = 0; (name = gs_backend_name(i, &built, about, sizeof about)); i++)
        if (built && !strcmp(name, "onednn"))
            w->onednn_plan = make_plan(w->model, (gs_plan_options){.threads = threads, .block = 1, .backend = name});
    return w;
}

void jobs_free(jobs *w) {
    gs_plan_free(w->plan);
    gs_plan_free(w->energy_plan);
    gs_plan_free(w->judge_plan);
    gs_plan_free(w->scale_plan);
    gs_plan_free(w->onednn_plan);
    gs_model_free(w->model);
    gs_model_free(w->energy);
    gs_model_free(w->judge);
    gs_model_free(w->scale);
    free(w);
}

int jobs_threads(const jobs *w) {
    return gs_plan_get_info(w->plan).threads;
}

static gs_status sample(jobs *w, float *out) {
    gs_sample_options options = {.steps = 2, .seed = 5};
    return gs_sample(w->plan, &options, IMAGES, out, NULL, NULL);
}

static gs_status sample_by_onednn(jobs *w, float *out) {
    jobs own = *w;
    own.plan = w->onednn_plan;
    return own.plan ? sample(&own, out) : GS_OK;
}

static gs_status walk(jobs *w, float *out) {
    gs_sample_options options = {.sampler = "mala", .steps = 2, .seed = 5};
    return gs_sample(w->energy_plan, &options, IMAGES, out, NULL, NULL);
}

static gs_status evaluate_batch(jobs *w, float *out) {
    static float x[IMAGES * PIXELS];
    return gs_plan_evaluate(w->plan, x, 1.0, NULL, IMAGES, (float *const[2]){out, NULL}, NULL);
}

/* Results that are subnormal, which some hosts flush to zero. */
static gs_status evaluate_small(jobs *w, float *out) {
    float x[IMAGES * 16];
    for (int i = 0; i < IMAGES * 16; i++)
        x[i] = ldexpf((float)(i + 1), -72);
    return gs_plan_evaluate(w->scale_plan, x, 0, NULL, IMAGES, (float *const[2]){out, NULL}, NULL);
}

static gs_status gradient(jobs *w, float *out) {
    static float x[IMAGES * PIXELS];
    return gs_plan_gradient(w->energy_plan, x, 1.0, NULL, IMAGES, NULL, out, NULL);
}

static const float *patterns(void) {
    static float x[IMAGES * PIXELS];
    for (size_t i = 0; i < IMAGES * PIXELS; i++)
        x[i] = (float)(i % 31) / 32;
    return x;
}

static gs_status classify(jobs *w, float *out) {
    const float *x = patterns();
    gs_quality quality;
    int classes[IMAGES];
    gs_status status = gs_quality_classify(w->judge_plan, x, IMAGES, classes, NULL);
    for (size_t i = 0; i < IMAGES; i++)
        out[i] = (float)classes[i];
    if (!status)
        status = gs_quality_measure(w->judge_plan, x, NULL, IMAGES, &quality, NULL);
    return status;
}

/* Doubles are copied, since the caller's rounding would change them on their way to float. */
static gs_status compare(jobs *w, float *out) {
    gs_comparison comparison;
    gs_status status = gs_quality_compare(w->judge_plan, patterns(), NULL, IMAGES, 1, &comparison, NULL);
    memcpy(out, &comparison.kernel.value, sizeof comparison.kernel.value);
    return status;
}

static gs_status find_nearest(jobs *w, float *out) {
    (void)w;
    const float *x = patterns();
    gs_nearness nearness;
    gs_status status = gs_nearness_measure(x, 2, x + 2 * PIXELS, 3, x + 5 * PIXELS, 2, PIXELS, 1, 4, &nearness, NULL);
    memcpy(out, &nearness.distance, sizeof nearness.distance);
    return status;
}

static gs_status reject(jobs *w, float *out) {
    (void)w;
    gs_rejection_options options = {.dim = DIM, .ratio = 1.5, .seed = 3, .threads = 4};
    gs_rejection_result counts;
    return gs_rejection(&options, 100, out, &counts, NULL);
}

/* A new plan, by the default number of threads, and what it draws. */
static gs_status plan_and_sample(jobs *w, float *out) {
    jobs own = *w;
    gs_status status = gs_plan_create(w->model, NULL, &own.plan, NULL);
    if (!status)
        status = sample(&own, out);
    if (!status)
        gs_plan_free(own.plan);
    return status;
}

static gs_status load_plan_and_sample(jobs *w, float *out) {
    jobs own = *w;
    gs_status status = gs_model_load(GS_SOURCE_DIR "/models/ncsn.bin", &own.model, NULL);
    if (!status)
        status = plan_and_sample(&own, out);
    if (!status)
        gs_model_free(own.model);
    return status;
}

/* Those that tell most come first. */
const job job_rows[] = {
    {"gs_sample with dpmpp-2m", sample},   {"gs_plan_evaluate with subnormal numbers", evaluate_small},
    {"gs_plan_gradient", gradient},        {"gs_quality_classify and gs_quality_measure", classify},
    {"gs_sample with mala", walk},         {"gs_sample with oneDNN", sample_by_onednn},
    {"gs_plan_evaluate", evaluate_batch},  {"gs_quality_compare", compare},
    {"gs_nearness_measure", find_nearest}, {"gs_rejection", reject},
    {"gs_plan_create", plan_and_sample},   {"gs_model_load", load_plan_and_sample}};

int job_count(void) {
    return effort_percent() < 50 ? 4 : (int)GS_COUNT(job_rows);
}
