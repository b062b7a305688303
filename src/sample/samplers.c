/* Samplers by name, and what they can draw from. */
#include "sample/samplers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Limits of gs_sample_options::steps, which counts noise levels, or steps of a chain. */
enum {
    STEPS_MAX_KARRAS = 10000,
    STEPS_MAX_FLOW = 10000,
    STEPS_MAX_GEOMETRIC = 10000,
    STEPS_MAX_LADDER = 10000,
    STEPS_MAX_ONE = 1000000,
    STEPS_MAX_NONE = 1
};

/* Exchanges of tempering's replicas at different noise levels: two evaluations per pair; even and odd steps have
 * different pairs. */
static uint64_t exchange_evaluations(const gs_sample_options *o) {
    uint64_t even = ((uint64_t)o->steps + 1) / 2, odd = (uint64_t)o->steps / 2, replicas = (uint64_t)o->replicas;
    return 2 * (even * (replicas / 2) + odd * ((replicas - 1) / 2));
}

#define GS_SAMPLER(function, name, levels, field, evaluations, step, ...)           \
    static uint64_t evaluations_##function(const gs_sample_options *o, int level) { \
        (void)o;                                                                    \
        (void)level;                                                                \
        return (uint64_t)(evaluations);                                             \
    }                                                                               \
    static double step_##function(double s, double steep) {                         \
        (void)s;                                                                    \
        (void)steep;                                                                \
        return step;                                                                \
    }
#include "sample/samplers.def"
#include "sample/restorers.def"
#undef GS_SAMPLER

#define GS_SAMPLER(function, name, levels, field, evaluations, step, help, parameters, ...) \
    {{name, help, parameters, STEPS_MAX_##levels, GS_LEVELS_##levels < GS_LEVELS_ONE,       \
      GS_FIELD_##field == GS_FIELD_DECODER},                                                \
     GS_SAMPLER_NUMBER_##function,                                                          \
     GS_LEVELS_##levels,                                                                    \
     GS_FIELD_##field,                                                                      \
     evaluations_##function,                                                                \
     step_##function,                                                                       \
     {__VA_ARGS__}},
static const gs_sampler_row rows[] = {
#include "sample/samplers.def"
};
static const gs_sampler_row restorers[] = {
#include "sample/restorers.def"
};
#undef GS_SAMPLER

const gs_sampler_info *gs_sampler_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? &rows[i].info : NULL;
}

const gs_sampler_info *gs_restorer_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(restorers) ? &restorers[i].info : NULL;
}

/* strcmp would take more or fewer instructions by where the linker puts the names: 1.5 % of a short run, which asks for
 * its sampler dozens of times. */
static bool is_same(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static const gs_sampler_row *find(const gs_sampler_row *among, size_t count, const char *name) {
    for (size_t i = 0; name && i < count; i++)
        if (is_same(among[i].info.name, name))
            return &among[i];
    return NULL;
}

const gs_sampler_row *gs_sampler_find(const char *name) {
    const gs_sampler_row *row = find(rows, GS_COUNT(rows), name);
    return row ? row : find(restorers, GS_COUNT(restorers), name);
}

bool gs_sampler_restores(const gs_sampler_row *row) {
    return row >= restorers && row < restorers + GS_COUNT(restorers);
}

bool gs_sampler_reads(const gs_sampler_row *row, gs_setting_id setting) {
    return gs_setting_is_read(setting, &row->info);
}

bool gs_sampler_stays(const gs_sampler_row *row) {
    return row->spacing == GS_LEVELS_ONE;
}

/* The others keep more from step to step than a gs_walk has: momenta, replicas, particles, labels, masses. */
bool gs_sampler_walks(const gs_sample_options *o) {
    switch (gs_sampler_find(o->sampler)->number) {
    case GS_SAMPLER_NUMBER_langevin:
        return true;
    case GS_SAMPLER_NUMBER_mala:
    case GS_SAMPLER_NUMBER_hmc:
    case GS_SAMPLER_NUMBER_barker:
        return o->adapt_mass <= 0;
    default:
        return false;
    }
}

bool gs_sampler_decodes(const gs_sampler_row *row) {
    return row->field == GS_FIELD_DECODER;
}

bool gs_sampler_needs_energy(const gs_sampler_row *row) {
    return row->field == GS_FIELD_ENERGY || row->field == GS_FIELD_ISOKINETIC;
}

bool gs_sampler_accepts(const gs_sampler_row *row) {
    return gs_sampler_needs_energy(row) && !gs_sampler_reads(row, GS_SETTING_ENERGY_ERROR);
}

bool gs_sampler_weighs(const gs_sampler_row *row) {
    return gs_sampler_reads(row, GS_SETTING_MOVES);
}

bool gs_sampler_solves(const gs_sampler_row *row) {
    return !gs_sampler_stays(row) && !gs_sampler_decodes(row) && !gs_sampler_reads(row, GS_SETTING_STEPS_PER_LEVEL);
}

int gs_sampler_replicas(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (gs_sampler_reads(row, GS_SETTING_REPLICAS))
        return o->replicas;
    if (gs_sampler_reads(row, GS_SETTING_PARTICLES))
        return o->particles;
    return gs_sampler_reads(row, GS_SETTING_MOVES); /* ais has one particle */
}

bool gs_sampler_traces_end(const gs_sample_options *o) {
    return o->watch || (o->trace && (o->trace->energy || o->trace->gradient_norm));
}

/* Whether the kind of field is one that the sampler moves in, and whether it does without noise levels if need be. */
static bool has_field(const gs_sampler_row *row, const gs_model_info *info) {
    if (info->kind == GS_KIND_DECODER || gs_sampler_decodes(row))
        return info->kind == GS_KIND_DECODER && gs_sampler_decodes(row);
    if (row->field == GS_FIELD_ISOKINETIC &&
        (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2] < 2)
        return false;
    return row->field == GS_FIELD_ANY || (row->field == GS_FIELD_PRODUCT) == (info->kind != GS_KIND_ENERGY);
}

static bool has_levels(const gs_sampler_row *row, const gs_model_info *info) {
    return gs_sampler_stays(row) || gs_sampler_decodes(row) || info->takes_sigma;
}

static bool can_draw(const gs_sampler_row *row, const gs_model_info *info) {
    return has_field(row, info) && has_levels(row, info);
}

const char *gs_sampler_first(const gs_model_info *info) {
    size_t i = 0;
    while (i + 1 < GS_COUNT(rows) && !can_draw(&rows[i], info))
        i++;
    return rows[i].info.name;
}

/* The names of the rows that are meant, with `last` between the last two; cut to fit. */
static void list_names(bool meant(const gs_sampler_row *, const gs_model_info *), const gs_model_info *info,
                       const char *last, char *text, size_t room) {
    const gs_sampler_row *before = NULL;
    size_t used = 0;
    text[0] = '\0';
    for (const gs_sampler_row *row = rows; row < rows + GS_COUNT(rows); row++) {
        if (!meant(row, info))
            continue;
        if (before)
            snprintf(text + used, room - used, "%s%s", used ? ", " : "", before->info.name);
        used += strlen(text + used);
        before = row;
    }
    if (before)
        snprintf(text + used, room - used, "%s%s", used ? last : "", before->info.name);
}

static bool any(const gs_sampler_row *row, const gs_model_info *info) {
    (void)info;
    return row != NULL;
}

static bool stays(const gs_sampler_row *row, const gs_model_info *info) {
    (void)info;
    return gs_sampler_stays(row) && !gs_sampler_weighs(row);
}

void gs_sampler_list_staying(char *text, size_t room) {
    list_names(stays, NULL, " or ", text, room);
}

static bool weighs(const gs_sampler_row *row, const gs_model_info *info) {
    (void)info;
    return gs_sampler_weighs(row);
}

void gs_sampler_list_weighing(char *text, size_t room) {
    list_names(weighs, NULL, " or ", text, room);
}

gs_status gs_sampler_unknown(const char *name, gs_error *error) {
    char known[400];
    list_names(any, NULL, ", ", known, sizeof known);
    return gs_fail(error, GS_ERROR_ARGUMENT, "sampler '%.40s' is unknown: expected one of %s", name, known);
}

gs_status gs_restorer_unknown(const char *name, gs_error *error) {
    char known[200] = "";
    for (size_t i = 0; i < GS_COUNT(restorers); i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", restorers[i].info.name);
    return gs_fail(error, GS_ERROR_ARGUMENT, "method '%.40s' is unknown: expected one of %s", name, known);
}

gs_status gs_sampler_check(const gs_sampler_row *row, const gs_model_info *info, gs_error *error) {
    const char *kind = gs_kind_name(info->kind), *name = row->info.name;
    bool noised = info->kind == GS_KIND_DENOISER || info->kind == GS_KIND_NOISE;
    if (info->kind == GS_KIND_CLASSIFIER || (noised && !info->takes_sigma))
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is of kind %s%s: the samplers need an energy or score model, or a noise or denoiser "
                       "model that takes sigma",
                       info->name, kind, info->takes_sigma ? "" : " without sigma");
    if (gs_sampler_decodes(row) && info->kind != GS_KIND_DECODER)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is of kind %s: the sampler %s needs a decoder, which makes images of latents",
                       info->name, kind, name);
    if (info->kind == GS_KIND_DECODER && !gs_sampler_decodes(row))
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is a decoder, which makes images of latents: the sampler %s needs an energy, score, "
                       "noise or denoiser model; expected %s",
                       info->name, name, gs_sampler_first(info));
    if (!has_field(row, info) && row->field == GS_FIELD_PRODUCT)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is of kind %s: the method %s needs the derivative of a denoiser, which score, noise "
                       "and denoiser models have here",
                       info->name, kind, name);
    if (!has_field(row, info) && info->kind == GS_KIND_ENERGY)
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of a single number: the sampler %s turns momenta of a fixed length, and needs two at "
            "least; expected mala or hmc",
            info->name, name);
    if (!has_field(row, info))
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of kind %s: the sampler %s accepts by energies, which only models of kind energy have",
            info->name, kind, name);
    if (has_levels(row, info))
        return GS_OK;
    if (gs_sampler_restores(row))
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' takes no noise level, and the method %s goes down noise levels, as all methods of "
                       "restoring do: expected a network that takes them",
                       info->name, name);
    char others[200];
    list_names(can_draw, info, " or ", others, sizeof others);
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "model '%s' is of kind %s without sigma: the sampler %s goes down noise levels; expected %s",
                   info->name, kind, name, others);
}
