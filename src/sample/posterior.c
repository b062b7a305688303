/* Restoring by steps towards the measurement, in the notation of ancestral.c: from level s to t < s. */
#include "sample/restoring.h"
#include "sample/samplers.h"

#include <math.h>

/* DDIM's step (ancestral.c) from x with the denoised image in c->denoised. */
static void descend(gs_chains *c, int i) {
    const double *sigma = c->run->sigma, s = sigma[i], t = sigma[i + 1], eta = fmax(c->run->options.eta, 0);
    double up = fmin(eta * t * sqrt(1 - t / s * (t / s)), t), keep = sqrt(t * t - up * up) / s;
    gs_chains_axpby(c, 1 - keep, c->denoised, keep, c->x);
    gs_descent_noise(c, s, t, up);
}

/* PiGDM (Song et al. 2023, "Pseudoinverse-guided diffusion models for inverse problems", equations 5 to 7): p(x_0 | x)
 * is taken for N(D, r^2 I), so that p(y | x) is N(A D, r^2 A A^T + n^2 I), n being the measurement's noise, and D_y = D
 * + s^2 (dD/dx)^T A^T (r^2 A A^T + n^2 I)^-1 (y - A D) = D + s^2 / r^2 (dD/dx)^T A^T (A A^T + n^2/r^2 I)^-1 ... is
 * E[x_0 | x, y]. r^2 = s^2 d^2 / (s^2 + d^2), the paper's for images of variance d^2 = 1, is exact for normal
 * distributions of independent pixels with variance d^2; D_y is then exact, too. */
bool gs_sampler_pigdm(gs_chains *c) {
    const double noise = gs_restoring_noise(c), d = c->run->options.data_sd;
    for (int i = 0; i < c->run->levels; i++) {
        double s = c->run->sigma[i], r2 = s * s * d * d / (s * s + d * d);
        gs_field_denoised(c, i, c->x, c->denoised);
        gs_restoring_residual(c, c->denoised, c->further);
        gs_restoring_solve(c, c->further, noise * noise / r2, c->gradient);
        gs_field_product(c, i, c->x, c->gradient, c->spare);
        gs_chains_axpby(c, s * s / r2, c->spare, 1, c->denoised);
        descend(c, i);
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}

/* x += factor_k g for each image k, with factor = min(length / |r_k|, most). An image whose factor is not the most is
 * noted as free. */
static void step_along(gs_chains *c, const float *r, size_t measured, const float *g, double length, double most,
                       bool *is_free) {
    for (int k = 0; k < c->n; k++) {
        double squares = 0;
        for (size_t i = 0; i < measured; i++)
            squares += (double)r[(size_t)k * measured + i] * (double)r[(size_t)k * measured + i];
        double factor = squares > 0 ? fmin(length / sqrt(squares), most) : 0;
        is_free[k] = is_free[k] || factor < most;
        float *x = c->x + (size_t)k * c->size;
        for (size_t i = 0; i < c->size; i++)
            x[i] = fmaf((float)factor, g[(size_t)k * c->size + i], x[i]);
    }
}

/* DPS (Chung et al. 2023, "Diffusion posterior sampling for general noisy inverse problems", algorithm 1): after each
 * step x moves by zeta down the gradient of |y - A D|, which is -(dD/dx)^T A^T r / |r|, r = y - A D. The paper's x is
 * ours over d sqrt(1 + s^2 / d^2), for images of variance d^2, so that its zeta is ours times c = d sqrt(1 + s^2 / d^2)
 * sqrt(1 + t^2 / d^2). The paper has 1000 steps. With fewer, longer ones x would swing about the measurement in the
 * end: no step is longer than that of PiGDM, (1 + s^2 / d^2) (dD/dx)^T A^T r. */
bool gs_sampler_dps(gs_chains *c) {
    const double *sigma = c->run->sigma, d = c->run->options.data_sd, zeta = c->run->options.zeta;
    size_t measured = gs_restoring_size(c);
    bool is_free[GS_BLOCK_MAX] = {false};
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i] / d, t = sigma[i + 1] / d;
        gs_field_denoised(c, i, c->x, c->denoised);
        gs_restoring_residual(c, c->denoised, c->further);
        gs_restoring_adjoint(c, c->further, c->gradient);
        gs_field_product(c, i, c->x, c->gradient, c->spare);
        descend(c, i);
        step_along(c, c->further, measured, c->spare, zeta * d * sqrt((1 + s * s) * (1 + t * t)), 1 + s * s, is_free);
        if (!gs_chains_stepped(c))
            return false;
    }
    for (int k = 0; k < c->n; k++)
        c->fate[k].capped = zeta > 1 && !is_free[k];
    return true;
}

/* DiffPIR (Zhu et al. 2023, "Denoising diffusion models for plug-and-play image restoration", algorithm 1): the
 * denoised image is replaced by the z that makes |y - A z|^2 + rho |z - D|^2 least, rho = prior n^2 / s^2 (their lambda
 * n^2 / s^2), z = D + A^T (A A^T + rho I)^-1 (y - A D), and of the noise that is left, x - z, a share `renewal` (their
 * zeta) is renewed. */
bool gs_sampler_diffpir(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    const double *sigma = c->run->sigma, noise = gs_restoring_noise(c), renewal = fmax(o->renewal, 0);
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1];
        gs_field_denoised(c, i, c->x, c->denoised);
        gs_restoring_residual(c, c->denoised, c->further);
        gs_restoring_solve(c, c->further, o->prior * noise * noise / (s * s), c->gradient);
        gs_chains_axpby(c, 1, c->gradient, 1, c->denoised);
        double keep = t / s * sqrt(1 - renewal);
        gs_chains_axpby(c, 1 - keep, c->denoised, keep, c->x);
        gs_descent_noise(c, s, t, t * sqrt(renewal));
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}

/* SDEdit (Meng et al. 2022): noise hides what is wrong with an image, and chains find another image that fits what is
 * left. The schedule (schedule.c) begins at the noise level that `strength` says. What is not measured of the image is
 * 0, or whatever A^+ makes of it. */
bool gs_sampler_sdedit(gs_chains *c) {
    gs_restoring_inverse(c, c->x);
    gs_chains_noise(c, GS_STREAM_START, 0);
    gs_chains_axpby(c, c->run->sigma[0], c->noise, 1, c->x);
    for (int i = 0; i < c->run->levels; i++) {
        gs_field_denoised(c, i, c->x, c->denoised);
        descend(c, i);
        if (!gs_chains_stepped(c))
            return false;
    }
    return true;
}
