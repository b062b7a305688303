#include "measure/judge.h"

#include <math.h>

enum { CHUNK = 256 };

int gs_judge_classes(const gs_model_info *info) {
    return (int)info->output_size[0] - info->rejects;
}

/* The file's tensor of that name and rank, whose sizes past the first are all `size`. *first is the first size that it
 * must have, 0 for any, and becomes the one that it has. NULL, which is no error, if there is no such tensor. */
static gs_status find(const gs_judge *judge, const char *name, int rank, size_t size, size_t *first, const float **data,
                      gs_error *error) {
    size_t shape[6], wanted = *first;
    int found = gs_model_get_tensor(gs_plan_get_model(judge->plan), name, data, shape);
    if (found < 0)
        return GS_OK;
    bool fits = found == rank && (!wanted || shape[0] == wanted);
    for (int i = 1; fits && i < rank; i++)
        fits = shape[i] == size;
    *first = fits ? shape[0] : wanted;
    return fits ? GS_OK
                : gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s: its tensor %s has other sizes than its %zu features",
                          judge->info->name, name, judge->d);
}

static gs_status find_moments(gs_judge *judge, gs_error *error) {
    size_t d = judge->d, classes = (size_t)judge->classes;
    gs_status status = find(judge, "reference_mean", 1, d, &d, &judge->mean, error);
    if (!status)
        status = find(judge, "reference_covariance", 2, d, &d, &judge->covariance, error);
    if (!status && !(judge->mean && judge->covariance)) {
        status = gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s has no tensor %s of %zu features", judge->info->name,
                         judge->mean ? "reference_covariance" : "reference_mean", d);
    }
    if (!status)
        status = find(judge, "label_mean", 2, d, &classes, &judge->of_label, error);
    if (!status)
        status = find(judge, "label_covariance", 3, d, &classes, &judge->of_label_cov, error);
    if (!judge->of_label_cov)
        judge->of_label = NULL;
    return status;
}

static gs_status find_features(gs_judge *judge, const char *name, const char *label_name, gs_feature_set *set,
                               gs_error *error) {
    gs_status status = find(judge, name, 2, judge->d, &set->n, &set->features, error);
    if (!status && set->n)
        status = find(judge, label_name, 1, 0, &set->n, &set->labels, error);
    for (size_t i = 0; !status && set->labels && i < set->n; i++) {
        float label = set->labels[i];
        if (!(label >= 0 && label < (float)judge->classes && label == floorf(label))) {
            status = gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s: %s[%zu] is %g, expected a class, 0 ... %d",
                             judge->info->name, label_name, i, (double)label, judge->classes - 1);
        }
    }
    return status;
}

gs_status gs_judge_check(const gs_model_info *info, gs_error *error) {
    if (info->kind != GS_KIND_CLASSIFIER || info->outputs != 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "judge: the network %s is no classifier with features", info->name);
    return GS_OK;
}

gs_status gs_judge_find(gs_plan *plan, gs_judge *judge, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(gs_plan_get_model(plan));
    *judge = (gs_judge){
        .plan = plan, .info = info, .pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2]};
    if (gs_judge_check(info, error))
        return GS_ERROR_ARGUMENT;
    if (info->output_size[0] - info->rejects > GS_JUDGE_CLASSES_MAX) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "judge: the network %s has %zu classes, at most %d are counted",
                       info->name, info->output_size[0], GS_JUDGE_CLASSES_MAX);
    }
    judge->logits = (int)info->output_size[0];
    judge->classes = gs_judge_classes(info);
    judge->d = info->output_size[1];
    gs_status status = find_moments(judge, error);
    if (!status)
        status = find_features(judge, "reference_features", "reference_labels", &judge->reference, error);
    if (!status)
        status = find_features(judge, "real_features", "real_labels", &judge->real, error);
    return status;
}

int gs_judge_decide(const gs_model_info *info, const float *logits, double *probability, bool *rejected) {
    int count = (int)info->output_size[0], best = 0;
    *rejected = false;
    for (int i = 0; i < count; i++) {
        if (isnan(logits[i]))
            return -1;
        best = logits[i] > logits[best] ? i : best;
    }
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += exp((double)logits[i] - (double)logits[best]);
    *probability = 1.0 / sum;
    *rejected = info->rejects && best == count - 1;
    return *rejected ? -1 : best;
}

gs_status gs_judge_evaluate(gs_plan *plan, const float *images, size_t n, float *logits, float *features,
                            gs_error *error) {
    const gs_model_info *info = gs_model_get_info(gs_plan_get_model(plan));
    size_t pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    float low = info->range[0], high = info->range[1];
    float *clipped = gs_alloc(CHUNK * pixels, sizeof *clipped);
    gs_status status = clipped ? GS_OK : gs_fail_memory(error, "judging images");
    for (size_t at = 0; !status && at < n; at += CHUNK) {
        size_t count = n - at < CHUNK ? n - at : CHUNK;
        for (size_t i = 0; i < count * pixels; i++) {
            float v = images[at * pixels + i];
            clipped[i] = v < low ? low : v > high ? high : v; /* a NaN stays */
        }
        float *out[2] = {logits ? logits + at * info->output_size[0] : NULL,
                         features ? features + at * info->output_size[1] : NULL};
        status = gs_plan_evaluate(plan, clipped, 1.0, NULL, count, out, error);
    }
    gs_free(clipped);
    return status;
}

int gs_judge_only_label(const gs_judge *judge, const int *labels, size_t n) {
    if (!labels || n < 1 || labels[0] < 0 || labels[0] >= judge->classes)
        return -1;
    for (size_t k = 1; k < n; k++)
        if (labels[k] != labels[0])
            return -1;
    return labels[0];
}

void gs_judge_moments(const gs_judge *judge, int *label, double *moments) {
    size_t d = judge->d;
    *label = judge->of_label ? *label : -1;
    const float *mean = *label < 0 ? judge->mean : judge->of_label + (size_t)*label * d;
    const float *covariance = *label < 0 ? judge->covariance : judge->of_label_cov + (size_t)*label * d * d;
    for (size_t i = 0; i < d; i++)
        moments[i] = (double)mean[i];
    for (size_t i = 0; i < d * d; i++)
        moments[d + i] = (double)covariance[i];
}
