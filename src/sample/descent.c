#include "sample/descent.h"

#include <math.h>

#include "sample/tree.h"

void gs_descent_noise(gs_chains *c, double s, double t, double up) {
    const gs_sample_options *o = &c->run->options;
    double scale = o->noise_scale == 0 ? 1 : o->noise_scale; /* 0: the sampler does not read it */
    if (!(up > 0 && scale > 0))
        return;
    if (o->noise_tree <= 0 || !gs_tree_noise(c, s, t))
        gs_chains_noise(c, GS_STREAM_STEP, c->step);
    gs_chains_axpby(c, scale * up, c->noise, 1, c->x);
}

bool gs_descent_step(gs_chains *c, int i, double keep, double up) {
    const double *sigma = c->run->sigma;
    gs_field_denoised(c, i, c->x, c->denoised);
    gs_chains_axpby(c, 1 - keep, c->denoised, keep, c->x);
    gs_descent_noise(c, sigma[i], sigma[i + 1], up);
    return gs_chains_stepped(c);
}

void gs_descent_langevin(gs_chains *c, int i, double alpha, gs_stream stream, uint32_t step) {
    double sigma = c->run->sigma[i], pull = alpha / (2 * sigma * sigma);
    gs_field_denoised(c, i, c->x, c->denoised);
    gs_chains_noise(c, stream, step);
    gs_chains_axpby(c, pull, c->denoised, 1 - pull, c->x);
    gs_chains_axpby(c, sqrt(alpha), c->noise, 1, c->x);
}
