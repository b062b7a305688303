#include "sample/walkers.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "sample/leapfrog.h"

/* Steps are times a number uniform in 0.5 ... 1.5. With the 0.8 ... 1.2 of hmc, 10 steps at the adapted size are two
 * periods of a Gaussian, after which states are where they were: tempered-smc then gave log Z of 100 dimensions 2 too
 * low, with a standard error of 0.2. */
static const double jitter = 0.5;

/* Draw the random numbers of a step: the momenta, the jitter, and the number that decides about acceptance. */
static void cast(gs_walkers *w, uint32_t step) {
    gs_chains *c = w->c;
    const gs_sample_options *o = &c->run->options;
    gs_chains_noise(c, GS_STREAM_STEP, step);
    for (int i = 0; i < c->n; i++) {
        gs_walker *one = &w->walker[i];
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_ACCEPT, o->first_chain + c->first + (uint64_t)i, step, 0, counter);
        gs_random_words(o->seed, counter, words);
        one->luck = gs_random_unit(words[0]);
        one->step = gs_exp64(one->log_step) * (1 + jitter * (2 * gs_random_unit(words[1]) - 1));
        one->kinetic = gs_kinetic(c->run->plan->kernels, c->noise + (size_t)i * c->size, c->size);
    }
}

/* The middle of the data range, where the spring's tension is 0. */
static float middle(const gs_chains *c) {
    const float *range = c->run->plan->model->info.range;
    return 0.5f * (range[0] + range[1]);
}

/* Half a step of the momenta, by the gradients in c->denoised at c->spare. */
static void kick(gs_walkers *w) {
    gs_chains *c = w->c;
    for (int i = 0; i < c->n; i++) {
        gs_walker *one = &w->walker[i];
        size_t at = (size_t)i * c->size;
        float *p = c->noise + at, m = middle(c);
        gs_add_scaled(c->run->plan->kernels, p, -0.5 * one->step * one->scale, NULL, c->denoised + at, c->size);
        float pull = (float)(0.5 * one->step * one->spring);
        for (size_t k = 0; one->spring > 0 && k < c->size; k++)
            p[k] -= pull * (c->spare[at + k] - m);
    }
}

/* The path from x with momenta c->noise to c->spare, whose gradient c->denoised gets; false when told to stop. */
static bool follow(gs_walkers *w) {
    gs_chains *c = w->c;
    const float *range = c->run->plan->model->info.range;
    size_t size = c->size, all = (size_t)c->n * size * sizeof(float);
    memcpy(c->spare, w->x, all);
    memcpy(c->denoised, w->gradient, all);
    for (int l = 0; l < w->leapfrog; l++) {
        if (!gs_chains_go_on(c))
            return false;
        kick(w);
        for (int i = 0; i < c->n; i++) {
            size_t at = (size_t)i * size;
            if (c->run->options.clamp > 0)
                gs_add_within(c->spare + at, w->walker[i].step, NULL, c->noise + at, size, range);
            else
                gs_add_scaled(c->run->plan->kernels, c->spare + at, w->walker[i].step, NULL, c->noise + at, size);
        }
        gs_field_gradient(c, w->level, c->spare, w->energy, c->denoised);
        kick(w);
    }
    return true;
}

double gs_walker_stretch(const gs_chains *c, const float *x) {
    double m = (double)middle(c), sum = 0;
    for (size_t k = 0; k < c->size; k++)
        sum += ((double)x[k] - m) * ((double)x[k] - m);
    return 0.5 * sum;
}

/* log(exp(H - H')), by which the path's end is accepted; -INFINITY where it is not finite. */
static double log_ratio(const gs_walkers *w, int i) {
    const gs_chains *c = w->c;
    const gs_walker *one = &w->walker[i];
    size_t at = (size_t)i * c->size;
    const float *q = c->spare + at;
    double ratio = one->scale * (one->energy - (double)w->energy[i]) + one->kinetic - one->reached;
    if (one->spring > 0)
        ratio += one->spring * (gs_walker_stretch(c, w->x + at) - gs_walker_stretch(c, q));
    return isfinite(ratio) && gs_finite(q, c->size) ? ratio : -INFINITY;
}

bool gs_walkers_step(gs_walkers *w, uint32_t step, double *acceptance) {
    gs_chains *c = w->c;
    size_t bytes = c->size * sizeof(float);
    cast(w, step);
    if (!follow(w))
        return false;
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        gs_walker *one = &w->walker[i];
        one->reached = gs_kinetic(c->run->plan->kernels, c->noise + at, c->size);
        one->ratio = log_ratio(w, i);
        acceptance[i] = one->ratio < 0 ? gs_exp64(one->ratio) : 1;
        one->accepted = !one->is_frozen && one->luck < acceptance[i];
        if (!one->accepted)
            continue;
        memcpy(w->x + at, c->spare + at, bytes);
        memcpy(w->gradient + at, c->denoised + at, bytes);
        one->energy = (double)w->energy[i];
    }
    return true;
}
