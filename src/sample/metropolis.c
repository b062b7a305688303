#include "sample/metropolis.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "engine/abreast.h"
#include "sample/leapfrog.h"

enum { LANES = GS_F32_LANES };

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

/* Draw the jitter, and the numbers by which a step is decided. */
static void cast(gs_metropolis *b, double *luck) {
    gs_chains *c = b->c;
    double uniform[2][LANES];
    gs_adaptation_find_sizes(b->adaptation, c->n);
    for (int i = 0; i < c->n; i++) {
        if (i % LANES == 0)
            gs_chains_uniforms(c, i, GS_STREAM_ACCEPT, c->step, uniform);
        luck[i] = uniform[0][i % LANES];
        b->step[i] = gs_adaptation_size(&b->adaptation[i]) * (1 + b->how.jitter * (2 * uniform[1][i % LANES] - 1));
        b->before[i] = b->after[i] = 0;
    }
}

/* ---- Paths, chain by chain ---- */

static void measure_kinetic(const gs_metropolis *b, double *kinetic) {
    const gs_chains *c = b->c;
    for (int i = 0; i < c->n; i++)
        kinetic[i] = gs_kinetic(c->run->plan->kernels, c->noise + (size_t)i * c->size, c->size);
}

/* Half steps of chain i's momenta, `kicks` of them with the same gradient, and then, unless the path ends, a step of
 * its position. */
static void move(const gs_metropolis *b, int i, int kicks, bool ends) {
    gs_chains *c = b->c;
    const gs_kernels *kernels = c->run->plan->kernels;
    const float *scale = b->adaptation[i].scale;
    size_t at = (size_t)i * c->size;
    bool clamps = c->run->options.clamp > 0;
    float half = (float)(-0.5 * b->step[i] / c->run->options.temperature), whole = (float)b->step[i];
    if (kicks == 2)
        gs_add_scaled(kernels, c->noise + at, (double)half, scale, c->denoised + at, c->size);
    gs_leapfrog(kernels, c->noise + at, (double)half, scale, c->denoised + at, ends || clamps ? NULL : c->spare + at,
                (double)whole, c->size);
    if (!ends && clamps)
        gs_add_within(c->spare + at, b->step[i], scale, c->noise + at, c->size, c->run->plan->model->info.range);
}

/* False when told to stop. */
static bool follow_each(gs_metropolis *b) {
    gs_chains *c = b->c;
    size_t all = (size_t)c->n * c->size * sizeof(float);
    gs_chains_noise(c, GS_STREAM_STEP, c->step);
    memcpy(c->spare, c->x, all);
    memcpy(c->denoised, c->gradient, all);
    measure_kinetic(b, b->before);
    for (int l = 0; l < b->how.leapfrog; l++) {
        bool last = l + 1 == b->how.leapfrog;
        if (!gs_chains_go_on(c))
            return false;
        for (int i = 0; i < c->n; i++)
            move(b, i, l ? 2 : 1, false);
        gs_field_gradient(c, 0, c->spare, last ? b->proposed : NULL, c->denoised);
    }
    for (int i = 0; i < c->n; i++)
        move(b, i, 1, true);
    measure_kinetic(b, b->after);
    return true;
}

/* ---- Paths of 16 chains abreast (abreast.h), as a network of small values has them ---- */

_Static_assert(GS_BLOCK_MAX % LANES == 0, "there is room for whole groups");

/* Gradients between two questions whether to go on: a clock is read for each, which takes as long as a small one. */
enum { GRADIENTS_UNASKED = 32 };

/* The chains' scales, abreast; they change where windows end. NULL: ones. */
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

static gs_chains group_of(const gs_chains *c, int i) {
    gs_chains part = *c;
    size_t at = (size_t)i * c->size;
    part.first += (size_t)i;
    part.fate += i;
    part.n = c->n - i < LANES ? c->n - i : LANES;
    part.drawn = c->drawn ? c->drawn + i : NULL;
    part.x += at;
    part.gradient += at;
    part.spare += at;
    part.denoised += at;
    return part;
}

static void kinetic_abreast(const gs_chains *part, const float *r, double *kinetic) {
    double square[LANES];
    part->run->plan->kernels->squares16(r, part->size, square);
    for (int l = 0; l < part->n; l++)
        kinetic[l] = 0.5 * square[l];
}

/* The path of `part`, 16 chains of the block from number i on, or the last ones; false when told to stop. */
static bool follow_group(gs_metropolis *b, gs_chains *part, int i, const float *scale) {
    const gs_kernels *kernels = part->run->plan->kernels;
    float half[LANES] = {0}, whole[LANES] = {0}, energy[LANES]; /* of lanes past the last chain, 0 */
    float *x = part->term, *r = part->unguided, *g = part->further;
    for (int l = 0; l < part->n; l++) {
        half[l] = (float)(-0.5 * b->step[i + l] / part->run->options.temperature);
        whole[l] = (float)b->step[i + l];
    }
    gs_leapfrog_args args = {
        .half = half, .whole = whole, .scale = scale, .g = g, .r = r, .x = x, .count = part->size * LANES, .kicks = 1};
    gs_abreast_take(kernels, part->x, part->n, part->size, x);
    gs_abreast_take(kernels, part->gradient, part->n, part->size, g);
    gs_chains_noise_abreast(part, GS_STREAM_STEP, part->step, r);
    kinetic_abreast(part, r, b->before + i);
    gs_abreast_run run = gs_field_begin_abreast(part);
    for (int l = 0; l < b->how.leapfrog; l++) {
        if (l % GRADIENTS_UNASKED == 0 && !gs_chains_go_on(b->c))
            return false;
        kernels->leapfrog(&args);
        gs_field_run_abreast(&run, x, l + 1 == b->how.leapfrog ? energy : NULL, g);
        args.kicks = 2;
    }
    args.kicks = 1;
    args.x = NULL;
    kernels->leapfrog(&args);
    kinetic_abreast(part, r, b->after + i);
    memcpy(b->proposed + i, energy, (size_t)part->n * sizeof *energy);
    gs_abreast_give(kernels, x, part->n, part->size, part->spare);
    gs_abreast_give(kernels, g, part->n, part->size, part->denoised);
    gs_chains_evaluated(part, b->how.leapfrog);
    return true;
}

/* One group's path after that of others, whose states would else leave the cache. */
static bool follow_abreast(gs_metropolis *b) {
    const float *scale = scales_abreast(b);
    for (int i = 0; i < b->c->n; i += LANES) {
        gs_chains part = group_of(b->c, i);
        if (!follow_group(b, &part, i, scale ? scale + (size_t)i * part.size : NULL))
            return false;
    }
    return true;
}

/* Paths that are not mirrored go abreast where the field can. */
bool gs_metropolis_follow(gs_metropolis *b) {
    const gs_chains *c = b->c;
    return c->run->options.clamp <= 0 && gs_field_is_abreast(c->run) ? follow_abreast(b) : follow_each(b);
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
    b->c->stats[i] = (gs_step_stats){.accepted = accepted,
                                     .divergent = !(ratio >= -GS_ENERGY_DIVERGED),
                                     .leapfrog = b->how.leapfrog,
                                     .energy = (double)b->energy[i] / b->c->run->options.temperature + kinetic,
                                     .energy_error = -ratio,
                                     .step_size = step_size(b, i),
                                     .acceptance = acceptance};
    gs_adaptation_record(b->c, i, t);
}

/* `ratio` is the acceptance's logarithm, and luck uniform in (0, 1). */
static void settle(gs_metropolis *b, int i, int t, double luck, double ratio, double acceptance) {
    gs_chains *c = b->c;
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    bool accepted = luck < acceptance;
    if (accepted) {
        memcpy(c->x + at, c->spare + at, bytes);
        memcpy(c->gradient + at, c->denoised + at, bytes);
        b->energy[i] = b->proposed[i];
    }
    record(b, i, t, accepted, ratio, acceptance);
    gs_adaptation_step(&b->adaptation[i], c, i, t, acceptance);
}

/* The acceptances, min(1, exp(ratio)). */
static void find_acceptances(const double *ratio, int n, double *acceptance) {
    double less[GS_BLOCK_MAX];
    int which[GS_BLOCK_MAX], count = 0;
    for (int i = 0; i < n; i++) {
        acceptance[i] = 1;
        which[count] = i;
        less[count] = ratio[i];
        count += ratio[i] < 0;
    }
    gs_exp64_each(less, count);
    for (int k = 0; k < count; k++)
        acceptance[which[k]] = less[k];
}

static bool step(gs_metropolis *b, int t) {
    gs_chains *c = b->c;
    double luck[GS_BLOCK_MAX], ratio[GS_BLOCK_MAX], acceptance[GS_BLOCK_MAX];
    cast(b, luck);
    if (!b->how.propose(b))
        return false;
    for (int i = 0; i < c->n; i++)
        ratio[i] = log_ratio(b, i);
    find_acceptances(ratio, c->n, acceptance);
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
