#include "measure/quality.h"

#include <math.h>

#include "engine/plan.h"

enum { CHUNK = 256, CLASSES_MAX = 64 };
static const double CONFIDENT = 0.9;

void gs_map_range(const float *x, size_t count, const float from[2], const float to[2], float *out) {
    float scale = (to[1] - to[0]) / (from[1] - from[0]);
    for (size_t i = 0; i < count; i++)
        out[i] = to[0] + (x[i] - from[0]) * scale;
}

/* The judge's parts and the memory of one measurement. */
typedef struct measurement {
    const gs_model_info *info;
    const float *mean, *covariance; /* of the reference: (d), (d, d) */
    size_t pixels, d;
    int classes;
    float *clipped, *logits; /* one chunk */
    float *features;         /* (n, d) */
    double *moments;         /* mean, covariance, and the reference's in float64 */
} measurement;

static gs_status find_reference(const gs_model *model, measurement *m, gs_error *error) {
    size_t mean[6], covariance[6];
    if (gs_model_get_tensor(model, "reference_mean", &m->mean, mean) != 1 || mean[0] != m->d) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s has no tensor reference_mean of %zu elements",
                       m->info->name, m->d);
    }
    if (gs_model_get_tensor(model, "reference_covariance", &m->covariance, covariance) != 2 || covariance[0] != m->d ||
        covariance[1] != m->d) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the judge %s has no tensor reference_covariance of %zu x %zu elements", m->info->name, m->d,
                       m->d);
    }
    return GS_OK;
}

static gs_status prepare(const gs_model *model, size_t n, measurement *m, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(model);
    *m =
        (measurement){.info = info, .pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2]};
    if (info->kind != GS_KIND_CLASSIFIER || info->outputs != 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s is no classifier with features", info->name);
    if (info->output_size[0] > CLASSES_MAX) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s has %zu classes, at most %d are counted", info->name,
                       info->output_size[0], CLASSES_MAX);
    }
    m->classes = (int)info->output_size[0];
    m->d = info->output_size[1];
    gs_status status = find_reference(model, m, error);
    size_t all, moments;
    if (status)
        return status;
    if (!gs_mul_size(n, m->d, &all) || !gs_mul_size(m->d, 2 * m->d + 2, &moments))
        return gs_fail_memory(error, "the features of the samples");
    m->clipped = gs_alloc(CHUNK * m->pixels, sizeof(float));
    m->logits = gs_alloc(CHUNK * info->output_size[0], sizeof(float));
    m->features = gs_alloc(all, sizeof(float));
    m->moments = gs_alloc(moments, sizeof(double));
    bool ready = m->clipped && m->logits && m->features && m->moments;
    return ready ? GS_OK : gs_fail_memory(error, "the features of the samples");
}

static void release(measurement *m) {
    gs_free(m->clipped);
    gs_free(m->logits);
    gs_free(m->features);
    gs_free(m->moments);
}

/* Arg max of one row of logits, and its soft-max; -1 when a logit is not a number. */
static int decide(const float *logits, int classes, double *probability) {
    int best = 0;
    for (int i = 0; i < classes; i++) {
        if (isnan(logits[i]))
            return -1;
        best = logits[i] > logits[best] ? i : best;
    }
    double sum = 0.0;
    for (int i = 0; i < classes; i++)
        sum += exp((double)logits[i] - (double)logits[best]);
    *probability = 1.0 / sum;
    return best;
}

/* Counts of one chunk, as sums in *quality; *asked counts samples with a requested label. */
static void count_chunk(const measurement *m, const int *labels, size_t n, gs_quality *quality, size_t *asked) {
    for (size_t k = 0; k < n; k++) {
        double probability = 0.0;
        int class = decide(m->logits + k * (size_t)m->classes, m->classes, &probability);
        if (class >= 0) {
            quality->share[class] += 1.0;
            quality->confident += probability > CONFIDENT;
        }
        if (labels && labels[k] != m->classes) {
            *asked += 1;
            quality->agreement += labels[k] == class;
        }
    }
}

/* Logits and features of one chunk, whose images are clipped; features may be NULL. */
static gs_status judge_chunk(gs_plan *judge, measurement *m, const float *images, size_t n, float *features,
                             gs_error *error) {
    float low = m->info->range[0], high = m->info->range[1];
    for (size_t i = 0; i < n * m->pixels; i++) {
        float v = images[i];
        m->clipped[i] = v < low ? low : v > high ? high : v; /* a NaN stays */
    }
    return gs_plan_evaluate(judge, m->clipped, 1.0, NULL, n, (float *[2]){m->logits, features}, error);
}

static size_t chunk_size(size_t n, size_t at) {
    return n - at < CHUNK ? n - at : CHUNK;
}

static gs_status judge_all(gs_plan *judge, measurement *m, const float *images, const int *labels, size_t n,
                           gs_quality *quality, size_t *asked, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < n; at += CHUNK) {
        size_t count = chunk_size(n, at);
        status = judge_chunk(judge, m, images + at * m->pixels, count, m->features + at * m->d, error);
        if (!status)
            count_chunk(m, labels ? labels + at : NULL, count, quality, asked);
    }
    return status;
}

gs_status gs_quality_classify(gs_plan *judge, const float *images, size_t n, int *classes, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(gs_plan_get_model(judge));
    measurement m = {.info = info, .classes = (int)info->output_size[0]};
    if (info->kind != GS_KIND_CLASSIFIER)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the judge %s is no classifier", info->name);
    m.pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    m.clipped = gs_alloc(CHUNK * m.pixels, sizeof(float));
    m.logits = gs_alloc(CHUNK * info->output_size[0], sizeof(float));
    gs_status status = m.clipped && m.logits ? GS_OK : gs_fail_memory(error, "judging images");
    for (size_t at = 0; !status && at < n; at += CHUNK) {
        size_t count = chunk_size(n, at);
        status = judge_chunk(judge, &m, images + at * m.pixels, count, NULL, error);
        for (size_t k = 0; !status && k < count; k++) {
            double probability;
            classes[at + k] = decide(m.logits + k * (size_t)m.classes, m.classes, &probability);
        }
    }
    release(&m);
    return status;
}

static gs_status measure_distance(measurement *m, size_t n, double *distance, gs_error *error) {
    size_t d = m->d;
    double *mean = m->moments, *covariance = mean + d, *reference = covariance + d * d;
    *distance = NAN;
    if (n < 2)
        return GS_OK;
    for (size_t i = 0; i < d; i++)
        reference[i] = (double)m->mean[i];
    for (size_t i = 0; i < d * d; i++)
        reference[d + i] = (double)m->covariance[i];
    gs_status status = gs_feature_moments(m->features, n, (int)d, mean, covariance, error);
    if (!status)
        status = gs_frechet_distance(mean, covariance, reference, reference + d, (int)d, distance, error);
    return status;
}

gs_status gs_quality_measure(gs_plan *judge, const float *images, const int *labels, size_t n, gs_quality *quality,
                             gs_error *error) {
    *quality = (gs_quality){.n = n};
    if (n < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the quality of no images");
    measurement m;
    size_t asked = 0;
    gs_status status = prepare(gs_plan_get_model(judge), n, &m, error);
    if (!status)
        status = judge_all(judge, &m, images, labels, n, quality, &asked, error);
    if (!status)
        status = measure_distance(&m, n, &quality->frechet, error);
    quality->classes = m.classes;
    for (int i = 0; i < m.classes; i++)
        quality->share[i] /= (double)n;
    quality->confident /= (double)n;
    quality->agreement = asked > 0 ? quality->agreement / (double)asked : NAN;
    release(&m);
    return status;
}
