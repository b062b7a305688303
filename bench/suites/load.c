/* From a weight file's name to the first result: reading (from the system's cache of files), checking, hashing,
 * planning, packing weights, and one evaluation or one sample. */
#include "network.h"

#include <string.h>

#include "app/find.h"

static const double SIGMA = 0.5;

typedef struct state {
    bool sample;
    size_t size;
    float *x, *y;
} state;

/* What the row ends with. */
typedef struct result {
    const char *what;
    bool sample;
} result;
static const result first_evaluation = {"first-evaluation", false}, first_sample = {"first-sample", true};

static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state;
    size_t pixels = bench_pixels(row->model->info), out = row->model->info->output_size[0];
    s->sample = ((const result *)row->data)->sample;
    s->size = s->sample ? bench_image_pixels(row->model->info) : out;
    s->x = gs_alloc(pixels, sizeof *s->x);
    s->y = gs_alloc(s->size, sizeof *s->y);
    if (!s->x || !s->y)
        return gs_fail_memory(error, "an image");
    return bench_normals(row->settings->seed, s->x, pixels, error);
}

/* Goes from the file to the result y. */
static gs_status load(const bench_row *row, const char *isa, int threads, const char *backend, float *y,
                      gs_error *error) {
    const state *s = row->state;
    gs_model *model;
    gs_plan *plan = NULL;
    gs_status status = gs_network_load(row->model->path, &model, error);
    if (status)
        return status;
    gs_plan_options options = {.isa = isa,
                               .threads = threads,
                               .backend = backend,
                               .gradient = s->sample && row->model->info->kind == GS_KIND_ENERGY};
    const int first = 0, *labels = row->model->info->needs_label ? &first : NULL;
    gs_sample_options sampling = {.seed = row->settings->seed, .labels = labels};
    status = gs_plan_create(model, &options, &plan, error);
    if (!status)
        status = s->sample ? gs_sample(plan, &sampling, 1, y, NULL, error)
                           : gs_plan_evaluate(plan, s->x, SIGMA, labels, 1, (float *const[2]){y, NULL}, error);
    gs_plan_free(plan);
    gs_model_free(model);
    return status;
}

static gs_status call(bench_row *row, gs_error *error) {
    row->ran = row->isa;
    return load(row, row->isa, row->threads, row->backend, ((state *)row->state)->y, error);
}

/* Compare scalar C's own evaluation with float64. */
static gs_status check_scalar(bench_row *row, gs_error *error) {
    state *s = row->state;
    const bench_network network = {.n = 1,
                                   .in = bench_pixels(row->model->info),
                                   .out = row->model->info->output_size[0],
                                   .sigma = SIGMA,
                                   .x = s->x};
    if (!s->sample)
        return bench_reference_check(&network, row, s->y, 0, error);
    bench_unchecked_scalar(row);
    return GS_OK;
}

static gs_status check(bench_row *row, gs_error *error) {
    state *s = row->state;
    if (bench_is_scalar(row))
        return check_scalar(row, error);
    float *expected = gs_alloc(s->size, sizeof *expected);
    gs_status status = expected ? load(row, "scalar", 1, "native", expected, error) : gs_fail_memory(error, "an image");
    if (!status)
        bench_compare(row, s->sample ? "a sample" : "an output", s->y, expected, s->size);
    gs_free(expected);
    return status;
}

static void close(bench_row *row) {
    const state *s = row->state;
    gs_free(s->x);
    gs_free(s->y);
}

static uint64_t digest(const bench_row *row) {
    const state *s = row->state;
    return bench_digest(s->y, s->size * sizeof *s->y);
}

static const bench_kind load_kind = {sizeof(state), open, call, check, close, digest};

static void add(bench_rows *rows, const result *of, const bench_variant *v) {
    bench_row *row = bench_row_add(rows, "load", NULL, of->what, v, &load_kind);
    row->data = of;
    row->unit = "ms";
    row->items = 1;
}

void bench_add_load(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_any};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);) {
        if (rows->settings->quick && !bench_is_usual(rows->settings, v.model))
            continue;
        add(rows, &first_evaluation, &v);
        if (bench_can_sample(v.model))
            add(rows, &first_sample, &v);
    }
}
