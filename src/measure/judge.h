/* A judge: a classifier whose file has the statistics of its features of real images; and its verdicts on images. */
#ifndef GS_MEASURE_JUDGE_H
#define GS_MEASURE_JUDGE_H

#include "engine/plan.h"

enum { GS_JUDGE_CLASSES_MAX = 64 };

/* Tensors of features, each (n, d), with their labels where the file has them; n = 0: it has none. */
typedef struct gs_feature_set {
    const float *features, *labels;
    size_t n;
} gs_feature_set;

typedef struct gs_judge {
    gs_plan *plan;
    const gs_model_info *info;
    size_t pixels, d;
    int logits, classes;                  /* all of them; without what it rejects */
    const float *mean, *covariance;       /* of all classes: (d), (d, d) */
    const float *of_label, *of_label_cov; /* of each: (classes, d), (classes, d, d), or NULL */
    gs_feature_set reference, real;
} gs_judge;

/* The classes of a classifier, without its reject class. */
int gs_judge_classes(const gs_model_info *info);

/* Check that a network is a classifier with features. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_judge_check(const gs_model_info *info, gs_error *error);

/* The judge of a plan, with its file's statistics of real images. Errors: GS_ERROR_ARGUMENT: it is no classifier with
 * features, lacks the reference's mean or covariance, or has a tensor of another size. */
gs_status gs_judge_find(gs_plan *plan, gs_judge *judge, gs_error *error);

/* Logits (n, logits) and features (n, d) of images, which are clipped to the judge's range; either may be NULL. */
gs_status gs_judge_evaluate(gs_plan *plan, const float *images, size_t n, float *logits, float *features,
                            gs_error *error);

/* The arg max of one row of logits, and its soft-max; -1 if the judge rejects the image or, with *rejected false, if a
 * logit is not a number. */
int gs_judge_decide(const gs_model_info *info, const float *logits, double *probability, bool *rejected);

/* The label for which all n images were drawn; -1 if there are several labels, or none. */
int gs_judge_only_label(const gs_judge *judge, const int *labels, size_t n);

/* The moments to which the images' Frechet distance is taken, in float64: the mean (d) and covariance (d, d) of the
 * label's own images if the file has them, else, with *label set to -1, of all images. moments: d (d + 1). */
void gs_judge_moments(const gs_judge *judge, int *label, double *moments);

#endif
