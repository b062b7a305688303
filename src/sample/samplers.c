/* Samplers by name, and what they can draw from. */
#include "sample/samplers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Limits of gs_sample_options::steps, which counts noise levels, or steps of a chain. */
enum { STEPS_MAX_KARRAS = 10000, STEPS_MAX_LADDER = 10000, STEPS_MAX_ONE = 1000000 };

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
#undef GS_SAMPLER

static const gs_sampler_row rows[] = {
#define GS_SAMPLER(function, name, levels, field, evaluations, step, help, parameters, ...) \
    {{name, help, parameters, STEPS_MAX_##levels, GS_LEVELS_##levels != GS_LEVELS_ONE},     \
     GS_SAMPLER_NUMBER_##function,                                                          \
     GS_LEVELS_##levels,                                                                    \
     GS_FIELD_##field,                                                                      \
     evaluations_##function,                                                                \
     step_##function,                                                                       \
     {__VA_ARGS__}},
#include "sample/samplers.def"
#undef GS_SAMPLER
};

const gs_sampler_info *gs_sampler_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? &rows[i].info : NULL;
}

const gs_sampler_row *gs_sampler_find(const char *name) {
    for (size_t i = 0; name && i < GS_COUNT(rows); i++)
        if (!strcmp(rows[i].info.name, name))
            return &rows[i];
    return NULL;
}

bool gs_sampler_reads(const gs_sampler_row *row, gs_setting_id setting) {
    return gs_setting_is_read(setting, &row->info);
}

bool gs_sampler_stays(const gs_sampler_row *row) {
    return row->spacing == GS_LEVELS_ONE;
}

bool gs_sampler_solves(const gs_sampler_row *row) {
    return !gs_sampler_stays(row) && !gs_sampler_reads(row, GS_SETTING_STEPS_PER_LEVEL);
}

bool gs_sampler_traces_end(const gs_sample_options *o) {
    return o->trace && (o->trace->energy || o->trace->gradient_norm);
}

/* Whether the kind of field is one that the sampler moves in, and whether it does without noise levels if need be. */
static bool has_field(const gs_sampler_row *row, const gs_model_info *info) {
    return row->field == GS_FIELD_ANY || info->kind == GS_KIND_ENERGY;
}

static bool has_levels(const gs_sampler_row *row, const gs_model_info *info) {
    return gs_sampler_stays(row) || info->takes_sigma;
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
    return gs_sampler_stays(row);
}

void gs_sampler_list_staying(char *text, size_t room) {
    list_names(stays, NULL, " or ", text, room);
}

gs_status gs_sampler_unknown(const char *name, gs_error *error) {
    char known[200];
    list_names(any, NULL, ", ", known, sizeof known);
    return gs_fail(error, GS_ERROR_ARGUMENT, "sampler '%.40s' is unknown: expected one of %s", name, known);
}

gs_status gs_sampler_check(const gs_sampler_row *row, const gs_model_info *info, gs_error *error) {
    const char *kind = gs_kind_name(info->kind), *name = row->info.name;
    bool noised = info->kind == GS_KIND_DENOISER || info->kind == GS_KIND_NOISE;
    if (info->kind == GS_KIND_CLASSIFIER || (noised && !info->takes_sigma))
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is of kind %s%s: the samplers need an energy or score model, or a noise or denoiser "
                       "model that takes sigma",
                       info->name, kind, info->takes_sigma ? "" : " without sigma");
    if (!has_field(row, info))
        return gs_fail(
            error, GS_ERROR_UNSUPPORTED,
            "model '%s' is of kind %s: the sampler %s accepts by energies, which only models of kind energy have",
            info->name, kind, name);
    if (has_levels(row, info))
        return GS_OK;
    char others[200];
    list_names(can_draw, info, " or ", others, sizeof others);
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "model '%s' is of kind %s without sigma: the sampler %s goes down noise levels; expected %s",
                   info->name, kind, name, others);
}
