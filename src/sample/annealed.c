/* Annealed Langevin dynamics (Song & Ermon 2019, algorithm 1). */
#include "sample/descent.h"
#include "sample/samplers.h"
#include "sample/walk.h"

static bool level_steps(gs_chains *c, int level, double alpha, int steps) {
    for (int t = 0; t < steps; t++) {
        gs_descent_langevin(c, level, alpha, GS_STREAM_STEP, c->step);
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}

/* T steps at each level, with alpha_i = epsilon sigma_i^2 / sigma_L^2. */
bool gs_sampler_annealed_langevin(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    double lowest = c->run->sigma[c->run->levels - 1];
    for (int i = 0; i < c->run->levels; i++) {
        double ratio = c->run->sigma[i] / lowest;
        if (!level_steps(c, i, o->epsilon * ratio * ratio, o->steps_per_level))
            return false;
    }
    gs_walk_finish(c);
    return true;
}
