/* Restoring by replacement: at each level s what the measurement knows of x is put in its place, with noise of s, and
 * the denoiser has to make the rest of the image fit (Song et al. 2021, "Score-based generative modeling through
 * stochastic differential equations", appendix I.2, for pixels; of any A with A^+ instead): x <- (x - P x) + A^+ y + s
 * P z,   P = A^+ A. The measurement counts as exact, so the results have its noise. As z is new at each level and x
 * does not know it, the rest follows too late: the samples are none of p(x | y), but better with RePaint's way up and
 * down. */
#include "sample/restoring.h"
#include "sample/samplers.h"

#include "base/math64.h"

#include <math.h>

/* In this order a pixel that is seen becomes y's, to the bit, where s = 0. */
static void replace(gs_chains *c, double s) {
    gs_chains_axpby(c, 1, c->x, 0, c->spare);
    if (s > 0) {
        gs_chains_noise(c, GS_STREAM_CORRECTOR, c->step);
        gs_chains_axpby(c, -s, c->noise, 1, c->spare);
    }
    gs_restoring_project(c, c->spare, c->gradient);
    gs_chains_axpby(c, -1, c->gradient, 1, c->x);
    gs_restoring_inverse(c, c->gradient);
    gs_chains_axpby(c, 1, c->gradient, 1, c->x);
}

/* Ancestral steps (ancestral.c) from level number `from` to level number `to`. */
static bool descend(gs_chains *c, int from, int to) {
    const double *sigma = c->run->sigma, eta = c->run->options.eta;
    for (int i = from; i < to; i++) {
        double s = sigma[i], t = sigma[i + 1], lost = eta > 0 && t > 0 ? gs_exp64(-eta * gs_log64(s / t)) : 1;
        replace(c, s);
        gs_field_denoised(c, i, c->x, c->denoised);
        gs_chains_axpby(c, 1 - t / s * lost, c->denoised, t / s * lost, c->x);
        gs_descent_noise(c, s, t, t * sqrt(1 - lost * lost));
        if (!gs_chains_moved(c, i + 1))
            return false;
    }
    return true;
}

bool gs_sampler_replacement(gs_chains *c) {
    if (!descend(c, 0, c->run->levels))
        return false;
    replace(c, 0);
    return true;
}

/* Noise from level number `from` up to `to`. */
static bool rise(gs_chains *c, int from, int to) {
    const double *sigma = c->run->sigma;
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    gs_chains_axpby(c, sqrt(sigma[to] * sigma[to] - sigma[from] * sigma[from]), c->noise, 1, c->x);
    return gs_chains_moved(c, to);
}

/* Lugmayr et al. 2022, algorithm 1 with the jumps of appendix A: `jump` levels down, as many up, and that `resamplings`
 * times before the next. */
bool gs_sampler_repaint(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    int at = 0;
    for (; at + o->jump <= c->run->levels; at += o->jump)
        for (int k = 0; k < o->resamplings; k++)
            if ((k && !rise(c, at + o->jump, at)) || !descend(c, at, at + o->jump))
                return false;
    if (!descend(c, at, c->run->levels))
        return false;
    replace(c, 0);
    return true;
}
