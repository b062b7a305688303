/* The rows of samplers.def as data. */
#ifndef GS_SAMPLERS_H
#define GS_SAMPLERS_H

#include "model/model.h"
#include "model/settings.h"

struct gs_chains; /* chains.h */

/* A sampler moves chains from noise of standard deviation sigma_high to samples, and calls gs_chains_stepped after each
 * step. It returns false if it was told to stop. Its caller checks and stores the states that it leaves in x. */
typedef bool gs_sampler_run(struct gs_chains *chains);
#define GS_SAMPLER(function, ...) gs_sampler_run gs_sampler_##function;
#include "sample/samplers.def"
#undef GS_SAMPLER
typedef enum gs_sampler_number {
#define GS_SAMPLER(function, ...) GS_SAMPLER_NUMBER_##function,
#include "sample/samplers.def"
#undef GS_SAMPLER
} gs_sampler_number;

/* The noise levels a sampler visits: spaced as Karras et al. 2022 have them; those of the file's ladder, or in
 * geometric progression; or a single one, if any. */
typedef enum gs_spacing { GS_LEVELS_KARRAS, GS_LEVELS_LADDER, GS_LEVELS_ONE } gs_spacing;

/* What a sampler needs to know of the distribution. */
typedef enum gs_field_need { GS_FIELD_ANY, GS_FIELD_ENERGY } gs_field_need;

/* One row of samplers.def, but for its function, which sample.c calls by the row's number: what asks about samplers
 * does not depend on how they move. */
typedef struct gs_sampler_row {
    gs_sampler_info info;
    gs_sampler_number number;
    gs_spacing spacing;
    gs_field_need field;
    uint64_t (*evaluations)(const gs_sample_options *options, int level);
    double (*step)(double s, double steep);
    gs_sample_options defaults;
} gs_sampler_row;

/* Finds a sampler by name; NULL if there is none. */
const gs_sampler_row *gs_sampler_find(const char *name);

/* Whether it reads a setting. */
bool gs_sampler_reads(const gs_sampler_row *row, gs_setting_id setting);

/* Whether it stays at one noise level, or uses none; and whether it goes down to 0 with one step per noise level. */
bool gs_sampler_stays(const gs_sampler_row *row);
bool gs_sampler_solves(const gs_sampler_row *row);

/* Whether the trace needs one more gradient, that of the last state. */
bool gs_sampler_traces_end(const gs_sample_options *options);

/* Whether it can move chains in the field of a model. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_sampler_check(const gs_sampler_row *row, const gs_model_info *info, gs_error *error);

/* The first row that takes a model of this kind without a noise level. */
const char *gs_sampler_first(const gs_model_info *info);

/* The names of those that stay at one noise level: "a, b or c", cut to fit. */
void gs_sampler_list_staying(char *text, size_t room);

/* GS_ERROR_ARGUMENT with the names that there are. */
gs_status gs_sampler_unknown(const char *name, gs_error *error);

#endif
