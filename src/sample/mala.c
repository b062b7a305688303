/* The Metropolis-adjusted Langevin algorithm (Roberts & Tweedie 1996). x' = x - h dE/dx + sqrt(2 h) z with its
 * probability of acceptance is one leapfrog step of size sqrt(2 h) with Hamiltonian Monte Carlo's (Neal 2011,
 * section 5.5.2). */
#include "sample/metropolis.h"
#include "sample/samplers.h"

bool gs_sampler_mala(gs_chains *c) {
    return gs_metropolis_run(
        c, (gs_proposer){.propose = gs_metropolis_follow, .leapfrog = 1, .is_squared = true, .has_momenta = true});
}
