/* The Barker proposal (Livingstone & Zanella 2022, algorithm 1): for each element a normal number z of deviation h s,
 * which is added with the probability 1 / (1 + exp(-z d)), d = -dE/dx / T, and subtracted otherwise. With b = x' - x
 * what was added, the probability to propose x' is proportional to prod 1 / (1 + exp(-b d(x))), and that of the way
 * back to prod 1 / (1 + exp(b d(x'))). Where the gradient is steep the signs alone follow it, so that steps which are
 * too long for a direction cost less than those of mala. */
#include <math.h>

#include "base/math64.h"
#include "sample/metropolis.h"
#include "sample/samplers.h"

enum { LANES = 16, POSITION = 1 }; /* position 0 of the stream has the decision */

/* A sum in an order that does not depend on the vector's width: 16 sums, then a tree. */
typedef struct lanes {
    double sum[LANES];
} lanes;

static double total(lanes *l) {
    for (int half = LANES / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            l->sum[k] += l->sum[k + half];
    return l->sum[0];
}

/* Chain i's proposal from its normal numbers, and minus the logarithm of its probability, sum log(1 + exp(-b d(x))),
 * with the exponential by which the signs are chosen. */
static void move(gs_metropolis *b, int i) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    size_t at = (size_t)i * c->size;
    const float *scale = b->adaptation[i].scale;
    uint32_t counter[4], words[4];
    lanes sums = {{0}};
    for (size_t k = 0; k < c->size; k++) {
        if (k % 4 == 0) {
            uint64_t chain = o->first_chain + c->first + (uint64_t)i;
            gs_random_counter(GS_STREAM_ACCEPT, chain, c->step, (uint32_t)(POSITION + k / 4), counter);
            gs_random_words(o->seed, counter, words);
        }
        float z = (float)b->step[i] * (scale ? scale[k] : 1) * c->noise[at + k];
        double along = -(double)z * (double)c->gradient[at + k] / o->temperature, less = gs_exp64(-fabs(along));
        bool follows = gs_random_unit(words[k % 4]) * (1 + less) < 1; /* the sign that is the more likely one */
        c->spare[at + k] = c->x[at + k] + (follows == (along >= 0) ? z : -z);
        sums.sum[k % LANES] += (follows ? 0 : fabs(along)) + gs_log1p64(less);
    }
    b->before[i] = total(&sums);
}

/* Minus the logarithm of the probability of the way back, sum log(1 + exp(b d(x'))). */
static double way_back(const gs_metropolis *b, int i) {
    const gs_chains *c = b->c;
    size_t at = (size_t)i * c->size;
    lanes sums = {{0}};
    for (size_t k = at; k < at + c->size; k++) {
        double moved = (double)c->spare[k] - (double)c->x[k];
        sums.sum[(k - at) % LANES] += gs_softplus64(-moved * (double)c->denoised[k] / c->run->options.temperature);
    }
    return total(&sums);
}

static bool propose(gs_metropolis *b) {
    gs_chains *c = b->c;
    if (!gs_chains_go_on(c))
        return false;
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    for (int i = 0; i < c->n; i++)
        move(b, i);
    gs_field_gradient(c, 0, c->spare, b->proposed, c->denoised);
    for (int i = 0; i < c->n; i++)
        b->after[i] = way_back(b, i);
    return true;
}

bool gs_sampler_barker(gs_chains *c) {
    return gs_metropolis_run(c, (gs_proposer){.propose = propose, .leapfrog = 1});
}
