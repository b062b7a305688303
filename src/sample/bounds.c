#include "sample/bounds.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/plan.h"
#include "sample/samplers.h"

/* ---- Distances ---- */

double gs_bounds_temperature(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (gs_sampler_reads(row, GS_SETTING_TEMPERATURE))
        return o->temperature;
    bool heats = gs_sampler_reads(row, GS_SETTING_NOISE) && o->noise > 0;
    return heats ? o->noise * o->noise / (2 * o->step_size) : 1;
}

double gs_bounds_reach(const gs_model *model, double temperature, double sigma) {
    const float *range = model->info.range;
    return 10 * ((double)range[1] - (double)range[0] + sigma) * fmax(1, temperature);
}

double gs_bounds_expected(const gs_model *model, double temperature, double sigma) {
    return gs_bounds_reach(model, fmin(temperature, GS_BOUNDS_HOT), sigma);
}

static double farthest(const float *x, size_t size, const float range[2]) {
    double most = 0;
    for (size_t i = 0; i < size; i++) {
        double v = (double)x[i], beyond = fmax((double)range[0] - v, v - (double)range[1]);
        most = !isfinite(v) ? (double)INFINITY : fmax(most, beyond);
    }
    return most;
}

/* Nearly all calls end after the first loop. Comparisons are false for NaN. */
double gs_bounds_beyond(const gs_model *model, const float *x, size_t size, double least) {
    const float *range = model->info.range;
    float low = (float)fmax((double)range[0] - least, -(double)FLT_MAX);
    float high = (float)fmin((double)range[1] + least, (double)FLT_MAX);
    unsigned outside = 0;
    for (size_t i = 0; i < size; i++)
        outside |= !(x[i] >= low) | !(x[i] <= high);
    return outside ? farthest(x, size, range) : 0;
}

/* ---- Words ---- */

typedef struct text {
    char *at;
    size_t size, used;
    int advices;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->at + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    t->used = n < 0 ? t->used : t->used + (size_t)n < t->size ? t->used + (size_t)n : t->size - 1;
}

static void put_advice(text *t, const char *what, double value) {
    put(t, "%slower the %s, %g", t->advices++ ? ", or " : "; ", what, value);
}

/* The weight that is farthest from 1; where all weights are 1, their sum may be the cause. */
static void put_weights(text *t, const gs_sample_options *o) {
    double odd = o->weight, sum = o->weight;
    for (int k = 0; k < o->term_count; k++) {
        double weight = o->terms[k].weight;
        odd = fabs(weight - 1) > fabs(odd - 1) ? weight : odd;
        sum += weight;
    }
    if (odd != 1)
        put(t, "%sbring the weight, %g, nearer to 1", t->advices++ ? ", or " : "; ", odd);
    else if (o->term_count)
        put(t, "%slower the weights, whose sum is %g", t->advices++ ? ", or " : "; ", sum);
}

/* A sum goes down noise levels badly if a network's score is the same at all of them. */
static void put_sampler(text *t, const gs_sample_options *o) {
    bool stays = gs_sampler_stays(gs_sampler_find(o->sampler));
    for (int k = 0; k < o->term_count && !stays; k++) {
        const gs_model_info *info = &o->terms[k].plan->model->info;
        if (info->takes_sigma)
            continue;
        char others[GS_MESSAGE_MAX];
        gs_sampler_list_staying(others, sizeof others);
        put(t, "; choose the sampler %s, as network %d, %s, takes no noise level", others, k + 2, info->name);
        t->advices++;
        return;
    }
}

/* Whether draws of the prior alone are beyond what is to be expected. */
static bool has_wide_prior(const gs_sample_options *o, double reach) {
    bool has_prior = gs_sampler_reads(gs_sampler_find(o->sampler), GS_SETTING_PRIOR_SCALE) && o->clamp <= 0;
    return has_prior && GS_BOUNDS_DEVIATIONS * o->prior_scale > reach;
}

/* Whether one step leads to where chains count as diverged. */
static bool leaps(const gs_sample_options *o, double reach) {
    return o->step_size > GS_BOUNDS_DIVERGED * reach;
}

/* Steps of which none is rejected. Burn-in makes mclmc's step size what its energy error asks for, unless it begins
 * with one that leads astray at once. */
static void put_unrejected(text *t, const gs_sample_options *o, double reach) {
    if (o->burn_in > 0 && o->step_size <= reach) {
        put_advice(t, "energy error", o->energy_error);
        return;
    }
    put_advice(t, "step size", o->step_size);
    if (o->burn_in > 0)
        put(t, ", with which burn-in begins");
    if (leaps(o, reach))
        put(t, ", far below %.3g, the distance beyond the data range at which chains count as diverged",
            GS_BOUNDS_DIVERGED * reach);
}

/* What holds chains of samplers of energies: their prior, their steps where none is rejected, and the clamp. */
static void put_holds(text *t, const gs_sample_options *o, double reach) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    bool wide = has_wide_prior(o, reach);
    if (wide)
        put_advice(t, "prior scale", o->prior_scale);
    if (!gs_sampler_accepts(row))
        put_unrejected(t, o, reach);
    bool clamp_helps = !wide && (gs_sampler_accepts(row) || !leaps(o, reach));
    if (clamp_helps && gs_sampler_reads(row, GS_SETTING_CLAMP) && o->clamp <= 0)
        put(t, "%sclamp the chains, as the energy does not keep them near the data range",
            t->advices++ ? ", or " : "; ");
    if (o->temperature > 1)
        put_advice(t, "temperature", o->temperature);
}

/* Names the settings that may have sent chains astray: a sampler for noise levels that a network lacks, a wide prior, a
 * missing clamp, steps and noise, weights and guidance. The step size of samplers that accept or reject is not among
 * them, since accepted steps do not leave the region in which the energy holds its chains. */
static void put_causes(text *t, const gs_sample_options *o, double reach) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    bool by_energy = gs_sampler_needs_energy(row);
    put_sampler(t, o);
    if (by_energy)
        put_holds(t, o, reach);
    if (gs_sampler_reads(row, GS_SETTING_STEPS_PER_LEVEL))
        put_advice(t, "epsilon", o->epsilon);
    if (gs_sampler_reads(row, GS_SETTING_STEP_SIZE) && !by_energy)
        put_advice(t, "step size", o->step_size);
    if (gs_sampler_reads(row, GS_SETTING_NOISE) && gs_bounds_temperature(o) > 1 + 1e-9)
        put_advice(t, "noise", o->noise);
    if (o->weight != 1 || o->term_count)
        put_weights(t, o);
    if (o->guidance > 1)
        put_advice(t, "guidance", o->guidance);
    if (!t->advices)
        put(t, "; no setting is to blame, the network itself leads there");
}

gs_status gs_bounds_fail(const gs_sample_options *o, const gs_divergence *d, gs_error *error) {
    char words[GS_MESSAGE_MAX] = "";
    text t = {.at = words, .size = sizeof words};
    unsigned long long chain = d->chain, step = d->step;
    if (step)
        put(&t, "chain %llu diverged: after step %llu its %s is ", chain, step, d->what);
    else
        put(&t, "chain %llu begins where its %s is ", chain, d->what);
    if (isfinite(d->beyond))
        put(&t, "%.3g beyond the data range, of which its noise level explains %.3g", d->beyond, d->reach);
    else
        put(&t, "not finite");
    if (step)
        put_causes(&t, o, d->reach);
    else if (o->init)
        put(&t, "; begin nearer to the data range, with less noise");
    return gs_fail(error, GS_ERROR_DIVERGED, "%s", words);
}

/* ---- Outcomes ---- */

void gs_bounds_sum(const gs_fate *fate, size_t n, uint64_t first, double reach, gs_outcome *outcome) {
    *outcome = (gs_outcome){.chains = n, .reach = reach};
    for (size_t k = 0; k < n; k++) {
        if (fate[k].beyond > 0 && !outcome->far++) {
            outcome->far_chain = first + k;
            outcome->far_by = fate[k].beyond;
        }
        outcome->evaluations += fate[k].evaluations;
        outcome->thrown += fate[k].thrown;
        outcome->stuck += fate[k].stuck;
        outcome->unopposed += fate[k].unopposed;
        outcome->coarse += fate[k].coarse > 0;
        outcome->coarse_steps += fate[k].coarse;
        outcome->apart += fate[k].apart;
        outcome->capped += fate[k].capped;
    }
}

static void put_count(text *t, size_t count, const gs_outcome *outcome) {
    put(t, "%zu of %zu chain%s ", count, outcome->chains, outcome->chains == 1 ? "" : "s");
}

static void put_far(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->far, outcome);
    put(t, "ended far outside of the data range, chain %llu %.3g beyond it, of which %.3g are to be expected",
        (unsigned long long)outcome->far_chain, outcome->far_by, outcome->reach);
    put_causes(t, o, outcome->reach);
}

static void put_thrown(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->thrown, outcome);
    put(t,
        "took a last step far across the data range, within which only the clamp keeps them, so that they show noise "
        "or the gradient's signs");
    put_causes(t, o, outcome->reach);
}

/* Slices of next to no width: the prior is narrower than where the chains are, or far too wide. */
static void put_unmoved(text *t, const gs_sample_options *o) {
    put(t,
        "ended where they began, as the prior scale, %g, does not suit them: choose about the distance of the states "
        "from the middle of the data range, in root mean square",
        o->prior_scale);
}

static void put_stuck(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    put_count(t, outcome->stuck, outcome);
    if (gs_sampler_reads(row, GS_SETTING_PRIOR_SCALE) && !gs_sampler_weighs(row)) {
        put_unmoved(t, o);
        return;
    }
    put(t, "accepted less than 1 %% of the proposals%s and hardly moved; ",
        gs_sampler_reads(row, GS_SETTING_BURN_IN) ? " after burn-in" : "");
    if (gs_sampler_weighs(row))
        put(t, "give more than %d step%s, over which their step sizes adapt, or more moves than %d", o->steps,
            o->steps == 1 ? "" : "s", o->moves);
    else if (o->burn_in > 0)
        put(t, "give more steps to burn-in, or begin it with a smaller step size than %g", o->step_size);
    else
        put(t, "lower the step size, %g, or let burn-in adapt it", o->step_size);
}

static void put_unopposed(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->unopposed, outcome);
    put(t, "accepted more than 99 %% of the proposals after burn-in: ");
    if (o->burn_in > 0)
        put(t,
            "the energy is nearly flat where they moved, at temperature %g, or burn-in was too short for the step "
            "size to grow",
            o->temperature);
    else
        put(t, "the step size, %g, could be larger, or be adapted by burn-in", o->step_size);
}

static void put_coarse(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->coarse, outcome);
    if (o->steps <= o->order) {
        put(t,
            "took no step whose error is known, as %d noise level%s allow%s none of order %d, so that the tolerance, "
            "%g, "
            "may be exceeded by far; give more steps",
            o->steps, o->steps == 1 ? "" : "s", o->steps == 1 ? "s" : "", o->order, o->tolerance);
        return;
    }
    put(t,
        "took steps whose error exceeds the tolerance, %g, %.3g a chain, which %d noise levels allow to be no shorter; "
        "give more steps, or a larger tolerance",
        o->tolerance, (double)outcome->coarse_steps / (double)outcome->coarse, o->steps);
}

static void put_apart(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->apart, outcome);
    put(t,
        "had neighbouring replicas that exchanged their states with a probability below 1 %%, so that they are no help "
        "to each other; give more than %d replicas, bring the last one nearer to the first, or say by rungs where they "
        "are",
        o->replicas);
}

static void put_capped(text *t, const gs_outcome *outcome, const gs_sample_options *o) {
    put_count(t, outcome->capped, outcome);
    put(t,
        "took only steps that were cut to the length of those of pigdm, so that a smaller zeta than %g gives the same; "
        "zeta 1 is the default",
        o->zeta);
}

bool gs_outcome_warning(const gs_outcome *outcome, const gs_sample_options *options, int i, char *line, size_t size) {
    const struct {
        size_t count;
        void (*put)(text *, const gs_outcome *, const gs_sample_options *);
    } kinds[] = {{outcome->far, put_far},       {outcome->thrown, put_thrown},
                 {outcome->stuck, put_stuck},   {outcome->unopposed, put_unopposed},
                 {outcome->coarse, put_coarse}, {outcome->apart, put_apart},
                 {outcome->capped, put_capped}};
    if (!size || !gs_sampler_find(options->sampler))
        return false;
    for (size_t k = 0; k < GS_COUNT(kinds); k++) {
        if (!kinds[k].count || i-- > 0)
            continue;
        text t = {.at = line, .size = size};
        kinds[k].put(&t, outcome, options);
        return true;
    }
    return false;
}
