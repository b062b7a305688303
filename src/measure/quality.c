#include "base/floats.h"
#include "measure/quality.h"

#include <math.h>

#include "measure/frechet.h"
#include "measure/judge.h"

static const double CONFIDENT = 0.9;

void gs_map_range(const float *x, size_t count, const float from[2], const float to[2], float *out) {
    float scale = (to[1] - to[0]) / (from[1] - from[0]);
    for (size_t i = 0; i < count; i++)
        out[i] = to[0] + (x[i] - from[0]) * scale;
}

void gs_verdicts_add(gs_verdicts *v, const gs_judge *judge, const float *logits, const int *labels, size_t n) {
    for (size_t k = 0; k < n; k++) {
        double probability = 0.0;
        bool rejected;
        int class = gs_judge_decide(judge->info, logits + k * (size_t)judge->logits, &probability, &rejected);
        v->rejected += rejected;
        if (class >= 0) {
            v->of_class[class]++;
            v->confident += probability > CONFIDENT;
        }
        if (labels && labels[k] != judge->classes) {
            v->asked++;
            v->agreeing += labels[k] == class;
        }
    }
    v->n += (double)n;
}

void gs_verdicts_tell(const gs_verdicts *v, int classes, gs_quality *quality) {
    for (int i = 0; i < classes; i++)
        quality->share[i] = v->of_class[i] / v->n;
    quality->confident = v->confident / v->n;
    quality->rejected = v->rejected / v->n;
    quality->agreement = v->asked > 0 ? v->agreeing / v->asked : NAN;
}

gs_status gs_quality_classify(gs_plan *plan, const float *images, size_t n, int *classes, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(gs_plan_get_model(plan));
    if (info->kind != GS_KIND_CLASSIFIER)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s is no classifier", info->name);
    size_t all;
    float *logits = gs_mul_size(n, info->output_size[0], &all) ? gs_alloc(all, sizeof *logits) : NULL;
    gs_status status = logits ? GS_OK : gs_fail_memory(error, "judging images");
    if (!status)
        status = gs_judge_evaluate(plan, images, n, logits, NULL, error);
    for (size_t k = 0; !status && k < n; k++) {
        double probability;
        bool rejected;
        classes[k] = gs_judge_decide(info, logits + k * info->output_size[0], &probability, &rejected);
    }
    gs_free(logits);
    return status;
}

gs_status gs_quality_distance(const gs_judge *judge, const double *mean, const double *covariance, gs_quality *quality,
                              gs_error *error) {
    size_t d = judge->d, room;
    quality->frechet = NAN;
    if (!gs_mul_size(d, 4 * d + 2, &room))
        return gs_fail_memory(error, "the Frechet distance");
    double *reference = gs_alloc(room, sizeof *reference);
    if (!reference)
        return gs_fail_memory(error, "the Frechet distance");
    double *root = reference + d * (d + 1), *work = root + d * d;
    gs_judge_moments(judge, &quality->label, reference);
    if (quality->n > 1 && gs_covariance_root(reference + d, d, root, work))
        quality->frechet = gs_frechet_to(reference, reference + d, root, mean, covariance, d, work);
    gs_free(reference);
    return GS_OK;
}

/* The Frechet distance of features to the moments that the judge's file has for the label, or for all images. */
static gs_status measure_distance(const gs_judge *judge, const float *features, gs_quality *quality, gs_error *error) {
    size_t d = judge->d, room;
    double *own = gs_mul_size(d, d + 2, &room) ? gs_alloc(room, sizeof *own) : NULL;
    if (!own)
        return gs_fail_memory(error, "the Frechet distance");
    if (quality->n > 1)
        gs_subset_moments(features, NULL, 0, quality->n, d, own, own + d, own + d * (d + 1));
    gs_status status = gs_quality_distance(judge, own, own + d, quality, error);
    gs_free(own);
    return status;
}

static gs_status measure(gs_plan *plan, const float *images, const int *labels, size_t n, gs_quality *quality,
                         gs_error *error) {
    *quality = (gs_quality){.n = n};
    if (n < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the quality of no images");
    gs_judge judge;
    gs_status status = gs_judge_find(plan, &judge, error);
    size_t all;
    if (status)
        return status;
    if (!gs_mul_size(n, judge.d + (size_t)judge.logits, &all))
        return gs_fail_memory(error, "the features of the samples");
    float *features = gs_alloc(all, sizeof *features);
    if (!features)
        return gs_fail_memory(error, "the features of the samples");
    float *logits = features + n * judge.d;
    quality->classes = judge.classes;
    quality->features = judge.d;
    quality->label = gs_judge_only_label(&judge, labels, n);
    status = gs_judge_evaluate(plan, images, n, logits, features, error);
    gs_verdicts verdicts = {0};
    if (!status) {
        gs_verdicts_add(&verdicts, &judge, logits, labels, n);
        gs_verdicts_tell(&verdicts, judge.classes, quality);
    }
    if (!status)
        status = measure_distance(&judge, features, quality, error);
    gs_free(features);
    return status;
}

gs_status gs_quality_measure(gs_plan *plan, const float *images, const int *labels, size_t n, gs_quality *quality,
                             gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = measure(plan, images, labels, n, quality, error);
    gs_floats_leave(&callers);
    return status;
}
