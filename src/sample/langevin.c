/* The unadjusted Langevin algorithm (Roberts & Tweedie 1996), step size h and noise set apart:
 *   x <- x - h dE/dx + noise z,   z ~ N(0, I). */
#include "sample/walk.h"

#include "sample/schedule.h"

static void add_noise(gs_chains *c) {
    double noise = c->run->options.noise;
    if (noise > 0) {
        gs_chains_noise(c, GS_STREAM_STEP);
        gs_chains_axpby(c, noise, c->noise, 1, c->x);
    }
}

static void clamp(gs_chains *c) {
    const float *range = c->run->plan->model->info.range;
    if (c->run->options.clamp > 0)
        gs_walk_clamp(c->x, (size_t)c->n * c->size, range[0], range[1]);
}

/* Noise comes either first or last, since published recipes differ. */
static bool step(gs_chains *c, int t) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    if (o->noise_first > 0) {
        add_noise(c);
        clamp(c);
    }
    if (!gs_walk_gradient(c, t, energy))
        return false;
    if (o->clip > 0)
        gs_walk_clamp(c->gradient, (size_t)c->n * c->size, (float)-o->clip, (float)o->clip);
    gs_chains_axpby(c, -o->step_size, c->gradient, 1, c->x);
    if (o->noise_first <= 0)
        add_noise(c);
    clamp(c);
    return gs_chains_stepped(c);
}

static void trace_steps(const gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    const gs_trace *trace = o->trace;
    for (size_t i = c->first; trace && i < c->first + (size_t)c->n; i++) {
        for (size_t t = 0; trace->acceptance && t < (size_t)o->steps; t++)
            trace->acceptance[t * c->run->n + i] = 1;
        if (trace->rate)
            trace->rate[i] = 1;
        if (trace->step_size)
            trace->step_size[i] = o->step_size;
    }
}

bool gs_sampler_langevin(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    for (int t = 0; t < o->steps; t++)
        if (!step(c, t))
            return false;
    if (gs_schedule_traces_end(o) && !gs_walk_gradient(c, o->steps, energy))
        return false;
    trace_steps(c);
    gs_walk_finish(c);
    return true;
}
