/* Annealed importance sampling (Neal 2001), and the sequential Monte Carlo sampler whose targets are its temperatures
 * (Del Moral, Doucet & Jasra 2006, section 2.3.1): particles go from draws of a prior p_0 to p ~ exp(-E / T) through
 *   p_b(x) ~ exp(-b E(x) / T - (1 - b) E_0(x)),   E_0 = -log p_0,
 * b from 0 to 1, moved by Hamiltonian Monte Carlo at each b. Their weights grow by the factor exp((b - b') (E / T -
 * E_0)) at each change of b to b', and their mean is Z (Neal's equation 11). p_0 is N(m, S^2 I), m the middle of the
 * data range, or, for chains that are kept in it, uniform there.
 *
 * Every chain has particles of its own: one of ais, which keeps its weight, and many of tempered-smc, which are drawn
 * anew by their weights at each b. Each chain goes the way twice. The first pass finds step sizes and, of tempered-smc,
 * those b at which the effective number of particles falls to a given share (Del Moral, Doucet & Jasra 2012, section
 * 3.1); the second, with random numbers of its own, changes neither, so that the mean of its weights is Z exactly. */
#include "sample/anneal.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "model/settings.h"
#include "sample/samplers.h"
#include "sample/start.h"

/* Temperatures of ais are b = (t / K)^4, near 0 close together, where the target first appears. Acceptance moves the
 * log of the step size by so much of its distance from a target. */
static const double gain = 0.3, target = 0.8;

typedef struct block {
    gs_chains *c;
    int count; /* particles per chain */
    bool is_smc;
    uint32_t pass; /* 0, 1 */
    gs_particle *particle;
    gs_waypoint *way;
    gs_walkers walkers;
    double scale;                       /* S; 0: uniform in the data range */
    double floor;                       /* E_0 in the middle */
    double beta[GS_BLOCK_MAX];          /* b */
    double log_step[GS_BLOCK_MAX];      /* of the leapfrog step */
    double log_z[GS_BLOCK_MAX];         /* of what is no longer in the weights */
    double accepted[GS_BLOCK_MAX];      /* acceptance of this temperature, mean over particles and moves */
    double rate[GS_BLOCK_MAX];          /* sum of these */
    bool is_done[GS_BLOCK_MAX];         /* b is 1, and the moves there were made */
    uint64_t evaluations[GS_BLOCK_MAX]; /* by then */
} block;

/* The logarithm of the longest step: within a range, longer ones mix no better than those of four widths. */
static double longest(const gs_sampling *run) {
    const float *range = run->plan->model->info.range;
    return gs_log64(run->options.clamp > 0 ? 4 * ((double)range[1] - (double)range[0]) : GS_SCALE_MAX);
}

/* ---- The prior ---- */

static void choose_prior(block *b) {
    const gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    double width = (double)range[1] - (double)range[0], d = (double)c->size;
    b->scale = o->clamp > 0 ? 0 : o->prior_scale;
    b->floor = d * (b->scale > 0 ? 0.5 * gs_log64(6.283185307179586 * b->scale * b->scale) : gs_log64(width));
}

/* The length over which the prior changes. */
static double prior_length(const block *b) {
    const float *range = b->c->run->plan->model->info.range;
    return b->scale > 0 ? b->scale : 0.25 * ((double)range[1] - (double)range[0]);
}

/* E / T - E_0, by which weights change; infinite where E is not finite. */
static double difference(const block *b, int r, int i) {
    const gs_chains *c = b->c;
    const float *x = gs_replica_x(c, r) + (size_t)i * c->size;
    double energy = (double)b->particle[r].energy[i], prior = b->floor;
    if (b->scale > 0)
        prior += gs_walker_stretch(c, x) / (b->scale * b->scale);
    return isfinite(energy) ? energy / c->run->options.temperature - prior : (double)INFINITY;
}

/* Draw the particles of the prior; false if told to stop. */
static bool draw(block *b) {
    gs_chains *c = b->c;
    const float *range = c->run->plan->model->info.range;
    for (int r = 0; r < b->count; r++) {
        if (!gs_chains_go_on(c))
            return false;
        float *x = gs_replica_x(c, r);
        uint32_t replica = b->pass * (uint32_t)b->count + (uint32_t)r;
        if (b->scale > 0) {
            gs_chains_noise(c, GS_STREAM_START, replica);
            for (size_t k = 0; k < (size_t)c->n * c->size; k++)
                x[k] = fmaf((float)b->scale, c->noise[k], 0.5f * (range[0] + range[1]));
        } else {
            gs_start_uniform(c, replica, x);
        }
        gs_field_gradient(c, 0, x, b->particle[r].energy, gs_replica_gradient(c, r));
        memset(b->particle[r].log_weight, 0, sizeof b->particle[r].log_weight);
    }
    double step = gs_log64(prior_length(b)) - 0.25 * gs_log64((double)c->size);
    for (int i = 0; i < c->n; i++) {
        b->beta[i] = b->log_z[i] = b->rate[i] = 0;
        b->log_step[i] = fmin(step, longest(c->run));
        b->is_done[i] = false;
    }
    return true;
}

/* ---- Weights ---- */

static double log_weight(const block *b, int r, int i, double step) {
    return b->particle[r].log_weight[i] - (step > 0 ? step * difference(b, r, i) : 0);
}

/* The effective number of the particles at b + step, and the logarithm of their weights' mean. */
static double effective(const block *b, int i, double step, double *log_mean) {
    double weight[GS_PARTICLES_MAX];
    for (int r = 0; r < b->count; r++)
        weight[r] = log_weight(b, r, i, step);
    return gs_replica_effective(weight, b->count, log_mean);
}

/* The largest step of b, up to 1, after which the effective number is the wanted share. */
static double choose_step(const block *b, int i) {
    double wanted = b->c->run->options.ess * b->count, high = 1 - b->beta[i], low = 0, ignored;
    if (effective(b, i, high, &ignored) >= wanted)
        return high;
    for (int k = 0; k < 60 && low < 0.99 * high; k++) {
        double middle = low > 0 ? 0.5 * (low + high) : high / 16;
        if (effective(b, i, middle, &ignored) >= wanted)
            low = middle;
        else
            high = middle;
    }
    return low > 0 ? low : high;
}

static double next_beta(const block *b, int i, int t) {
    int steps = b->c->run->options.steps;
    if (b->pass)
        return b->way[t].beta[i];
    if (t + 1 == steps)
        return 1;
    double part = (t + 1.0) / steps;
    return b->is_smc ? fmin(b->beta[i] + choose_step(b, i), 1) : part * part * part * part;
}

/* Go to the next temperature. */
static void reweigh(block *b, int t) {
    gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++) {
        double next = b->is_done[i] ? 1 : next_beta(b, i, t), step = next - b->beta[i], log_mean;
        for (int r = 0; r < b->count && step > 0; r++)
            b->particle[r].log_weight[i] = log_weight(b, r, i, step);
        b->way[t].beta[i] = b->beta[i] = next;
        if (!b->is_smc || !(step > 0))
            continue;
        effective(b, i, 0, &log_mean);
        b->log_z[i] += log_mean;
        uint32_t words[4];
        gs_replica_words(c, i, b->pass * (uint32_t)c->run->options.steps + (uint32_t)t, 0, words);
        if (log_mean > -INFINITY)
            gs_replica_resample(c, b->count, i, gs_random_unit(words[0]), log_mean);
    }
}

/* ---- Moves ---- */

static void aim(block *b, int r, int t) {
    gs_chains *c = b->c;
    double inverse = b->scale > 0 ? 1 / (b->scale * b->scale) : 0;
    b->walkers.x = gs_replica_x(c, r);
    b->walkers.gradient = gs_replica_gradient(c, r);
    for (int i = 0; i < c->n; i++) {
        double log_step = b->pass ? b->way[t].log_step[i] : b->log_step[i];
        b->walkers.walker[i] = (gs_walker){.scale = b->beta[i] / c->run->options.temperature,
                                           .spring = (1 - b->beta[i]) * inverse,
                                           .log_step = log_step,
                                           .is_frozen = b->is_done[i],
                                           .energy = (double)b->particle[r].energy[i]};
    }
}

static bool move(block *b, int t, int turn) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    uint32_t step = (b->pass * (uint32_t)o->steps + (uint32_t)t) * (uint32_t)o->moves + (uint32_t)turn;
    double mean[GS_BLOCK_MAX] = {0};
    for (int r = 0; r < b->count; r++) {
        double acceptance[GS_BLOCK_MAX];
        aim(b, r, t);
        if (!gs_walkers_step(&b->walkers, step * (uint32_t)b->count + (uint32_t)r, acceptance))
            return false;
        for (int i = 0; i < c->n; i++) {
            b->particle[r].energy[i] = (float)b->walkers.walker[i].energy;
            mean[i] += acceptance[i] / b->count;
        }
    }
    for (int i = 0; i < c->n; i++) {
        b->accepted[i] += mean[i] / o->moves;
        if (!b->pass && !b->is_done[i])
            b->log_step[i] = fmin(b->log_step[i] + gain * (mean[i] - target), longest(c->run));
    }
    return true;
}

/* All moves at a temperature. */
static bool move_on(block *b, int t) {
    gs_chains *c = b->c;
    bool rests = true;
    for (int i = 0; i < c->n; i++) {
        b->accepted[i] = b->is_done[i] ? b->accepted[i] : 0;
        rests = rests && b->is_done[i];
    }
    for (int turn = 0; turn < c->run->options.moves && !rests; turn++)
        if (!move(b, t, turn))
            return false;
    for (int i = 0; i < c->n; i++) {
        if (!b->pass)
            b->way[t].log_step[i] = b->log_step[i];
        b->rate[i] += b->accepted[i];
        if (b->beta[i] == 1 && !b->is_done[i] && b->is_smc) {
            b->is_done[i] = true;
            b->evaluations[i] = c->fate[i].evaluations;
        }
    }
    return gs_chains_go_on(c);
}

/* ---- All ---- */

/* The state of particle r as the chains'. */
static void show(block *b, int i, int r) {
    gs_chains *c = b->c;
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    memcpy(c->x + at, gs_replica_x(c, r) + at, bytes);
    memcpy(c->gradient + at, gs_replica_gradient(c, r) + at, bytes);
}

static bool show_step(block *b, int t) {
    gs_chains *c = b->c;
    const gs_trace *trace = c->run->options.trace;
    for (int i = 0; i < c->n; i++)
        show(b, i, 0);
    gs_walk_trace(c, t, b->particle[0].energy);
    for (int i = 0; i < c->n && t && trace && trace->acceptance; i++)
        trace->acceptance[(size_t)(t - 1) * c->run->n + c->first + (size_t)i] = (float)b->accepted[i];
    if (t)
        return gs_chains_stepped(c);
    gs_chains_store(c, 0); /* the draw of the prior, in place of the noise */
    return true;
}

static bool go(block *b, uint32_t pass) {
    b->pass = pass;
    if (!draw(b) || (pass && !show_step(b, 0)))
        return false;
    for (int t = 0; t < b->c->run->options.steps; t++) {
        reweigh(b, t);
        if (!move_on(b, t) || (pass && !show_step(b, t + 1)))
            return false;
    }
    return true;
}

/* The results: of equally weighted particles, one by chance. */
static void finish(block *b) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    for (int i = 0; i < c->n; i++) {
        size_t chain = c->first + (size_t)i;
        uint32_t words[4];
        gs_replica_words(c, i, 2 * (uint32_t)o->steps, 0, words);
        show(b, i, (int)(gs_random_unit(words[0]) * b->count));
        double rate = b->rate[i] / o->steps;
        c->fate[i].stuck = rate < gs_acceptance_low;
        if (b->is_done[i])
            c->fate[i].evaluations = b->evaluations[i];
        if (o->trace && o->trace->log_weight)
            o->trace->log_weight[chain] = b->log_z[i] + (b->is_smc ? 0 : b->particle[0].log_weight[i]);
        if (o->trace && o->trace->rate)
            o->trace->rate[chain] = rate;
        if (o->trace && o->trace->step_size)
            o->trace->step_size[chain] = gs_exp64(b->way[o->steps - 1].log_step[i]);
    }
}

bool gs_anneal_run(gs_chains *c, bool is_smc) {
    const gs_sample_options *o = &c->run->options;
    block b = {.c = c,
               .count = is_smc ? o->particles : 1,
               .is_smc = is_smc,
               .particle = gs_replica_particles(c),
               .way = gs_replica_waypoints(c),
               .walkers = {.c = c, .leapfrog = o->leapfrog}};
    choose_prior(&b);
    if (!go(&b, 0) || !go(&b, 1))
        return false;
    finish(&b);
    gs_walk_finish(c);
    return true;
}
