#include "sample/walk.h"

#include <math.h>

static double length(const float *x, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

void gs_walk_trace(const gs_chains *c, int t, const float *energy) {
    const gs_trace *trace = c->run->options.trace;
    size_t at = (size_t)t * c->run->n + c->first;
    for (int i = 0; trace && i < c->n; i++) {
        if (trace->energy)
            trace->energy[at + (size_t)i] = energy[i];
        if (trace->gradient_norm)
            trace->gradient_norm[at + (size_t)i] = (float)length(c->gradient + (size_t)i * c->size, c->size);
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
