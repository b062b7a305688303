/* Proposals along leapfrog paths, accepted or rejected by energies. */
#ifndef GS_METROPOLIS_H
#define GS_METROPOLIS_H

#include "sample/walk.h"

/* How mala and hmc differ. */
typedef struct gs_metropolis {
    int leapfrog;    /* steps of a path */
    bool is_squared; /* the option step_size is half the square of the leapfrog step */
    double jitter;   /* the leapfrog step is multiplied by a number uniform in 1 - jitter ... 1 + jitter each time */
} gs_metropolis;

bool gs_metropolis_run(gs_chains *chains, gs_metropolis how);

#endif
