/* The parts of study ncsn: what is measured (ncsn.c), and how it is shown (ncsn_page.c). */
#ifndef GS_STUDY_NCSN_H
#define GS_STUDY_NCSN_H

#include "study/epochs.h"
#include "study/linear.h"
#include "study/tools.h"

enum { GS_COURSE_SAMPLES = 10 };

typedef struct gs_ncsn {
    gs_study *study;
    size_t n; /* digits, and samples */
    const gs_study_network *network;
    gs_digits digits;
    gs_epochs epochs;
    const double *usual; /* (10) shares of MNIST's classes */
    gs_linear linear;    /* of the digits */
    gs_loss level[GS_COURSE_LEVELS], mean;
    const float *samples;       /* (n, pixels) by the network's own settings */
    const float *langevin;      /* (GS_COURSE_SAMPLES, pixels) by the course's sampler */
    uint64_t nfe, langevin_nfe; /* evaluations per sample */
    uint64_t counts[GS_DIGIT_CLASSES];
    size_t judged; /* samples that the judge takes for a digit */
    gs_comparison comparison;
    double lost[GS_DIGIT_CLASSES]; /* Frechet distance of the digits without those of a class */
} gs_ncsn;

gs_status gs_ncsn_show(gs_ncsn *ncsn, gs_error *error);

#endif
