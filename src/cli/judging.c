/* Measures samples: their quality by one judge or two, their strokes, and whether chains kept their image's class. */
#include "cli/judging.h"

#include <math.h>

#include "cli/judge.h"
#include "measure/judge.h"
#include "measure/strokes.h"

gs_status gs_judging_load(gs_judging *judging, const gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    const gs_model_info *info = setup->networks.info;
    if (!a->quality)
        return GS_OK;
    gs_status status = gs_judge_load(&judging->judge, a->judge, info, error);
    if (!status && a->second_judge && !a->sweep.count)
        status = gs_judge_load(&judging->second.network, a->second_judge, info, error);
    return status;
}

gs_status gs_judging_plan(gs_judging *judging, const gs_setup *setup, gs_error *error) {
    gs_status status = gs_judge_plan(&judging->judge, setup->arguments, error);
    return !status ? gs_judge_plan(&judging->second.network, setup->arguments, error) : status;
}

/* The requested labels if they name the judge's classes; other labels mean nothing to the judge. */
static const int *labels_for(const gs_setup *setup, const gs_network *judge) {
    const gs_labels *labels = &setup->labels;
    return labels->classes == gs_judge_classes(gs_model_get_info(judge->model)) ? labels->of_chain : NULL;
}

/* Stroke widths, for products with a network that selects by stroke width. */
static void measure_strokes(const gs_networks *networks, const float *samples, size_t n, const int *labels,
                            const int *classes, gs_judged *row) {
    const int *shape = networks->info->image;
    size_t thick = 0, both = 0;
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        double width = gs_stroke_width(samples + k * networks->pixels, shape[1], shape[2], networks->info->range);
        bool is_thick = width >= GS_STROKE_THICK;
        sum += width;
        thick += is_thick;
        both += labels && is_thick && labels[k] == classes[k];
    }
    row->stroke = sum / (double)n;
    row->thick = (double)thick / (double)n;
    row->both = labels ? (double)both / (double)n : NAN;
}

/* n samples, and the images that the judge sees of them. */
static gs_status measure_row(const gs_network *judge, const gs_setup *setup, const float *samples, const float *images,
                             size_t n, gs_judged *row, gs_error *error) {
    const int *labels = labels_for(setup, judge);
    row->stroke = row->thick = row->both = NAN;
    gs_status status = gs_quality_measure(judge->plan, images, labels, n, &row->quality, error);
    if (status || !setup->arguments->compose.count || setup->networks.info->image[0] != 1)
        return status;
    int *classes = gs_alloc(n, sizeof *classes);
    status = classes ? gs_quality_classify(judge->plan, images, n, classes, error)
                     : gs_fail_memory(error, "the classes of the samples");
    if (!status)
        measure_strokes(&setup->networks, samples, n, labels, classes, row);
    gs_free(classes);
    return status;
}

/* Compares all samples with real images, and has the second judge measure and compare them; for the samples of one
 * sampler, not of a sweep. */
static gs_status compare(gs_judging *judging, const gs_setup *setup, const float *images, size_t n,
                         gs_progress *progress, gs_error *error) {
    uint64_t seed = setup->arguments->seed;
    gs_second_judge *second = &judging->second;
    gs_status status = gs_quality_compare(judging->judge.plan, images, labels_for(setup, &judging->judge), n, seed,
                                          &judging->comparison, error);
    gs_progress_next(progress);
    if (status || !second->network.plan)
        return status;
    const int *labels = labels_for(setup, &second->network);
    status = gs_quality_measure(second->network.plan, images, labels, n, &second->quality, error);
    gs_progress_next(progress);
    if (!status)
        status = gs_quality_compare(second->network.plan, images, labels, n, seed, &second->comparison, error);
    gs_progress_next(progress);
    return status;
}

static gs_status measure_rows(gs_judging *judging, const gs_setup *setup, const gs_result *result,
                              gs_progress *progress, gs_error *error) {
    size_t n = result->done;
    gs_status status = GS_OK;
    float *room = gs_alloc(n, setup->networks.pixels * sizeof(float));
    if (!room)
        return gs_fail_memory(error, "the samples for the judge");
    for (int i = 0; i < gs_result_rows(result) && !status; i++) {
        const float *samples = gs_result_row(result, setup, i);
        const float *images = gs_judge_map(&judging->judge, &setup->networks, samples, n, room);
        status = measure_row(&judging->judge, setup, samples, images, n, &judging->row[i], error);
        gs_progress_next(progress);
        if (!status && !result->weights.count)
            status = compare(judging, setup, images, n, progress, error);
    }
    gs_free(room);
    return status;
}

/* ---- Classes that chains keep ---- */

static double share_of_equals(const int *a, const int *b, size_t n) {
    size_t equal = 0;
    for (size_t k = 0; k < n; k++)
        equal += a[k] >= 0 && a[k] == b[k];
    return (double)equal / (double)n;
}

static gs_status measure_kept(gs_judging *judging, const gs_setup *setup, const gs_result *result,
                              const gs_start *start, gs_error *error) {
    size_t n = result->done;
    int states = result->levels ? result->levels : 1;
    float *room = gs_alloc(n, setup->networks.pixels * sizeof(float));
    int *before = gs_alloc(n, sizeof(int)), *after = gs_alloc(n, sizeof(int));
    judging->kept = gs_alloc((size_t)states, sizeof(double));
    gs_status status =
        room && before && after && judging->kept ? GS_OK : gs_fail_memory(error, "the states for the judge");
    if (!status)
        status = gs_judge_classify(&judging->judge, &setup->networks, start->images.data, n, room, before, error);
    for (int i = 0; i < states && !status; i++) {
        status = gs_result_classify(result, setup, &judging->judge, i, after, error);
        judging->kept[i] = !status ? share_of_equals(before, after, n) : 0;
    }
    gs_free(room);
    gs_free(before);
    gs_free(after);
    return status;
}

int gs_judging_stages(const gs_judging *judging, const gs_result *result, const gs_start *start) {
    int comparisons = result->weights.count ? 0 : judging->second.network.plan ? 3 : 1;
    return gs_result_rows(result) + comparisons + (start->images.data ? 1 : 0);
}

gs_status gs_judging_measure(gs_judging *judging, const gs_setup *setup, const gs_result *result, const gs_start *start,
                             gs_progress *progress, gs_error *error) {
    gs_status status = measure_rows(judging, setup, result, progress, error);
    if (!status && start->images.data) {
        status = measure_kept(judging, setup, result, start, error);
        gs_progress_next(progress);
    }
    judging->done = !status;
    return status;
}

void gs_judging_free(gs_judging *judging) {
    gs_free(judging->kept);
    gs_network_free(&judging->second.network);
    gs_network_free(&judging->judge);
    *judging = (gs_judging){0};
}
