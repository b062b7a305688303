/* Metropolis-adjusted microcanonical sampling (Robnik, Cohn-Gordon & Seljak 2025, algorithm 1): Hamiltonian Monte
 * Carlo whose momenta keep their length, so that a path goes equally far wherever it is. The jitter is that of hmc. */
#include <string.h>

#include "sample/isokinetic.h"
#include "sample/leapfrog.h"
#include "sample/metropolis.h"
#include "sample/samplers.h"

/* Half a step of the momenta, by the gradients in c->denoised. What their energy grows by belongs to `after`. */
static void kick(gs_metropolis *b) {
    gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        double half = 0.5 * b->step[i] / c->run->options.temperature;
        b->after[i] += gs_isokinetic_turn(c->run->plan->kernels, c->noise + at, half, c->denoised + at, c->size);
    }
}

static void drift(gs_metropolis *b) {
    gs_chains *c = b->c;
    const float *range = c->run->plan->model->info.range;
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        if (c->run->options.clamp > 0)
            gs_add_within(c->spare + at, b->step[i], NULL, c->noise + at, c->size, range);
        else
            gs_add_scaled(c->run->plan->kernels, c->spare + at, b->step[i], NULL, c->noise + at, c->size);
    }
}

/* The path from x, with new momenta c->noise. */
static bool follow(gs_metropolis *b) {
    gs_chains *c = b->c;
    size_t all = (size_t)c->n * c->size * sizeof(float);
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    memcpy(c->spare, c->x, all);
    memcpy(c->denoised, c->gradient, all);
    for (int i = 0; i < c->n; i++)
        gs_isokinetic_normalize(c->run->plan->kernels, c->noise + (size_t)i * c->size, c->size);
    for (int l = 0; l < b->how.leapfrog; l++) {
        if (!gs_chains_go_on(c))
            return false;
        kick(b);
        drift(b);
        gs_field_gradient(c, 0, c->spare, b->proposed, c->denoised);
        kick(b);
    }
    return true;
}

bool gs_sampler_mclmc_adjusted(gs_chains *c) {
    return gs_metropolis_run(
        c, (gs_proposer){.propose = follow, .leapfrog = c->run->options.leapfrog, .has_momenta = true, .jitter = 0.2});
}
