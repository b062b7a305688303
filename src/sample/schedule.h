#ifndef GS_SCHEDULE_H
#define GS_SCHEDULE_H

#include "sample/sample.h"

/* One row of samplers.def. */
typedef struct gs_sampler_row {
    gs_sampler_info info;
    gs_sampler_run *run;
    gs_sample_options defaults;
} gs_sampler_row;

/* By name; NULL when there is none. */
const gs_sampler_row *gs_sampler_find(const char *name);

/* Noise level i of resolved options. */
double gs_schedule_sigma(const gs_model *model, const gs_sample_options *options, int i);

/* Whether a network is asked with and without its labels, which may be NULL, at this noise level. */
bool gs_schedule_guides(const gs_sample_options *options, const int *labels, double sigma);

#endif
