/* A sequential Monte Carlo sampler through temperatures (Del Moral, Doucet & Jasra 2006). */
#include "sample/anneal.h"
#include "sample/samplers.h"

bool gs_sampler_tempered_smc(gs_chains *c) {
    return gs_anneal_run(c, true);
}
