/* Microcanonical Langevin Monte Carlo without acceptance (Robnik & Seljak 2023): steps of isokinetic dynamics, whose
 * momentum p has the length sqrt(d), so that a step h moves each of d pixels by h in root mean square, and after each
 * of which noise turns it a little (equation 12): p <- (p + v z) sqrt(d) / |p + v z|,   v^2 = exp(2 h / l) - 1,   z ~
 * N(0, I). In the authors' terms, their step is sqrt(d) h, their L sqrt(d) l. During burn-in h follows the energy's
 * error, of whose square the wanted mean is given (section 4.2; the running means are those of their program), and in
 * its second half the deviation of the pixels, which l becomes, is measured (section 4.1). */
#include "sample/isokinetic.h"
#include "sample/leapfrog.h"
#include "sample/samplers.h"
#include "sample/walk.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

/* The error's square is in proportion to h^6. Running means forget within 150 steps, and trust errors within a factor
 * exp(9) of the wanted one. A step whose energy is not finite is taken back, and none is longer than 0.8 of it. */
static const double forgotten = 149.0 / 151, trust = 9, shortened = 0.8;

typedef struct walker {
    double step, longest, length; /* h; what it may be at most; l */
    double average, weight;       /* running means of the error over h^6 */
    double energy, fall;          /* E at x; the energy's error of this step */
    double spread;                /* sum of squares about the mean, for l */
} walker;

typedef struct block {
    gs_chains *c;
    walker walker[GS_BLOCK_MAX];
    float energy[GS_BLOCK_MAX]; /* at the new state */
} block;

static void begin(block *b) {
    const gs_sample_options *o = &b->c->run->options;
    gs_chains *c = b->c;
    gs_chains_noise(c, GS_STREAM_STEP, (uint32_t)o->steps);
    memcpy(c->further, c->noise, (size_t)c->n * c->size * sizeof(float));
    memset(c->spare, 0, (size_t)c->n * c->size * sizeof(float));
    for (int i = 0; i < c->n; i++) {
        gs_isokinetic_normalize(c->run->plan->kernels, c->further + (size_t)i * c->size, c->size);
        double length = o->decoherence > 0 ? o->decoherence : o->step_size / sqrt(0.2);
        b->walker[i] =
            (walker){.step = o->step_size, .longest = INFINITY, .length = length, .energy = (double)b->energy[i]};
    }
}

/* The new states in c->noise, whose gradients c->denoised gets. */
static void follow(block *b) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    double scale = 0.5 / o->temperature;
    memcpy(c->noise, c->x, (size_t)c->n * c->size * sizeof(float));
    for (int i = 0; i < c->n; i++) {
        walker *w = &b->walker[i];
        float *q = c->noise + (size_t)i * c->size, *p = c->further + (size_t)i * c->size;
        w->fall =
            -gs_isokinetic_turn(c->run->plan->kernels, p, scale * w->step, c->gradient + (size_t)i * c->size, c->size);
        if (o->clamp > 0)
            gs_add_within(q, w->step, NULL, p, c->size, c->run->plan->model->info.range);
        else
            gs_add_scaled(c->run->plan->kernels, q, w->step, NULL, p, c->size);
    }
    gs_field_gradient(c, 0, c->noise, b->energy, c->denoised);
    for (int i = 0; i < c->n; i++) {
        walker *w = &b->walker[i];
        size_t at = (size_t)i * c->size;
        w->fall -=
            gs_isokinetic_turn(c->run->plan->kernels, c->further + at, scale * w->step, c->denoised + at, c->size);
        w->fall += (w->energy - (double)b->energy[i]) / o->temperature;
    }
}

/* A step size for which the mean square of the error over d would be the wanted one. */
static void adapt(walker *w, double wanted, size_t size) {
    double error = w->fall * w->fall / ((double)size * wanted) + 1e-8, far = gs_log64(error) / trust;
    double weight = gs_exp64(-0.5 * far * far), cube = w->step * w->step * w->step;
    w->average = forgotten * w->average + weight * error / (cube * cube);
    w->weight = forgotten * w->weight + weight;
    w->step = fmin(gs_exp64(-gs_log64(w->average / w->weight) / 6), w->longest);
}

/* Add x as number `count`, from 1, to the mean and to the sum of squares about it (Welford 1962). */
static void add_state(walker *w, const float *x, float *mean, size_t size, int count) {
    for (size_t k = 0; k < size; k++) {
        double before = (double)x[k] - (double)mean[k];
        mean[k] += (float)(before / count);
        w->spread += before * ((double)x[k] - (double)mean[k]);
    }
}

/* What a step of burn-in, number t from 0, teaches. */
static void learn(block *b, int i, int t) {
    const gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    walker *w = &b->walker[i];
    size_t at = (size_t)i * c->size;
    int half = o->burn_in / 2, count = t - half + 1;
    adapt(w, o->energy_error, c->size);
    if (o->decoherence > 0 || count < 1)
        return;
    add_state(w, c->x + at, c->spare + at, c->size, count);
    if (t + 1 == o->burn_in && count > 1 && w->spread > 0)
        w->length = sqrt(w->spread / ((double)(count - 1) * (double)c->size));
}

static bool is_sound(const block *b, int i) {
    const gs_chains *c = b->c;
    size_t at = (size_t)i * c->size;
    return isfinite(b->walker[i].fall) && gs_finite(c->noise + at, c->size) && gs_finite(c->denoised + at, c->size) &&
           gs_finite(c->further + at, c->size);
}

/* As gs_chains_diverge, in the step that is not counted yet. */
static bool diverge(gs_chains *c, int i) {
    c->step++;
    bool others = gs_chains_diverge(c, i, "energy", (double)INFINITY);
    c->step--;
    return others;
}

/* Go to the new states; false where a chain of which that is none is the first. One in burn-in stays where it is, and
 * gets a new momentum. */
static bool settle(block *b, int t) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    for (int i = 0; i < c->n; i++) {
        walker *w = &b->walker[i];
        size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
        if (is_sound(b, i)) {
            memcpy(c->x + at, c->noise + at, bytes);
            memcpy(c->gradient + at, c->denoised + at, bytes);
            w->energy = (double)b->energy[i];
            if (t < o->burn_in)
                learn(b, i, t);
        } else if (t < o->burn_in) {
            w->longest = shortened * w->step;
            w->step = w->longest;
            memset(c->further + at, 0, bytes);
        } else if (!diverge(c, i)) {
            return false;
        }
    }
    return true;
}

static void refresh(block *b) {
    gs_chains *c = b->c;
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    for (int i = 0; i < c->n; i++) {
        float *p = c->further + (size_t)i * c->size;
        const walker *w = &b->walker[i];
        gs_add_scaled(c->run->plan->kernels, p, sqrt(gs_expm1_64(fmin(2 * w->step / w->length, 80))), NULL,
                      c->noise + (size_t)i * c->size, c->size);
        gs_isokinetic_normalize(c->run->plan->kernels, p, c->size);
    }
}

static bool step(block *b, int t) {
    gs_chains *c = b->c;
    float energy[GS_BLOCK_MAX];
    follow(b);
    if (!settle(b, t))
        return false;
    refresh(b);
    for (int i = 0; i < c->n; i++)
        energy[i] = (float)b->walker[i].energy;
    gs_walk_trace(c, t + 1, energy);
    return gs_chains_stepped(c);
}

bool gs_sampler_mclmc(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    block b = {.c = c};
    if (!gs_walk_gradient(c, 0, b.energy) || !gs_chains_go_on(c))
        return false;
    begin(&b);
    for (int t = 0; t < o->steps; t++)
        if (!step(&b, t))
            return false;
    gs_walk_trace_accepted(c);
    for (int i = 0; i < c->n && o->trace && o->trace->step_size; i++)
        o->trace->step_size[c->first + (size_t)i] = b.walker[i].step;
    gs_walk_finish(c);
    return true;
}
