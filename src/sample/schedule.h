/* The noise levels that samplers visit, the states they leave, and the evaluations that takes; all of resolved
 * options. */
#ifndef GS_SCHEDULE_H
#define GS_SCHEDULE_H

#include "model/model.h"

/* The number of states of a trajectory before the result, and of the steps between them. */
int gs_schedule_states(const gs_sample_options *options);
int gs_schedule_every(const gs_sample_options *options);

/* Noise level of results. */
double gs_schedule_left(const gs_sample_options *options);

/* The number of noise levels of resolved options. */
int gs_schedule_levels(const gs_sample_options *options);

/* The number of noise levels that are visited, those at which the field is evaluated between levels among them: where
 * there are some they follow level 0, which is number gs_schedule_levels. */
int gs_schedule_visited(const gs_sample_options *options);

/* Noise level i of resolved options, 0 ... gs_schedule_visited - 1. */
double gs_schedule_sigma(const gs_model *model, const gs_sample_options *options, int i);

/* Whether a network is evaluated both with and without its labels, which may be NULL, at this noise level, which is 0
 * for samplers without levels. */
bool gs_schedule_guides(const gs_sample_options *options, const int *labels, double sigma);

#endif
