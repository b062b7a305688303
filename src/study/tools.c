#include "study/tools.h"

#include <math.h>

#include "measure/judge.h"
#include "measure/strokes.h"

static const char judge_name[] = "judge";

gs_status gs_study_classify(gs_study *study, const float *images, size_t n, int *classes, gs_error *error) {
    const gs_study_network *judge;
    gs_status status = gs_study_network_get(study, judge_name, &judge, error);
    return !status ? gs_quality_classify(judge->plan, images, n, classes, error) : status;
}

gs_status gs_study_features(gs_study *study, const float *images, size_t n, const float **features, size_t *d,
                            gs_error *error) {
    const gs_study_network *judge;
    gs_status status = gs_study_network_get(study, judge_name, &judge, error);
    if (status)
        return status;
    *d = judge->info->output_size[1];
    float *out = gs_study_room(study, n * *d, sizeof *out);
    *features = out;
    return out ? gs_judge_evaluate(judge->plan, images, n, NULL, out, error)
               : gs_fail_memory(error, "the judge's features");
}

gs_status gs_study_compare(gs_study *study, const float *images, const int *labels, size_t n, gs_comparison *comparison,
                           gs_error *error) {
    const gs_study_network *judge;
    gs_status status = gs_study_network_get(study, judge_name, &judge, error);
    return !status ? gs_quality_compare(judge->plan, images, labels, n, gs_study_seed(study), comparison, error)
                   : status;
}

static bool show_loss(void *context, double part) {
    return !gs_study_go_on(context, part, NULL);
}

gs_status gs_study_loss(gs_study *study, const gs_study_network *network, const gs_digits *digits,
                        gs_loss_options *options, gs_loss *level, gs_loss *mean, gs_error *error) {
    options->seed = gs_study_seed(study);
    options->progress = show_loss;
    options->context = study;
    gs_status status = gs_loss_measure(network->plan, digits->images, digits->n, options, level, mean, error);
    gs_status stop = status == GS_ERROR_INTERRUPTED ? gs_study_go_on(study, 1, error) : GS_OK;
    return stop ? stop : status;
}

size_t gs_count_classes(const int *classes, size_t n, uint64_t counts[GS_DIGIT_CLASSES]) {
    size_t all = 0;
    for (int c = 0; c < GS_DIGIT_CLASSES; c++)
        counts[c] = 0;
    for (size_t i = 0; i < n; i++) {
        if (classes[i] < 0 || classes[i] >= GS_DIGIT_CLASSES)
            continue;
        counts[classes[i]]++;
        all++;
    }
    return all;
}

gs_estimate gs_estimate_entropy(const uint64_t *counts, int classes) {
    double n = 0, entropy = 0, square = 0;
    for (int c = 0; c < classes; c++)
        n += (double)counts[c];
    for (int c = 0; c < classes; c++) {
        double p = (double)counts[c] / n, surprise = counts[c] ? -log(p) : 0;
        entropy += p * surprise;
        square += p * surprise * surprise;
    }
    double extra = (classes - 1) / (2 * n);
    double variance = fmax(0, square - entropy * entropy) / n + extra / n;
    gs_estimate e = gs_estimate_error(entropy + extra, sqrt(variance));
    return (gs_estimate){fmin(e.value, log(classes)), fmin(e.low, log(classes)), fmin(e.high, log(classes))};
}

double gs_digit_width(const float *image) {
    enum { SIDE = 28 };
    static const float range[2] = {0, 1};
    return gs_stroke_width(image, SIDE, SIDE, range);
}
