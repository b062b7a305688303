/* The unadjusted Langevin algorithm (Roberts & Tweedie 1996), step size h and noise set apart:
 *   x <- x - h dE/dx + noise z,   z ~ N(0, I). */
#include "sample/walk.h"

#include "sample/bounds.h"
#include "sample/samplers.h"

enum { PARTS_THROWN = 10 }; /* a tenth of the pixels tells */

static void add_noise(gs_chains *c) {
    double noise = c->run->options.noise;
    if (noise > 0) {
        gs_chains_noise(c, GS_STREAM_STEP, c->step);
        gs_chains_axpby(c, noise, c->noise, 1, c->x);
    }
}

/* Steps that are long beside the range draw noise, or jump from end to end, and the clamp hides it. Sound chains leave
 * the range by a small part of its width. */
static void note_thrown(const gs_chains *c) {
    const float *range = c->run->plan->model->info.range;
    float width = range[1] - range[0], low = range[0] - width, high = range[1] + width;
    for (int i = 0; i < c->n; i++) {
        const float *x = c->x + (size_t)i * c->size;
        size_t outside = 0;
        for (size_t k = 0; k < c->size; k++)
            outside += !(x[k] >= low && x[k] <= high);
        c->fate[i].thrown |= PARTS_THROWN * outside >= c->size;
    }
}

static void clamp(gs_chains *c, int t) {
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    if (o->clamp <= 0)
        return;
    if (t == o->steps - 1)
        note_thrown(c);
    gs_walk_clamp(c->x, (size_t)c->n * c->size, range[0], range[1]);
}

/* Noise comes either first or last, since published recipes differ. */
static bool step(gs_chains *c, int t) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    if (o->noise_first > 0) {
        add_noise(c);
        clamp(c, t);
    }
    if (!gs_walk_gradient(c, t, energy))
        return false;
    if (o->clip > 0)
        gs_walk_clamp(c->gradient, (size_t)c->n * c->size, (float)-o->clip, (float)o->clip);
    gs_chains_axpby(c, -o->step_size, c->gradient, 1, c->x);
    if (o->noise_first <= 0)
        add_noise(c);
    clamp(c, t);
    return gs_chains_stepped(c);
}

bool gs_sampler_langevin(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    for (int t = gs_walk_from(o); t < gs_walk_until(o); t++)
        if (!step(c, t))
            return false;
    if (gs_walk_until(o) < o->steps)
        return true;
    if (gs_sampler_traces_end(o) && !gs_walk_gradient(c, o->steps, energy))
        return false;
    gs_walk_trace_accepted(c);
    gs_walk_finish(c);
    return true;
}
