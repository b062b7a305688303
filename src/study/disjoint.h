/* Two modes far apart (2.1.3). */
#ifndef GS_STUDY_DISJOINT_H
#define GS_STUDY_DISJOINT_H

#include "study/line.h"
#include "study/plane.h"

/* The means are (-FAR, -FAR) and (FAR, FAR), the deviation is 1; Langevin dynamics begins in -HALF ... HALF. */
enum { GS_DISJOINT_FAR = 5, GS_DISJOINT_HALF = 8 };

typedef struct gs_disjoint {
    gs_study *study;
    double share;                     /* of the second mode */
    size_t n;                         /* samples */
    gs_line_mixture line;             /* of the coordinate along the means */
    const char *text, *even, *plain;  /* the density, with even weights, and without noise levels */
    const gs_density *density, *half; /* the first two */
} gs_disjoint;

/* The share of points in the second mode, and a finding of it beside what is expected. */
gs_estimate gs_disjoint_second(const float *x, size_t n);
void gs_disjoint_find(const gs_disjoint *d, const char *what, gs_estimate is, double expected, const char *by);

/* Chains from everywhere, annealed and not; and those of digits that begin at ones. */
gs_status gs_disjoint_chains(const gs_disjoint *d, gs_error *error);
gs_status gs_disjoint_digits(gs_study *study, gs_error *error);

#endif
