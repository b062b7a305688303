/* Hamiltonian Monte Carlo (Neal 2011, section 5.3.2). Without the jitter, a path of half a period would map every state
 * of a normal target to its mirror image for ever. */
#include "sample/metropolis.h"
#include "sample/samplers.h"

bool gs_sampler_hmc(gs_chains *c) {
    return gs_metropolis_run(c, (gs_proposer){.propose = gs_metropolis_follow,
                                              .leapfrog = c->run->options.leapfrog,
                                              .has_momenta = true,
                                              .jitter = 0.2});
}
