/* Particles that go from a prior to the target. */
#ifndef GS_ANNEAL_H
#define GS_ANNEAL_H

#include "sample/replicas.h"

/* One particle per chain, which is weighted, or, of a sequential Monte Carlo sampler, many that are resampled. */
bool gs_anneal_run(gs_chains *chains, bool is_smc);

#endif
