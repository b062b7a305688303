/* Elliptical slice sampling (Murray, Adams & MacKay 2010, figure 2) of exp(-E / T) as a Gaussian prior times what is
 * left, a likelihood:
 *   N(x; m, S^2 I) L(x),   log L = -E / T + |x - m|^2 / 2 S^2,   m the middle of the data range.
 * Every S leaves the density as it is; chains go far where L hardly changes, as where the energy is a Gaussian prior's
 * and that of a few data. A step draws a further z of the prior, and an angle on the ellipse through x and z, from a
 * bracket that shrinks towards x until L is high enough. It has no step size, and takes no gradient. Where S is much
 * smaller than |x - m|, L falls so steeply away from x that the bracket shrinks to next to nothing: chains then stay
 * where they begin, which is noted of them. */
#include "sample/field.h"
#include "sample/replicas.h"
#include "sample/samplers.h"
#include "sample/walk.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

enum { TRIES_MAX = 200 }; /* the bracket is then nothing but x */

static const double turn = 6.283185307179586;

/* A chain is stuck that ends beyond so many deviations of the prior, in root mean square, and nearer to its start than
 * this share of its distance from the middle, or as near to the start's mirror image, which every ellipse goes through;
 * or whose steps all stayed where they were. Chains that move as they should end about as far from their start as from
 * the middle. */
static const double deviations = 2, stayed = 0.05;

typedef struct walker {
    double log_l, slice;     /* log L at x; what it must exceed */
    double angle, low, high; /* and the bracket */
    int tries;
    bool done, moved; /* moved: at least once */
} walker;

typedef struct block {
    gs_chains *c;
    walker walker[GS_BLOCK_MAX];
    float energy[GS_BLOCK_MAX]; /* at x */
    double rate[GS_BLOCK_MAX];
} block;

static float middle(const gs_chains *c) {
    const float *range = c->run->plan->model->info.range;
    return 0.5f * (range[0] + range[1]);
}

/* log L; -INFINITY outside of the range, where the chains are kept in it. */
static double log_likelihood(const gs_chains *c, const float *x, float energy) {
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    double sum = 0, m = (double)middle(c);
    for (size_t k = 0; k < c->size; k++) {
        if (o->clamp > 0 && !(x[k] >= range[0] && x[k] <= range[1]))
            return -INFINITY;
        sum += ((double)x[k] - m) * ((double)x[k] - m);
    }
    double log_l = 0.5 * sum / (o->prior_scale * o->prior_scale) - (double)energy / o->temperature;
    return isfinite(log_l) ? log_l : -INFINITY;
}

static void cast(block *b) {
    gs_chains *c = b->c;
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    for (int i = 0; i < c->n; i++) {
        walker *w = &b->walker[i];
        uint32_t words[4];
        gs_replica_words(c, i, c->step, 0, words);
        w->slice = w->log_l + gs_log64(gs_random_unit(words[0]));
        w->angle = turn * gs_random_unit(words[1]);
        w->low = w->angle - turn;
        w->high = w->angle;
        w->tries = 0;
        w->done = false;
    }
}

/* The states at the angles, in c->spare. */
static void place(block *b) {
    gs_chains *c = b->c;
    float m = middle(c);
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        float along = (float)gs_cos64(b->walker[i].angle);
        float across = (float)(c->run->options.prior_scale * gs_sin64(b->walker[i].angle));
        for (size_t k = 0; k < c->size; k++)
            c->spare[at + k] = m + along * (c->x[at + k] - m) + across * c->noise[at + k];
    }
}

/* Take the state, or shrink the bracket and draw another angle. */
static void decide(block *b, int i, float energy) {
    gs_chains *c = b->c;
    walker *w = &b->walker[i];
    size_t at = (size_t)i * c->size;
    double log_l = log_likelihood(c, c->spare + at, energy);
    w->tries++;
    if (log_l > w->slice && gs_finite(c->spare + at, c->size)) {
        memcpy(c->x + at, c->spare + at, c->size * sizeof *c->x);
        b->energy[i] = energy;
        w->log_l = log_l;
        w->done = w->moved = true;
        return;
    }
    uint32_t words[4];
    gs_replica_words(c, i, c->step, (uint32_t)w->tries, words);
    if (w->angle < 0)
        w->low = w->angle;
    else
        w->high = w->angle;
    w->angle = w->low + (w->high - w->low) * gs_random_unit(words[0]);
    w->done = w->tries == TRIES_MAX;
}

static bool step(block *b, int t) {
    gs_chains *c = b->c;
    const gs_trace *trace = c->run->options.trace;
    bool all = false;
    cast(b);
    while (!all) {
        float energy[GS_BLOCK_MAX];
        if (!gs_chains_go_on(c))
            return false;
        place(b);
        gs_field_energy(c, 0, c->spare, energy);
        all = true;
        for (int i = 0; i < c->n; i++) {
            if (!b->walker[i].done)
                decide(b, i, energy[i]);
            all = all && b->walker[i].done;
        }
    }
    c->stale = !(trace && trace->gradient_norm);
    if (!c->stale)
        gs_field_gradient(c, 0, c->x, b->energy, c->gradient);
    gs_walk_trace(c, t + 1, b->energy);
    for (int i = 0; i < c->n; i++) {
        double share = 1.0 / b->walker[i].tries;
        b->rate[i] += share / c->run->options.steps;
        if (trace && trace->acceptance)
            trace->acceptance[(size_t)t * c->run->n + c->first + (size_t)i] = (float)share;
    }
    return gs_chains_stepped(c);
}

/* Whether a chain ended at x, narrowly, where it began, or opposite. */
static bool has_stayed(const gs_chains *c, const float *x, const float *start) {
    double m = (double)middle(c), out = 0, away = 0, across = 0, scale = c->run->options.prior_scale;
    for (size_t k = 0; k < c->size; k++) {
        double v = (double)x[k] - m, began = (double)start[k] - m;
        out += v * v;
        away += (v - began) * (v - began);
        across += (v + began) * (v + began);
    }
    bool outside = out > (double)c->size * deviations * deviations * scale * scale;
    return outside && fmin(away, across) < stayed * stayed * out;
}

/* Compare the ends with the starts, which are in c->further. */
static void note_stuck(const block *b) {
    gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        c->fate[i].stuck = !b->walker[i].moved || has_stayed(c, c->x + at, c->further + at);
    }
}

bool gs_sampler_elliptical_slice(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    block b = {.c = c};
    if (!gs_walk_gradient(c, 0, b.energy))
        return false;
    memcpy(c->further, c->x, (size_t)c->n * c->size * sizeof *c->further);
    for (int i = 0; i < c->n; i++)
        b.walker[i].log_l = log_likelihood(c, c->x + (size_t)i * c->size, b.energy[i]);
    for (int t = 0; t < o->steps; t++)
        if (!step(&b, t))
            return false;
    for (int i = 0; i < c->n && o->trace && o->trace->rate; i++)
        o->trace->rate[c->first + (size_t)i] = b.rate[i];
    note_stuck(&b);
    gs_walk_finish(c);
    return true;
}
