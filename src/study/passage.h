/* Chains along their way: their states after some numbers of steps, what the judge takes these for, and the curves of
 * that which diagrams draw. */
#ifndef GS_STUDY_PASSAGE_H
#define GS_STUDY_PASSAGE_H

#include "study/tools.h"

/* The network of the course's architecture, trained and sampled as the course does. */
#define GS_COURSE_ENERGY "ebm-document"

/* Estimates at points of an axis, as the members of a series point to them. */
typedef struct gs_estimates {
    size_t n;
    double *x, *y, *low, *high; /* (n), in the study's memory */
} gs_estimates;

/* A curve without values; x is that of `like`, or not filled where that is NULL. Errors: GS_ERROR_MEMORY. */
gs_status gs_estimates_create(gs_study *study, const double *like, size_t n, gs_estimates *curve);
void gs_estimates_set(gs_estimates *curve, size_t i, gs_estimate estimate);
gs_estimate gs_estimates_get(const gs_estimates *curve, size_t i);
gs_diagram_series gs_estimates_series(const gs_estimates *curve, const char *name, gs_stroke stroke, int colour);

typedef struct gs_passage {
    gs_study *study;
    size_t n, states, pixels;
    double *step; /* (states) after so many steps, ascending */
    float *x;     /* (states, n, pixels), in the network's range */
    int *classes; /* (states, n) by the judge, -1 where it takes a state for no digit */
} gs_passage;

/* Run n chains of `langevin` and keep their states before the first step, after every `options->every` steps and at the
 * end, and judge them. Seed and progress are set. Errors: those of gs_study_sample and gs_study_classify. */
gs_status gs_passage_run(gs_study *study, const gs_study_network *network, gs_sample_options *options, size_t n,
                         gs_passage *passage, gs_error *error);

/* The state after that many steps, or the last one before that. */
size_t gs_passage_at(const gs_passage *passage, double step);
const float *gs_passage_images(const gs_passage *passage, size_t state);
const int *gs_passage_classes(const gs_passage *passage, size_t state);

/* How many chains are of a class, -1 of none; how many have the class they have in `labels`, (n), where that is one;
 * and in how many that is one. */
size_t gs_passage_count(const gs_passage *passage, size_t state, int class);
size_t gs_passage_kept(const gs_passage *passage, size_t state, const int *labels);
size_t gs_count_digits(const int *labels, size_t n);

/* These as shares along the way, of all chains, and of those that have a class in `labels`. Errors: GS_ERROR_MEMORY. */
gs_status gs_passage_share(const gs_passage *passage, int class, gs_estimates *curve);
gs_status gs_passage_kept_share(const gs_passage *passage, const int *labels, gs_estimates *curve);

/* Of the chains that are of a class in one of both lists of n classes alone, the share of those in which they are so in
 * `after`: above 1/2 if chains turn to that class, by the sign test (McNemar 1947). */
gs_estimate gs_estimate_turned(const int *before, const int *after, size_t n, int class);

/* The entropy of shares, (classes), in nats. */
double gs_entropy(const double *shares, int classes);

/* A sheet of rows of images under each other, the head of each a text in the canvas's font, or "". Of the n
 * images of a row the first `columns` at most are shown. Errors: GS_ERROR_MEMORY. */
typedef struct gs_strip {
    const char *head;
    const float *images; /* (n, pixels) */
} gs_strip;
gs_status gs_study_strips(gs_study *study, const char *name, const char *caption, const gs_model_info *info,
                          const gs_strip *strips, int rows, size_t n, int columns, int scale, gs_error *error);

#endif
