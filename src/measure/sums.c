/* A judge's figures of images that come one block after the other, from sums: images need not be kept. */
#include "base/floats.h"
#include "measure/quality.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256, NO_LABEL_YET = -2, MIXED = -1, COUNTS = 6 };

struct gs_quality_sums {
    gs_judge judge;
    gs_verdicts verdicts;
    int label;      /* of all images so far; NO_LABEL_YET, MIXED */
    double *first;  /* (d): sum of f - m, features less the mean of the judge's real images, which keeps sums small */
    double *second; /* (d, d), its upper triangle: sum of (f - m)(f - m)^T */
    float *logits, *features; /* of a block */
    double *centred;          /* (d) */
};

/* The elements of the upper triangle of (d, d). */
static size_t triangle(size_t d) {
    return d * (d + 1) / 2;
}

gs_status gs_quality_sums_create(gs_plan *plan, gs_quality_sums **sums, gs_error *error) {
    *sums = NULL;
    gs_judge judge;
    gs_status status = gs_judge_find(plan, &judge, error);
    if (status)
        return status;
    gs_quality_sums *s = gs_alloc(1, sizeof *s);
    size_t d = judge.d, room;
    bool fits = s && gs_mul_size(d, d + 2, &room);
    if (s)
        *s = (gs_quality_sums){.judge = judge, .label = NO_LABEL_YET};
    if (fits) {
        s->first = gs_alloc(room, sizeof *s->first);
        s->features = gs_alloc(BLOCK, (d + (size_t)judge.logits) * sizeof *s->features);
    }
    if (!fits || !s->first || !s->features) {
        gs_quality_sums_free(s);
        return gs_fail_memory(error, "the sums of a judge");
    }
    s->second = s->first + d;
    s->centred = s->second + d * d;
    s->logits = s->features + BLOCK * d;
    *sums = s;
    return GS_OK;
}

void gs_quality_sums_free(gs_quality_sums *s) {
    if (!s)
        return;
    gs_free(s->first);
    gs_free(s->features);
    gs_free(s);
}

/* One image after the other, so that the sums do not depend on blocks or threads. */
static void add_features(gs_quality_sums *s, size_t n) {
    size_t d = s->judge.d;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < d; i++) {
            s->centred[i] = (double)s->features[k * d + i] - (double)s->judge.mean[i];
            s->first[i] += s->centred[i];
        }
        for (size_t i = 0; i < d; i++)
            for (size_t j = i; j < d; j++)
                s->second[i * d + j] += s->centred[i] * s->centred[j];
    }
}

static void join_label(gs_quality_sums *s, int label) {
    s->label = s->label == NO_LABEL_YET || s->label == label ? label : MIXED;
}

gs_status gs_quality_sums_add(gs_quality_sums *s, const float *images, const int *labels, size_t n, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < n; at += BLOCK) {
        size_t count = n - at < BLOCK ? n - at : BLOCK;
        const int *own = labels ? labels + at : NULL;
        status = gs_judge_evaluate(s->judge.plan, images + at * s->judge.pixels, count, s->logits, s->features, error);
        if (status)
            break;
        gs_verdicts_add(&s->verdicts, &s->judge, s->logits, own, count);
        add_features(s, count);
        join_label(s, gs_judge_only_label(&s->judge, own, count));
    }
    gs_floats_leave(&callers);
    return status;
}

size_t gs_quality_sums_size(const gs_quality_sums *s) {
    return COUNTS + (size_t)s->judge.classes + s->judge.d + triangle(s->judge.d);
}

/* n, asked, agreeing, confident, rejected, label, counts of classes, first, second. */
void gs_quality_sums_get(const gs_quality_sums *s, double *numbers) {
    const gs_verdicts *v = &s->verdicts;
    size_t d = s->judge.d, at = COUNTS;
    const double counts[COUNTS] = {v->n, v->asked, v->agreeing, v->confident, v->rejected, s->label};
    memcpy(numbers, counts, sizeof counts);
    for (int i = 0; i < s->judge.classes; i++)
        numbers[at++] = v->of_class[i];
    for (size_t i = 0; i < d; i++)
        numbers[at++] = s->first[i];
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++)
            numbers[at++] = s->second[i * d + j];
}

/* Counts are whole and none is above n, and the label is one. */
static bool are_sums(const gs_quality_sums *s, const double *numbers) {
    size_t counts = COUNTS + (size_t)s->judge.classes, size = gs_quality_sums_size(s);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(numbers[i]))
            return false;
    for (size_t i = 0; i < counts; i++)
        if (numbers[i] != floor(numbers[i]) || (i != COUNTS - 1 && !(numbers[i] >= 0 && numbers[i] <= numbers[0])))
            return false;
    return numbers[0] < 0x1p53 && numbers[COUNTS - 1] >= NO_LABEL_YET && numbers[COUNTS - 1] < s->judge.classes;
}

gs_status gs_quality_sums_join(gs_quality_sums *s, const double *numbers, gs_error *error) {
    gs_verdicts *v = &s->verdicts;
    size_t d = s->judge.d, at = COUNTS;
    if (!are_sums(s, numbers))
        return gs_fail(error, GS_ERROR_FORMAT, "these are no sums of the judge %s", s->judge.info->name);
    v->n += numbers[0];
    v->asked += numbers[1];
    v->agreeing += numbers[2];
    v->confident += numbers[3];
    v->rejected += numbers[4];
    if (numbers[0] > 0)
        join_label(s, (int)numbers[5]);
    for (int i = 0; i < s->judge.classes; i++)
        v->of_class[i] += numbers[at++];
    for (size_t i = 0; i < d; i++)
        s->first[i] += numbers[at++];
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++)
            s->second[i * d + j] += numbers[at++];
    return GS_OK;
}

/* mean = m + first / n, C = (second - first first^T / n) / (n - 1). */
static gs_status measure_distance(const gs_quality_sums *s, gs_quality *quality, gs_error *error) {
    size_t d = s->judge.d;
    double n = s->verdicts.n, *mean = gs_alloc(d * (d + 1), sizeof *mean), *covariance = mean ? mean + d : NULL;
    if (!mean)
        return gs_fail_memory(error, "the moments of the features");
    for (size_t i = 0; i < d; i++)
        mean[i] = (double)s->judge.mean[i] + s->first[i] / n;
    for (size_t i = 0; i < d; i++) {
        for (size_t j = i; j < d; j++) {
            covariance[i * d + j] = (s->second[i * d + j] - s->first[i] * (s->first[j] / n)) / (n - 1);
            covariance[j * d + i] = covariance[i * d + j];
        }
    }
    gs_status status = gs_quality_distance(&s->judge, mean, covariance, quality, error);
    gs_free(mean);
    return status;
}

gs_status gs_quality_sums_measure(const gs_quality_sums *s, gs_quality *quality, gs_error *error) {
    *quality = (gs_quality){.n = (size_t)s->verdicts.n};
    if (quality->n < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the quality of no images");
    fenv_t callers = gs_floats_enter();
    quality->classes = s->judge.classes;
    quality->features = s->judge.d;
    quality->label = s->label >= 0 ? s->label : -1;
    gs_verdicts_tell(&s->verdicts, s->judge.classes, quality);
    gs_status status = measure_distance(s, quality, error);
    gs_floats_leave(&callers);
    return status;
}
