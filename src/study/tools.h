/* What several studies need. */
#ifndef GS_STUDY_TOOLS_H
#define GS_STUDY_TOOLS_H

#include "study/study.h"

enum { GS_DIGIT_CLASSES = 10 };

/* The classes of images by the judge, (n); -1 where it takes one for no digit. Errors: those of gs_study_network_get
 * and gs_quality_classify. */
gs_status gs_study_classify(gs_study *study, const float *images, size_t n, int *classes, gs_error *error);

/* The judge's features of images, (n, d) in the study's memory. Errors: those of gs_study_network_get and
 * gs_plan_evaluate. */
gs_status gs_study_features(gs_study *study, const float *images, size_t n, const float **features, size_t *d,
                            gs_error *error);

/* gs_quality_compare by the judge. */
gs_status gs_study_compare(gs_study *study, const float *images, const int *labels, size_t n, gs_comparison *comparison,
                           gs_error *error);

/* gs_loss_measure of digits with the study's seed, progress and interruption. */
gs_status gs_study_loss(gs_study *study, const gs_study_network *network, const gs_digits *digits,
                        gs_loss_options *options, gs_loss *level, gs_loss *mean, gs_error *error);

/* How many of n classes are 0, 1 ... 9. Returns their sum. */
size_t gs_count_classes(const int *classes, size_t n, uint64_t counts[GS_DIGIT_CLASSES]);

/* The entropy of classes in nats from how often each was seen: -sum p log p + (classes - 1) / 2n (Miller 1955), and its
 * interval by the standard error sqrt((sum p log^2 p - entropy^2) / n + (classes - 1) / 2n^2), whose second part is
 * that of equal shares, at which the first is 0; at most log(classes). */
gs_estimate gs_estimate_entropy(const uint64_t *counts, int classes);

/* gs_stroke_width of a digit, (28, 28) in 0 ... 1. */
double gs_digit_width(const float *image);

#endif
