/* The reports on chains that a user reads: a table, summary lines and warnings, a JSON object, a picture. All are made
 * from a record and its diagnosis by gs_diagnose; parts that were not recorded are left out. */
#ifndef GS_CLI_DIAGNOSE_H
#define GS_CLI_DIAGNOSE_H

#include <stdio.h>

#include <jansson.h>

#include "app/curve.h"
#include "cli/followed.h"

/* The rows of the record, for its curves. */
gs_curve_rows gs_rows_of(const gs_record *record);

/* The table (about ten steps, evenly spaced: energies and norms as quantiles across chains, acceptance as the mean of
 * the steps since the previous row), the classes' shares and the summary. Errors: GS_ERROR_MEMORY. */
gs_status gs_diagnosis_print(const gs_record *record, const gs_diagnosis *diagnosis, FILE *out, gs_error *error);

/* Print one line "warning: what; advice" for each flag. */
void gs_diagnosis_warn(const gs_diagnosis *diagnosis, FILE *out);

/* The same as one JSON object, in which numbers that are unknown or not finite are null; NULL when memory runs out. */
json_t *gs_diagnosis_json(const gs_record *record, const gs_diagnosis *diagnosis);

/* Draw energies, gradient norms, acceptance and class shares over the steps into an SVG file (io/plot.h), and what
 * `followed`, unless it is NULL, has of quantities. Up to 400 steps are drawn, evenly spaced. Errors: GS_ERROR_FILE,
 * GS_ERROR_MEMORY. */
gs_status gs_diagnosis_plot(const gs_record *record, const gs_diagnosis *diagnosis, const gs_followed *followed,
                            const char *title, const char *path, gs_error *error);

#endif
