/* The parts of study energy-training: what its log says and what is measured of the network (energy_training.c), and
 * how it is shown (energy_training_page.c). */
#ifndef GS_STUDY_ENERGY_TRAINING_H
#define GS_STUDY_ENERGY_TRAINING_H

#include "measure/statistics.h"
#include "study/passage.h"
#include "study/snapshots.h"
#include "study/training_log.h"

enum { GS_TRAINING_BINS = 24 };

/* Energies by the shipped network. */
typedef struct gs_training_energies {
    float *of;    /* (n) */
    double *wide; /* (n) the same */
    gs_estimate mean;
    double share[GS_TRAINING_BINS]; /* histogram */
} gs_training_energies;

typedef struct gs_training {
    gs_study *study;
    size_t n;
    gs_training_log log;
    const gs_training_column *real, *fake, *apart, *square, *loss, *shares, *rejected;
    double lambda, planned, judged; /* factor of the regularisation; epochs that the run was to have; samples that
                                       shares are of */
    gs_snapshots samples;
    const gs_study_network *energy;
    gs_digits digits;
    gs_training_energies of_digits, of_samples;
    double low, high; /* of the histograms */
} gs_training;

gs_status gs_training_show(gs_training *training, gs_error *error);

#endif
