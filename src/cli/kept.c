#include "cli/kept.h"

#include <math.h>
#include <string.h>

#include "cli/recorded.h"
#include "cli/settings.h"
#include "sample/samplers.h"

enum { WARMUP, POSTERIOR, BLOCK_BYTES = 1 << 26 };

/* ---- Before the sampling ---- */

gs_status gs_kept_check(const gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    if (!gs_chain_file_is_known())
        return gs_chain_file_missing(a->out, error);
    char what[GS_MESSAGE_MAX];
    snprintf(what, sizeof what, "--out: %.100s", a->out);
    gs_status status = gs_settings_check_alike(&setup->options, what, error);
    if (status)
        return status;
    const char *other = a->trajectory ? "trajectory" : a->sweep.count ? "sweep" : NULL;
    if (other) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--%s: cannot go with %s, which has every step of the chains of one run", other, a->out);
    }
    return GS_OK;
}

static int burn_in_of(const gs_sample_options *o) {
    return o->burn_in > 0 ? o->burn_in : 0;
}

/* The resolved setting is all steps where it was not given. */
static int every_of(const gs_setup *setup) {
    return setup->arguments->given[GS_OPTION_EVERY] ? setup->options.every : 1;
}

static void count_draws(const gs_setup *setup, size_t draws[2]) {
    const gs_sample_options *o = &setup->options;
    size_t burn_in = (size_t)burn_in_of(o), every = (size_t)every_of(setup);
    draws[WARMUP] = setup->arguments->warmup ? burn_in / every : 0;
    draws[POSTERIOR] = ((size_t)gs_sample_trace_steps(o) - burn_in) / every;
}

size_t gs_kept_draws(const gs_setup *setup) {
    size_t draws[2];
    count_draws(setup, draws);
    return draws[WARMUP] + draws[POSTERIOR];
}

/* The statistics that there will be. */
static unsigned statistics_of(const gs_setup *setup, bool has_steps) {
    bool has_energy = gs_networks_have_energy(&setup->networks);
    unsigned has = has_energy ? 1U << GS_CHAIN_LP : 0;
    if (!has_steps)
        return has;
    has |= 1U << GS_CHAIN_ACCEPTANCE | 1U << GS_CHAIN_DIVERGING | 1U << GS_CHAIN_ENERGY | 1U << GS_CHAIN_ENERGY_ERROR |
           1U << GS_CHAIN_STEP_SIZE | 1U << GS_CHAIN_STEPS;
    return setup->options.max_depth > 0 ? has | 1U << GS_CHAIN_DEPTH | 1U << GS_CHAIN_DEEPEST : has;
}

static gs_status allocate(gs_kept *kept, size_t n, gs_error *error) {
    size_t draws = kept->layout.draws[WARMUP] > kept->layout.draws[POSTERIOR] ? kept->layout.draws[WARMUP]
                                                                              : kept->layout.draws[POSTERIOR];
    size_t row, all, draw = kept->size * sizeof *kept->x + GS_CHAIN_STATISTIC_COUNT * sizeof *kept->values;
    if (gs_mul_size(n, draw, &row)) {
        kept->block = BLOCK_BYTES / row > 1 ? BLOCK_BYTES / row : 1;
        kept->block = kept->block > draws ? draws : kept->block;
        all = n * kept->block; /* no more than a block's bytes, or n, of which `row` fits */
        kept->x = gs_alloc(all, kept->size * sizeof *kept->x);
        kept->values = gs_alloc(all, GS_CHAIN_STATISTIC_COUNT * sizeof *kept->values);
    }
    return kept->x && kept->values ? GS_OK : gs_fail_memory(error, "a block of the chains");
}

/* Which steps the file has, and of which the figures of --diagnose are (recorded.h), whose summaries by ArviZ are the
 * same. */
static void describe_draws(gs_kept *kept, const gs_recorded_part *part, size_t left_out) {
    size_t first = left_out + part->steps - (part->rows - 1) * part->stride;
    int used = snprintf(kept->draws, sizeof kept->draws, "posterior: draw d is step %d + (d + 1) %d; ", kept->burn_in,
                        kept->every);
    char *at = kept->draws + used;
    size_t room = sizeof kept->draws - (size_t)used;
    if (part->stride == 1)
        snprintf(at, room, "figures of --diagnose: of steps %zu to %zu, all of them", first, part->end);
    else
        snprintf(at, room,
                 "figures of --diagnose: means and standard deviations of steps %zu to %zu, the others of one step in "
                 "%zu, from %zu to %zu",
                 left_out + 1, part->end, part->stride, first, part->end);
}

static void write_number(gs_kept *kept, int i, unsigned long long value) {
    snprintf(kept->number[i], sizeof kept->number[i], "%llu", value);
}

static void name_attributes(gs_kept *kept, const gs_setup *setup) {
    const gs_model_info *info = setup->networks.info;
    const gs_sample_options *o = &setup->options;
    size_t steps = (size_t)gs_sample_trace_steps(o), left_out = gs_recorded_left_out(o);
    const gs_recorded_part part = gs_recorded_part_of(steps, steps - left_out);
    write_number(kept, 0, setup->arguments->seed);
    write_number(kept, 1, steps);
    write_number(kept, 2, (unsigned long long)kept->burn_in);
    write_number(kept, 3, (unsigned long long)kept->every);
    write_number(kept, 4, part.stride);
    describe_draws(kept, &part, left_out);
    const gs_note attributes[GS_KEPT_ATTRIBUTES] = {{"inference_library", "gensample"},
                                                    {"inference_library_version", GS_VERSION},
                                                    {"model", info->name},
                                                    {"hash", info->hash},
                                                    {"sampler", o->sampler},
                                                    {"seed", kept->number[0]},
                                                    {"steps", kept->number[1]},
                                                    {"burn_in", kept->number[2]},
                                                    {"every", kept->number[3]},
                                                    {"diagnosed_every", kept->number[4]},
                                                    {"draws", kept->draws},
                                                    {"settings", kept->notes.settings},
                                                    {"command", kept->notes.command}};
    memcpy(kept->attributes, attributes, sizeof attributes);
    kept->layout.notes = kept->attributes;
    kept->layout.note_count = GS_KEPT_ATTRIBUTES;
}

gs_status gs_kept_open(gs_kept *kept, const gs_setup *setup, size_t n, const float *inverse_mass, char *settings,
                       char *command, gs_error *error) {
    const gs_model_info *info = setup->networks.info;
    *kept = (gs_kept){.chains = n,
                      .size = setup->networks.pixels,
                      .burn_in = burn_in_of(&setup->options),
                      .every = every_of(setup),
                      .max_depth = setup->options.max_depth,
                      .temperature = gs_settings_temperature(&setup->options),
                      .layout = {.chains = n,
                                 .shape = {info->image[0], info->image[1], info->image[2]},
                                 .has_energy = gs_networks_have_energy(&setup->networks),
                                 .has = statistics_of(setup, inverse_mass != NULL),
                                 .has_mass = inverse_mass != NULL}};
    pthread_mutex_init(&kept->lock, NULL);
    count_draws(setup, kept->layout.draws);
    gs_status status = gs_notes_make(&kept->notes, info, settings, command, error);
    int steps = gs_sample_trace_steps(&setup->options) - kept->burn_in;
    if (!status && kept->layout.draws[POSTERIOR] == 0)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--every: %d: after burn-in there %s only %d step%s", kept->every,
                         steps == 1 ? "is" : "are", steps, steps == 1 ? "" : "s");
    if (!status)
        status = allocate(kept, n, error);
    name_attributes(kept, setup);
    if (status || setup->arguments->dry_run)
        return status;
    return gs_chain_file_open(&kept->file, setup->arguments->out, &kept->layout, error);
}

/* ---- On the way ---- */

static double statistic(const gs_kept *kept, const gs_step_view *view, gs_chain_statistic which) {
    switch (which) {
    case GS_CHAIN_LP:
        return view->energy;
    case GS_CHAIN_ACCEPTANCE:
        return (double)(float)view->stats->acceptance; /* as in gs_trace */
    case GS_CHAIN_DIVERGING:
        return view->stats->divergent;
    case GS_CHAIN_ENERGY:
        return view->stats->energy;
    case GS_CHAIN_ENERGY_ERROR:
        return view->stats->energy_error;
    case GS_CHAIN_STEP_SIZE:
        return view->stats->step_size;
    case GS_CHAIN_STEPS:
        return view->stats->leapfrog;
    case GS_CHAIN_DEPTH:
        return view->stats->depth;
    case GS_CHAIN_DEEPEST:
        return view->stats->depth >= kept->max_depth;
    default:
        return (double)NAN;
    }
}

/* The block of a statistic of a chain. */
static double *values_of(const gs_kept *kept, size_t chain, int which) {
    return kept->values + (chain * GS_CHAIN_STATISTIC_COUNT + (size_t)which) * kept->block;
}

static bool has(const gs_kept *kept, int which) {
    return kept->layout.has >> which & 1;
}

/* Write what has gathered of a chain, up to draw `last`. */
static gs_status flush(gs_kept *kept, int part, size_t chain, size_t last, gs_error *error) {
    size_t count = last % kept->block + 1, first = last + 1 - count;
    double *energy = values_of(kept, chain, GS_CHAIN_LP);
    gs_status status = gs_chain_file_put(kept->file, part, chain, first, count,
                                         kept->x + chain * kept->block * kept->size, energy, error);
    for (size_t k = 0; k < count; k++)
        energy[k] *= -1 / kept->temperature;
    for (int i = 0; i < GS_CHAIN_STATISTIC_COUNT && !status; i++)
        if (has(kept, i))
            status = gs_chain_file_put_statistic(kept->file, part, (gs_chain_statistic)i, chain, first, count,
                                                 values_of(kept, chain, i), error);
    return status;
}

bool gs_kept_watch(gs_kept *kept, const gs_step_view *view) {
    int part = view->step > kept->burn_in ? POSTERIOR : WARMUP, step = view->step - part * kept->burn_in;
    size_t draws = kept->layout.draws[part], draw = (size_t)(step / kept->every) - 1, slot = draw % kept->block;
    if (step < 1 || step % kept->every || draw >= draws)
        return true;
    memcpy(kept->x + (view->chain * kept->block + slot) * kept->size, view->x, kept->size * sizeof *kept->x);
    for (int i = 0; i < GS_CHAIN_STATISTIC_COUNT; i++)
        if (has(kept, i))
            values_of(kept, view->chain, i)[slot] = statistic(kept, view, (gs_chain_statistic)i);
    if (slot + 1 < kept->block && draw + 1 < draws)
        return true;
    pthread_mutex_lock(&kept->lock);
    if (!kept->status)
        kept->status = flush(kept, part, view->chain, draw, &kept->error);
    bool fine = !kept->status;
    pthread_mutex_unlock(&kept->lock);
    return fine;
}

/* ---- Afterwards ---- */

/* Of an interrupted run. */
static gs_status shorten(gs_kept *kept, size_t done, gs_error *error) {
    kept->fewer = kept->layout;
    kept->fewer.chains = done;
    gs_status status = gs_chain_file_shorten(&kept->file, &kept->fewer, error);
    if (!status)
        kept->layout.chains = done;
    return status;
}

gs_status gs_kept_finish(gs_kept *kept, size_t done, const float *inverse_mass, gs_error *error) {
    gs_status status = kept->status;
    if (status)
        gs_fail(error, status, "%s", kept->error.message);
    else if (done < kept->chains)
        status = shorten(kept, done, error);
    for (size_t chain = 0; chain < kept->layout.chains && !status && inverse_mass; chain++)
        status = gs_chain_file_put_mass(kept->file, chain, inverse_mass + chain * kept->size, error);
    status = gs_chain_file_close(kept->file, status, error);
    kept->file = NULL;
    return status;
}

void gs_kept_free(gs_kept *kept) {
    gs_chain_file_close(kept->file, GS_ERROR_INTERRUPTED, NULL);
    gs_notes_free(&kept->notes);
    gs_free(kept->x);
    gs_free(kept->values);
    *kept = (gs_kept){0};
}
