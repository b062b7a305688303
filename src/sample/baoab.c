/* Underdamped Langevin dynamics by the splitting BAOAB (Leimkuhler & Matthews 2013, equation 8), with unit mass,
 * friction g and temperature T:
 *   B: p <- p - h/2 dE/dx,   A: x <- x + h/2 p,   O: p <- exp(-g h) p + sqrt(T (1 - exp(-2 g h))) z,   A,   B.
 * The last B of a step and the first of the next take the same gradient. */
#include "base/math64.h"
#include "sample/leapfrog.h"
#include "sample/samplers.h"
#include "sample/walk.h"

#include <math.h>

/* c->spare has the momenta. */
static void kick(gs_chains *c) {
    gs_chains_axpby(c, -0.5 * c->run->options.step_size, c->gradient, 1, c->spare);
}

static void drift(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    size_t all = (size_t)c->n * c->size;
    if (o->clamp > 0)
        gs_add_within(c->x, 0.5 * o->step_size, NULL, c->spare, all, c->run->plan->model->info.range);
    else
        gs_chains_axpby(c, 0.5 * o->step_size, c->spare, 1, c->x);
}

/* A position that a float cannot mirror is NaN, and ends the chain at gs_chains_stepped. */
static bool step(gs_chains *c, int t) {
    const gs_sample_options *o = &c->run->options;
    double kept = gs_exp64(-o->friction * o->step_size);
    float energy[GS_BLOCK_MAX];
    kick(c);
    drift(c);
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    gs_chains_axpby(c, sqrt(-o->temperature * gs_expm1_64(-2 * o->friction * o->step_size)), c->noise, kept, c->spare);
    drift(c);
    if (!gs_chains_stepped(c) || !gs_walk_gradient(c, t + 1, energy))
        return false;
    kick(c);
    return gs_chains_go_on(c);
}

bool gs_sampler_baoab(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    if (!gs_walk_gradient(c, 0, energy))
        return false;
    gs_chains_noise(c, GS_STREAM_PROPOSAL, 0);
    gs_chains_axpby(c, sqrt(o->temperature), c->noise, 0, c->spare);
    for (int t = 0; t < o->steps; t++)
        if (!step(c, t))
            return false;
    gs_walk_trace_accepted(c);
    gs_walk_finish(c);
    return true;
}
