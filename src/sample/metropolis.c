#include "sample/metropolis.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "model/settings.h"
#include "sample/bounds.h"

enum { LANES = 16 };

/* Hoffman & Gelman 2014, section 3.2.1: gamma, t0, kappa. Their gamma of 0.05 lets the step size swing so far that its
 * mean misses the target after few steps: of hmc at 0.8 on a normal target, 200 steps of burn-in gave 0.92, 1,000 gave
 * 0.86; with 0.1 they give 0.85 and 0.82. With 0.2, 50 steps from a step size 100 times too large end at 0.66. */
static const double shrinkage = 0.1, stabilisation = 10, forgetting = 0.75;

/* One chain. It adapts from its own acceptances and draws its own random numbers, so that it is the same whatever is
 * drawn beside it. */
typedef struct walker {
    double log_step;               /* of the leapfrog step */
    double centre, error, average; /* dual averaging: mu, H-bar, log epsilon-bar */
    double accepted;               /* sum of acceptance after burn-in */
    double energy, kinetic;        /* at x; at the start of the path */
    double step, luck;             /* of this path, jittered; log of the uniform number */
} walker;

/* A chain is reported if it accepts less than the first share of its proposals, or more than the second; the latter
 * only after enough steps to rule out chance. */
static const double acceptance_low = 0.01, acceptance_high = 0.99;
enum { STEPS_JUDGED = 20 };

/* Distances in widths of the data range: the largest adapted step; how far from the range a float still keeps enough of
 * its fraction, 19 bits; and how far a double still keeps a float's fraction. */
static const double widths_adapted = 4, widths_float = 32, widths_double = 0x1p29;

typedef struct block {
    gs_chains *c;
    gs_metropolis how;
    walker walker[GS_BLOCK_MAX];
    float energy[GS_BLOCK_MAX]; /* at the end of the path */
} block;

/* |p|^2 / 2: products of floats are exact in double; 16 sums, then a tree. */
static double kinetic_energy(const float *p, size_t size) {
    double sum[LANES] = {0};
    for (size_t i = 0; i < size; i += LANES)
        for (size_t k = 0; k < LANES && i + k < size; k++)
            sum[k] += (double)p[i + k] * (double)p[i + k];
    for (int half = LANES / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            sum[k] += sum[k + half];
    return 0.5 * sum[0];
}

/* y <- y + a x, each operation rounded once; chains have factors of their own. */
static void add_scaled(float *y, double a, const float *x, size_t size) {
    float factor = (float)a;
    for (size_t i = 0; i < size; i++)
        y[i] += factor * x[i];
}

/* Mirror a value that left [low, low + width] once for each end that it crossed; fmod is exact. The result is in [0,
 * width], and *odd says whether the number of crossings is odd. */
static double mirror(double beyond, double width, bool *odd) {
    double place = fmod(fabs(beyond), 2 * width);
    *odd = (beyond < 0) != (place > width);
    return place > width ? 2 * width - place : place;
}

/* q <- q + a p, mirrored where it left the range, with its momentum (Neal 2011, section 5.5.1.5). A position far beyond
 * the range is computed again in double, because the float has lost its fraction. Where a double loses it too, q
 * becomes NaN and the path is rejected; the reverse path is rejected as well, because it takes an equally long step. */
static void move_within(float *q, double a, float *p, size_t size, const float range[2]) {
    double low = (double)range[0], width = (double)range[1] - low;
    float factor = (float)a;
    for (size_t i = 0; i < size; i++) {
        float from = q[i];
        q[i] += factor * p[i];
        if (q[i] >= range[0] && q[i] <= range[1])
            continue;
        double beyond = (double)q[i] - low;
        if (!(fabs(beyond) <= widths_float * width))
            beyond = (double)from - low + (double)factor * (double)p[i];
        bool odd;
        double place = mirror(beyond, width, &odd);
        q[i] = fabs(beyond) <= widths_double * width ? (float)(low + place) : NAN;
        p[i] = odd ? -p[i] : p[i];
    }
}

/* Log of the largest step that adaptation takes: what the options allow, and within a range four times its width.
 * Momenta are normal, and a step of deviation s in a range of width w, mirrored, leaves exp(-(pi s / w)^2 / 2) of the
 * slowest mode of a flat energy, 0.7 % at s = w, so that longer ones mix no better; where all are accepted they would
 * grow without end. Below four widths, the first steps of burn-in are free to vary. */
static double log_step_most(const gs_sampling *run) {
    const float *range = run->plan->model->info.range;
    double most = run->options.clamp > 0 ? widths_adapted * ((double)range[1] - (double)range[0]) : GS_SCALE_MAX;
    return gs_log64(fmin(most, GS_SCALE_MAX));
}

static void begin(block *b) {
    const gs_sample_options *o = &b->c->run->options;
    double step = b->how.is_squared ? sqrt(2 * o->step_size) : o->step_size;
    double most = o->burn_in > 0 ? log_step_most(b->c->run) : (double)INFINITY;
    for (int i = 0; i < b->c->n; i++)
        b->walker[i] = (walker){.log_step = fmin(gs_log64(step), most),
                                .centre = fmin(gs_log64(10 * step), most),
                                .energy = (double)b->energy[i]};
}

/* Draw the random numbers of a step: the momenta, the jitter, and the number that decides about acceptance. */
static void cast(block *b) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    gs_chains_noise(c, GS_STREAM_STEP);
    for (int i = 0; i < c->n; i++) {
        walker *w = &b->walker[i];
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_ACCEPT, o->first_chain + c->first + (uint64_t)i, c->step, 0, counter);
        gs_random_words(o->seed, counter, words);
        w->luck = gs_log64(gs_random_unit(words[0]));
        w->step = gs_exp64(w->log_step) * (1 + b->how.jitter * (2 * gs_random_unit(words[1]) - 1));
        w->kinetic = kinetic_energy(c->noise + (size_t)i * c->size, c->size);
    }
}

/* The path from x with momenta c->noise to c->spare, whose gradient c->denoised gets; false when told to stop. */
static bool follow(block *b) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    size_t size = c->size, all = (size_t)c->n * size * sizeof(float);
    memcpy(c->spare, c->x, all);
    memcpy(c->denoised, c->gradient, all);
    for (int l = 0; l < b->how.leapfrog; l++) {
        if (!gs_chains_go_on(c))
            return false;
        for (int i = 0; i < c->n; i++) {
            size_t at = (size_t)i * size;
            double step = b->walker[i].step;
            add_scaled(c->noise + at, -0.5 * step / o->temperature, c->denoised + at, size);
            if (o->clamp > 0)
                move_within(c->spare + at, step, c->noise + at, size, range);
            else
                add_scaled(c->spare + at, step, c->noise + at, size);
        }
        gs_field_gradient(c, 0, c->spare, b->energy, c->denoised);
        for (int i = 0; i < c->n; i++)
            add_scaled(c->noise + (size_t)i * size, -0.5 * b->walker[i].step / o->temperature,
                       c->denoised + (size_t)i * size, size);
    }
    return true;
}

/* log(exp(H - H')), by which the path's end is accepted; -INFINITY where it is not finite. */
static double log_ratio(const block *b, int i) {
    const gs_chains *c = b->c;
    const walker *w = &b->walker[i];
    const float *q = c->spare + (size_t)i * c->size, *p = c->noise + (size_t)i * c->size;
    double fall = (w->energy - (double)b->energy[i]) / c->run->options.temperature;
    double ratio = fall + w->kinetic - kinetic_energy(p, c->size);
    return isfinite(ratio) && gs_finite(q, c->size) ? ratio : -INFINITY;
}

/* Hoffman & Gelman 2014, algorithm 5; the step stays within bounds. */
static void adapt(walker *w, double acceptance, double target, int count, double most) {
    const double least = -gs_log64(GS_SCALE_MAX);
    double rate = 1 / (count + stabilisation), weight = gs_exp64(-forgetting * gs_log64(count));
    w->error += rate * (target - acceptance - w->error);
    double log_step = w->centre - sqrt(count) / shrinkage * w->error;
    w->log_step = log_step < least ? least : log_step > most ? most : log_step;
    w->average += weight * (w->log_step - w->average);
}

static void settle(block *b, int i, int t) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    walker *w = &b->walker[i];
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    double ratio = log_ratio(b, i), acceptance = ratio < 0 ? gs_exp64(ratio) : 1;
    if (w->luck < ratio) {
        memcpy(c->x + at, c->spare + at, bytes);
        memcpy(c->gradient + at, c->denoised + at, bytes);
        w->energy = (double)b->energy[i];
    }
    if (o->trace && o->trace->acceptance)
        o->trace->acceptance[(size_t)t * c->run->n + c->first + (size_t)i] = (float)acceptance;
    if (t < o->burn_in) {
        adapt(w, acceptance, o->target, t + 1, log_step_most(c->run));
        if (t + 1 == o->burn_in)
            w->log_step = w->average;
    } else {
        w->accepted += acceptance;
    }
}

static bool step(block *b, int t) {
    gs_chains *c = b->c;
    float energy[GS_BLOCK_MAX];
    cast(b);
    if (!follow(b))
        return false;
    for (int i = 0; i < c->n; i++) {
        settle(b, i, t);
        energy[i] = (float)b->walker[i].energy;
    }
    gs_walk_trace(c, t + 1, energy);
    return gs_chains_stepped(c);
}

static void tell(const block *b) {
    const gs_sample_options *o = &b->c->run->options;
    int after = o->steps - (o->burn_in > 0 ? o->burn_in : 0);
    for (int i = 0; i < b->c->n; i++) {
        size_t chain = b->c->first + (size_t)i;
        double size = gs_exp64(b->walker[i].log_step), adapted = b->how.is_squared ? size * size / 2 : size;
        double rate = b->walker[i].accepted / after;
        b->c->fate[i].stuck = rate < acceptance_low;
        b->c->fate[i].unopposed = rate > acceptance_high && after >= STEPS_JUDGED;
        if (o->trace && o->trace->rate)
            o->trace->rate[chain] = rate;
        if (o->trace && o->trace->step_size)
            o->trace->step_size[chain] = o->burn_in > 0 ? adapted : o->step_size;
    }
}

bool gs_metropolis_run(gs_chains *c, gs_metropolis how) {
    const gs_sample_options *o = &c->run->options;
    block b = {.c = c, .how = how};
    if (!gs_walk_gradient(c, 0, b.energy))
        return false;
    begin(&b);
    for (int t = 0; t < o->steps; t++)
        if (!step(&b, t))
            return false;
    tell(&b);
    gs_walk_finish(c);
    return true;
}
