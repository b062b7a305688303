#include "cli/kept.h"

#include <math.h>
#include <string.h>

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
static unsigned statistics_of(const gs_setup *setup, const gs_sample_stats *stats) {
    bool has_energy = gs_networks_have_energy(&setup->networks);
    unsigned has = has_energy ? 1U << GS_CHAIN_LP : 0;
    if (!stats)
        return has;
    has |= 1U << GS_CHAIN_ACCEPTANCE | 1U << GS_CHAIN_DIVERGING | 1U << GS_CHAIN_ENERGY | 1U << GS_CHAIN_ENERGY_ERROR |
           1U << GS_CHAIN_STEP_SIZE | 1U << GS_CHAIN_STEPS;
    return setup->options.max_depth > 0 ? has | 1U << GS_CHAIN_DEPTH | 1U << GS_CHAIN_DEEPEST : has;
}

static gs_status allocate(gs_kept *kept, size_t n, gs_error *error) {
    size_t draws = kept->layout.draws[WARMUP] > kept->layout.draws[POSTERIOR] ? kept->layout.draws[WARMUP]
                                                                              : kept->layout.draws[POSTERIOR];
    size_t row, all;
    if (!gs_mul_size(n, kept->size * sizeof *kept->x, &row))
        return gs_fail_memory(error, "a block of the chains");
    kept->block = BLOCK_BYTES / row > 1 ? BLOCK_BYTES / row : 1;
    kept->block = kept->block > draws ? draws : kept->block;
    bool fits = gs_mul_size(n, kept->block, &all);
    kept->x = fits ? gs_alloc(all, kept->size * sizeof *kept->x) : NULL;
    kept->energy = fits ? gs_alloc(all, sizeof *kept->energy) : NULL;
    return kept->x && kept->energy ? GS_OK : gs_fail_memory(error, "a block of the chains");
}

static void name_attributes(gs_kept *kept, const gs_setup *setup) {
    const gs_model_info *info = setup->networks.info;
    snprintf(kept->seed, sizeof kept->seed, "%llu", (unsigned long long)setup->arguments->seed);
    const gs_note attributes[GS_KEPT_ATTRIBUTES] = {{"inference_library", "gensample"},
                                                    {"inference_library_version", GS_VERSION},
                                                    {"model", info->name},
                                                    {"hash", info->hash},
                                                    {"sampler", setup->options.sampler},
                                                    {"seed", kept->seed},
                                                    {"settings", kept->notes.settings},
                                                    {"command", kept->notes.command}};
    memcpy(kept->attributes, attributes, sizeof attributes);
    kept->layout.notes = kept->attributes;
    kept->layout.note_count = GS_KEPT_ATTRIBUTES;
}

gs_status gs_kept_open(gs_kept *kept, const gs_setup *setup, size_t n, const gs_sample_stats *stats, char *settings,
                       char *command, gs_error *error) {
    const gs_model_info *info = setup->networks.info;
    *kept = (gs_kept){.chains = n,
                      .size = setup->networks.pixels,
                      .burn_in = burn_in_of(&setup->options),
                      .every = every_of(setup),
                      .temperature = gs_settings_temperature(&setup->options),
                      .layout = {.chains = n,
                                 .shape = {info->image[0], info->image[1], info->image[2]},
                                 .has_energy = gs_networks_have_energy(&setup->networks),
                                 .has = statistics_of(setup, stats),
                                 .has_mass = stats && stats->inverse_mass}};
    pthread_mutex_init(&kept->lock, NULL);
    count_draws(setup, kept->layout.draws);
    gs_status status = gs_notes_make(&kept->notes, info, settings, command, error);
    if (!status && kept->layout.draws[POSTERIOR] == 0)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--every: %d: after burn-in there are only %d steps", kept->every,
                         gs_sample_trace_steps(&setup->options) - kept->burn_in);
    if (!status)
        status = allocate(kept, n, error);
    name_attributes(kept, setup);
    return !status ? gs_chain_file_open(&kept->file, setup->arguments->out, &kept->layout, error) : status;
}

/* ---- On the way ---- */

/* Write what has gathered of a chain, up to draw `last`. */
static gs_status flush(gs_kept *kept, int part, size_t chain, size_t last, gs_error *error) {
    size_t count = last % kept->block + 1, first = last + 1 - count;
    double *energy = kept->energy + chain * kept->block;
    gs_status status = gs_chain_file_put(kept->file, part, chain, first, count,
                                         kept->x + chain * kept->block * kept->size, energy, error);
    if (status || !kept->layout.has_energy)
        return status;
    for (size_t k = 0; k < count; k++)
        energy[k] *= -1 / kept->temperature;
    return gs_chain_file_put_statistic(kept->file, part, GS_CHAIN_LP, chain, first, count, energy, error);
}

bool gs_kept_watch(gs_kept *kept, const gs_step_view *view) {
    int part = view->step > kept->burn_in ? POSTERIOR : WARMUP, step = view->step - part * kept->burn_in;
    size_t draws = kept->layout.draws[part], draw = (size_t)(step / kept->every) - 1, slot = draw % kept->block;
    if (step < 1 || step % kept->every || draw >= draws)
        return true;
    size_t at = view->chain * kept->block + slot;
    memcpy(kept->x + at * kept->size, view->x, kept->size * sizeof *kept->x);
    kept->energy[at] = view->energy;
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

/* What is recorded of all steps, and the element of it that is wanted. */
typedef struct steps {
    const gs_sample_stats *stats;
    const float *acceptance;
    int max_depth;
} steps;

static double statistic(const steps *s, gs_chain_statistic which, size_t at) {
    switch (which) {
    case GS_CHAIN_ACCEPTANCE:
        return (double)s->acceptance[at];
    case GS_CHAIN_DIVERGING:
        return s->stats->divergent[at];
    case GS_CHAIN_ENERGY:
        return s->stats->energy[at];
    case GS_CHAIN_ENERGY_ERROR:
        return s->stats->energy_error[at];
    case GS_CHAIN_STEP_SIZE:
        return s->stats->step_size[at];
    case GS_CHAIN_STEPS:
        return s->stats->leapfrog[at];
    case GS_CHAIN_DEPTH:
        return s->stats->depth[at];
    case GS_CHAIN_DEEPEST:
        return s->stats->depth[at] >= s->max_depth;
    default:
        return (double)NAN;
    }
}

static gs_status put_statistic(gs_kept *kept, const steps *s, int part, gs_chain_statistic which, size_t chain,
                               gs_error *error) {
    gs_status status = GS_OK;
    size_t draws = kept->layout.draws[part], every = (size_t)kept->every;
    size_t begin = part == POSTERIOR ? (size_t)kept->burn_in : 0;
    for (size_t first = 0; first < draws && !status; first += kept->block) {
        size_t count = draws - first < kept->block ? draws - first : kept->block;
        for (size_t i = 0; i < count; i++)
            kept->energy[i] = statistic(s, which, (begin + (first + i + 1) * every - 1) * kept->chains + chain);
        status = gs_chain_file_put_statistic(kept->file, part, which, chain, first, count, kept->energy, error);
    }
    return status;
}

/* Of an interrupted run. */
static gs_status shorten(gs_kept *kept, size_t done, gs_error *error) {
    kept->fewer = kept->layout;
    kept->fewer.chains = done;
    gs_status status = gs_chain_file_shorten(&kept->file, &kept->fewer, error);
    if (!status)
        kept->layout.chains = done;
    return status;
}

gs_status gs_kept_finish(gs_kept *kept, size_t done, const gs_sample_stats *stats, const float *acceptance,
                         int max_depth, gs_error *error) {
    const steps s = {stats, acceptance, max_depth};
    gs_status status = kept->status;
    if (status)
        gs_fail(error, status, "%s", kept->error.message);
    else if (done < kept->chains)
        status = shorten(kept, done, error);
    for (size_t chain = 0; chain < kept->layout.chains && !status; chain++) {
        for (int part = WARMUP; part <= POSTERIOR; part++)
            for (int i = GS_CHAIN_LP + 1; i < GS_CHAIN_STATISTIC_COUNT && !status; i++)
                if (kept->layout.has >> i & 1)
                    status = put_statistic(kept, &s, part, (gs_chain_statistic)i, chain, error);
        if (kept->layout.has_mass && !status)
            status = gs_chain_file_put_mass(kept->file, chain, stats->inverse_mass + chain * kept->size, error);
    }
    status = gs_chain_file_close(kept->file, status, error);
    kept->file = NULL;
    return status;
}

void gs_kept_free(gs_kept *kept) {
    gs_chain_file_close(kept->file, GS_ERROR_INTERRUPTED, NULL);
    gs_notes_free(&kept->notes);
    gs_free(kept->x);
    gs_free(kept->energy);
    *kept = (gs_kept){0};
}
