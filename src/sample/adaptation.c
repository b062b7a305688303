#include "sample/adaptation.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "model/settings.h"
#include "sample/bounds.h"
#include "sample/samplers.h"

/* Hoffman & Gelman 2014, section 3.2.1: gamma, t0, kappa. Their gamma of 0.05 lets the step size swing so far that its
 * mean misses the target after few steps: of hmc at 0.8 on a normal target, 200 steps of burn-in gave 0.92, 1,000 gave
 * 0.86; with 0.1 they give 0.85 and 0.82. With 0.2, 50 steps from a step size 100 times too large end at 0.66. */
static const double shrinkage = 0.1, stabilisation = 10, forgetting = 0.75;

/* A chain is reported if it accepts less than the first share of its proposals, or more than the second; the latter
 * only after enough steps to rule out chance. */
static const double acceptance_low = 0.01, acceptance_high = 0.99;
enum { STEPS_JUDGED = 20 };

/* Widths of the data range that are the largest adapted step. */
static const double widths_adapted = 4;

/* ---- Windows ---- */

/* Stan's: a first part in which the step size alone adapts, windows of variances, each twice as long as the one before,
 * and a last part for the step size. */
enum { FIRST = 75, WINDOW = 25, LAST = 50, LEAST = 20 };

gs_window gs_adaptation_window(int burn_in, int t) {
    int first = FIRST, last = LAST, length = WINDOW;
    if (burn_in < LEAST)
        return GS_WINDOW_NONE;
    if (burn_in < FIRST + WINDOW + LAST) {
        first = (int)(0.15 * burn_in);
        last = (int)(0.1 * burn_in);
        length = burn_in - first - last;
    }
    int end = first + length, all = burn_in - last;
    if (t < first || t >= all)
        return GS_WINDOW_NONE;
    for (; end <= t; end += length) {
        length *= 2;
        if (end + 3 * (int64_t)length > all) /* a further window of twice the length would have no room */
            length = all - end;
    }
    return t + 1 == end ? GS_WINDOW_ENDS : GS_WINDOW_COUNTS;
}

/* Welford's sums with a further state: its mean, and the sum of squares around it. */
static void count_state(gs_adaptation *a, const gs_chains *c, int i) {
    const float *x = c->x + (size_t)i * c->size;
    float *mean = gs_chains_own(c, GS_MASS_MEAN, i), *square = gs_chains_own(c, GS_MASS_SQUARE, i);
    if (!a->states) {
        memset(mean, 0, c->size * sizeof *mean);
        memset(square, 0, c->size * sizeof *square);
    }
    a->states++;
    float rate = (float)(1.0 / a->states);
    for (size_t k = 0; k < c->size; k++) {
        float off = x[k] - mean[k];
        mean[k] += rate * off;
        square[k] += off * (x[k] - mean[k]);
    }
}

/* The largest step that adaptation takes: what the options allow, and within a range four times its width. Momenta are
 * normal, and a step of deviation s in a range of width w, mirrored, leaves exp(-(pi s / w)^2 / 2) of the slowest mode
 * of a flat energy, 0.7 % at s = w, so that longer ones mix no better; where all are accepted they would grow without
 * end. Below four widths, the first steps of burn-in are free to vary. `scale` is the largest deviation. */
static double log_step_most(const gs_sampling *run, double scale) {
    const float *range = run->plan->model->info.range;
    double most =
        run->options.clamp > 0 ? widths_adapted * ((double)range[1] - (double)range[0]) / scale : GS_SCALE_MAX;
    return gs_log64(fmin(most, GS_SCALE_MAX));
}

/* `centre` is where the step sizes tend to at first. */
static void begin_step_size(gs_adaptation *a, double log_step, double centre) {
    a->log_step = fmin(log_step, a->most);
    a->centre = fmin(centre, a->most);
    a->error = a->average = 0;
    a->updates = 0;
}

/* Stan's estimate, drawn towards 1e-3 as if by five further states. The step size begins anew: it was as long as the
 * stiffest direction allowed, whose deviation was the least in units of the scale, and is 1 in those of the new one.
 * Stan begins with a search, and tends to ten times what that finds; with less than 20 steps left, as of a burn-in of
 * 100, that ended at steps that hardly any proposal survived. */
static void end_window(gs_adaptation *a, const gs_chains *c, int i) {
    const float *square = gs_chains_own(c, GS_MASS_SQUARE, i);
    double n = a->states, most = 0, stiffest = INFINITY;
    for (size_t k = 0; k < c->size; k++) {
        double variance = n / (n + 5) * ((double)square[k] / (n - 1)) + 1e-3 * (5 / (n + 5));
        double scale = sqrt(fmin(variance, GS_SCALE_MAX));
        stiffest = fmin(stiffest, scale / (double)a->scale[k]);
        most = fmax(most, scale);
        a->scale[k] = (float)scale;
    }
    a->states = 0;
    a->windows++;
    a->most = log_step_most(c->run, most);
    double log_step = a->average - gs_log64(stiffest);
    begin_step_size(a, log_step, log_step);
}

/* ---- Chains ---- */

void gs_adaptation_begin(gs_adaptation *a, const gs_chains *c, int i, double step) {
    const gs_sample_options *o = &c->run->options;
    *a = (gs_adaptation){.least = -gs_log64(GS_SCALE_MAX),
                         .most = o->burn_in > 0 ? log_step_most(c->run, 1) : (double)INFINITY,
                         .sized = NAN};
    if (gs_chains_adapt_mass(o) && o->burn_in >= LEAST) {
        a->scale = gs_chains_own(c, GS_MASS_SCALE, i);
        for (size_t k = 0; k < c->size; k++)
            a->scale[k] = 1;
    }
    begin_step_size(a, gs_log64(step), gs_log64(10 * step));
}

double gs_adaptation_size(gs_adaptation *a) {
    if (a->sized != a->log_step) {
        a->sized = a->log_step;
        a->size = gs_exp64(a->log_step);
    }
    return a->size;
}

void gs_adaptation_find_sizes(gs_adaptation *a, int n) {
    double size[GS_BLOCK_MAX];
    int which[GS_BLOCK_MAX], count = 0;
    for (int i = 0; i < n; i++)
        if (a[i].sized != a[i].log_step) {
            which[count] = i;
            size[count++] = a[i].log_step;
        }
    gs_exp64_each(size, count);
    for (int k = 0; k < count; k++) {
        a[which[k]].sized = a[which[k]].log_step;
        a[which[k]].size = size[k];
    }
}

size_t gs_adaptation_weights(const gs_sample_options *o) {
    bool adapts = gs_sampler_reads(gs_sampler_find(o->sampler), GS_SETTING_TARGET) && o->burn_in > 0;
    return adapts ? (size_t)o->burn_in + 1 : 0;
}

bool gs_adaptation_weigh(const gs_sample_options *o, double **weight) {
    size_t counts = gs_adaptation_weights(o);
    *weight = counts ? gs_alloc(counts, sizeof **weight) : NULL;
    for (size_t count = 1; *weight && count < counts; count++)
        (*weight)[count] = -forgetting * gs_log64((double)count);
    if (*weight)
        gs_exp64_each(*weight, (int)counts);
    return !counts || *weight;
}

/* Hoffman & Gelman 2014, algorithm 5; the step stays within bounds. */
static void adapt_step_size(gs_adaptation *a, const double *weights, double acceptance, double target) {
    int count = ++a->updates;
    double rate = 1 / (count + stabilisation), weight = weights[count];
    a->error += rate * (target - acceptance - a->error);
    double log_step = a->centre - sqrt(count) / shrinkage * a->error;
    a->log_step = log_step < a->least ? a->least : log_step > a->most ? a->most : log_step;
    a->average += weight * (a->log_step - a->average);
}

static void adapt_mass(gs_adaptation *a, const gs_chains *c, int i, int t) {
    gs_window window = gs_adaptation_window(c->run->options.burn_in, t);
    if (window != GS_WINDOW_NONE)
        count_state(a, c, i);
    if (window == GS_WINDOW_ENDS)
        end_window(a, c, i);
}

void gs_adaptation_step(gs_adaptation *a, const gs_chains *c, int i, int t, double acceptance) {
    const gs_sample_options *o = &c->run->options;
    if (o->trace && o->trace->acceptance)
        o->trace->acceptance[(size_t)t * c->run->n + c->first + (size_t)i] = (float)acceptance;
    if (t >= o->burn_in) {
        a->accepted += acceptance;
        return;
    }
    adapt_step_size(a, c->run->weight, acceptance, o->target);
    if (a->scale)
        adapt_mass(a, c, i, t);
    if (t + 1 == o->burn_in)
        a->log_step = a->average;
}

void gs_adaptation_tell(const gs_adaptation *a, const gs_chains *c, int i, double step) {
    const gs_sample_options *o = &c->run->options;
    int after = o->steps - (o->burn_in > 0 ? o->burn_in : 0);
    size_t chain = c->first + (size_t)i;
    double rate = a->accepted / after;
    c->fate[i].stuck = rate < acceptance_low;
    c->fate[i].unopposed = rate > acceptance_high && after >= STEPS_JUDGED;
    if (o->trace && o->trace->rate)
        o->trace->rate[chain] = rate;
    if (o->trace && o->trace->step_size)
        o->trace->step_size[chain] = o->burn_in > 0 ? step : o->step_size;
    if (o->stats && o->stats->inverse_mass)
        for (size_t k = 0; k < c->size; k++)
            o->stats->inverse_mass[chain * c->size + k] = a->scale ? a->scale[k] * a->scale[k] : 1;
}

void gs_adaptation_record(const gs_chains *c, int i, int t) {
    const gs_sample_stats *stats = c->run->options.stats;
    const gs_step_stats *r = &c->stats[i];
    size_t at = (size_t)t * c->run->n + c->first + (size_t)i;
    if (!stats)
        return;
    if (stats->accepted)
        stats->accepted[at] = r->accepted;
    if (stats->divergent)
        stats->divergent[at] = r->divergent;
    if (stats->depth)
        stats->depth[at] = (uint8_t)r->depth;
    if (stats->leapfrog)
        stats->leapfrog[at] = r->leapfrog;
    if (stats->energy)
        stats->energy[at] = r->energy;
    if (stats->energy_error)
        stats->energy_error[at] = r->energy_error;
    if (stats->step_size)
        stats->step_size[at] = r->step_size;
}

void gs_adaptation_store(const gs_adaptation *a, double numbers[GS_ADAPTATION_NUMBERS]) {
    const double all[GS_ADAPTATION_NUMBERS] = {a->log_step, a->most,    a->centre, a->error,
                                               a->average,  a->updates, a->states, a->accepted};
    memcpy(numbers, all, sizeof all);
}

void gs_adaptation_load(gs_adaptation *a, const double numbers[GS_ADAPTATION_NUMBERS]) {
    *a = (gs_adaptation){.sized = NAN,
                         .least = -gs_log64(GS_SCALE_MAX),
                         .log_step = numbers[0],
                         .most = numbers[1],
                         .centre = numbers[2],
                         .error = numbers[3],
                         .average = numbers[4],
                         .updates = (int)numbers[5],
                         .states = (int)numbers[6],
                         .accepted = numbers[7]};
}
