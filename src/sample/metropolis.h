/* Proposals along leapfrog paths, accepted or rejected by their energies. */
#ifndef GS_METROPOLIS_H
#define GS_METROPOLIS_H

#include "sample/walk.h"

/* The differences between mala and hmc. */
typedef struct gs_metropolis {
    int leapfrog;    /* steps per path */
    bool is_squared; /* the option step_size is half the square of the leapfrog step */
    double jitter;   /* each leapfrog step is multiplied by a number uniform in 1 - jitter ... 1 + jitter */
} gs_metropolis;

bool gs_metropolis_run(gs_chains *chains, gs_metropolis how);

#endif
