/* Predictor-corrector sampling (Song et al. 2021, "Score-based generative modeling through stochastic differential
 * equations", algorithm 2, of variance-exploding SDEs): at each level steps of Langevin dynamics, the corrector, and
 * then the predictor, a step of the reverse diffusion (equation 46) to the next level. */
#include "sample/descent.h"
#include "sample/samplers.h"

#include <math.h>

/* Algorithm 4: x <- x + e score + sqrt(2 e) z,   e = 2 (snr |z| / |score|)^2. The authors' program takes the mean norms
 * of a batch, which would make a chain depend on the others; a chain's own make the step depend on its state, which is
 * another law (a Gaussian in one dimension becomes 1.8 times as wide). Here they are those expected of noise, of which
 * x has most in high dimensions at every level: |z|^2 = d, |score|^2 = d / sigma^2, and so e = 2 snr^2 sigma^2. */
static bool correct(gs_chains *c, int i) {
    double deviation = c->run->options.snr * c->run->sigma[i];
    uint32_t steps = (uint32_t)c->run->options.corrector_steps;
    for (uint32_t k = 0; k < steps; k++) {
        gs_descent_langevin(c, i, 4 * deviation * deviation, GS_STREAM_CORRECTOR, c->step * steps + k);
        if (!gs_chains_go_on(c))
            return false;
    }
    return true;
}

/* The predictor's x <- x + (s^2 - t^2) score + up z, with up^2 = s^2 - t^2 or, of ancestral sampling (equation 47), the
 * posterior's variance t^2 (s^2 - t^2) / s^2. For near levels they are the same; for distant ones the first has more
 * noise than the next level, which the corrector takes away little by little. The last one, to 0, is x <- D. */
bool gs_sampler_predictor_corrector(gs_chains *c) {
    const double *sigma = c->run->sigma;
    bool ancestral = c->run->options.ancestral > 0;
    for (int i = 0; i < c->run->levels; i++) {
        double s = sigma[i], t = sigma[i + 1], up = sqrt(s * s - t * t) * (ancestral ? t / s : t > 0);
        if (!correct(c, i) || !gs_descent_step(c, i, t / s * (t / s), up))
            return false;
    }
    return true;
}
