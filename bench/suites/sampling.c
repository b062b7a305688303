#include "suites/rows.h"

#include <math.h>
#include <string.h>

#include "app/interrupt.h"
#include "pictures.h"
#include "quality.h"

/* The chains that are judged, whatever the batch: 0 ... 511 of the seed, so that the quality of a network and sampler
 * is the same figure in every run. */
enum { JUDGED = 512, SHOWN_ROWS = 5, SHOWN_COLUMNS = 16 };

typedef struct state {
    gs_plan *plan;
    gs_sample_options options;
    size_t pixels, room, next, drawn; /* room: chains that the pool can hold; drawn: how many of the first are drawn */
    float *pool;
    int *labels;        /* (room), or NULL */
    double evaluations; /* per chain of the last call */
    gs_outcome outcome; /* of the call that left the most chains far outside the data range */
} state;

bool bench_sampling_draws(const bench_sampling *sampling, const bench_model *model) {
    bool known = false;
    for (int i = 0; gs_sampler_get(i); i++)
        known = known || !strcmp(gs_sampler_get(i)->name, sampling->sampler);
    gs_sample_options options = {.sampler = sampling->sampler};
    return known && !gs_sample_resolve(model->model, &options, NULL);
}

static bool go_on(void *context, double part, size_t done, size_t n) {
    (void)context;
    (void)part;
    (void)done;
    (void)n;
    return !gs_interrupted();
}

/* Labels as frequent as in the training data, or in turn. */
static gs_status draw_labels(state *s, const bench_row *row, gs_error *error) {
    const gs_model_info *info = row->model->info;
    if (!info->labels)
        return GS_OK;
    s->labels = gs_alloc(s->room, sizeof *s->labels);
    if (!s->labels)
        return gs_fail_memory(error, "labels");
    for (size_t i = 0; i < s->room; i++)
        s->labels[i] = (int)(i % (size_t)info->labels);
    return info->shares ? gs_model_draw_labels(row->model->model, row->settings->seed, 0, s->room, s->labels, error)
                        : GS_OK;
}

static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state;
    const gs_model_info *info = row->model->info;
    s->pixels = bench_image_pixels(info);
    s->room = ((size_t)JUDGED + (size_t)row->batch - 1) / (size_t)row->batch * (size_t)row->batch;
    s->options = (gs_sample_options){.sampler = row->sampling.sampler,
                                     .steps = row->sampling.steps,
                                     .steps_per_level = row->sampling.steps_per_level,
                                     .burn_in = row->sampling.brief ? -1 : 0,
                                     .max_depth = row->sampling.brief ? 3 : 0,
                                     .seed = row->settings->seed,
                                     .progress = go_on};
    s->pool = gs_alloc(s->room, s->pixels * sizeof *s->pool);
    if (!s->pool)
        return gs_fail_memory(error, "samples");
    gs_status status = bench_plan_open(row, info->kind == GS_KIND_ENERGY, &s->plan, error);
    return status ? status : draw_labels(s, row, error);
}

/* Draw chains i ... i + n - 1 into the pool. */
static gs_status draw(state *s, gs_plan *plan, size_t i, size_t n, float *out, gs_error *error) {
    gs_sample_options options = s->options;
    options.first_chain = i;
    options.labels = s->labels ? s->labels + i : NULL;
    gs_outcome outcome = {0};
    options.outcome = &outcome;
    gs_status status = gs_sample(plan, &options, n, out, NULL, error);
    s->outcome = outcome.far > s->outcome.far ? outcome : s->outcome;
    s->evaluations = outcome.chains ? (double)outcome.evaluations / (double)outcome.chains : s->evaluations;
    return status;
}

static gs_status call(bench_row *row, gs_error *error) {
    state *s = row->state;
    size_t n = (size_t)row->batch;
    gs_status status = draw(s, s->plan, s->next, n, s->pool + s->next * s->pixels, error);
    s->drawn = s->next + n > s->drawn ? s->next + n : s->drawn;
    s->next = (s->next + n) % s->room;
    return status;
}

/* Compare the first chain with the one that a single thread of scalar C draws. */
static gs_status check_chain(state *s, bench_row *row, gs_error *error) {
    if (bench_is_scalar(row)) {
        bench_unchecked_scalar(row);
        return GS_OK;
    }
    gs_plan *scalar = NULL;
    float *expected = gs_alloc(s->pixels, sizeof *expected);
    gs_status status = expected ? bench_plan_scalar(row, bench_is_energy(row->model), &scalar, error)
                                : gs_fail_memory(error, "a sample");
    if (!status)
        status = draw(s, scalar, 0, 1, expected, error);
    if (!status)
        bench_compare(row, "a chain", s->pool, expected, s->pixels);
    gs_free(expected);
    gs_plan_free(scalar);
    return status;
}

/* A picture of the first samples; none for a number of channels that pictures lack. */
static gs_status draw_picture(const state *s, bench_row *row, gs_error *error) {
    const gs_model_info *info = row->model->info;
    gs_images images = {.data = s->pool,
                        .n = SHOWN_ROWS * SHOWN_COLUMNS,
                        .shape = {info->image[0], info->image[1], info->image[2]},
                        .range = {info->range[0], info->range[1]}};
    bool drawable = info->image[0] == 1 || info->image[0] == 3;
    return drawable ? bench_picture_draw(row, &images, (gs_grid){.rows = SHOWN_ROWS, .columns = SHOWN_COLUMNS}, error)
                    : GS_OK;
}

static gs_status check(bench_row *row, gs_error *error) {
    state *s = row->state;
    gs_sample_options options = s->options;
    options.labels = s->labels;
    gs_sample_resolve(row->model->model, &options, NULL);
    bench_figure_add(row, "NFE", "", s->evaluations);
    bool short_settings = row->sampling.steps > 0, finished = !strcmp(row->unit, "samples/s");
    char doubt[GS_MESSAGE_MAX];
    if (finished && s->outcome.far && gs_outcome_warning(&s->outcome, &options, 0, doubt, sizeof doubt))
        bench_doubt(row, "%s", doubt);
    gs_status status = short_settings ? check_chain(s, row, error) : GS_OK;
    if (!status && finished && s->drawn < JUDGED)
        status = draw(s, s->plan, s->drawn, JUDGED - s->drawn, s->pool + s->drawn * s->pixels, error);
    if (!status && finished)
        status = bench_quality_check(row, !short_settings, s->pool, s->labels, JUDGED, error);
    if (!status && finished && !short_settings)
        status = draw_picture(s, row, error);
    if (!status && row->sampling.mixing)
        status = bench_chains_diagnose(row, s->plan, error);
    return status;
}

static void close(bench_row *row) {
    const state *s = row->state;
    gs_plan_free(s->plan);
    gs_free(s->pool);
    gs_free(s->labels);
}

static uint64_t digest(const bench_row *row) {
    const state *s = row->state;
    return bench_digest(s->pool, (size_t)row->batch * s->pixels * sizeof *s->pool);
}

static const bench_kind sampling_kind = {sizeof(state), open, call, check, close, digest};

void bench_sampling_add(bench_rows *rows, const char *suite, const bench_sampling *sampling, const bench_variant *v) {
    bench_row *row = bench_row_add(rows, suite, "offline", sampling->sampler, v, &sampling_kind);
    gs_sample_options options = {
        .sampler = sampling->sampler, .steps = sampling->steps, .steps_per_level = sampling->steps_per_level};
    int label = 0; /* whether there is a label decides how often guidance evaluates */
    options.labels = v->model->info->labels ? &label : NULL;
    gs_sample_resolve(v->model->model, &options, NULL);
    double evaluations = (double)gs_sample_evaluations(v->model->model, &options);
    bool energy = bench_is_energy(v->model);
    row->sampling = *sampling;
    row->unit = sampling->unit;
    row->items = strcmp(sampling->unit, "samples/s") ? v->batch * evaluations : v->batch;
    row->operations = v->batch * evaluations * (double)v->model->info->operations * (energy ? 2 : 1);
}
