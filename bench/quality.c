#include "quality.h"

#include <math.h>
#include <string.h>

#include "expectation.h"
#include "measure/quality.h"
#include "network.h"

static bool fits(const gs_model_info *network, const gs_model_info *judge) {
    return !memcmp(network->image, judge->shape, sizeof judge->shape);
}

static void note(bench_row *row, const gs_quality *q) {
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
    bench_figure_add(row, "rejected", "%", 100 * q->rejected);
    if (!isfinite(q->frechet))
        bench_wrong(row, "the samples have no Frechet distance");
}

/* Samples with the network's own settings must be as good as those of other seeds, neither worse nor better. */
static gs_status compare(bench_row *row, const char *judge_hash, const gs_quality *q, gs_error *error) {
    const bench_expected expected = {.model_path = row->model->path,
                                     .model_hash = row->model->info->hash,
                                     .judge_hash = judge_hash,
                                     .sampler = row->sampling.sampler,
                                     .n = q->n};
    bench_expectation e;
    double low, high;
    gs_status status = bench_expectation_find(&expected, &e, error);
    if (status)
        return status;
    if (!e.seeds) {
        bench_unchecked(row, "quality.json beside the weight file expects nothing of it; see models/quality.py");
        return GS_OK;
    }
    bench_expected_distances(&e, &low, &high);
    bench_figure_add(row, "FD at least", "", low);
    bench_figure_add(row, "FD at most", "", high);
    if (!(q->frechet >= low && q->frechet <= high))
        bench_wrong(row, "quality: Frechet distance %.3g, expected %.3g to %.3g", q->frechet, low, high);
    if (e.agreements && !(bench_agreement_chance(&e, q->agreement) >= BENCH_QUALITY_ALARM))
        bench_wrong(row, "quality: agreement %.3g, which has chance %.1g", q->agreement,
                    bench_agreement_chance(&e, q->agreement));
    return GS_OK;
}

static gs_status judge(bench_row *row, bool own, const gs_model *model, const float *samples, const int *labels,
                       size_t n, gs_error *error) {
    const gs_model_info *from = row->model->info, *to = gs_model_get_info(model);
    size_t count = n * bench_image_pixels(from);
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
        note(row, &quality);
    if (!status && own)
        status = compare(row, to->hash, &quality, error);
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
