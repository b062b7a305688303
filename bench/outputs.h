/* The files that a command writes. */
#ifndef BENCH_OUTPUTS_H
#define BENCH_OUTPUTS_H

#include <stdio.h>

#include "base/base.h"

typedef struct bench_output {
    const char *path; /* or NULL */
    const char *what; /* "the report" */
} bench_output;

/* Whether all of them can be written, no two are the same file, and none is one of the files that are read; to be
 * called before the work. Errors: GS_ERROR_ARGUMENT; those of gs_output_check. */
gs_status bench_outputs_check(const bench_output *outputs, int count, char *const *inputs, int input_count,
                              gs_error *error);

/* The stream for the tables: stdout, or stderr if an output goes to stdout. */
FILE *bench_outputs_console(const bench_output *outputs, int count);

#endif
