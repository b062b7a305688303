/* Hamiltonian Monte Carlo in replicas of chains, each on a density of its own, which may be tempered or on its way from
 * a Gaussian; metropolis.h has that of the chains themselves. */
#ifndef GS_WALKERS_H
#define GS_WALKERS_H

#include "sample/walk.h"

/* One chain. It draws its own random numbers, so that it is the same whatever is drawn beside it. */
typedef struct gs_walker {
    double scale;          /* the density is exp(-scale E(x) - spring |x - m|^2 / 2), m ... */
    double spring;         /* ... the range's middle */
    bool is_frozen;        /* it proposes, but stays */
    double log_step;       /* of the leapfrog step */
    double energy;         /* E at x */
    double kinetic;        /* at the start of the path */
    double step, luck;     /* of this path, jittered; the uniform number that decides about it */
    double ratio, reached; /* log of its acceptance, or -INFINITY; kinetic energy at its end */
    bool accepted;
} gs_walker;

/* The chains of a block, or replicas of them, on densities of their own. */
typedef struct gs_walkers {
    gs_chains *c;
    int leapfrog;        /* steps per path */
    int level;           /* of the field */
    float *x, *gradient; /* (n, size): states, and dE/dx there */
    gs_walker walker[GS_BLOCK_MAX];
    float energy[GS_BLOCK_MAX]; /* at the ends of paths */
} gs_walkers;

/* Propose and accept once in every chain, with the random numbers of step number `step`; acceptance, (n), gets the
 * probabilities. Uses the chains' spare, noise and denoised. False when told to stop. */
bool gs_walkers_step(gs_walkers *walkers, uint32_t step, double *acceptance);

/* |x - m|^2 / 2 for one state. */
double gs_walker_stretch(const gs_chains *chains, const float *x);

/* A chain is reported if it accepts less than this share of its proposals. */
static const double gs_acceptance_low = 0.01;

#endif
