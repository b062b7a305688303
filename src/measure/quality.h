/* The functions that measure samples and are not part of the public interface. */
#ifndef GS_MEASURE_QUALITY_H
#define GS_MEASURE_QUALITY_H

#include "measure/judge.h"

/* Numbers of images by the judge's verdict; doubles, so that they are sums like others. */
typedef struct gs_verdicts {
    double n, asked, agreeing, confident, rejected; /* asked: those drawn for a label; agreeing: of that class */
    double of_class[GS_JUDGE_CLASSES_MAX];
} gs_verdicts;

/* Count images by their logits (n, judge->logits); labels (n) or NULL. The shares of all that were counted. */
void gs_verdicts_add(gs_verdicts *verdicts, const gs_judge *judge, const float *logits, const int *labels, size_t n);
void gs_verdicts_tell(const gs_verdicts *verdicts, int classes, gs_quality *quality);

/* quality->frechet of features with that mean (d) and unbiased covariance (d, d) to the moments that the judge's file
 * has for quality->label, or else, with that set to -1, for all images; NaN if quality->n is below 2. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_quality_distance(const gs_judge *judge, const double *mean, const double *covariance, gs_quality *quality,
                              gs_error *error);

/* out = x mapped linearly from the range `from` to the range `to`, count elements; out may be x. */
void gs_map_range(const float *x, size_t count, const float from[2], const float to[2], float *out);

#endif
