/* DPM-Solver with adaptive steps (Lu et al. 2022, "DPM-Solver", appendix C), DPM-Solver-12 and -23, in the form of
 * multistep.c without noise: with h = log(s / t), k = t / s and D a straight line through its values at s and at u, a
 * distance g from s,
 *   x_t = k x_s + (1 - k) D_s + (1 - (1 - k) / h) h / g (D_u - D_s).
 * A step of order q makes x at s's distances j h / q, j = 1 ... q - 1, in turn, and D there; the last D gives the
 * result of order q, and the one before, D_s itself for q = 2, a result of order q - 1. Their difference chooses the
 * next h.
 *
 * Levels are those of a geometric ladder: a step is a whole number of them, at least q, so that all noise levels are
 * known before the first chain moves, as are their parts of the networks. Each chain has its own steps, since a chain
 * is the same whichever others are drawn with it. */
#include "sample/field.h"
#include "sample/samplers.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

/* Lu et al.'s factor of safety, bounds of a step's length over the one before, and the part of the pixels' range below
 * which differences count as for this. */
static const double safety = 0.9, shortest = 0.2, longest = 5, small = 0.1;
enum { FIRST_PART = 20 }; /* of all levels */

/* One chain: its state at level number `at`, D there, D on the way, and the result of lower order. */
typedef struct path {
    gs_chains c; /* of this chain alone; c.x is the state at which the field is asked, and the result */
    float *state, *denoised, *slope, *lower;
    int at;
} path;

/* out = x_t at `to` levels from p->at, D being constant for `from` = 0, else the straight line to p->slope `from`
 * levels away. */
static void advance(const path *p, int to, int from, float *out) {
    const double *sigma = p->c.run->sigma;
    double s = sigma[p->at], t = sigma[p->at + to], h = gs_log64(s / t), part = -gs_expm1_64(-h);
    double bend = from ? (1 - part / h) * h / gs_log64(s / sigma[p->at + from]) : 0;
    gs_chains_axpby(&p->c, 1, p->state, 0, out);
    gs_chains_axpby(&p->c, part - bend, p->denoised, t / s, out);
    if (from)
        gs_chains_axpby(&p->c, bend, p->slope, 1, out);
}

/* Root mean square of the difference of both results, of each pixel over what is tolerated. */
static double error_of(const path *p) {
    const gs_sampling *run = p->c.run;
    const float *range = run->plan->model->info.range;
    double floor = small * ((double)range[1] - (double)range[0]), sum = 0;
    for (size_t k = 0; k < p->c.size; k++) {
        double most = fmax(fabs((double)p->lower[k]), fabs((double)p->state[k]));
        double e = ((double)p->c.x[k] - (double)p->lower[k]) / (run->options.tolerance * fmax(most, floor));
        sum += e * e;
    }
    return sqrt(sum / (double)p->c.size);
}

/* Try a step of q times `count` levels; the error of the result, which is c.x. NaN: told to stop. */
static double try_step(path *p, int q, int count) {
    for (int j = 1; j < q; j++) {
        advance(p, j * count, (j - 1) * count, p->c.x);
        if (j == q - 1)
            advance(p, q * count, (j - 1) * count, p->lower);
        if (!gs_chains_go_on(&p->c))
            return NAN;
        gs_field_denoised(&p->c, p->at + j * count, p->c.x, p->slope);
    }
    advance(p, q * count, (q - 1) * count, p->c.x);
    return error_of(p);
}

/* Go `levels` levels, of each of which the state is kept, by what the step knows now. */
static bool accept(path *p, int levels, int from) {
    for (int j = 1; j <= levels; j++) {
        advance(p, j, from, p->c.x);
        if (!gs_chains_stepped(&p->c))
            return false;
    }
    memcpy(p->state, p->c.x, p->c.size * sizeof *p->state);
    p->at += levels;
    return true;
}

/* The levels at the beginning that are too few for a step, where D changes least: a step of order 1, whose error D at
 * its end tells, which is wanted next anyway. */
static bool begin(path *p, int levels) {
    advance(p, levels, 0, p->c.x);
    if (!gs_chains_go_on(&p->c))
        return false;
    gs_field_denoised(&p->c, levels, p->c.x, p->slope);
    advance(p, levels, 0, p->lower);
    advance(p, levels, levels, p->c.x);
    p->c.fate->coarse += !(error_of(p) <= 1);
    if (!accept(p, levels, 0))
        return false;
    memcpy(p->denoised, p->slope, p->c.size * sizeof *p->denoised);
    return true;
}

/* The next step in units of q levels. An error that is NaN, as of a state that is not finite, makes it shorter; the
 * shortest is taken whatever its error, and its state is judged. */
static int next_count(double error, int q, int count) {
    double factor = error == 0 ? longest : safety * gs_exp64(-gs_log64(error) / q);
    factor = factor > shortest ? fmin(factor, longest) : shortest;
    int next = (int)(factor * count);
    return error <= 1 ? next : next < count ? next : count - 1;
}

static bool descend(path *p, int q) {
    int last = p->c.run->levels - 1, odd = last % q, count = last / q / FIRST_PART;
    gs_field_denoised(&p->c, 0, p->state, p->denoised);
    if (odd && !begin(p, odd))
        return false;
    while (p->at < last) {
        int most = (last - p->at) / q;
        for (bool done = false; !done;) {
            count = count < 1 ? 1 : count > most ? most : count;
            double error = try_step(p, q, count);
            if (!gs_chains_go_on(&p->c))
                return false;
            int taken = count;
            count = next_count(error, q, count);
            done = error <= 1 || taken == 1;
            p->c.fate->coarse += done && !(error <= 1);
            if (done && !accept(p, q * taken, (q - 1) * taken))
                return false;
        }
        gs_field_denoised(&p->c, p->at, p->state, p->denoised);
    }
    if (last < q)
        p->c.fate->coarse = 1; /* no step of this order, by which alone the error would be known */
    memcpy(p->c.x, p->denoised, p->c.size * sizeof *p->denoised);
    return gs_chains_stepped(&p->c);
}

bool gs_sampler_dpm_adaptive(gs_chains *c) {
    for (int i = 0; i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        path p = {.c = *c, .state = c->denoised, .denoised = c->spare, .slope = c->noise, .lower = c->gradient};
        p.c.x = c->further;
        p.c.n = 1;
        p.c.first = c->first + (size_t)i;
        p.c.vectors = (c->size + 15) / 16;
        p.c.fate = c->fate + i;
        memcpy(p.state, c->x + at, c->size * sizeof *p.state);
        if (!descend(&p, c->run->options.order)) {
            c->n = i; /* this one diverged, or was told to stop */
            return gs_chains_go_on(c) && i > 0;
        }
        memcpy(c->x + at, p.c.x, c->size * sizeof *c->x);
    }
    c->step = (uint32_t)c->run->levels;
    return true;
}
