/* The parts of study trajectory: what is measured (trajectory.c), and how it is shown (trajectory_page.c). */
#ifndef GS_STUDY_TRAJECTORY_H
#define GS_STUDY_TRAJECTORY_H

#include "study/tools.h"

enum {
    GS_WAY_STEPS = 19, /* noise levels on the way, in equal ratios */
    GS_WAY_EACH = 2,   /* every so many of them are looked at: the course's ten */
    GS_WAY_LOOKS = GS_WAY_STEPS / GS_WAY_EACH + 1,
    GS_WAY_SHOWN = 8 /* chains in pictures */
};

/* How often a digit comes back as the same class; only of those that the judge takes for digits both times. */
typedef struct gs_returns {
    uint64_t same, of;
} gs_returns;

typedef struct gs_trajectory_study {
    gs_study *study;
    size_t n; /* chains, and digits */
    const gs_study_network *network;
    gs_digits digits;
    double usual;                         /* the chance that two of MNIST's digits are of one class */
    double sigma[GS_WAY_STEPS + 1];       /* of the states; 0 of the result */
    float *states;                        /* (GS_WAY_STEPS + 1, n, pixels) */
    float *guesses;                       /* (GS_WAY_LOOKS, n, pixels) D of every state that is looked at */
    int *seen;                            /* (GS_WAY_LOOKS, n) the judge's classes of these */
    int *final;                           /* (n) and of the results */
    gs_returns forked[GS_WAY_LOOKS];      /* chains that go on from that state twice */
    gs_returns noised[GS_WAY_LOOKS];      /* results with noise of that level, from which a chain goes on */
    gs_returns digits_back[GS_WAY_LOOKS]; /* and digits, at levels that decide */
    uint64_t since[GS_WAY_LOOKS]; /* chains whose guess is of the final class from that level on, and not before */
    uint64_t first[GS_WAY_LOOKS]; /* chains whose guess is of the final class there for the first time */
    double *log_since;            /* (decided) logarithms of these levels */
    size_t decided;               /* chains that end as a digit */
} gs_trajectory_study;

/* Level i of those that are looked at. */
static inline double gs_way_sigma(const gs_trajectory_study *t, int i) {
    return t->sigma[i * GS_WAY_EACH];
}

/* Whether level i is one of those around which the class is decided: from chance to certainty. */
static inline bool gs_way_decides(int i) {
    return i >= 2 && i <= 5;
}

void gs_trajectory_show(gs_trajectory_study *t);

#endif
