#include "sample/metropolis.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "engine/abreast.h"
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
    gs_adaptation_find_sizes(b->adaptation, c->n);
    for (int i = 0; i < c->n; i++) {
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_ACCEPT, o->first_chain + c->first + (uint64_t)i, c->step, 0, counter);
        gs_random_words(o->seed, counter, words);
        luck[i] = gs_random_unit(words[0]);
        b->step[i] = gs_adaptation_size(&b->adaptation[i]) * (1 + b->how.jitter * (2 * gs_random_unit(words[1]) - 1));
        b->before[i] = b->after[i] = 0;
    }
    gs_log64_each(luck, c->n);
}

/* ---- Paths ---- */

/* The arrays in which a path goes: those of chains one after the other, or with 16 of them abreast (abreast.h), as a
 * network of small values has them. */
typedef struct path {
    bool abreast;
    float *x, *momenta, *gradient;
    const float *scale; /* abreast: of the chains that adapt a mass; NULL: ones */
    /* What gradients are multiplied by in half a step, and momenta in a whole one, by chain; 0 past the last one. */
    float half[GS_BLOCK_MAX], whole[GS_BLOCK_MAX];
} path;
_Static_assert(GS_BLOCK_MAX % GS_F32_LANES == 0, "there is room for whole groups");

/* The chains' scales, abreast; they change where windows end. */
static const float *scales_abreast(gs_metropolis *b) {
    const gs_chains *c = b->c;
    int windows = 0;
    if (!b->adaptation[0].scale)
        return NULL;
    for (int i = 0; i < c->n; i++)
        windows += b->adaptation[i].windows;
    if (windows != b->scaled)
        gs_abreast_take(c->run->plan->kernels, b->adaptation[0].scale, c->n, c->size, c->kick);
    b->scaled = windows;
    return c->kick;
}

/* Paths that are not mirrored go abreast where the field can. */
static path begin_path(gs_metropolis *b) {
    gs_chains *c = b->c;
    const gs_kernels *kernels = c->run->plan->kernels;
    size_t all = (size_t)c->n * c->size * sizeof(float);
    path p = {.abreast = c->run->options.clamp <= 0 && gs_field_is_abreast(c->run)};
    for (int i = 0; i < c->n; i++) {
        p.half[i] = (float)(-0.5 * b->step[i] / c->run->options.temperature);
        p.whole[i] = (float)b->step[i];
    }
    if (p.abreast) {
        p.x = c->term;
        p.momenta = c->unguided;
        p.gradient = c->further;
        p.scale = scales_abreast(b);
        gs_abreast_take(kernels, c->x, c->n, c->size, p.x);
        gs_abreast_take(kernels, c->noise, c->n, c->size, p.momenta);
        gs_abreast_take(kernels, c->gradient, c->n, c->size, p.gradient);
    } else {
        p.x = c->spare;
        p.momenta = c->noise;
        p.gradient = c->denoised;
        memcpy(c->spare, c->x, all);
        memcpy(c->denoised, c->gradient, all);
    }
    return p;
}

/* The state that the path has reached, into c->spare, c->noise and c->denoised. */
static void end_path(const gs_metropolis *b, const path *p) {
    const gs_chains *c = b->c;
    const gs_kernels *kernels = c->run->plan->kernels;
    if (!p->abreast)
        return;
    gs_abreast_give(kernels, p->x, c->n, c->size, c->spare);
    gs_abreast_give(kernels, p->momenta, c->n, c->size, c->noise);
    gs_abreast_give(kernels, p->gradient, c->n, c->size, c->denoised);
}

/* Half steps of the momenta of 16 chains from number i on, `kicks` of them with the same gradient, and then, unless the
 * path ends, a step of their positions. */
static void move_abreast(const gs_metropolis *b, const path *p, int i, int kicks, bool ends) {
    const gs_chains *c = b->c;
    size_t at = (size_t)i * c->size;
    c->run->plan->kernels->leapfrog(&(gs_leapfrog_args){.half = p->half + i,
                                                        .whole = p->whole + i,
                                                        .scale = p->scale ? p->scale + at : NULL,
                                                        .g = p->gradient + at,
                                                        .r = p->momenta + at,
                                                        .x = ends ? NULL : p->x + at,
                                                        .count = c->size * GS_F32_LANES,
                                                        .kicks = kicks});
}

/* The whole path of 16 chains after that of others, whose states would else leave the cache; false when told to stop.
 */
static bool follow_abreast(gs_metropolis *b, const path *p) {
    for (int i = 0; i < b->c->n; i += GS_F32_LANES) {
        gs_chains part = *b->c;
        size_t at = (size_t)i * part.size;
        part.first += (size_t)i;
        part.fate += i;
        part.n = b->c->n - i < GS_F32_LANES ? b->c->n - i : GS_F32_LANES;
        part.drawn = part.drawn ? part.drawn + i : NULL;
        for (int l = 0; l < b->how.leapfrog; l++) {
            bool last = l + 1 == b->how.leapfrog;
            if (!gs_chains_go_on(b->c))
                return false;
            move_abreast(b, p, i, l ? 2 : 1, false);
            gs_field_gradient_abreast(&part, p->x + at, last ? b->proposed + i : NULL, p->gradient + at);
        }
        move_abreast(b, p, i, 1, true);
    }
    return true;
}

static void move_one(const gs_metropolis *b, const path *p, int i, int kicks, bool ends) {
    const gs_chains *c = b->c;
    const float *scale = b->adaptation[i].scale;
    size_t at = (size_t)i * c->size;
    bool clamps = c->run->options.clamp > 0;
    if (kicks == 2)
        gs_add_scaled(c->run->plan->kernels, p->momenta + at, (double)p->half[i], scale, p->gradient + at, c->size);
    gs_leapfrog(c->run->plan->kernels, p->momenta + at, (double)p->half[i], scale, p->gradient + at,
                ends || clamps ? NULL : p->x + at, (double)p->whole[i], c->size);
    if (!ends && clamps)
        gs_add_within(p->x + at, b->step[i], scale, p->momenta + at, c->size, c->run->plan->model->info.range);
}

/* The same one after the other; false when told to stop. */
static bool follow_each(gs_metropolis *b, const path *p) {
    gs_chains *c = b->c;
    for (int l = 0; l < b->how.leapfrog; l++) {
        bool last = l + 1 == b->how.leapfrog;
        if (!gs_chains_go_on(c))
            return false;
        for (int i = 0; i < c->n; i++)
            move_one(b, p, i, l ? 2 : 1, false);
        gs_field_gradient(c, 0, p->x, last ? b->proposed : NULL, p->gradient);
    }
    for (int i = 0; i < c->n; i++)
        move_one(b, p, i, 1, true);
    return true;
}

static void measure_kinetic(const gs_metropolis *b, double *kinetic) {
    const gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++)
        kinetic[i] = gs_kinetic(c->run->plan->kernels, c->noise + (size_t)i * c->size, c->size);
}

bool gs_metropolis_follow(gs_metropolis *b) {
    measure_kinetic(b, b->before);
    path p = begin_path(b);
    if (p.abreast ? !follow_abreast(b, &p) : !follow_each(b, &p))
        return false;
    end_path(b, &p);
    measure_kinetic(b, b->after);
    return true;
}

/* ---- Steps ---- */

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
    gs_metropolis b = {.c = c, .how = how, .scaled = -1};
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
