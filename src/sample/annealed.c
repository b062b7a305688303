/* Annealed Langevin dynamics on the score s(x, sigma) = (D(x, sigma) - x) / sigma^2:
 *   x <- x + alpha / 2 s(x) + sqrt(alpha) z,   z ~ N(0, I)
 * (Song & Ermon 2019, equation 4 and algorithm 1). */
#include "sample/walk.h"
#include "sample/samplers.h"

#include <math.h>

static bool level_steps(gs_chains *c, int level, double alpha, int steps) {
    double sigma = c->run->sigma[level], pull = alpha / (2 * sigma * sigma);
    for (int t = 0; t < steps; t++) {
        gs_field_denoised(c, level, c->x, c->denoised);
        gs_chains_noise(c, GS_STREAM_STEP);
        gs_chains_axpby(c, pull, c->denoised, 1 - pull, c->x);
        gs_chains_axpby(c, sqrt(alpha), c->noise, 1, c->x);
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
