/* Whether a build is worse than another: by counts, compared with a baseline (genbench check), or by time, measured
 * beside the other in one job (genbench ab). */
#ifndef BENCH_REGRESSION_H
#define BENCH_REGRESSION_H

#include <stdio.h>

#include "bench.h"

/* ---- GitHub ---- */

typedef enum bench_level { BENCH_NOTE, BENCH_WARNING, BENCH_ALARM } bench_level;

/* One workflow command, `::error file=FILE,title=TITLE::TEXT`, which GitHub shows beside the change. FILE may be NULL.
 * Percent signs and line ends are escaped as GitHub requires, and colons and commas too in properties, so that no text
 * can be taken for a command. */
void bench_github_command(FILE *out, bench_level level, const char *file, const char *title, const char *text);

/* The file that GitHub shows as Markdown below the job, opened for appending; *file is NULL if $GITHUB_STEP_SUMMARY is
 * not set. Errors: GS_ERROR_FILE. */
gs_status bench_github_summary(FILE **file, gs_error *error);

/* Close it. Errors: GS_ERROR_FILE. */
gs_status bench_github_end(FILE *file, gs_error *error);

/* ---- Counting ---- */

/* The rows that `check` counts: short calls of everything that takes time, on one thread. */
gs_status bench_counted_rows(bench_settings *settings, bench_rows *rows, gs_error *error);

#endif
