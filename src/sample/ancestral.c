/* Samplers that go from noise level s to t < s by a step towards the denoised image and new noise, in the notation of
 * Karras et al. 2022, where sigma(t) = t: x <- D(x, s) + keep (x - D(x, s)) + up z,   z ~ N(0, I). With the exact D of
 * a single image, x - D is the noise that is left, so the level becomes t if keep^2 s^2 + up^2 = t^2. keep = t / s
 * without noise is Euler's step of the probability-flow ODE. */
#include "sample/descent.h"
#include "sample/samplers.h"

#include "base/math64.h"

#include <math.h>

/* Euler's step to sigma_down and noise of sigma_up, with sigma_down^2 + sigma_up^2 = t^2:
 *   sigma_down = t (t / s)^eta,   sigma_up = t sqrt(1 - (t / s)^(2 eta)).
 * This solves the SDE with eta times as much Langevin diffusion as the reverse SDE (Karras et al. 2022, equation 6,
 * with beta = eta sigma' / sigma) exactly where D does not change on the way, so eta is dpmpp-2m's: 0 is the ODE, and 1
 * has sigma_up^2 = t^2 (s^2 - t^2) / s^2, the posterior's variance and so ancestral sampling of DDPM (Ho et al. 2020).
 * Between the two, DDIM's eta differs. */
bool gs_sampler_euler_ancestral(gs_chains *c) {
    const double *sigma = c->run->sigma, eta = c->run->options.eta;
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], lost = eta > 0 && t > 0 ? gs_exp64(-eta * gs_log64(s / t)) : 1;
        if (!gs_descent_step(c, i, t / s * lost, t * sqrt(1 - lost * lost)))
            return false;
    }
    return true;
}

/* Consistent annealed sampling (Jolicoeur-Martineau et al. 2020, algorithm 2). Annealed Langevin dynamics adds the
 * noise of Langevin steps whatever the level is to become; here a step x <- x + eta s^2 score = x + eta (D - x), with
 * eta = epsilon / sigma_low^2, leaves (1 - eta) s of the noise, and what is added makes it t: with gamma = t / s,
 *   up = beta t,   beta = sqrt(1 - (1 - eta)^2 / gamma^2).
 * The paper has a geometric ladder, one gamma and one eta >= 1 - gamma. In a ladder of any spacing, gamma is each
 * step's own; a step for which eta is below 1 - gamma, so that even without new noise the level would be above t, goes
 * 1 - gamma of the way, as the ODE. So does the last one, where gamma = 0: it ends at D, the expected denoised sample
 * of the paper's section
 * 3. An eta above 1 would go past D; it counts as 1, which draws anew at each level as `consistency` does. */
bool gs_sampler_consistent_annealed(gs_chains *c) {
    const double *sigma = c->run->sigma, lowest = sigma[c->run->levels - 1];
    double left = fmax(0, 1 - c->run->options.epsilon / (lowest * lowest));
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], keep = fmin(left, t / s);
        if (!gs_descent_step(c, i, keep, keep < t / s ? sqrt(t * t - keep * keep * s * s) : 0))
            return false;
    }
    return true;
}

/* DDIM (Song et al. 2021, "Denoising diffusion implicit models", equations 12 and 16), whose sqrt(alpha) x is our x and
 * sqrt(1 / alpha - 1) our sigma: eta is a factor of the posterior's deviation,
 *   up = eta t sqrt(1 - t^2 / s^2),   keep = sqrt(t^2 - up^2) / s.
 * Above 1 it is more noise than DDPM's; up may not be above t. */
bool gs_sampler_ddim(gs_chains *c) {
    const double *sigma = c->run->sigma, eta = fmax(c->run->options.eta, 0);
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], up = fmin(eta * t * sqrt(1 - t / s * (t / s)), t);
        if (!gs_descent_step(c, i, sqrt(t * t - up * up) / s, up))
            return false;
    }
    return true;
}

/* Euler's step of a flow y_tau = (1 - tau) x_0 + tau e, e ~ N(0, I) (Lipman et al. 2023; Liu et al. 2023, rectified
 * flow), whose velocity is e - x_0: y <- y + (tau' - tau) (y - D) / tau. Our x is y / (1 - tau), with sigma = tau / (1
 * - tau), and divided by 1 - tau' the step is x <- D + (sigma' / sigma) (x - D): Euler's step of the probability-flow
 * ODE in sigma. What makes it the flow's is where its levels are, equally far apart in tau. */
bool gs_sampler_euler_flow(gs_chains *c) {
    const double *sigma = c->run->sigma;
    for (int i = 0; i < c->run->levels; i++)
        if (!gs_descent_step(c, i, sigma[i + 1] / sigma[i], 0))
            return false;
    return true;
}

/* Euler & Maruyama's step of the reverse SDE (Song et al. 2021, "Score-based generative modeling through stochastic
 * differential equations", equation 6) in lambda = -log sigma, with h = log(s / t) and eta times its Langevin
 * diffusion, x <- x + (1 + eta) h (D - x) + s sqrt(2 eta h) z, as that paper has it for variance-exploding SDEs, whose
 * levels are geometric. A step above 1 / (1 + eta), which would go past D, counts as that; the last one, to 0, is x <-
 * D. */
bool gs_sampler_reverse_sde(gs_chains *c) {
    const double *sigma = c->run->sigma, eta = fmax(c->run->options.eta, 0);
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], h = t > 0 ? fmin(gs_log64(s / t), 1 / (1 + eta)) : 0;
        if (!gs_descent_step(c, i, t > 0 ? 1 - (1 + eta) * h : 0, s * sqrt(2 * eta * h)))
            return false;
    }
    return true;
}
