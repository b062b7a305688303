/* The states from which chains begin. */
#ifndef GS_START_H
#define GS_START_H

#include "sample/chains.h"

/* Write them to x, (n, size): those of the caller, latents, noise of sigma_high, or numbers uniform in the data range.
 * Replica 0 is the chain itself; others draw random numbers of their own. */
void gs_start(gs_chains *chains, uint32_t replica, float *x);

/* Numbers uniform in the data range. */
void gs_start_uniform(gs_chains *chains, uint32_t replica, float *x);

#endif
