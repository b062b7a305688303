#include "quality.h"

#include <math.h>
#include <string.h>

#include "measure/quality.h"
#include "network.h"

typedef struct limit {
    const char *network, *sampler;
    double distance, agreement;
} limit;

static const limit limits[] = {
#define BENCH_QUALITY(network, sampler, distance, agreement) {network, sampler, distance, agreement},
#include "quality.def"
#undef BENCH_QUALITY
};

static bool fits(const gs_model_info *network, const gs_model_info *judge) {
    return !memcmp(network->shape, judge->shape, sizeof judge->shape);
}

/* Figures, and reasons where a limit is passed. Other networks than the shipped ones have no limits. */
static void note(bench_row *row, bool own, const gs_quality *q) {
    double least = 1, most = 0;
    for (int k = 0; k < q->classes; k++) {
        least = fmin(least, q->share[k]);
        most = fmax(most, q->share[k]);
    }
    bench_figure_add(row, "FD", "", q->frechet);
    bench_figure_add(row, "n", "", (double)q->n);
    bench_figure_add(row, "agreement", "%", 100 * q->agreement);
    bench_figure_add(row, "least share", "%", 100 * least);
    bench_figure_add(row, "most share", "%", 100 * most);
    bench_figure_add(row, "confident", "%", 100 * q->confident);
    if (!isfinite(q->frechet))
        bench_wrong(row, "the samples have no Frechet distance");
    for (size_t i = 0; own && i < GS_COUNT(limits); i++) {
        if (strcmp(limits[i].network, row->model->info->name) || strcmp(limits[i].sampler, row->sampling.sampler))
            continue;
        if (!(q->frechet <= limits[i].distance))
            bench_doubt(row, "quality: Frechet distance %.3g, expected at most %g", q->frechet, limits[i].distance);
        if (limits[i].agreement > 0 && !(q->agreement >= limits[i].agreement))
            bench_doubt(row, "quality: agreement %.3g, expected at least %g", q->agreement, limits[i].agreement);
    }
}

static gs_status judge(bench_row *row, bool own, const gs_model *model, const float *samples, const int *labels,
                       size_t n, gs_error *error) {
    const gs_model_info *from = row->model->info, *to = gs_model_get_info(model);
    size_t count = n * bench_pixels(from);
    if (!fits(from, to)) {
        bench_doubt(row, "quality not measured: the judge takes other images");
        return GS_OK;
    }
    float *images = gs_alloc(count, sizeof *images);
    gs_plan *plan = NULL;
    gs_quality quality;
    gs_status status = images ? gs_plan_create(model, NULL, &plan, error) : gs_fail_memory(error, "images");
    if (!status) {
        gs_map_range(samples, count, from->range, to->range, images);
        status = gs_quality_measure(plan, images, labels, n, &quality, error);
    }
    if (!status)
        note(row, own, &quality);
    gs_plan_free(plan);
    gs_free(images);
    return status;
}

gs_status bench_quality_check(bench_row *row, bool own, const float *samples, const int *labels, size_t n,
                              gs_error *error) {
    const char *path = row->settings->models.judge;
    gs_model *model;
    if (!path) {
        bench_doubt(row, "quality not measured: there is no judge.bin");
        return GS_OK;
    }
    gs_status status = gs_model_load(path, &model, error);
    if (status)
        return status;
    status = judge(row, own, model, samples, labels, n, error);
    gs_model_free(model);
    return status;
}
