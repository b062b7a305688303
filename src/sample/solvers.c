/* Few-step solvers of the probability-flow ODE dx/dsigma = (x - D(x, sigma)) / sigma (Karras et al. 2022, equation 1
 * with sigma(t) = t). A consistency model is one that has learnt where this ODE ends. */
#include "sample/field.h"
#include "sample/samplers.h"

#include "base/math64.h"

#include <math.h>

/* Lu et al. 2022, "DPM-Solver++", algorithm 2, with alpha = 1: with h = log(s / t), r = h_before / h and k = t / s,
 *   D' = (1 + 1 / 2r) D_i - 1 / 2r D_(i - 1),   x <- k^(1 + eta) x + (1 - k^(1 + eta)) D' + t sqrt(1 - k^(2 eta)) z.
 * With eta = 0 this is the solver of the ODE, with eta = 1 that of the reverse SDE (section 5, SDE-DPM-Solver++(2M));
 * with other values, that of the SDE with eta times as much Langevin diffusion as the reverse SDE (Karras et al. 2022,
 * equation 6, with beta = eta sigma' / sigma). All of them have the same marginals. The step to 0 is x <- D. */
bool gs_sampler_dpmpp_2m(gs_chains *c) {
    const double *sigma = c->run->sigma, eta = c->run->options.eta;
    const bool stochastic = eta > 0;
    float *d = c->denoised, *before = c->spare;
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1];
        gs_field_denoised(c, i, c->x, d);
        double w = 0, lost = stochastic && t > 0 ? gs_exp64(-eta * gs_log64(s / t)) : 1, keep = t / s * lost;
        if (i > 0 && t > 0)
            w = gs_log64(s / t) / (2 * gs_log64(sigma[i - 1] / s));
        gs_chains_axpby(c, (1 - keep) * (1 + w), d, keep, c->x);
        if (i > 0 && t > 0)
            gs_chains_axpby(c, -(1 - keep) * w, before, 1, c->x);
        if (stochastic && t > 0) {
            gs_chains_noise(c, GS_STREAM_STEP);
            gs_chains_axpby(c, t * sqrt(1 - lost * lost), c->noise, 1, c->x);
        }
        float *swap = d;
        d = before;
        before = swap;
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}

/* Karras et al. 2022, algorithm 1: an Euler step to t, then the mean of the slopes at both ends; the step to 0 is
 * Euler's. Written with D: x' = (t / s) x + (1 - t / s) D(x, s), and the mean of slopes moves x by (t - s) / 2 ((x - D)
 * / s + (x' - D') / t). */
bool gs_sampler_heun(gs_chains *c) {
    const double *sigma = c->run->sigma;
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], half = (t - s) / 2;
        gs_field_denoised(c, i, c->x, c->denoised);
        if (t == 0) {
            gs_chains_axpby(c, 1, c->denoised, 0, c->x);
            return gs_chains_stepped(c);
        }
        gs_chains_axpby(c, 1, c->x, 0, c->spare);
        gs_chains_axpby(c, 1 - t / s, c->denoised, t / s, c->spare);
        gs_chains_axpby(c, -half / s, c->denoised, 1 + half / s, c->x);
        if (!gs_chains_go_on(c))
            return false;
        gs_field_denoised(c, i + 1, c->spare, c->denoised);
        gs_chains_axpby(c, half / t, c->spare, 1, c->x);
        gs_chains_axpby(c, -half / t, c->denoised, 1, c->x);
        if (!gs_chains_stepped(c))
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
            gs_chains_noise(c, GS_STREAM_STEP);
            gs_chains_axpby(c, t, c->noise, 1, c->x);
        }
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}
