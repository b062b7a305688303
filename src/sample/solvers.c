/* Few-step solvers of the probability-flow ODE dx/dsigma = (x - D(x, sigma)) / sigma (Karras et al. 2022, equation 1
 * with sigma(t) = t). A consistency model is one that has learnt where this ODE ends. */
#include "sample/descent.h"
#include "sample/samplers.h"

#include "base/math64.h"

#include <math.h>

/* Karras et al. 2022, algorithm 1, from level number `from`, s, to level number `to`, t: an Euler step to t, then the
 * mean of the slopes at both ends; the step to 0 is Euler's. Written with D: x' = (t / s) x + (1 - t / s) D(x, s), and
 * the mean of slopes moves x by (t - s) / 2 ((x - D) / s + (x' - D') / t). */
static bool heun_step(gs_chains *c, int from, int to) {
    double s = c->run->sigma[from], t = c->run->sigma[to], half = (t - s) / 2;
    gs_field_denoised(c, from, c->x, c->denoised);
    if (t == 0) {
        gs_chains_axpby(c, 1, c->denoised, 0, c->x);
        return gs_chains_stepped(c);
    }
    gs_chains_axpby(c, 1, c->x, 0, c->spare);
    gs_chains_axpby(c, 1 - t / s, c->denoised, t / s, c->spare);
    gs_chains_axpby(c, -half / s, c->denoised, 1 + half / s, c->x);
    if (!gs_chains_go_on(c))
        return false;
    gs_field_denoised(c, to, c->spare, c->denoised);
    gs_chains_axpby(c, half / t, c->spare, 1, c->x);
    gs_chains_axpby(c, -half / t, c->denoised, 1, c->x);
    return gs_chains_stepped(c);
}

bool gs_sampler_heun(gs_chains *c) {
    for (int i = 0; i < c->run->levels; i++)
        if (!heun_step(c, i, i + 1))
            return false;
    return true;
}

/* Karras et al. 2022, algorithm 2: before each step of Heun noise raises the level s to u = (1 + gamma) s, where the
 * step begins (gs_schedule_sigma says how far). */
bool gs_sampler_churn(gs_chains *c) {
    const double *sigma = c->run->sigma;
    for (int i = 0; i < c->run->levels; i++) {
        int raised = c->run->levels + 1 + i;
        double s = sigma[i], u = sigma[raised];
        gs_descent_noise(c, s, sigma[i + 1], u > s ? sqrt(u * u - s * s) : 0);
        if (!heun_step(c, raised, i + 1))
            return false;
    }
    return true;
}

/* Song et al. 2023, "Consistency Models", algorithm 1, with epsilon = 0, as D(x, 0) = x: x <- D(x, s) is a sample
 * already, which for the next level t is noised, x <- x + t z, and drawn again. */
bool gs_sampler_consistency(gs_chains *c) {
    const double *sigma = c->run->sigma;
    for (int i = 0; i < c->run->levels; i++) {
        double t = sigma[i + 1];
        gs_field_denoised(c, i, c->x, c->denoised);
        gs_chains_axpby(c, 1, c->denoised, 0, c->x);
        if (t > 0) {
            gs_chains_noise(c, GS_STREAM_STEP, c->step);
            gs_chains_axpby(c, t, c->noise, 1, c->x);
        }
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}
