#ifndef GS_SCHEDULE_H
#define GS_SCHEDULE_H

#include "sample/sample.h"

/* Down the noise levels with one network evaluation or two at each, or many; at one level, or no level at all; there
 * with proposals that are accepted by their energies. */
typedef enum gs_family { GS_FAMILY_SOLVER, GS_FAMILY_ANNEALED, GS_FAMILY_LANGEVIN, GS_FAMILY_METROPOLIS } gs_family;

/* The noise levels a sampler visits: spaced as Karras et al. 2022 have them; those of the file's ladder, or in
 * geometric progression; or a single one, if any. */
typedef enum gs_spacing { GS_LEVELS_KARRAS, GS_LEVELS_LADDER, GS_LEVELS_ONE } gs_spacing;

/* One row of samplers.def. */
typedef struct gs_sampler_row {
    gs_sampler_info info;
    gs_family family;
    gs_spacing spacing;
    gs_sampler_run *run;
    gs_sample_options defaults;
} gs_sampler_row;

/* Finds a sampler by name; NULL if there is none. */
const gs_sampler_row *gs_sampler_find(const char *name);

/* Whether it stays at one noise level, or uses none. */
bool gs_sampler_stays(const gs_sampler_row *row);

/* The number of states of a trajectory before the result, and of the steps between them. */
int gs_schedule_states(const gs_sample_options *options);
int gs_schedule_every(const gs_sample_options *options);

/* Noise level of results. */
double gs_schedule_left(const gs_sample_options *options);

/* Whether the trace needs one more gradient, that of the last state. */
bool gs_schedule_traces_end(const gs_sample_options *options);

/* The number of noise levels of resolved options. */
int gs_schedule_levels(const gs_sample_options *options);

/* Noise level i of resolved options. */
double gs_schedule_sigma(const gs_model *model, const gs_sample_options *options, int i);

/* Whether a network is evaluated both with and without its labels, which may be NULL, at this noise level, which is 0
 * for samplers without levels. */
bool gs_schedule_guides(const gs_sample_options *options, const int *labels, double sigma);

#endif
