/* One sampler on one density or network, with a number of evaluations. */
#include "survey.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/find.h"
#include "app/interrupt.h"
#include "base/os.h"
#include "measure/quality.h"
#include "sample/samplers.h"

enum { MOMENT_DRAWS = 65536, TRIES = 4, STEPS_PER_LEVEL = 3 };
static const double least_part = 0.7, most_part = 1.2;

/* ---- Targets ---- */

/* Mean Euclidean distance of the rows of two arrays, (n, size) each; of an array to itself without each row's own. */
static double mean_distance(const float *a, const float *b, size_t n, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double square = 0;
            for (size_t k = 0; k < size; k++) {
                double d = (double)a[i * size + k] - (double)b[j * size + k];
                square += d * d;
            }
            sum += sqrt(square);
        }
    }
    return sum / ((double)n * (double)(a == b ? n - 1 : n));
}

static void measure_moments(const float *x, size_t n, size_t size, double *mean, double *sd) {
    for (size_t k = 0; k < size; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)x[i * size + k] / (double)n;
        for (size_t i = 0; i < n; i++)
            squares += ((double)x[i * size + k] - sum) * ((double)x[i * size + k] - sum);
        mean[k] = sum;
        sd[k] = sqrt(squares / (double)(n - 1));
    }
}

static gs_status draw_exactly(bench_target *t, uint64_t seed, gs_error *error) {
    float *many = gs_alloc(MOMENT_DRAWS, t->size * sizeof *many);
    t->exact = gs_alloc(t->n, t->size * sizeof *t->exact);
    t->mean = gs_alloc(t->size, sizeof *t->mean);
    t->sd = gs_alloc(t->size, sizeof *t->sd);
    gs_status status = many && t->exact && t->mean && t->sd ? GS_OK : gs_fail_memory(error, "exact samples");
    if (!status)
        status = gs_density_draw(t->density, 0, seed + 1, 0, t->n, t->exact, error);
    if (!status)
        status = gs_density_draw(t->density, 0, seed + 2, 0, MOMENT_DRAWS, many, error);
    if (!status) {
        measure_moments(many, MOMENT_DRAWS, t->size, t->mean, t->sd);
        t->mean_exact = mean_distance(t->exact, t->exact, t->n, t->size);
    }
    gs_free(many);
    return status;
}

static gs_status make_plan(const gs_model *model, int threads, gs_dtype dtype, gs_plan **plan, gs_error *error) {
    const gs_plan_options options = {
        .threads = threads, .dtype = dtype, .gradient = gs_model_get_info(model)->kind == GS_KIND_ENERGY};
    return gs_plan_create(model, &options, plan, error);
}

/* A density with noise levels has another model without them. */
static gs_status make_still(bench_target *t, const char *name, int threads, gs_error *error) {
    char text[BENCH_NAME_ROOM];
    gs_model *model = NULL;
    t->still = t->model;
    t->still_plan = t->plan;
    if (!gs_model_get_info(t->model)->takes_sigma)
        return GS_OK;
    snprintf(text, sizeof text, "%s:levels=no", name);
    gs_status status = gs_model_create_density(text, &model, error);
    if (!status)
        t->still = model;
    return !status ? make_plan(model, threads, GS_DTYPE_DEFAULT, &t->still_plan, error) : status;
}

gs_status bench_target_density(bench_target *target, const char *name, size_t n, uint64_t seed, int threads,
                               gs_error *error) {
    gs_density *density = NULL;
    gs_model *model = NULL;
    *target = (bench_target){.n = n, .few = n};
    snprintf(target->name, sizeof target->name, "%s", name);
    gs_status status = gs_density_create(name, &density, error);
    target->density = density;
    if (!status)
        status = gs_density_model(density, &model, error);
    target->model = model;
    if (status)
        return status;
    target->size = (size_t)gs_density_dimensions(density);
    status = draw_exactly(target, seed, error);
    if (!status)
        status = make_plan(model, threads, GS_DTYPE_DEFAULT, &target->plan, error);
    return !status ? make_still(target, name, threads, error) : status;
}

static gs_status give_labels(bench_target *t, uint64_t seed, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(t->model);
    if (!info->labels)
        return GS_OK;
    t->labels = gs_alloc(t->n, sizeof *t->labels);
    if (!t->labels)
        return gs_fail_memory(error, "labels");
    for (size_t i = 0; i < t->n; i++)
        t->labels[i] = (int)(i % (size_t)info->labels);
    return info->shares ? gs_model_draw_labels(t->model, seed, 0, t->n, t->labels, error) : GS_OK;
}

/* The second judge need not be there. */
static gs_status open_judge(bench_target *t, int k, const char *path, gs_error *error) {
    gs_status status = path ? gs_model_load(path, &t->judging[k], error) : GS_OK;
    return status || !path ? status : gs_plan_create(t->judging[k], NULL, &t->judge[k], error);
}

gs_status bench_target_network(bench_target *target, const bench_model *model, const char *judge, size_t n,
                               uint64_t seed, int threads, gs_dtype dtype, gs_error *error) {
    char path[GS_PATH_ROOM];
    *target =
        (bench_target){.n = n, .few = n < BENCH_FEW ? n : BENCH_FEW, .model = model->model, .still = model->model};
    snprintf(target->name, sizeof target->name, "%s", model->info->name);
    const int *image = model->info->image;
    target->size = (size_t)image[0] * (size_t)image[1] * (size_t)image[2];
    gs_status status = open_judge(target, 0, judge, error);
    if (!status)
        status = open_judge(target, 1, gs_second_judge_find(judge, path), error);
    if (!status)
        status = make_plan(model->model, threads, dtype, &target->plan, error);
    target->still_plan = target->plan;
    return !status ? give_labels(target, seed, error) : status;
}

void bench_target_close(bench_target *target) {
    bench_target *t = target;
    if (t->still_plan != t->plan)
        gs_plan_free(t->still_plan);
    gs_plan_free(t->plan);
    for (int k = 0; k < BENCH_JUDGES; k++) {
        gs_plan_free(t->judge[k]);
        gs_model_free(t->judging[k]);
    }
    if (t->density) {
        if (t->still != t->model)
            gs_model_free((gs_model *)(uintptr_t)t->still);
        gs_model_free((gs_model *)(uintptr_t)t->model);
        gs_density_free((gs_density *)(uintptr_t)t->density);
    }
    gs_free(t->labels);
    gs_free(t->exact);
    gs_free(t->mean);
    gs_free(t->sd);
    *t = (bench_target){0};
}

/* ---- Steps ---- */

static bool go_on(void *context, double part, size_t done, size_t n) {
    (void)context, (void)part, (void)done, (void)n;
    return !gs_interrupted();
}

static gs_sample_options settings_of(const bench_target *t, const gs_sampler_info *sampler, int steps, uint64_t seed) {
    gs_sample_options o = {
        .sampler = sampler->name, .steps = steps, .seed = seed, .labels = t->labels, .progress = go_on};
    if (gs_sampler_reads(gs_sampler_find(sampler->name), GS_SETTING_STEPS_PER_LEVEL))
        o.steps_per_level = STEPS_PER_LEVEL;
    return o;
}

/* Evaluations of so many steps; 0 where the sampler cannot take them. */
static uint64_t cost_of(const gs_model *model, gs_sample_options o) {
    gs_error ignored;
    return gs_sample_resolve(model, &o, &ignored) ? 0 : gs_sample_evaluations(model, &o);
}

/* The largest number of steps, 1 ... most, that costs no more than the budget; 1 where even that does. */
static int steps_for(const bench_target *t, const gs_model *model, const gs_sampler_info *sampler, int budget,
                     int most) {
    int low = 1, high = most;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        uint64_t cost = cost_of(model, settings_of(t, sampler, middle, 0));
        if (cost && cost <= (uint64_t)budget)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- Samples ---- */

static void judge_points(const bench_target *t, const float *x, bench_outcome *o) {
    double across = mean_distance(x, t->exact, t->n, t->size), own = mean_distance(x, x, t->n, t->size);
    o->quality[0] = 2 * across - own - t->mean_exact;
    o->quality[1] = NAN;
    o->mean = o->sd = 0;
    for (size_t k = 0; k < t->size; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < t->n; i++)
            sum += (double)x[i * t->size + k] / (double)t->n;
        for (size_t i = 0; i < t->n; i++)
            squares += ((double)x[i * t->size + k] - sum) * ((double)x[i * t->size + k] - sum);
        o->mean = fmax(o->mean, fabs(sum - t->mean[k]) / t->sd[k]);
        o->sd = fmax(o->sd, fabs(sqrt(squares / (double)(t->n - 1)) / t->sd[k] - 1));
    }
}

static gs_status judge_images(const bench_target *t, const float *x, size_t n, bench_outcome *o, gs_error *error) {
    gs_status status = GS_OK;
    o->mean = o->sd = NAN;
    for (int k = 0; k < BENCH_JUDGES && !status; k++) {
        gs_quality quality;
        o->quality[k] = NAN;
        if (t->judge[k])
            status = gs_quality_measure(t->judge[k], x, t->labels, n, &quality, error);
        if (t->judge[k] && !status)
            o->quality[k] = quality.frechet;
    }
    return status;
}

/* Draws samples first ... end - 1 with so many steps; a chain that diverges is a result, too: none. */
static gs_status draw(const bench_target *t, const gs_sampler_info *sampler, int steps, uint64_t seed, size_t first,
                      size_t end, float *samples, bench_outcome *o, gs_error *error) {
    bool stays = gs_sampler_stays(gs_sampler_find(sampler->name));
    gs_sample_options options = settings_of(t, sampler, steps, seed);
    gs_outcome outcome = {0};
    options.outcome = &outcome;
    options.first_chain = first;
    options.labels = t->labels ? t->labels + first : NULL;
    gs_status status =
        gs_sample(stays ? t->still_plan : t->plan, &options, end - first, samples + first * t->size, NULL, error);
    o->evaluations = outcome.chains ? (double)outcome.evaluations / (double)outcome.chains : (double)NAN;
    if (status == GS_ERROR_MEMORY || status == GS_ERROR_INTERRUPTED)
        return status;
    if (status)
        o->evaluations = NAN;
    return GS_OK;
}

/* More samples are drawn of what might be good. */
static gs_status judge_network(const bench_target *t, const gs_sampler_info *sampler, int steps, uint64_t seed,
                               float *samples, bench_outcome *o, gs_error *error) {
    gs_status status = judge_images(t, samples, t->few, o, error);
    if (status || t->few == t->n || !(o->quality[0] <= BENCH_HOPELESS))
        return status;
    bench_outcome rest = *o;
    status = draw(t, sampler, steps, seed, t->few, t->n, samples, &rest, error);
    o->evaluations = isnan(rest.evaluations) ? rest.evaluations : o->evaluations;
    return status || isnan(rest.evaluations) ? status : judge_images(t, samples, t->n, o, error);
}

gs_status bench_target_sample(const bench_target *target, const gs_sampler_info *sampler, int budget, uint64_t seed,
                              float *samples, bench_outcome *outcome, gs_error *error) {
    const bench_target *t = target;
    bench_outcome *o = outcome;
    const gs_sampler_row *row = gs_sampler_find(sampler->name);
    const gs_model *model = gs_sampler_stays(row) ? t->still : t->model;
    gs_error why;
    *o = (bench_outcome){NAN, {NAN, NAN}, NAN, NAN};
    if (gs_sampler_check(row, gs_model_get_info(model), &why))
        return GS_OK;
    int most = gs_sampler_reads(row, GS_SETTING_STEPS) ? sampler->steps_max : 1;
    int steps = steps_for(t, model, sampler, budget, most);
    gs_status status = GS_OK;
    for (int k = 0; k < TRIES && !status;
         k++) { /* samplers that choose their cost on the way take less than they may */
        status = draw(t, sampler, steps, seed, 0, t->few, samples, o, error);
        if (!(o->evaluations < least_part * budget) || steps >= most)
            break;
        double more = (double)steps * budget / o->evaluations;
        int next = more < most ? (int)more : most;
        if (next <= steps)
            break;
        steps = next;
    }
    if (status || !(o->evaluations <= most_part * budget)) {
        o->evaluations = NAN;
        return status;
    }
    if (t->density)
        judge_points(t, samples, o);
    return t->density ? GS_OK : judge_network(t, sampler, steps, seed, samples, o, error);
}
