/* The rows of samplers.def and restorers.def as data. */
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
#include "sample/restorers.def"
#undef GS_SAMPLER
typedef enum gs_sampler_number {
#define GS_SAMPLER(function, ...) GS_SAMPLER_NUMBER_##function,
#include "sample/samplers.def"
#include "sample/restorers.def"
#undef GS_SAMPLER
} gs_sampler_number;

/* The noise levels a sampler visits: spaced as Karras et al. 2022 have them; equally in the time of a flow; those of
 * the file's ladder, or in geometric progression; or a single one, if any; or none, without steps. */
typedef enum gs_spacing {
    GS_LEVELS_KARRAS,
    GS_LEVELS_FLOW,
    GS_LEVELS_GEOMETRIC,
    GS_LEVELS_LADDER,
    GS_LEVELS_ONE,
    GS_LEVELS_NONE
} gs_spacing;

/* What a sampler needs to know of the distribution: ISOKINETIC is an energy of two pixels at least, as a momentum of
 * one whose length is fixed cannot turn; PRODUCT, the products v^T dD/dx of its denoiser. */
typedef enum gs_field_need {
    GS_FIELD_ANY,
    GS_FIELD_ENERGY,
    GS_FIELD_ISOKINETIC,
    GS_FIELD_DECODER,
    GS_FIELD_PRODUCT
} gs_field_need;

/* One row of samplers.def or restorers.def, but for its function, which sample.c calls by the row's number: what asks
 * about samplers does not depend on how they move. */
typedef struct gs_sampler_row {
    gs_sampler_info info;
    gs_sampler_number number;
    gs_spacing spacing;
    gs_field_need field;
    uint64_t (*evaluations)(const gs_sample_options *options, int level);
    double (*step)(double s, double steep);
    gs_sample_options defaults;
} gs_sampler_row;

/* Finds a sampler or a method of restoring by name; NULL if there is none. */
const gs_sampler_row *gs_sampler_find(const char *name);

/* Whether it draws given a measurement: a row of restorers.def. */
bool gs_sampler_restores(const gs_sampler_row *row);

/* GS_ERROR_ARGUMENT: the name is no method of restoring, with those that there are. */
gs_status gs_restorer_unknown(const char *name, gs_error *error);

/* Whether it reads a setting. */
bool gs_sampler_reads(const gs_sampler_row *row, gs_setting_id setting);

/* Whether it stays at one noise level, or uses none; and whether it goes down to 0 with one step per noise level. */
bool gs_sampler_stays(const gs_sampler_row *row);
bool gs_sampler_solves(const gs_sampler_row *row);

/* Whether it moves by energies; and whether it takes steps by chance as their energies are, so that none leaves the
 * region in which the energy holds its chains, however long it is. */
bool gs_sampler_needs_energy(const gs_sampler_row *row);
bool gs_sampler_accepts(const gs_sampler_row *row);

/* Whether its chains are weighted, and go from one density to another: their steps are of no one distribution. */
bool gs_sampler_weighs(const gs_sampler_row *row);

/* Replicas of each chain, by resolved options, of samplers that have them; else 0. Each has two states of its own. */
int gs_sampler_replicas(const gs_sample_options *options);

/* Whether chains of resolved options can stop after any step and go on, as a gs_walk says. */
bool gs_sampler_walks(const gs_sample_options *options);

/* Whether it is for decoders. */
bool gs_sampler_decodes(const gs_sampler_row *row);

/* Whether the trace needs one more gradient, that of the last state. */
bool gs_sampler_traces_end(const gs_sample_options *options);

/* Whether it can move chains in the field of a model. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_sampler_check(const gs_sampler_row *row, const gs_model_info *info, gs_error *error);

/* The first row that takes a model of this kind without a noise level. */
const char *gs_sampler_first(const gs_model_info *info);

/* The names of those that stay at one noise level and in one density: "a, b or c", cut to fit. */
void gs_sampler_list_staying(char *text, size_t room);

/* The same of those whose chains are weighted. */
void gs_sampler_list_weighing(char *text, size_t room);

/* GS_ERROR_ARGUMENT: guidance of a network that needs a label for every image. */
gs_status gs_guidance_fail(const gs_model_info *info, const gs_sample_options *options, gs_error *error);

/* GS_ERROR_ARGUMENT with the names that there are. */
gs_status gs_sampler_unknown(const char *name, gs_error *error);

#endif
