/* Running studies: what they share, and what they have found. */
#ifndef GS_STUDY_LAB_H
#define GS_STUDY_LAB_H

#include "study/record.h"

typedef struct gs_lab_options {
    uint64_t seed;
    const char *data;        /* MNIST's folder, or NULL */
    const char *isa;         /* as in gs_plan_options */
    int threads;             /* likewise */
    const gs_numbers *given; /* (GS_STUDY_PARAMETERS) what the user says of parameters; none: the study's default */
    bool quiet;              /* no progress is shown */
} gs_lab_options;

/* The study of a name; NULL: there is none. And study i from 0, NULL past the last one. */
const gs_study_row *gs_study_find_row(const char *name);
const gs_study_row *gs_study_row_of(int i);

/* The least and the most that a study takes of a parameter. */
void gs_study_range(const gs_study_default *take, double range[2]);

/* Check what the user says of parameters against their rows and against what the studies read: each is read by one of
 * them at least. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_lab_check(const gs_lab_options *options, const gs_study_row *const *rows, int count, gs_error *error);

/* Run `count` studies in their order. One that fails is noted, and the next one runs; the status and the message then
 * are the first one's. After an interruption *results has those that have ended, and the status is
 * GS_ERROR_INTERRUPTED. *results is to be freed with gs_study_results_free in any case. Errors: those of studies. */
gs_status gs_lab_run(const gs_lab_options *options, const gs_study_row *const *rows, int count,
                     gs_study_results *results, gs_error *error);
void gs_study_results_free(gs_study_results *results);

#endif
