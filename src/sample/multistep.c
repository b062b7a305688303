/* Multistep solvers of the diffusion ODE and SDE in lambda = -log sigma, where D is what remains to be integrated:
 * from level s to t, with h = log(s / t),
 *   x_t = exp(-a h) x_s + a int_0^h exp(-a (h - r)) D(lambda_s + r) dr + t sqrt(1 - (t / s)^(2 eta)) z,   a = 1 + eta.
 * With eta = 0 this is the ODE, with eta = 1 the reverse SDE; with other values, the SDE with eta times as much
 * Langevin diffusion as the reverse SDE (Karras et al. 2022, equation 6, with beta = eta sigma' / sigma). All of them
 * have the same marginals. D is taken to be the polynomial through its values at this level and those before; the order
 * of a solver is their number. */
#include "sample/descent.h"
#include "sample/samplers.h"

#include "base/math64.h"

#include <math.h>

enum { ORDERS = 3 };

/* x <- keep x + of[0] D_i + of[1] D_(i - 1) + ... + noise z. */
typedef struct update {
    double keep, of[ORDERS], noise;
} update;

/* Lu et al. 2022, "DPM-Solver++", algorithm 2, with alpha = 1: with r = h_before / h,
 *   D' = (1 + 1 / 2r) D_i - 1 / 2r D_(i - 1),   x <- k x + (1 - k) D',   k = exp(-a h),
 * which has the slope of D act as in the middle of the step. With noise: section 5, SDE-DPM-Solver++(2M). */
static void take_second(const double *sigma, int i, update *u) {
    double w = gs_log64(sigma[i] / sigma[i + 1]) / (2 * gs_log64(sigma[i - 1] / sigma[i]));
    u->of[0] = (1 - u->keep) * (1 + w);
    u->of[1] = -(1 - u->keep) * w;
}

/* The integral of the parabola D_i + c1 r + c2 r^2 exactly: with z = a h,
 *   (1 - k) D_i + f2 h c1 - 2 f3 h^2 c2,   f2 = 1 - (1 - k) / z,   f3 = f2 / z - 1/2,
 * and by Newton's differences d = (D_i - D_(i - 1)) / h_1, e = (D_(i - 1) - D_(i - 2)) / h_2: c2 = (d - e) / (h_1 +
 * h_2), c1 = d + h_1 c2. Without the factor 2, as programs have it, the order is the second. */
static void take_third(const double *sigma, int i, double a, update *u) {
    double h = gs_log64(sigma[i] / sigma[i + 1]), z = a * h, h1 = gs_log64(sigma[i - 1] / sigma[i]);
    double h2 = gs_log64(sigma[i - 2] / sigma[i - 1]), part = -gs_expm1_64(-z);
    double f2 = 1 - part / z, f3 = f2 / z - 0.5;
    double of_d = f2 * h, of_c2 = of_d * h1 - 2 * f3 * h * h, of_e = -of_c2 / (h1 + h2);
    of_d -= of_e;
    u->of[0] = part + of_d / h1;
    u->of[1] = of_e / h2 - of_d / h1;
    u->of[2] = -of_e / h2;
}

/* The step to 0 is x <- D. */
static update plan(const double *sigma, int i, int order, double eta) {
    double s = sigma[i], t = sigma[i + 1];
    if (t == 0)
        return (update){.of = {1}};
    double lost = eta > 0 ? gs_exp64(-eta * gs_log64(s / t)) : 1, keep = t / s * lost;
    update u = {.keep = keep, .of = {1 - keep}, .noise = t * sqrt(1 - lost * lost)};
    if (order > 2 && i > 1)
        take_third(sigma, i, 1 + fmax(eta, 0), &u);
    else if (order > 1 && i > 0)
        take_second(sigma, i, &u);
    return u;
}

static bool solve(gs_chains *c, int order) {
    const double *sigma = c->run->sigma;
    float *d[ORDERS] = {c->denoised, c->spare, c->gradient};
    for (int i = 0; i < c->run->levels; i++) {
        update u = plan(sigma, i, order, c->run->options.eta);
        gs_field_denoised(c, i, c->x, d[0]);
        gs_chains_axpby(c, u.of[0], d[0], u.keep, c->x);
        for (int k = 1; k < ORDERS; k++)
            if (u.of[k] != 0)
                gs_chains_axpby(c, u.of[k], d[k], 1, c->x);
        gs_descent_noise(c, sigma[i], sigma[i + 1], u.noise);
        float *oldest = d[ORDERS - 1];
        d[2] = d[1];
        d[1] = d[0];
        d[0] = oldest;
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}

bool gs_sampler_dpmpp_2m(gs_chains *c) {
    return solve(c, 2);
}

bool gs_sampler_dpmpp_2m_sde(gs_chains *c) {
    return solve(c, 2);
}

bool gs_sampler_dpmpp_3m_sde(gs_chains *c) {
    return solve(c, 3);
}
