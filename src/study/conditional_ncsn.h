/* The parts of study conditional-ncsn: samples (conditional_ncsn.c), what labels do to the loss (conditional_loss.c),
 * and how both are shown (conditional_page.c). */
#ifndef GS_STUDY_CONDITIONAL_NCSN_H
#define GS_STUDY_CONDITIONAL_NCSN_H

#include "study/epochs.h"
#include "study/tools.h"

enum {
    GS_LABEL_LEVELS = 19, /* the course's ten and those half-way */
    GS_LABEL_EACH = 2
};

/* Samples of a network, and what the judge says of them. */
typedef struct gs_drawn {
    const gs_study_network *network;
    const float *images; /* (n, pixels) */
    int *classes;        /* (n) */
    uint64_t nfe;        /* evaluations per sample */
    uint64_t counts[GS_DIGIT_CLASSES];
    size_t judged;
    size_t agree; /* samples of the class that was wanted */
    gs_comparison comparison;
    double diversity[GS_DIGIT_CLASSES]; /* mean distance of two of one class; NaN of fewer than two */
} gs_drawn;

typedef struct gs_conditional {
    gs_study *study;
    size_t n;    /* samples of either network; sample k is wanted to be of class k % 10 */
    int *wanted; /* (n) */
    gs_drawn base, labelled;
    gs_digits digits;                   /* (n) */
    double diversity[GS_DIGIT_CLASSES]; /* of the digits */
    gs_epochs base_epochs, epochs;      /* of trainings of both architectures */
    size_t agree;                       /* digits of whose label the judge is too */

    size_t images;                 /* digits whose loss is measured */
    double sigma[GS_LABEL_LEVELS]; /* descending */
    double *right, *none, *wrong;  /* (levels, images) losses when told the label, none, and others on average */
    double *base_loss;             /* (levels, images) of the network without labels */
    double *information;           /* (images) nats that the loss without a label has more, over all levels */
    double *posterior;             /* (images) log of the label's probability by the losses of all ten */
    size_t read_back;              /* images whose label has the least loss */
} gs_conditional;

gs_status gs_conditional_measure(gs_conditional *c, gs_error *error);
gs_status gs_conditional_show(gs_conditional *c, gs_error *error);

/* Whether all labels are tried at level i; at the others the answers hardly differ. */
bool gs_conditional_tries(const gs_conditional *c, int i);

#endif
