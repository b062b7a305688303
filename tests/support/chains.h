/* Plain energies E(x) whose densities are known, for images of (1, 4, 4) in [0, 1], and chains on them with everything
 * that is recorded. Any failure here fails the running test. */
#ifndef TEST_CHAINS_H
#define TEST_CHAINS_H

#include "base/base.h"

enum { CHAIN_SIDE = 4, CHAIN_PIXELS = CHAIN_SIDE * CHAIN_SIDE };

/* Every pixel is normal with that mean and variance: E = sum (x - mean)^2 / 2 variance; and its score. */
gs_model *normal_energy(double mean, double variance);
gs_model *normal_score(double mean, double variance);

/* The same, with these means for label 0 and for none: */
static const double label_mean = 0.6, label_none_mean = -0.2;
gs_model *labelled_energy(double variance);

/* Every pixel is well_share N(1, well_deviation^2) + (1 - well_share) N(-1, well_deviation^2). */
static const double well_share = 0.7, well_deviation = 0.5;
gs_model *wells_energy(void);

/* E = slope x the sum of the pixels; it is constant if the slope is 0. */
gs_model *linear_energy(double slope);

/* The results of a run. */
typedef struct chains {
    size_t n;
    int steps, count; /* steps of the trace; number of states after the first */
    float *out;       /* (n, pixels) */
    float *states;    /* (count + 1, n, pixels) */
    gs_trace trace;   /* all of it */
} chains;

/* Allocates a run of resolved options. */
chains chains_create(const gs_model *model, const gs_sample_options *options, size_t n);

/* Carries out the run, with a plan of 2 threads. */
chains chains_draw(const gs_model *model, gs_sample_options options, size_t n);
void chains_free(chains c);

#endif
