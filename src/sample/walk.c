#include "sample/walk.h"

#include <math.h>
#include <string.h>

enum { TOGETHER = 8 };

static inline void add_squares(const float *x, size_t size, const int rows, double *sum) {
    for (size_t i = 0; i < size; i++)
        for (int l = 0; l < rows; l++)
            sum[l] += (double)x[(size_t)l * size + i] * (double)x[(size_t)l * size + i];
}

/* Of rows whose sums do not wait for each other. */
static void lengths(const float *x, size_t size, int rows, float *length) {
    double sum[TOGETHER] = {0};
    if (rows == TOGETHER)
        add_squares(x, size, TOGETHER, sum);
    else
        add_squares(x, size, rows, sum);
    for (int l = 0; l < rows; l++)
        length[l] = (float)sqrt(sum[l]);
}

static void show(const gs_chains *c, int i, int t, float energy) {
    const gs_sample_options *o = &c->run->options;
    if (!o->watch)
        return;
    size_t at = (size_t)i * c->size;
    const gs_step_view view = {.chain = c->first + (size_t)i,
                               .step = t,
                               .x = c->x + at,
                               .energy = (double)energy,
                               .gradient = c->stale ? NULL : c->gradient + at,
                               .stats = t && c->stats ? &c->stats[i] : NULL};
    if (!o->watch(o->watch_context, &view))
        atomic_store(&c->run->clock->stop, true);
}

void gs_walk_trace_of(const gs_chains *c, int i, int t, float energy) {
    const gs_trace *trace = c->run->options.trace;
    size_t at = (size_t)t * c->run->n + c->first + (size_t)i;
    if (trace && trace->energy)
        trace->energy[at] = energy;
    if (trace && trace->gradient_norm)
        lengths(c->gradient + (size_t)i * c->size, c->size, 1, &trace->gradient_norm[at]);
    show(c, i, t, energy);
}

void gs_walk_trace(const gs_chains *c, int t, const float *energy) {
    const gs_trace *trace = c->run->options.trace;
    size_t at = (size_t)t * c->run->n + c->first;
    if (trace && trace->energy)
        memcpy(trace->energy + at, energy, (size_t)c->n * sizeof *energy);
    for (int i = 0; trace && trace->gradient_norm && i < c->n; i += TOGETHER)
        lengths(c->gradient + (size_t)i * c->size, c->size, c->n - i < TOGETHER ? c->n - i : TOGETHER,
                trace->gradient_norm + at + i);
    for (int i = 0; i < c->n; i++)
        show(c, i, t, energy[i]);
}

void gs_walk_trace_accepted(const gs_chains *c) {
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

bool gs_walk_gradient(gs_chains *c, int t, float *energy) {
    bool known = gs_field_has_energy(c->run);
    gs_field_gradient(c, 0, c->x, known ? energy : NULL, c->gradient);
    for (int i = 0; i < c->n; i++)
        if (!known)
            energy[i] = NAN;
        else if (!isfinite(energy[i]) && !gs_chains_diverge(c, i, "energy", (double)INFINITY))
            return false;
    for (int i = 0; i < c->n; i++)
        if (!gs_finite(c->gradient + (size_t)i * c->size, c->size) &&
            !gs_chains_diverge(c, i, "gradient", (double)INFINITY))
            return false;
    gs_walk_trace(c, t, energy);
    return true;
}

int gs_walk_from(const gs_sample_options *o) {
    return o->walk ? o->walk->from : 0;
}

int gs_walk_until(const gs_sample_options *o) {
    return o->walk ? o->walk->until : o->steps;
}

void gs_walk_finish(gs_chains *c) {
    if (c->run->options.denoise > 0) {
        gs_field_denoised(c, c->run->levels - 1, c->x, c->denoised);
        gs_chains_axpby(c, 1, c->denoised, 0, c->x);
    }
}

void gs_walk_clamp(float *x, size_t size, float low, float high) {
    for (size_t i = 0; i < size; i++)
        x[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}
