/* Sequential Monte Carlo down the noise levels, whose targets are the composed densities of all levels, where solvers
 * of the composed score have others: p_s(x) ~ prod_k p_k(x, s)^w_k is not what noise makes of the product. Each chain
 * has P particles of its own, which make steps of the reverse SDE from level s to t, x' = D + t^2 / s^2 (x - D) + u z,
 * u^2 = t^2 (s^2 - t^2) / s^2, and are drawn anew by their weights where few matter. Of energies the weights correct
 * these steps exactly (Thornton et al. 2025, section 4; Del Moral, Doucet & Jasra 2006, equation 12): w' / w = p_t(x')
 * N(x; x', s^2 - t^2) / (p_s(x) N(x'; D + ..., u^2)). Of other networks, which have no p_s, they are those in the limit
 * of small steps (Skreta et al. 2025, proposition 3.1, for variance-exploding noise), s_k the scores and all of them
 * noised densities: log w' / w = (s^2 - t^2) / 2 (|sum_k w_k s_k|^2 - sum_k w_k |s_k|^2). */
#include "sample/field.h"
#include "sample/leapfrog.h"
#include "sample/replicas.h"
#include "sample/samplers.h"
#include "sample/start.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

typedef struct block {
    gs_chains *c;
    int count;
    bool has_energy;
    gs_particle *particle; /* (count) */
} block;

static double square_distance(const float *a, const float *b, size_t size) {
    double sum = 0;
    for (size_t k = 0; k < size; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

/* D of particle r at its level, in the room for its gradient, and what of its weight is known with it. */
static void denoise(block *b, int r, int level) {
    gs_chains *c = b->c;
    const double *sigma = c->run->sigma;
    double s2 = sigma[level] * sigma[level], t2 = sigma[level + 1] * sigma[level + 1], spread[GS_BLOCK_MAX];
    float *x = gs_replica_x(c, r), *denoised = gs_replica_gradient(c, r);
    gs_particle *p = &b->particle[r];
    if (b->has_energy) {
        gs_field_gradient(c, level, x, p->energy, denoised);
        gs_chains_axpby(c, 1, x, -s2, denoised);
    } else {
        gs_field_denoised_spread(c, level, x, denoised, spread);
    }
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        double far = square_distance(denoised + at, x + at, c->size);
        if (b->has_energy)
            p->log_weight[i] -= (double)p->energy[i];
        else
            p->log_weight[i] += 0.5 * (s2 - t2) * ((far - spread[i]) / (s2 * s2));
        if (!isfinite(p->log_weight[i]) || !gs_finite(denoised + at, c->size))
            p->log_weight[i] = -INFINITY;
    }
}

/* Draw the particles of chain i anew if their effective number is too small. */
static bool select_particles(block *b, int i, int level) {
    gs_chains *c = b->c;
    double log_weight[GS_PARTICLES_MAX], log_mean;
    for (int r = 0; r < b->count; r++)
        log_weight[r] = b->particle[r].log_weight[i];
    double effective = gs_replica_effective(log_weight, b->count, &log_mean);
    if (!(log_mean > -INFINITY))
        return gs_chains_diverge(c, i, "weights", (double)INFINITY);
    uint32_t words[4];
    gs_replica_words(c, i, (uint32_t)level, 0, words);
    if (effective < c->run->options.ess * b->count)
        gs_replica_resample(c, b->count, i, gs_random_unit(words[0]), log_mean);
    return true;
}

/* The step of particle r. Constants that all particles share are left out of its weight. */
static void propose(block *b, int r, int level) {
    gs_chains *c = b->c;
    const double *sigma = c->run->sigma;
    double s2 = sigma[level] * sigma[level], t2 = sigma[level + 1] * sigma[level + 1], keep = t2 / s2;
    double up = sqrt(keep * (s2 - t2));
    float *x = gs_replica_x(c, r);
    const float *denoised = gs_replica_gradient(c, r);
    gs_chains_noise(c, GS_STREAM_STEP, (uint32_t)level * (uint32_t)b->count + (uint32_t)r);
    memcpy(c->spare, x, (size_t)c->n * c->size * sizeof *x);
    gs_chains_axpby(c, 1 - keep, denoised, keep, x);
    gs_chains_axpby(c, up, c->noise, 1, x);
    for (int i = 0; i < c->n && b->has_energy; i++) {
        size_t at = (size_t)i * c->size;
        double z = gs_kinetic(c->run->plan->kernels, c->noise + at, c->size); /* -log of N(x'; ...) */
        double back = 0.5 * square_distance(c->spare + at, x + at, c->size) / (s2 - t2);
        b->particle[r].log_weight[i] += (double)b->particle[r].energy[i] + z - back;
    }
}

/* One particle of each chain by the weights. */
static void choose(block *b, int level) {
    gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++) {
        double log_weight[GS_PARTICLES_MAX], log_mean, sum = 0;
        uint32_t words[4];
        int chosen = 0;
        for (int r = 0; r < b->count; r++)
            log_weight[r] = b->particle[r].log_weight[i];
        gs_replica_effective(log_weight, b->count, &log_mean);
        gs_replica_words(c, i, (uint32_t)level, 1, words);
        double place = gs_random_unit(words[0]) * b->count;
        for (int r = 0; r < b->count && sum <= place; r++) {
            double w = gs_exp64(log_weight[r] - log_mean);
            sum += w;
            chosen = w > 0 ? r : chosen;
        }
        size_t at = (size_t)i * c->size;
        memcpy(c->x + at, gs_replica_gradient(c, chosen) + at, c->size * sizeof *c->x);
    }
}

static bool step(block *b, int level) {
    gs_chains *c = b->c;
    for (int r = 0; r < b->count; r++) {
        if (!gs_chains_go_on(c))
            return false;
        denoise(b, r, level);
    }
    for (int i = 0; i < c->n; i++)
        if (!select_particles(b, i, level) && !c->n)
            return false;
    if (level + 1 == c->run->levels) {
        choose(b, level);
        return gs_chains_stepped(c);
    }
    for (int r = 0; r < b->count; r++)
        propose(b, r, level);
    memcpy(c->x, gs_replica_x(c, 0), (size_t)c->n * c->size * sizeof *c->x);
    return gs_chains_stepped(c);
}

/* The sum of the networks' weights: at high noise levels the product is nearly N(0, s^2 / W I). */
static double total_weight(const gs_sampling *run) {
    double sum = 0;
    for (int k = 0; k < run->fields; k++)
        sum += run->field[k].weight;
    return sum > 0 ? sum : 1;
}

/* The first states, and, of energies, how much more they are drawn than they are likely. */
static void begin(block *b) {
    gs_chains *c = b->c;
    bool from_noise = !c->run->options.init;
    double s2 = c->run->sigma[0] * c->run->sigma[0], weight = from_noise ? total_weight(c->run) : 1;
    for (int r = 0; r < b->count; r++) {
        float *x = gs_replica_x(c, r);
        gs_start(c, (uint32_t)r, x);
        gs_chains_axpby(c, 0, x, 1 / sqrt(weight), x);
        for (int i = 0; i < c->n; i++) {
            double square = gs_kinetic(c->run->plan->kernels, x + (size_t)i * c->size, c->size);
            b->particle[r].log_weight[i] = b->has_energy && from_noise ? weight * square / s2 : 0;
        }
    }
}

bool gs_sampler_smc(gs_chains *c) {
    block b = {.c = c,
               .count = c->run->options.particles,
               .has_energy = gs_field_has_energy(c->run),
               .particle = gs_replica_particles(c)};
    begin(&b);
    for (int level = 0; level < c->run->levels; level++)
        if (!step(&b, level))
            return false;
    return true;
}
