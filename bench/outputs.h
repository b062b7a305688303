/* The files that a command writes. */
#ifndef BENCH_OUTPUTS_H
#define BENCH_OUTPUTS_H

#include <stdio.h>

#include "bench.h"
#include "document.h"

/* Whether all outputs of the settings can be written, no two are the same file, and none is one of the operands, which
 * are read; to be called before the work. *console is the stream for the tables: stdout, or stderr if an output goes to
 * stdout. Errors: GS_ERROR_ARGUMENT; those of gs_output_check. */
gs_status bench_outputs_check(const bench_settings *settings, FILE **console, gs_error *error);

/* Write the page, the chart, the tables and the values that are asked for. Errors: those of the views;
 * GS_ERROR_ARGUMENT: values of several reports. */
gs_status bench_outputs_write(const bench_settings *settings, const bench_document *documents, int count,
                              gs_error *error);

/* Say where each output is. */
void bench_outputs_name(const bench_settings *settings, FILE *out);

#endif
