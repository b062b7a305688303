/* The parts of study energy-from-noise: what is sampled (energy_from_noise.c), and how it is shown
 * (energy_from_noise_page.c). */
#ifndef GS_STUDY_ENERGY_FROM_NOISE_H
#define GS_STUDY_ENERGY_FROM_NOISE_H

#include "study/passage.h"

/* Steps and their size in training; step sizes that are tried beside it; images in a grid. */
enum { GS_TRAINED_STEPS = 60, GS_TRAINED_SIZE = 10, GS_STRIDES = 4, GS_FAR_SIZE = 80, GS_GRID = 16 };

typedef struct gs_from_noise {
    gs_study *study;
    size_t n;
    const gs_study_network *energy, *annealed;
    gs_digits training;
    gs_passage passage;
    const float *best; /* (n, pixels) samples of the annealed energy */
    int *best_class;
    uint64_t evaluations; /* of that energy per sample */
    const double *usual;  /* (10) shares of MNIST's classes */
    gs_estimates rejected, entropy, one, seven, others;
    gs_estimates far;  /* ones by step size, against steps times step size */
    gs_estimate quiet; /* ones with the step size GS_FAR_SIZE and no noise */
} gs_from_noise;

gs_status gs_from_noise_show(gs_from_noise *noise, gs_error *error);

#endif
