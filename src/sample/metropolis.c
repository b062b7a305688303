#include "sample/metropolis.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "sample/leapfrog.h"

static void begin(gs_metropolis *b) {
    const gs_sample_options *o = &b->c->run->options;
    double step = b->how.is_squared ? sqrt(2 * o->step_size) : o->step_size;
    for (int i = 0; i < b->c->n; i++)
        gs_adaptation_begin(&b->adaptation[i], b->c, i, step);
}

/* The step size of the option's kind. */
static double step_size(gs_metropolis *b, int i) {
    double step = gs_adaptation_size(&b->adaptation[i]);
    return b->how.is_squared ? step * step / 2 : step;
}

/* Draw the normal numbers of a step, c->noise, the jitter, and the logarithms of the numbers by which it is decided. */
static void cast(gs_metropolis *b, double *luck) {
    gs_chains *c = b->c;
    const gs_sample_options *o = &c->run->options;
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    for (int i = 0; i < c->n; i++) {
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_ACCEPT, o->first_chain + c->first + (uint64_t)i, c->step, 0, counter);
        gs_random_words(o->seed, counter, words);
        luck[i] = gs_log64(gs_random_unit(words[0]));
        b->step[i] = gs_adaptation_size(&b->adaptation[i]) * (1 + b->how.jitter * (2 * gs_random_unit(words[1]) - 1));
        b->before[i] = b->after[i] = 0;
    }
}

/* What gradients are multiplied by in a kick, and momenta in a drift, for all elements: a path takes its steps with the
 * same. */
static void set_factors(const gs_metropolis *b) {
    const gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++) {
        float *kick = c->kick + (size_t)i * c->size, *drift = c->further + (size_t)i * c->size;
        const float *scale = b->adaptation[i].scale;
        float half = (float)(-0.5 * b->step[i] / c->run->options.temperature), whole = (float)b->step[i];
        for (size_t k = 0; k < c->size; k++) {
            kick[k] = scale ? half * scale[k] : half;
            drift[k] = scale ? whole * scale[k] : whole;
        }
    }
}

/* Half steps of the momenta, `kicks` of them with the same gradient, and then, unless the path ends, a step of the
 * positions. */
static void move(const gs_metropolis *b, int kicks, bool ends) {
    const gs_chains *c = b->c;
    bool clamps = c->run->options.clamp > 0;
    gs_leapfrog(c->kick, c->denoised, c->noise, kicks, c->further, ends || clamps ? NULL : c->spare,
                (size_t)c->n * c->size);
    for (int i = 0; !ends && clamps && i < c->n; i++) {
        size_t at = (size_t)i * c->size;
        gs_add_within(c->spare + at, b->step[i], b->adaptation[i].scale, c->noise + at, c->size,
                      c->run->plan->model->info.range);
    }
}

bool gs_metropolis_follow(gs_metropolis *b) {
    gs_chains *c = b->c;
    size_t all = (size_t)c->n * c->size * sizeof(float);
    memcpy(c->spare, c->x, all);
    memcpy(c->denoised, c->gradient, all);
    for (int i = 0; i < c->n; i++)
        b->before[i] = gs_kinetic(c->noise + (size_t)i * c->size, c->size);
    set_factors(b);
    for (int l = 0; l < b->how.leapfrog; l++) {
        bool last = l + 1 == b->how.leapfrog;
        if (!gs_chains_go_on(c))
            return false;
        move(b, l ? 2 : 1, false);
        gs_field_gradient(c, 0, c->spare, last ? b->proposed : NULL, c->denoised);
    }
    move(b, 1, true);
    for (int i = 0; i < c->n; i++)
        b->after[i] = gs_kinetic(c->noise + (size_t)i * c->size, c->size);
    return true;
}

/* The logarithm of the acceptance; -INFINITY where it is not finite. */
static double log_ratio(const gs_metropolis *b, int i) {
    const gs_chains *c = b->c;
    double fall = ((double)b->energy[i] - (double)b->proposed[i]) / c->run->options.temperature;
    double ratio = fall + b->before[i] - b->after[i];
    return isfinite(ratio) && gs_finite(c->spare + (size_t)i * c->size, c->size) ? ratio : -INFINITY;
}

/* Before the step size adapts. */
static void record(gs_metropolis *b, int i, int t, bool accepted, double ratio, double acceptance) {
    double kinetic = !b->how.has_momenta ? 0 : accepted ? b->after[i] : b->before[i];
    gs_adaptation_record(b->c, i, t,
                         &(gs_step_stats){.accepted = accepted,
                                          .divergent = !(ratio >= -GS_ENERGY_DIVERGED),
                                          .leapfrog = b->how.leapfrog,
                                          .energy = (double)b->energy[i] / b->c->run->options.temperature + kinetic,
                                          .energy_error = -ratio,
                                          .step_size = step_size(b, i),
                                          .acceptance = acceptance});
}

/* `ratio` is the acceptance's logarithm. */
static void settle(gs_metropolis *b, int i, int t, double luck, double ratio, double acceptance) {
    gs_chains *c = b->c;
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    bool accepted = luck < ratio;
    if (accepted) {
        memcpy(c->x + at, c->spare + at, bytes);
        memcpy(c->gradient + at, c->denoised + at, bytes);
        b->energy[i] = b->proposed[i];
    }
    record(b, i, t, accepted, ratio, acceptance);
    gs_adaptation_step(&b->adaptation[i], c, i, t, acceptance);
}

static bool step(gs_metropolis *b, int t) {
    gs_chains *c = b->c;
    double luck[GS_BLOCK_MAX], ratio[GS_BLOCK_MAX], acceptance[GS_BLOCK_MAX];
    cast(b, luck);
    if (!b->how.propose(b))
        return false;
    for (int i = 0; i < c->n; i++) {
        ratio[i] = log_ratio(b, i);
        acceptance[i] = fmin(ratio[i], 0);
    }
    gs_exp64_each(acceptance, c->n);
    for (int i = 0; i < c->n; i++)
        settle(b, i, t, luck[i], ratio[i], acceptance[i]);
    gs_walk_trace(c, t + 1, b->energy);
    return gs_chains_stepped(c);
}

/* What chains take with them from one call to the next: their gradients, energies and adaptation, without a mass. */
static void load(gs_metropolis *b, const gs_walk *walk) {
    gs_chains *c = b->c;
    memcpy(c->gradient, walk->gradient + c->first * c->size, (size_t)c->n * c->size * sizeof(float));
    for (int i = 0; i < c->n; i++) {
        const double *kept = walk->numbers + (c->first + (size_t)i) * GS_WALK_NUMBERS;
        gs_adaptation_load(&b->adaptation[i], kept);
        b->energy[i] = (float)kept[GS_ADAPTATION_NUMBERS];
    }
}

static void store(const gs_metropolis *b, const gs_walk *walk) {
    const gs_chains *c = b->c;
    memcpy(walk->gradient + c->first * c->size, c->gradient, (size_t)c->n * c->size * sizeof(float));
    for (int i = 0; i < c->n; i++) {
        double *kept = walk->numbers + (c->first + (size_t)i) * GS_WALK_NUMBERS;
        gs_adaptation_store(&b->adaptation[i], kept);
        kept[GS_ADAPTATION_NUMBERS] = (double)b->energy[i];
    }
}

bool gs_metropolis_run(gs_chains *c, gs_proposer how) {
    const gs_sample_options *o = &c->run->options;
    gs_metropolis b = {.c = c, .how = how};
    if (gs_walk_from(o)) {
        load(&b, o->walk);
    } else {
        if (!gs_walk_gradient(c, 0, b.energy))
            return false;
        begin(&b);
    }
    for (int t = gs_walk_from(o); t < gs_walk_until(o); t++)
        if (!step(&b, t))
            return false;
    if (gs_walk_until(o) < o->steps) {
        store(&b, o->walk);
        return true;
    }
    for (int i = 0; i < c->n; i++)
        gs_adaptation_tell(&b.adaptation[i], c, i, step_size(&b, i));
    gs_walk_finish(c);
    return true;
}
