/* Annealed importance sampling (Neal 2001). */
#include "sample/anneal.h"
#include "sample/samplers.h"

bool gs_sampler_ais(gs_chains *c) {
    return gs_anneal_run(c, false);
}
