/* Parallel tempering, or replica exchange (Swendsen & Wang 1986; Geyer 1991; Earl & Deem 2005): replica r of R of each
 * chain moves by Hamiltonian Monte Carlo on exp(-E / T_r),
 *   T_r = T hottest^(r / (R - 1)),
 * and, of a network that takes noise levels, at a level of its own, from sigma_low to sigma_high in equal ratios. After
 * each step neighbours r and r + 1 exchange states, r even and odd in turn (Okabe et al. 2001), with the probability
 *   min(1, exp(E_r(x) - E_r(y) + E_s(y) - E_s(x))),   x, y the states of r and s = r + 1, E_r = E(., sigma_r) / T_r.
 * Replica 0 is the chain. */
#include "sample/leapfrog.h"
#include "sample/replicas.h"
#include "sample/samplers.h"
#include "sample/schedule.h"
#include "sample/start.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

/* Chains whose replicas exchange less than this between some neighbours are reported. */
static const double exchange_low = 0.01;

typedef struct block {
    gs_chains *c;
    int count;
    gs_replica *replica; /* (count) */
} block;

/* Level r of gs_schedule_sigma, which has the chain's own level first, and 0 behind it. */
static int level_of(const block *b, int r) {
    return r && gs_schedule_visited(&b->c->run->options) > 1 ? 1 + r : 0;
}

/* Temperature of replica r over that of the first. */
static double heat(const block *b, int r) {
    const gs_sample_options *o = &b->c->run->options;
    if (o->rungs[0] != 0 && !level_of(b, 1))
        return o->rungs[r];
    double part = b->count > 1 ? r / (b->count - 1.0) : 0;
    return gs_exp64(part * gs_log64(o->hottest));
}

static bool begin_replica(block *b, int r, double step) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    gs_walkers *w = &b->replica[r].walkers;
    memset(b->replica[r].exchanged, 0, sizeof b->replica[r].exchanged);
    *w = (gs_walkers){.c = c,
                      .leapfrog = o->leapfrog,
                      .level = level_of(b, r),
                      .x = r ? gs_replica_x(c, r) : c->x,
                      .gradient = r ? gs_replica_gradient(c, r) : c->gradient};
    if (r) {
        gs_start(c, (uint32_t)r, w->x);
        if (o->clamp > 0)
            gs_walk_clamp(w->x, (size_t)c->n * c->size, c->run->plan->model->info.range[0],
                          c->run->plan->model->info.range[1]);
        gs_field_gradient(c, w->level, w->x, w->energy, w->gradient);
    } else if (!gs_walk_gradient(c, 0, w->energy)) {
        return false;
    }
    double hotter = heat(b, r), ratio = w->level ? c->run->sigma[w->level] / c->run->sigma[0] : 1;
    for (int i = 0; i < c->n; i++) {
        w->walker[i] = (gs_walker){.scale = 1 / (o->temperature * hotter), .energy = (double)w->energy[i]};
        gs_adaptation_begin(&b->replica[r].adaptation[i], c, i, step * ratio * sqrt(hotter));
    }
    return true;
}

static void record(const block *b, int i, int t, double acceptance) {
    const gs_replica *first = &b->replica[0];
    const gs_walker *w = &first->walkers.walker[i];
    double kinetic = w->accepted ? w->reached : w->kinetic;
    b->c->stats[i] = (gs_step_stats){.accepted = w->accepted,
                                     .divergent = !(w->ratio >= -GS_ENERGY_DIVERGED),
                                     .leapfrog = first->walkers.leapfrog,
                                     .energy = w->scale * w->energy + kinetic,
                                     .energy_error = -w->ratio,
                                     .step_size = gs_exp64(first->adaptation[i].log_step),
                                     .acceptance = acceptance};
    gs_adaptation_record(b->c, i, t);
}

/* The chain itself comes last, so that the trace has its acceptance. */
static bool move(block *b, int t) {
    gs_chains *c = b->c;
    for (int r = b->count - 1; r >= 0; r--) {
        gs_replica *replica = &b->replica[r];
        double acceptance[GS_BLOCK_MAX];
        for (int i = 0; i < c->n; i++)
            replica->walkers.walker[i].log_step = replica->adaptation[i].log_step;
        if (!gs_walkers_step(&replica->walkers, c->step * (uint32_t)b->count + (uint32_t)r, acceptance))
            return false;
        for (int i = 0; i < c->n; i++) {
            if (!r)
                record(b, i, t, acceptance[i]);
            gs_adaptation_step(&replica->adaptation[i], c, i, t, acceptance[i]);
        }
    }
    return true;
}

static void exchange_rows(float *x, float *y, size_t size) {
    for (size_t k = 0; k < size; k++) {
        float kept = x[k];
        x[k] = y[k];
        y[k] = kept;
    }
}

/* Decide about one pair; other[k] are the energies of the two states where they would go, and gradient[k] the gradients
 * there. */
static void decide(block *b, int r, int i, const float *const other[2], float *const gradient[2]) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    gs_walkers *pair[2] = {&b->replica[r].walkers, &b->replica[r + 1].walkers};
    gs_walker *one = &pair[0]->walker[i], *two = &pair[1]->walker[i];
    double there[2] = {(double)other[0][i], (double)other[1][i]};
    double ratio = one->scale * (one->energy - there[1]) + two->scale * (two->energy - there[0]);
    double chance = !isfinite(ratio) ? 0 : ratio < 0 ? gs_exp64(ratio) : 1;
    size_t at = (size_t)i * c->size;
    uint32_t words[4];
    gs_replica_words(c, i, c->step, (uint32_t)r, words);
    if (c->step >= (uint32_t)(o->burn_in > 0 ? o->burn_in : 0))
        b->replica[r].exchanged[i] += chance;
    if (!(gs_random_unit(words[0]) < chance))
        return;
    exchange_rows(pair[0]->x + at, pair[1]->x + at, c->size);
    if (gradient[0]) {
        memcpy(pair[0]->gradient + at, gradient[1] + at, c->size * sizeof(float));
        memcpy(pair[1]->gradient + at, gradient[0] + at, c->size * sizeof(float));
    } else {
        exchange_rows(pair[0]->gradient + at, pair[1]->gradient + at, c->size);
    }
    one->energy = there[1];
    two->energy = there[0];
}

/* At one level the energies are known already. */
static void exchange(block *b, int r) {
    gs_chains *c = b->c;
    gs_walkers *one = &b->replica[r].walkers, *two = &b->replica[r + 1].walkers;
    float there[2][GS_BLOCK_MAX];
    float *gradient[2] = {NULL, NULL};
    if (one->level != two->level) {
        gradient[0] = c->denoised;
        gradient[1] = c->spare;
        gs_field_gradient(c, two->level, one->x, there[0], gradient[0]);
        gs_field_gradient(c, one->level, two->x, there[1], gradient[1]);
    } else {
        for (int i = 0; i < c->n; i++) {
            there[0][i] = (float)one->walker[i].energy;
            there[1][i] = (float)two->walker[i].energy;
        }
    }
    const float *const other[2] = {there[0], there[1]};
    for (int i = 0; i < c->n; i++)
        decide(b, r, i, other, gradient);
}

/* Steps after burn-in in which pair r tried to exchange. */
static int tries_of(const gs_sample_options *o, int r) {
    int count = 0;
    for (int t = o->burn_in > 0 ? o->burn_in : 0; t < o->steps; t++)
        count += t % 2 == r % 2;
    return count;
}

static void tell(const block *b) {
    const gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    for (int i = 0; i < c->n; i++) {
        const gs_adaptation *a = &b->replica[0].adaptation[i];
        gs_adaptation_tell(a, c, i, gs_exp64(a->log_step));
    }
    for (int r = 0; r + 1 < b->count; r++) {
        int tries = tries_of(o, r);
        for (int i = 0; i < c->n; i++) {
            double share = tries ? b->replica[r].exchanged[i] / tries : NAN;
            c->fate[i].apart |= share < exchange_low;
            if (o->trace && o->trace->exchange)
                o->trace->exchange[(size_t)r * c->run->n + c->first + (size_t)i] = share;
        }
    }
}

bool gs_sampler_tempering(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    block b = {.c = c, .count = o->replicas, .replica = gs_replicas_of(c)};
    for (int r = 0; r < b.count; r++)
        if (!begin_replica(&b, r, o->step_size))
            return false;
    for (int t = 0; t < o->steps; t++) {
        float energy[GS_BLOCK_MAX];
        if (!move(&b, t))
            return false;
        for (int r = t % 2; r + 1 < b.count; r += 2)
            exchange(&b, r);
        for (int i = 0; i < c->n; i++)
            energy[i] = (float)b.replica[0].walkers.walker[i].energy;
        gs_walk_trace(c, t + 1, energy);
        if (!gs_chains_stepped(c))
            return false;
    }
    tell(&b);
    gs_walk_finish(c);
    return true;
}
